package io.conv4j.onnx;

import java.io.InputStream;
import java.nio.ByteBuffer;

/** Bytes of a model one after the other; those that are skipped are not read. */
final class ModelStream extends InputStream {
    private final ModelBytes bytes;
    private long next;

    ModelStream(ModelBytes bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] dst, int offset, int length) {
        long left = bytes.size() - next;
        if (left == 0 && length > 0) {
            return -1;
        }
        int count = (int) Math.min(length, left);
        bytes.read(next, ByteBuffer.wrap(dst, offset, count));
        next += count;
        return count;
    }

    @Override
    public long skip(long count) {
        long passed = Math.max(0, Math.min(count, bytes.size() - next));
        next += passed;
        return passed;
    }
}
