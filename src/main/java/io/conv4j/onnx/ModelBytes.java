package io.conv4j.onnx;

import io.conv4j.tensor.TensorSource;
import java.nio.ByteBuffer;
import java.util.List;

/** The bytes of a serialised message: in a file or in memory. */
interface ModelBytes {
    long size();

    /**
     * Fills the buffer with the bytes from a position on, of which there must be as many.
     *
     * @throws ModelFormatException if they cannot be read
     */
    void read(long position, ByteBuffer dst);

    /** Bytes in memory, which are not copied. */
    record InMemory(ByteBuffer bytes) implements ModelBytes {
        @Override
        public long size() {
            return bytes.limit();
        }

        @Override
        public void read(long position, ByteBuffer dst) {
            dst.put(bytes.slice((int) position, dst.remaining()));
        }
    }

    /** Bytes in memory in parts, of which all but the last have the same length. */
    record InParts(List<byte[]> parts, int length, long size) implements ModelBytes {
        @Override
        public void read(long position, ByteBuffer dst) {
            long next = position;
            while (dst.hasRemaining()) {
                byte[] part = parts.get((int) (next / length));
                int from = (int) (next % length);
                int count = Math.min(dst.remaining(), part.length - from);
                dst.put(part, from, count);
                next += count;
            }
        }
    }

    /** The bytes from a position on as a tensor's numbers. */
    record From(ModelBytes bytes, long start) implements TensorSource {
        @Override
        public void read(long offset, ByteBuffer dst) {
            bytes.read(start + offset, dst);
        }
    }
}
