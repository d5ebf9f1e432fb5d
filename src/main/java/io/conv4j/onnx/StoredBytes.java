package io.conv4j.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * The bytes of an open file, read when they are asked for; the file is closed when nobody can ask any more. Reading, not
 * mapping: a file that is cut short meanwhile is an exception then, not the end of the JVM.
 */
final class StoredBytes implements ModelBytes {
    private final Path path;
    private final FileChannel file;
    private final long size;

    StoredBytes(Path path, FileChannel file) throws IOException {
        this.path = path;
        this.file = file;
        this.size = file.size();
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long position, ByteBuffer dst) {
        try {
            long next = position;
            while (dst.hasRemaining()) {
                int count = file.read(dst, next);
                if (count < 0) {
                    throw new ModelFormatException(path + " became shorter while it was read");
                }
                next += count;
            }
        } catch (IOException e) {
            throw new ModelFormatException("cannot read " + path + ": " + e, e);
        }
    }
}
