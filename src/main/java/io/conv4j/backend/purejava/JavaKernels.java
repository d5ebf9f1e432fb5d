package io.conv4j.backend.purejava;

import io.conv4j.compile.Step;
import io.conv4j.evaluate.Evaluator;
import io.conv4j.evaluate.Workers;
import io.conv4j.layer.BatchNormalization;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.DeformableConvolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.GridSample;
import io.conv4j.layer.Layer;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.MatMul;
import io.conv4j.layer.MaxPoolingWithIndices;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Softmax;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * A kernel in plain Java for every layer there is. Fits {@link io.conv4j.backend.StepKernels}, so that other back ends run
 * on it what they have no form for. Stateless and safe from any thread.
 */
public final class JavaKernels {
    private JavaKernels() {}

    /**
     * Runs a step once. The result does not depend on the number of threads, bit for bit.
     *
     * @param step what is computed
     * @param sources the layer's inputs, in its order, row-major
     * @param operands the post-ops' operands, in their order
     * @param destinations written wholly; the memory must not overlap that of the others
     * @param threads threads it may use, at least 1
     * @throws io.conv4j.Conv4jException if the tensors do not fit the layer or an index among them is out of range
     */
    public static void run(
            Step step, List<Tensor> sources, List<Tensor> operands, List<Tensor> destinations, int threads) {
        Workers workers = new Workers(threads);
        Destination dst = new Destination(destinations.get(0), step.postOps(), operands);
        if (Evaluator.covers(step.layer())) {
            Evaluator.evaluate(step.layer(), sources, destinations, workers);
            dst.applyPostOps(workers);
        } else if (step.layer() instanceof MaxPoolingWithIndices pooling) {
            new IndexedPoolingKernel(pooling, sources.get(0), destinations).run(workers);
        } else {
            run(step.layer(), sources, dst, workers);
        }
    }

    /**
     * Applies a step's post-ops to what its destination holds: for back ends that compute the layer itself in another way.
     *
     * @param operands the post-ops' operands, in their order
     * @param threads threads it may use, at least 1
     */
    public static void applyPostOps(Step step, List<Tensor> operands, Tensor destination, int threads) {
        new Destination(destination, step.postOps(), operands).applyPostOps(new Workers(threads));
    }

    private static void run(Layer layer, List<Tensor> sources, Destination dst, Workers workers) {
        if (layer instanceof Convolution convolution) {
            new ConvolutionKernel(convolution, sources, dst).run(workers);
        } else if (layer instanceof TransposedConvolution transposed) {
            new TransposedConvolutionKernel(transposed, sources, dst).run(workers);
        } else if (layer instanceof DeformableConvolution deformable) {
            new DeformableConvolutionKernel(deformable, sources, dst).run(workers);
        } else if (layer instanceof Pooling pooling) {
            new PoolingKernel(pooling, sources.get(0), dst).run(workers);
        } else if (layer instanceof Dense) {
            DenseKernel.run(sources, dst, workers);
        } else if (layer instanceof MatMul) {
            new MatMulKernel(sources, dst).run(workers);
        } else if (layer instanceof BatchNormalization normalization) {
            NormalizationKernels.batch(normalization, sources, dst, workers);
        } else if (layer instanceof LocalResponseNormalization normalization) {
            NormalizationKernels.localResponse(normalization, sources.get(0), dst, workers);
        } else if (layer instanceof Softmax softmax) {
            NormalizationKernels.softmax(softmax, sources.get(0), dst, workers);
        } else if (layer instanceof Resize resize) {
            new ResizeKernel(resize, sources.get(0), dst).run(workers);
        } else if (layer instanceof GridSample sample) {
            new GridSampleKernel(sample, sources, dst).run(workers);
        } else {
            throw new IllegalStateException("no kernel for " + layer);
        }
    }
}
