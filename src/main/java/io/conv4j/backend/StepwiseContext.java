package io.conv4j.backend;

import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An arena and the tensors in it. */
final class StepwiseContext implements Context {
    private final StepwiseExecutable executable;
    private final NativeMemory arena;
    private final ContextKernels kernels;
    /** Where each value is during a run; inputs and outputs are put in by every run. */
    private final Map<Value, Tensor> tensors;

    private boolean closed;

    StepwiseContext(StepwiseExecutable executable) {
        this.executable = executable;
        this.arena = NativeMemory.allocate(executable.arena().bytes());
        this.kernels = newKernels();
        this.tensors = new HashMap<>(executable.plan().constants());
        for (int i = 0; i < executable.arenaValues().size(); i++) {
            Value value = executable.arenaValues().get(i);
            int bytes = Math.toIntExact(value.type().bytes());
            tensors.put(value, Tensor.wrap(value.dataType(), value.shape(), arena.view(executable.offset(i), bytes)));
        }
    }

    private ContextKernels newKernels() {
        try {
            return executable.newKernels();
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public void run(List<Tensor> inputs, List<Tensor> outputs) {
        bind(inputs, outputs);
        for (Step step : executable.plan().steps()) {
            run(step);
        }
        copyOutputs(outputs);
    }

    @Override
    public long[] profile(List<Tensor> inputs, List<Tensor> outputs) {
        bind(inputs, outputs);
        List<Step> steps = executable.plan().steps();
        long[] nanoseconds = new long[steps.size()];
        for (int i = 0; i < nanoseconds.length; i++) {
            long start = System.nanoTime();
            run(steps.get(i));
            nanoseconds[i] = System.nanoTime() - start;
        }
        copyOutputs(outputs);
        return nanoseconds;
    }

    private void bind(List<Tensor> inputs, List<Tensor> outputs) {
        if (closed) {
            throw new IllegalStateException(
                    "the context of plan '" + executable.plan().name() + "' is closed");
        }
        // Of an output named twice the first place is written; constants and inputs stay where they are.
        for (int i = outputs.size() - 1; i >= 0; i--) {
            Value output = executable.plan().outputs().get(i);
            if (!executable.plan().constants().containsKey(output)) {
                tensors.put(output, outputs.get(i));
            }
        }
        for (int i = 0; i < inputs.size(); i++) {
            tensors.put(executable.plan().inputs().get(i), inputs.get(i));
        }
    }

    private void run(Step step) {
        kernels.run(step, find(step.sources()), operands(step), find(step.destinations()));
    }

    /** Fills outputs whose value lies elsewhere: inputs, constants, second places. */
    private void copyOutputs(List<Tensor> outputs) {
        for (int i = 0; i < outputs.size(); i++) {
            Tensor made = find(executable.plan().outputs().get(i));
            if (!made.sharesMemoryWith(outputs.get(i))) {
                outputs.get(i).copyFrom(made);
            }
        }
    }

    private Tensor find(Value value) {
        return Objects.requireNonNull(tensors.get(value), () -> "value " + value + " was never made");
    }

    private List<Tensor> find(List<Value> values) {
        List<Tensor> found = new ArrayList<>(values.size());
        for (Value value : values) {
            found.add(find(value));
        }
        return found;
    }

    private List<Tensor> operands(Step step) {
        List<Tensor> operands = new ArrayList<>();
        for (PostOp postOp : step.postOps()) {
            if (postOp instanceof PostOp.Combine combine) {
                operands.add(find(combine.operand()));
            }
        }
        return operands;
    }

    @Override
    public long nativeBytes() {
        return arena.bytes() + kernels.nativeBytes();
    }

    @Override
    public void close() {
        closed = true;
        kernels.close();
        arena.close();
    }
}
