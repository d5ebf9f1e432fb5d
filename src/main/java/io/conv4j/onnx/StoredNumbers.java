package io.conv4j.onnx;

import io.conv4j.tensor.TensorSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * The numbers in an open file, read when they are asked for; the file is closed when nobody can ask any more. Reading, not
 * mapping: a file that is cut short meanwhile is an exception then, not the end of the JVM.
 */
final class StoredNumbers {
    private final Path path;
    private final FileChannel file;

    StoredNumbers(Path path, FileChannel file) {
        this.path = path;
        this.file = file;
    }

    /** A part of the file, in which there are at least as many bytes now. */
    TensorSource at(long start) {
        return (offset, dst) -> read(start + offset, dst);
    }

    /** Fills the buffer with what is in the file from a position on. */
    void read(long position, ByteBuffer dst) {
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

    long size() throws IOException {
        return file.size();
    }
}
