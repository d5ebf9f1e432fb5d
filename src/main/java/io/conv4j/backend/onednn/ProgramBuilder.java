package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.StepReport;
import io.conv4j.backend.onednn.Placement.Form;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * A program in the making: instructions so far, and where each value lies in which form. Lowerings read values in the
 * layout they want (a reorder is inserted where a value lies otherwise, constants are reordered once, while plans are prepared) and write values
 * in the layout they make. Values that are f32 in the plan are held in the working type of the step that makes them.
 */
final class ProgramBuilder {
    private final Plan plan;
    private final ExecutionOptions options;
    private final Resources resources;
    private final Lifetimes lifetimes;
    private final List<Instruction> instructions = new ArrayList<>();
    private final Placement placement = new Placement();
    private final Joined joined = new Joined();
    private final Map<Value, Integer> outputIndex = new HashMap<>();
    private final boolean[] outputWritten;
    private final Constants constants;
    private int stepIndex;
    private DataType workingType = DataType.F32;
    private Algorithm algorithm = Algorithm.DIRECT;
    private final Map<Integer, StepReport> explained = new HashMap<>();

    ProgramBuilder(Plan plan, ExecutionOptions options, Resources resources) {
        this.plan = plan;
        this.options = options;
        this.resources = resources;
        this.constants = new Constants(resources, options.intraOpThreads());
        this.lifetimes = new Lifetimes(plan);
        this.outputWritten = new boolean[plan.outputs().size()];
        for (int i = 0; i < plan.inputs().size(); i++) {
            Value input = plan.inputs().get(i);
            place(input, Layout.PLAIN, Buffer.input(i, input.type().bytes()));
        }
        for (int i = plan.outputs().size() - 1; i >= 0; i--) {
            outputIndex.put(plan.outputs().get(i), i);
        }
    }

    ExecutionOptions options() {
        return options;
    }

    Resources resources() {
        return resources;
    }

    List<Instruction> instructions() {
        return instructions;
    }

    Constants constants() {
        return constants;
    }

    /**
     * Begins with the step of this index in the plan.
     *
     * @param type in which the step's f32 tensors are read and written: F32 or BF16
     * @param chosen how it is computed, where there is a choice
     */
    void begin(int index, DataType type, Algorithm chosen) {
        stepIndex = index;
        workingType = type;
        algorithm = chosen;
    }

    /** How the step is to be computed, where there is a choice. */
    Algorithm algorithm() {
        return algorithm;
    }

    /** Says in the report of the instruction that computes a step, at an index or after it, why it is done in this way. */
    void explain(int first, Step step, String reason) {
        for (int i = first; i < instructions.size() && !reason.isEmpty(); i++) {
            StepReport report = instructions.get(i).report();
            // Steps that run depth first are reported with those that follow.
            if (report.name().equals(step.name()) && report.layer().startsWith(step.word())) {
                explained.put(i, report.measured(reason));
                return;
            }
        }
    }

    /** What people are told of each instruction. */
    List<StepReport> reports() {
        List<StepReport> reports = new ArrayList<>();
        for (int i = 0; i < instructions.size(); i++) {
            StepReport report = explained.get(i);
            reports.add(report == null ? instructions.get(i).report() : report);
        }
        return reports;
    }

    /** The type in which f32 tensors are read and written now. */
    DataType workingType() {
        return workingType;
    }

    /** Bytes of an element that is held in a precision. */
    static int bytes(Precision precision) {
        return precision == Precision.BF16 ? Short.BYTES : Float.BYTES;
    }

    private DataType typeOf(Value value) {
        return value.dataType() == DataType.F32 ? workingType : value.dataType();
    }

    /** The descriptor of a tensor in the working type. */
    Desc dense(Shape shape, Layout layout) {
        return Desc.dense(resources, workingType, shape, layout);
    }

    /** The descriptor of weights and the like as {@link #readPlain} finds them. */
    Desc plain(Shape shape) {
        return Desc.dense(resources, DataType.F32, shape, Layout.PLAIN);
    }

    /** The descriptor of elements of the working type at these distances from each other. */
    Desc strided(long[] extents, long[] strides) {
        return Desc.strided(resources, workingType, extents, strides);
    }

    /** The descriptor of elements of the working type, in a layout of the primitive's choice. */
    Desc any(long... extents) {
        return Desc.any(resources, workingType, extents);
    }

