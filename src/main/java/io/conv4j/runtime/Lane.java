package io.conv4j.runtime;

import io.conv4j.backend.Context;
import io.conv4j.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/** In which thread a session prepares and runs. A native library's threads belong to the thread that calls it. */
interface Lane {
    /** Makes something in the lane's thread. What it throws comes back to the caller. */
    <T> T make(Supplier<T> creation);

    /** Runs in the lane's thread and returns when it is done. What it throws comes back to the caller. */
    void run(Context context, List<Tensor> inputs, List<Tensor> outputs);

    /** Ends the lane's thread, if it has one; nothing may be under way or follow. */
    void stop();

    /** The lane for a mode. */
    static Lane of(Mode mode, String session) {
        return mode == Mode.LATENCY ? new RunnerLane("conv4j-" + session) : new CallerLane();
    }

    /** Everything in the caller's thread: callers run side by side. */
    final class CallerLane implements Lane {
        @Override
        public <T> T make(Supplier<T> creation) {
            return creation.get();
        }

        @Override
        public void run(Context context, List<Tensor> inputs, List<Tensor> outputs) {
            context.run(inputs, outputs);
        }

        @Override
        public void stop() {}
    }
}
