package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Reshape;
import io.conv4j.layer.Transpose;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * A program in the making: instructions so far, and where each value lies in which layout. Lowerings read values in the
 * layout they want (a reorder is inserted where a value lies otherwise, constants are reordered once, now) and write values
 * in the layout they make.
 */
final class ProgramBuilder {
    /** A layout of a value, seen with leading axes of extent 1 added. */
    private record Form(Layout layout, Shape as) {}

    private final Plan plan;
    private final ExecutionOptions options;
    private final Resources resources;
    private final List<Instruction> instructions = new ArrayList<>();
    private final Map<Value, Map<Form, Buffer>> placed = new HashMap<>();
    private final Map<Value, Value> owners = new HashMap<>();
    private final Map<Value, Integer> lastUse = new HashMap<>();
    private final Map<Value, Integer> outputIndex = new HashMap<>();
    private final boolean[] outputWritten;
    private final List<Tensor> held = new ArrayList<>();
    private long constantBytes;
    private int stepIndex;

    ProgramBuilder(Plan plan, ExecutionOptions options, Resources resources) {
        this.plan = plan;
        this.options = options;
        this.resources = resources;
        this.outputWritten = new boolean[plan.outputs().size()];
        for (int i = 0; i < plan.inputs().size(); i++) {
            Value input = plan.inputs().get(i);
            place(input, Layout.PLAIN, Buffer.input(i, input.type().bytes()));
        }
        for (int i = plan.outputs().size() - 1; i >= 0; i--) {
            outputIndex.put(plan.outputs().get(i), i);
        }
        findLastUses();
    }