    /** Asks oneDNN for a primitive; null if it has none, or none that is worth working in other than f32 for. */
    @Nullable PrimitiveDesc describe(Attributes attributes, String what, PrimitiveDesc.Creator creator) {
        PrimitiveDesc primitive = PrimitiveDesc.create(resources, attributes, what, creator);
        return primitive != null && workingType != DataType.F32 && primitive.isSlow() ? null : primitive;
    }

    /** The numbers of a constant; null if the value is not one. */
    @Nullable Tensor constant(Value value) {
        return plan.constants().get(value);
    }

    /** The layout in which a value can be read without a reorder; channels last where it lies both ways. */
    Layout present(Value value) {
        boolean inParts = joined.contains(value) && !isMade(value);
        boolean last = inParts || (Layout.CHANNELS_LAST.fits(value.shape()) && placement.isChannelsLast(value));
        return last ? Layout.CHANNELS_LAST : Layout.PLAIN;
    }

    /**
     * Says that a step's destination is its sources joined along the channels, so that nothing is copied until somebody
     * needs it in one piece; false if that is the caller.
     */
    boolean join(Step step) {
        boolean output = outputIndex.containsKey(step.destination());
        if (!output) {
            joined.join(step);
        }
        return !output;
    }

    /** The values that a value consists of along the channels: itself, unless it was joined and never put together. */
    List<Value> parts(Value value) {
        return isMade(value) ? List.of(value) : joined.parts(value);
    }

    /** Whether a value was made already, by a step before the one of which it is the destination. */
    boolean isMade(Value value) {
        return placement.isMade(value);
    }

    /** The steps that read a value. */
    List<Step> readersOf(Value value) {
        List<Step> readers = new ArrayList<>();
        for (Step step : plan.steps()) {
            if (step.reads().contains(value)) {
                readers.add(step);
            }
        }
        return readers;
    }

    /** Where a value lies in a layout. */
    Buffer read(Value value, Layout layout) {
        return read(value, layout, value.shape());
    }

    /** Where a value, seen with leading axes of extent 1 added, lies in a layout. */
    Buffer read(Value value, Layout layout, Shape as) {
        return read(value, Form.of(layout, value, as, typeOf(value)));
    }

    /** Where a value lies as the plan has it: plain and of its own type. */
    Buffer readPlain(Value value) {
        return read(value, Form.plain(value));
    }

    private Buffer read(Value value, Form wanted) {
        Buffer there = placement.at(value, wanted);
        if (there != null) {
            return there;
        }
        if (joined.contains(value) && !isMade(value)) {
            if (!MovementLowering.concatenate(this, joined.step(value))) {
                throw new IllegalStateException("no primitive joins " + value);
            }
            return read(value, wanted);
        }
        Tensor constant = constant(value);
        if (constant != null && placement.at(value, Form.plain(value)) == null) {
            placement.put(value, Form.plain(value), constants.hold(constant));
            return read(value, wanted);
        }
        Form present = placement.nearest(value, wanted);
        Buffer made = converted(at(value, present), present, wanted, "reorder of " + value.name());
        placement.put(value, wanted, made);
        return made;
    }

    private Buffer at(Value value, Form form) {
        return Objects.requireNonNull(placement.at(value, form));
    }

    private Buffer converted(Buffer from, Form present, Form wanted, String what) {
        Shape as = wanted.as();
        if (from.kind != Buffer.Kind.CONSTANT && Form.transposes(present, wanted)) {
            Buffer to = Buffer.arena(as.elements() * (long) wanted.type().bytes());
            instructions.add(ChannelTranspose.between(present.layout(), as, from, to, what));
            return to;
        }
        return as(from, present.desc(resources, as), wanted.desc(resources, as), what);
    }

    /**
     * The same elements under another descriptor: a reorder is run by the time of {@link #finish} if they are constant,
     * inserted if not, and neither if the descriptors are equal.
     */
    Buffer as(Buffer from, Desc present, Desc wanted, String what) {
        if (present.isSameAs(wanted)) {
            return from;
        }
        if (from.kind == Buffer.Kind.CONSTANT) {
            long address = constants.allocate(wanted.size());
            constants.pack(from, new Packing.ByReorder(present, wanted, what, address));
            return Buffer.constant(address, wanted.size());
        }
        Buffer to = Buffer.arena(wanted.size());
        reorder(Instruction.Place.of(from), present, Instruction.Place.of(to), wanted, what);
        return to;
    }

    /** A buffer for a value about to be made: the caller's own if it is an output in the caller's form. */
    Buffer write(Value value, Layout layout) {
        DataType type = typeOf(value);
        Integer output = outputIndex.get(value);
        if (output != null && type == value.dataType() && (layout == Layout.PLAIN || Layout.agree(value.shape()))) {
            outputWritten[output] = true;
            return place(value, layout, Buffer.output(output, value.type().bytes()));
        }
        return place(value, layout, Buffer.arena((long) value.shape().elements() * type.bytes()));
    }

