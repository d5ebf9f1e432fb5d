package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * What the kernel of {@code cpp/indirect.hpp} multiplies: a tensor that is there, or what it makes of others, some pixels at a
 * time.
 *
 * @param parameters what the tensor is, and how it is made
 * @param buffers the tensor, or what it is made of
 */
record IndirectSource(List<Long> parameters, List<Buffer> buffers) {
    private static final long THERE = 0;
    private static final long JOINED = 1;
    private static final long JOINED_RELU = 2;
    private static final long POOLED = 3;
    private static final long GATED = 4;

    /** Parameters of one that is there. */
    static final List<Long> PLAIN = List.of(THERE, 0L);

    /** One that is there. */
    static IndirectSource there(Buffer src) {
        return new IndirectSource(PLAIN, List.of(src));
    }

    /** One that is there, of which each channel is multiplied by a gate; for {@link Algorithm#FIP} only. */
    static IndirectSource gated(Buffer src, Buffer gates) {
        return made(GATED, List.of(), List.of(src, gates));
    }

    /** What a normalisation makes of the tensors that it reads. */
    static IndirectSource joined(JoinedNormalization normalization) {
        List<Long> channels = normalization.channels();
        return made(normalization.relu() ? JOINED_RELU : JOINED, channels, normalization.buffers());
    }

    /** What a max pooling that is {@linkplain PoolingLowering#isOwn our own} makes of a tensor. */
    static IndirectSource pooled(Step pooling, Buffer src) {
        Window window = ((Pooling) pooling.layer()).window();
        List<Long> parameters = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Axis axis = window.axis(i);
            parameters.add((long) pooling.sources().get(0).shape().extent(i + 2));
            parameters.add((long) axis.kernel());
            parameters.add((long) axis.stride());
            parameters.add((long) axis.padBefore());
        }
        return made(POOLED, parameters, List.of(src));
    }

    private static IndirectSource made(long kind, List<Long> how, List<Buffer> buffers) {
        List<Long> parameters = new ArrayList<>(List.of(kind, (long) how.size()));
        parameters.addAll(how);
        return new IndirectSource(List.copyOf(parameters), List.copyOf(buffers));
    }
}
