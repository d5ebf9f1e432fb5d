package io.conv4j.backend.openblas;

import io.conv4j.evaluate.Workers;
import io.conv4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.List;

/** A layer that comes down to matrix products, prepared for its shapes. Immutable and safe from any thread. */
interface Multiplication {
    /** How it is computed, for people: {@code im2col+sgemm}. */
    String algorithm();

    /** Elements of the panel that it needs; none if it multiplies what lies there already. */
    default int panelElements() {
        return 0;
    }

    /** How often one run calls OpenBLAS. */
    long calls();

    /** Computes the layer, without post-ops. */
    void run(Run run);

    /**
     * What one run works on.
     *
     * @param sources f32, of the shapes it was prepared for
     * @param dst likewise; written wholly
     * @param panel of at least {@link #panelElements()} elements, nobody else's during the run
     */
    record Run(List<Tensor> sources, Tensor dst, FloatBuffer panel, Workers workers) {
        FloatBuffer source(int index) {
            return sources.get(index).floats();
        }

        boolean hasBias() {
            return sources.size() == 3;
        }

        /** Fills the planes of one image with their channels' bias, or with zeros if there is none. */
        void fillWithBias(FloatBuffer floats, int image, int channels, int plane) {
            FloatBuffer bias = hasBias() ? source(2) : FloatBuffer.allocate(channels);
            workers.forEach(channels, plane / 4, channel -> {
                int at = (image * channels + channel) * plane;
                Spans.fill(floats, at, plane, bias.get(channel));
            });
        }
    }
}
