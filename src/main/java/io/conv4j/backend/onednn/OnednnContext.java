package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Context;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.Tensor;
import java.lang.ref.Reference;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An arena and the native context over it. A run allocates nothing as long as it is given the tensors of the last one. */
final class OnednnContext implements Context {
    private final OnednnExecutable executable;
    private final NativeMemory arena;
    private final NativeMemory table;
    private final LongBuffer addresses;
    private final @Nullable Tensor[] bound;
    private final long context;
    private final List<Part> parts = new ArrayList<>();

    /** What one segment does in this context. */
    private interface Part {
        void run(List<Tensor> inputs, List<Tensor> outputs);

        /** Runs it and returns the nanoseconds of its steps. */
        default long[] profile(List<Tensor> inputs, List<Tensor> outputs) {
            long start = System.nanoTime();
            run(inputs, outputs);
            return new long[] {System.nanoTime() - start};
        }
    }

    /** Steps that run in one native call. */
    private final class NativePart implements Part {
        private final OnednnExecutable.Segment.Native range;

        NativePart(OnednnExecutable.Segment.Native range) {
            this.range = range;
        }

        @Override
        public void run(List<Tensor> inputs, List<Tensor> outputs) {
            check(NativeNetwork.run(context, range.first(), range.last()));
        }

        @Override
        public long[] profile(List<Tensor> inputs, List<Tensor> outputs) {
            long[] nanoseconds = new long[range.last() - range.first()];
            check(NativeNetwork.profile(context, range.first(), range.last(), nanoseconds));
            return nanoseconds;
        }
    }

    OnednnContext(OnednnExecutable executable) {
        this.executable = executable;
        int slots = executable.inputs() + executable.outputs();
        this.arena = NativeMemory.allocate(executable.arena().bytes());
        NativeNetwork.adviseHugePages(arena.address(), arena.bytes());
        this.table = NativeMemory.allocate((long) Long.BYTES * slots);
        this.addresses = table.view(0, Long.BYTES * slots).asLongBuffer();
        for (int i = 0; i < slots; i++) {
            addresses.put(i, 0);
        }
        this.bound = new Tensor[slots];
        this.context = NativeNetwork.createContext(executable.network(), arena.address(), table.address());
        if (context == 0) {
            table.close();
            arena.close();
            throw new Conv4jException(
                    "oneDNN refused a context of " + executable.arena().bytes() + " bytes");
        }
        for (OnednnExecutable.Segment segment : executable.segments()) {
            parts.add(
                    segment instanceof OnednnExecutable.Segment.Native range
                            ? new NativePart(range)
                            : javaPart(((OnednnExecutable.Segment.Java) segment).call()));
        }
    }

    @Override
    public void run(List<Tensor> inputs, List<Tensor> outputs) {
        bindAll(inputs, outputs);
        try {
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).run(inputs, outputs);
            }
        } finally {
            Reference.reachabilityFence(inputs);
            Reference.reachabilityFence(outputs);
        }
    }

    @Override
    public long[] profile(List<Tensor> inputs, List<Tensor> outputs) {
        bindAll(inputs, outputs);
        try {
            return parts.stream()
                    .map(part -> part.profile(inputs, outputs))
                    .flatMapToLong(Arrays::stream)
                    .toArray();
        } finally {
            Reference.reachabilityFence(inputs);
            Reference.reachabilityFence(outputs);
        }
    }

    private void bindAll(List<Tensor> inputs, List<Tensor> outputs) {
        for (int i = 0; i < inputs.size(); i++) {
            bind(i, inputs.get(i));
        }
        for (int i = 0; i < outputs.size(); i++) {
            bind(executable.inputs() + i, outputs.get(i));
        }
    }

    private void bind(int slot, Tensor tensor) {
        if (bound[slot] != tensor) {
            addresses.put(slot, NativeMemory.addressOf(tensor.bytes()));
            bound[slot] = tensor;
        }
    }

    private void check(long result) {
        if (result != 0) {
            int step = (int) (result >>> 32) - 1;
            throw new Conv4jException(
                    "step '" + executable.nativeStep(step) + "' failed in oneDNN: " + Dnnl.status((int) result));
        }
    }

    private Part javaPart(Instruction.JavaCall call) {
        List<Operand> sources = call.sources().stream().map(this::operand).toList();
        List<Operand> operands = call.operands().stream().map(this::operand).toList();
        List<Operand> destinations =
                call.destinations().stream().map(this::operand).toList();
        return (inputs, outputs) -> executable
                .javaKernels()
                .run(
                        call.step(),
                        tensors(sources, inputs, outputs),
                        tensors(operands, inputs, outputs),
                        tensors(destinations, inputs, outputs),
                        executable.threads());
    }

    /** A tensor of this context, or one of the caller's that is known only when it runs. */
    private interface Operand {
        Tensor tensor(List<Tensor> inputs, List<Tensor> outputs);
    }

    private static List<Tensor> tensors(List<Operand> operands, List<Tensor> inputs, List<Tensor> outputs) {
        return operands.stream().map(operand -> operand.tensor(inputs, outputs)).toList();
    }

    private Operand operand(Instruction.View view) {
        Buffer buffer = view.buffer();
        int index = (int) buffer.value;
        return switch (buffer.kind) {
            case INPUT ->
                (inputs, outputs) -> inputs.get(index).reshape(view.type().shape());
            case OUTPUT ->
                (inputs, outputs) -> outputs.get(index).reshape(view.type().shape());
            case ARENA ->
                fixed(view, arena.view(buffer.value, Math.toIntExact(view.type().bytes())));
            case CONSTANT ->
                fixed(
                        view,
                        NativeMemory.viewOf(
                                buffer.value, Math.toIntExact(view.type().bytes())));
        };
    }

    private static Operand fixed(Instruction.View view, java.nio.ByteBuffer bytes) {
        Tensor tensor = Tensor.wrap(view.type().type(), view.type().shape(), bytes);
        return (inputs, outputs) -> tensor;
    }

    @Override
    public long nativeBytes() {
        return arena.bytes() + table.bytes();
    }

    private boolean closed;

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            NativeNetwork.destroyContext(context);
            table.close();
            arena.close();
        }
    }
}