    /** Says that a value lies in a buffer that is there already. */
    Buffer alias(Value value, Layout layout, Buffer buffer) {
        return place(value, layout, buffer);
    }

    private Buffer place(Value value, Layout layout, Buffer buffer) {
        placement.put(value, Form.of(layout, value, value.shape(), typeOf(value)), buffer);
        return buffer;
    }

    /** Whether a step may write its destination over a value it reads: nothing reads it later, and it is not the caller's. */
    boolean mayOverwrite(Value value, Buffer buffer, Step step) {
        return mayOverwrite(value, buffer, List.of(step));
    }

    /** The same of steps that run together, the last of which writes. */
    boolean mayOverwrite(Value value, Buffer buffer, List<Step> together) {
        return buffer.kind == Buffer.Kind.ARENA
                && lifetimes.endsWith(value, together, stepIndex)
                && !outputIndex.containsKey(together.get(together.size() - 1).destination());
    }

    /** Inserts a reorder. */
    void reorder(Instruction.Place from, Desc present, Instruction.Place to, Desc wanted, String what) {
        PrimitiveDesc primitive = PrimitiveDesc.create(
                resources,
                Attributes.none(resources),
                what,
                attr -> NativeNetwork.reorder(Dnnl.engine(), present.address(), wanted.address(), attr));
        Objects.requireNonNull(primitive, what);
        call(
                primitive,
                new StepReport(what, "reorder", "", primitive.implementation(), "", primitive.isSlow()),
                List.of(
                        new Instruction.Argument(dnnl.DNNL_ARG_SRC, present, from),
                        new Instruction.Argument(dnnl.DNNL_ARG_DST, wanted, to)));
    }

    /** Appends the execution of a primitive, with its scratchpad. */
    void call(PrimitiveDesc primitive, StepReport report, List<Instruction.Argument> arguments) {
        List<Instruction.Argument> all = new ArrayList<>(arguments);
        long scratchpad = primitive.scratchpadBytes();
        if (scratchpad > 0) {
            all.add(new Instruction.Argument(
                    dnnl.DNNL_ARG_SCRATCHPAD,
                    primitive.query(dnnl.dnnl_query_scratchpad_md),
                    Buffer.arena(scratchpad)));
        }
        instructions.add(new Instruction.PrimitiveCall(primitive.primitive(report.name()), List.copyOf(all), report));
    }

    /** Appends an instruction. */
    void add(Instruction instruction) {
        instructions.add(instruction);
    }

    /** What people are told of a primitive that runs a step. */
    static StepReport report(Step step, PrimitiveDesc primitive, String algorithm) {
        return new StepReport(
                step.name(),
                step.word(),
                step.destination().shape().toString(),
                primitive.implementation(),
                algorithm,
                primitive.isSlow());
    }

    /** Writes outputs that no instruction has written yet although their value is made. */
    void finish(Step step) {
        for (Value value : step.destinations()) {
            Integer output = outputIndex.get(value);
            if (output != null && !outputWritten[output]) {
                copyToOutput(value, output);
            }
        }
    }

    /** Writes the outputs that are inputs, constants or named twice. */
    void finish() {
        for (int i = 0; i < outputWritten.length; i++) {
            if (!outputWritten[i]) {
                copyToOutput(plan.outputs().get(i), i);
            }
        }
        constants.settle(instructions);
    }

    private void copyToOutput(Value value, int output) {
        outputWritten[output] = true;
        if (value.type().bytes() == 0) {
            return;
        }
        Buffer dst = Buffer.output(output, value.type().bytes());
        String what = "output " + value.name();
        Shape shape = value.shape();
        Form wanted = Form.plain(value);
        Form present = isMade(value) ? placement.nearest(value, wanted) : wanted;
        if (present.equals(wanted)) {
            Desc bytes = Desc.bytes(resources, value.type().bytes());
            reorder(Instruction.Place.of(readPlain(value)), bytes, Instruction.Place.of(dst), bytes, what);
        } else if (Form.transposes(present, wanted) && present.as().equals(shape)) {
            instructions.add(ChannelTranspose.between(present.layout(), shape, at(value, present), dst, what));
        } else {
            reorder(
                    Instruction.Place.of(at(value, present)),
                    present.desc(resources, shape),
                    Instruction.Place.of(dst),
                    wanted.desc(resources, shape),
                    what);
        }
    }
}
