package io.conv4j.backend.openblas;

import io.conv4j.backend.ContextKernels;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Step;
import io.conv4j.evaluate.Workers;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.List;

/** Runs the steps of one context, with a panel that all of them use in turn. */
final class OpenblasKernels implements ContextKernels {
    private final Multiplications multiplications;
    private final int threads;
    private final Workers workers;
    private final NativeMemory memory;
    private final FloatBuffer panel;

    OpenblasKernels(Multiplications multiplications, int threads) {
        this.multiplications = multiplications;
        this.threads = threads;
        this.workers = new Workers(threads);
        int bytes = Math.multiplyExact(multiplications.panelElements(), Float.BYTES);
        this.memory = NativeMemory.allocate(bytes);
        this.panel = memory.view(0, bytes).asFloatBuffer();
    }

    @Override
    public void run(Step step, List<Tensor> sources, List<Tensor> operands, List<Tensor> destinations) {
        Multiplication multiplication = multiplications.of(step);
        if (multiplication == null) {
            JavaKernels.run(step, sources, operands, destinations, threads);
            return;
        }
        Tensor dst = destinations.get(0);
        multiplication.run(new Multiplication.Run(sources, dst, panel, workers));
        JavaKernels.applyPostOps(step, operands, dst, threads);
    }

    @Override
    public long nativeBytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}
