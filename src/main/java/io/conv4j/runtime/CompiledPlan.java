package io.conv4j.runtime;

import io.conv4j.backend.Arena;
import io.conv4j.backend.Context;
import io.conv4j.backend.Executable;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Plan;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A plan for one set of input shapes, prepared, with its pool of contexts. Keeps the executable and types only, not the
 * plan with its plain weights. Safe from any thread. The executable is closed when the pool is closed and nobody is inside.
 */
final class CompiledPlan {
    private final TensorType[] inputs;
    private final TensorType[] outputs;
    private final Executable executable;
    private final ContextPool pool;
    private final Turn turn;

    /** When it was last found, in the cache's count; written by whoever finds it. */
    volatile long lastFound;

    /**
     * Takes ownership of the executable.
     *
     * @param nativeBytes where the bytes of the executable and its contexts are counted while they live
     */
    CompiledPlan(Plan plan, Executable executable, Turn turn, int contexts, AtomicLong nativeBytes) {
        this.inputs = types(plan.inputs());
        this.outputs = types(plan.outputs());
        this.executable = executable;
        this.turn = turn;
        long bytes = executable.nativeBytes();
        nativeBytes.addAndGet(bytes);
        this.pool = new ContextPool(contexts, executable::newContext, nativeBytes, () -> {
            nativeBytes.addAndGet(-bytes);
            executable.close();
        });
    }

    private static TensorType[] types(List<Value> values) {
        return Value.types(values).toArray(new TensorType[0]);
    }

    /** Makes the first context, so that a lack of memory shows before the first run; on failure closes the plan. */
    void warm() {
        ContextPool.Slot slot = pool.take();
        if (slot != null) {
            boolean made = false;
            try {
                pool.context(slot);
                made = true;
            } finally {
                pool.give(slot);
                if (!made) {
                    pool.close();
                }
            }
        }
    }

    /** Whether these tensors have exactly the types the plan was compiled for. */
    boolean accepts(List<Tensor> tensors) {
        if (tensors.size() != inputs.length) {
            return false;
        }
        for (int i = 0; i < inputs.length; i++) {
            Tensor tensor = tensors.get(i);
            if (tensor == null || !tensor.type().equals(inputs[i])) {
                return false;
            }
        }
        return true;
    }

    boolean isFor(List<Shape> shapes) {
        for (int i = 0; i < inputs.length; i++) {
            if (!shapes.get(i).equals(inputs[i].shape())) {
                return false;
            }
        }
        return true;
    }

    /** Runs with checked tensors; false, with nothing done, if the plan has been closed. */
    boolean run(List<Tensor> from, List<Tensor> to) {
        ContextPool.Slot slot = pool.take();
        if (slot == null) {
            return false;
        }
        try {
            Context context = pool.context(slot);
            turn.begin();
            try {
                context.run(from, to);
            } finally {
                turn.end();
            }
        } finally {
            pool.give(slot);
        }
        return true;
    }

    /** As {@link #run}, measuring each step; null, with nothing done, if the plan has been closed. */
    @Nullable List<StepTiming> profile(List<Tensor> from, List<Tensor> to) {
        ContextPool.Slot slot = pool.take();
        if (slot == null) {
            return null;
        }
        try {
            Context context = pool.context(slot);
            turn.begin();
            try {
                return StepTiming.of(executable.steps(), context.profile(from, to));
            } finally {
                turn.end();
            }
        } finally {
            pool.give(slot);
        }
    }

    int outputCount() {
        return outputs.length;
    }

    TensorType output(int index) {
        return outputs[index];
    }

    List<TensorType> inputTypes() {
        return List.of(inputs);
    }

    List<StepReport> steps() {
        return executable.steps();
    }

    Arena arena() {
        return executable.arena();
    }

    int nativeCrossings() {
        return executable.nativeCrossings();
    }

    /** Idempotent; deferred to the last run in flight. */
    void close() {
        pool.close();
    }
}
