package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Arena;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepKernels;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.MemoryPlanner;
import io.conv4j.compile.MemoryPlanner.MemoryPlan;
import io.conv4j.compile.Plan;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/** A program loaded into the native network: segments that run in one call each, and Java kernels between them. */
final class OnednnExecutable implements Executable {
    /** A part of a run. */
    sealed interface Segment {
        /** Native steps from first to before last. */
        record Native(int first, int last) implements Segment {}

        /** One step in Java. */
        record Java(Instruction.JavaCall call) implements Segment {}
    }

    private final Resources resources;
    private final StepKernels javaKernels;
    private final int threads;
    private final int inputs;
    private final int outputs;
    private final List<Tensor> held;
    private final List<StepReport> reports;
    private final List<Segment> segments = new ArrayList<>();
    private final List<String> nativeSteps = new ArrayList<>();
    private final IdentityHashMap<Buffer, Integer> bufferIndex = new IdentityHashMap<>();
    private final long network;
    private final Arena arena;
    private final long constantBytes;

    private OnednnExecutable(
            Plan plan, ProgramBuilder program, Resources resources, int threads, StepKernels javaKernels) {
        this.resources = resources;
        this.javaKernels = javaKernels;
        this.threads = threads;
        this.inputs = plan.inputs().size();
        this.outputs = plan.outputs().size();
        this.held = Constants.readBy(program.instructions());
        this.constantBytes = program.constants().bytes();
        this.reports = program.reports();
        this.arena = placeInArena(program.instructions());
        this.network = NativeNetwork.create(Dnnl.engine(), threads);
        resources.onClose(new Handle(Handle.Kind.NETWORK, network));
        for (Instruction instruction : program.instructions()) {
            load(instruction);
        }
    }

    static OnednnExecutable prepare(Plan plan, ExecutionOptions options, StepKernels javaKernels) {
        Resources resources = new Resources();
        try {
            // oneDNN fixes a primitive's thread count when it is created.
            NativeNetwork.setThreads(options.intraOpThreads());
            ProgramBuilder program = Lowering.lower(plan, options, resources);
            return new OnednnExecutable(plan, program, resources, options.intraOpThreads(), javaKernels);
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        } finally {
            NativeNetwork.setThreads(0);
        }
    }

    /** Loads a program, whose resources it takes over. */
    static OnednnExecutable load(
            Plan plan, ProgramBuilder program, Resources resources, int threads, StepKernels javaKernels) {
        return new OnednnExecutable(plan, program, resources, threads, javaKernels);
    }

    /** Gives every arena buffer its offset. */
    private static Arena placeInArena(List<Instruction> instructions) {
        IdentityHashMap<Buffer, int[]> lives = new IdentityHashMap<>();
        List<Buffer> order = new ArrayList<>();
        for (int i = 0; i < instructions.size(); i++) {
            for (Buffer buffer : instructions.get(i).buffers()) {
                if (buffer.kind != Buffer.Kind.ARENA) {
                    continue;
                }
                int[] life = lives.get(buffer);
                if (life == null) {
                    order.add(buffer);
                    lives.put(buffer, new int[] {i, i});
                } else {
                    life[1] = i;
                }
            }
        }
        List<MemoryPlanner.Block> blocks = new ArrayList<>();
        for (Buffer buffer : order) {
            int[] life = lives.getOrDefault(buffer, new int[2]);
            blocks.add(new MemoryPlanner.Block(life[0], life[1], buffer.bytes));
        }
        MemoryPlan plan = MemoryPlanner.plan(blocks);
        for (int i = 0; i < order.size(); i++) {
            order.get(i).value = plan.offsets()[i];
        }
        return new Arena(plan.arenaBytes(), plan.lowerBound());
    }

    private void load(Instruction instruction) {
        if (instruction instanceof Instruction.JavaCall call) {
            segments.add(new Segment.Java(call));
            return;
        }
        int step = instruction instanceof Instruction.PrimitiveCall call
                ? load(call)
                : instruction instanceof Instruction.BandsCall bands
                        ? load(bands)
                        : load((Instruction.KernelCall) instruction);
        if (step != nativeSteps.size()) {
            throw new Conv4jException(
                    "the native program refused step " + instruction.report().name());
        }
        nativeSteps.add(instruction.report().name());
        int last = segments.size() - 1;
        if (last >= 0 && segments.get(last) instanceof Segment.Native segment) {
            segments.set(last, new Segment.Native(segment.first(), step + 1));
        } else {
            segments.add(new Segment.Native(step, step + 1));
        }
    }

    private int load(Instruction.PrimitiveCall call) {
        int count = call.arguments().size();
        int[] ids = new int[count];
        long[] descs = new long[count];
        int[] buffers = new int[count];
        for (int i = 0; i < count; i++) {
            Instruction.Argument argument = call.arguments().get(i);
            ids[i] = argument.id();
            descs[i] = argument.desc().address();
            buffers[i] = index(argument.place());
        }
        return NativeNetwork.addPrimitive(network, call.primitive(), count, ids, descs, buffers);
    }

    private int load(Instruction.BandsCall call) {
        int[] buffers = indices(call.operands());
        long[] parameters = Instruction.numbers(call.parameters());
        return NativeNetwork.addBands(network, parameters.length, parameters, buffers.length, buffers);
    }

    private int[] indices(List<Buffer> buffers) {
        int[] indices = new int[buffers.size()];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = index(Instruction.Place.of(buffers.get(i)));
        }
        return indices;
    }

    private int load(Instruction.KernelCall call) {
        int[] buffers = indices(call.operands());
        long[] parameters = Instruction.numbers(call.parameters());
        return NativeNetwork.addKernel(network, call.kind(), parameters.length, parameters, buffers.length, buffers);
    }

    private int index(Instruction.Place place) {
        Buffer buffer = place.buffer();
        if (place.offset() != 0) {
            return NativeNetwork.addBuffer(network, buffer.kind.code, slot(buffer), place.offset());
        }
        Integer known = bufferIndex.get(buffer);
        if (known == null) {
            known = NativeNetwork.addBuffer(network, buffer.kind.code, slot(buffer), 0);
            bufferIndex.put(buffer, known);
        }
        return known;
    }

    /** A buffer's value as the native side counts it: one table holds inputs and then outputs. */
    private long slot(Buffer buffer) {
        return buffer.kind == Buffer.Kind.OUTPUT ? inputs + buffer.value : buffer.value;
    }

    @Override
    public Context newContext() {
        return new OnednnContext(this);
    }

    @Override
    public List<StepReport> steps() {
        return reports;
    }

    @Override
    public int nativeCrossings() {
        return (int) segments.stream().filter(Segment.Native.class::isInstance).count();
    }

    @Override
    public Arena arena() {
        return arena;
    }

    @Override
    public long nativeBytes() {
        long bytes = constantBytes;
        for (Tensor tensor : held) {
            bytes += tensor.type().bytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        resources.close();
    }

    long network() {
        return network;
    }

    int inputs() {
        return inputs;
    }

    int outputs() {
        return outputs;
    }

    List<Segment> segments() {
        return segments;
    }

    int threads() {
        return threads;
    }

    StepKernels javaKernels() {
        return javaKernels;
    }

    /** The name of a native step, for messages. */
    String nativeStep(int index) {
        return nativeSteps.get(index);
    }
}
