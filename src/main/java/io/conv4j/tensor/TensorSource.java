package io.conv4j.tensor;

import java.nio.ByteBuffer;

/** Where a tensor's numbers are until somebody asks for them: a file, or what they are computed from. */
@FunctionalInterface
public interface TensorSource {
    /**
     * Writes as many bytes as the buffer has room for, as the tensor would have them in memory. Called from any thread, any
     * number of times.
     *
     * @param offset of the first byte wanted; bytes up to {@code offset + dst.remaining()} are the tensor's
     * @param dst in native byte order; filled up
     */
    void read(long offset, ByteBuffer dst);
}