    /**
     * A value lives until the last step that reads it or a value that may share its memory: what a reshape or transpose
     * made of it.
     */
    private void findLastUses() {
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            if (step.layer() instanceof Reshape || step.layer() instanceof Transpose) {
                owners.put(step.destination(), owner(step.sources().get(0)));
            }
            for (Value read : step.reads()) {
                lastUse.put(owner(read), i);
            }
        }
        for (Value output : plan.outputs()) {
            lastUse.put(owner(output), Integer.MAX_VALUE);
        }
    }

    private Value owner(Value value) {
        return owners.getOrDefault(value, value);
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

    /** The tensors whose memory instructions read where it lies; they must outlive the program. */
    List<Tensor> held() {
        Set<Long> used = instructions.stream()
                .flatMap(Instruction::buffers)
                .filter(buffer -> buffer.kind == Buffer.Kind.CONSTANT)
                .map(buffer -> buffer.value)
                .collect(Collectors.toSet());
        return held.stream()
                .filter(tensor -> used.contains(NativeMemory.addressOf(tensor.bytes())))
                .toList();
    }

    /** Native bytes of packed constants. */
    long constantBytes() {
        return constantBytes;
    }

    /** Begins with the step of this index in the plan. */
    void begin(int index) {
        stepIndex = index;
    }

    /** The numbers of a constant; null if the value is not one. */
    @Nullable Tensor constant(Value value) {
        return plan.constants().get(value);
    }

    /** The layout in which a value can be read without a reorder; channels last where it lies both ways. */
    Layout present(Value value) {
        Map<Form, Buffer> forms = placed.getOrDefault(value, Map.of());
        boolean channelsLast = value.dataType() == DataType.F32
                && Layout.CHANNELS_LAST.fits(value.shape())
                && forms.containsKey(new Form(Layout.CHANNELS_LAST, value.shape()));
        return channelsLast ? Layout.CHANNELS_LAST : Layout.PLAIN;
    }

    /** Where a value lies in a layout. */
    Buffer read(Value value, Layout layout) {
        return read(value, layout, value.shape());
    }

    /** Where a value, seen with leading axes of extent 1 added, lies in a layout. */
    Buffer read(Value value, Layout layout, Shape as) {
        Layout wanted = Layout.agree(as) ? Layout.PLAIN : layout;
        Shape key = wanted == Layout.PLAIN ? value.shape() : as;
        Map<Form, Buffer> forms = placed.computeIfAbsent(value, v -> new HashMap<>());
        Buffer buffer = forms.get(new Form(wanted, key));
        if (buffer != null) {
            return buffer;
        }
        Tensor constant = constant(value);
        if (constant != null && wanted == Layout.PLAIN) {
            buffer = hold(constant);
        } else if (wanted == Layout.PLAIN) {
            Buffer from = Objects.requireNonNull(
                    forms.get(new Form(Layout.CHANNELS_LAST, value.shape())), "value " + value + " was never made");
            buffer = converted(value, from, value.shape(), Layout.CHANNELS_LAST, Layout.PLAIN);
        } else {
            buffer = converted(value, read(value, Layout.PLAIN), as, Layout.PLAIN, wanted);
        }
        forms.put(new Form(wanted, key), buffer);
        return buffer;
    }

    private Buffer converted(Value value, Buffer from, Shape shape, Layout present, Layout wanted) {
        return as(
                from,
                Desc.dense(resources, shape, present),
                Desc.dense(resources, shape, wanted),
                "reorder of " + value.name());
    }

    /**
     * The same elements under another descriptor: a reorder is run now if they are constant, inserted if not, and neither
     * if the descriptors are equal.
     */
    Buffer as(Buffer from, Desc present, Desc wanted, String what) {
        if (present.isSameAs(wanted)) {
            return from;
        }
        if (from.kind == Buffer.Kind.CONSTANT) {
            NativeMemory memory = allocate(wanted.size());
            Packing.reorder(from, present, memory, wanted, what);
            return Buffer.constant(memory.address(), wanted.size());
        }
        Buffer to = Buffer.arena(wanted.size());
        reorder(Instruction.Place.of(from), present, Instruction.Place.of(to), wanted, what);
        return to;
    }

    /** A constant made while lowering. */
    Buffer hold(Tensor tensor) {
        held.add(tensor);
        return Buffer.constant(
                NativeMemory.addressOf(tensor.bytes()), tensor.type().bytes());
    }

    /** Memory for constants, released with the program. */
    NativeMemory allocate(long bytes) {
        NativeMemory memory = NativeMemory.allocate(bytes);
        constantBytes += bytes;
        resources.onClose(memory::close);
        return memory;
    }

    /** A buffer for a value about to be made: the caller's own if it is an output in the caller's layout. */
    Buffer write(Value value, Layout layout) {
        Integer output = outputIndex.get(value);
        if (output != null && (layout == Layout.PLAIN || Layout.agree(value.shape()))) {
            outputWritten[output] = true;
            return place(value, layout, Buffer.output(output, value.type().bytes()));
        }
        return place(value, layout, Buffer.arena(value.type().bytes()));
    }

    /** Says that a value lies in a buffer that is there already. */
    Buffer alias(Value value, Layout layout, Buffer buffer) {
        return place(value, layout, buffer);
    }

    private Buffer place(Value value, Layout layout, Buffer buffer) {
        Layout form = Layout.agree(value.shape()) ? Layout.PLAIN : layout;
        placed.computeIfAbsent(value, v -> new HashMap<>()).put(new Form(form, value.shape()), buffer);
        return buffer;
    }

    /** Whether a step may write its destination over a value it reads: nothing reads it later, and it is not the caller's. */
    boolean mayOverwrite(Value value, Buffer buffer, Step step) {
        return buffer.kind == Buffer.Kind.ARENA
                && lastUse.getOrDefault(owner(value), -1) <= stepIndex
                && step.reads().stream()
                                .filter(read -> owner(read).equals(owner(value)))
                                .count()
                        == 1
                && !outputIndex.containsKey(step.destination());
    }

    /** Inserts a reorder. */
    void reorder(Instruction.Place from, Desc present, Instruction.Place to, Desc wanted, String what) {
        PrimitiveDesc primitive = PrimitiveDesc.create(
                resources,
                Attributes.none(resources),
                what,
                (result, attr) -> dnnl.dnnl_reorder_primitive_desc_create(
                        result, present.handle(), Dnnl.engine(), wanted.handle(), Dnnl.engine(), attr));
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
    }

    private void copyToOutput(Value value, int output) {
        outputWritten[output] = true;
        if (value.type().bytes() == 0) {
            return;
        }
        Buffer dst = Buffer.output(output, value.type().bytes());
        String what = "output " + value.name();
        if (present(value) == Layout.CHANNELS_LAST && !Layout.agree(value.shape())) {
            reorder(
                    Instruction.Place.of(read(value, Layout.CHANNELS_LAST)),
                    Desc.dense(resources, value.shape(), Layout.CHANNELS_LAST),
                    Instruction.Place.of(dst),
                    Desc.dense(resources, value.shape(), Layout.PLAIN),
                    what);
        } else {
            Desc bytes = Desc.bytes(resources, value.type().bytes());
            reorder(Instruction.Place.of(read(value, Layout.PLAIN)), bytes, Instruction.Place.of(dst), bytes, what);
        }
    }
}
