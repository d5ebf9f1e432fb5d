package io.conv4j.onnx;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** External data in the folder of the model's file, and nowhere else, symbolic links followed. */
final class ExternalFolder implements ExternalData {
    private final Path folder;

    ExternalFolder(Path folder) {
        this.folder = folder;
    }

    @Override
    public ByteBuffer read(String location, long offset, long length) throws IOException {
        try (FileChannel file = FileChannel.open(resolve(location))) {
            if (offset > file.size() - length) {
                throw new EOFException("'" + location + "' has " + file.size() + " bytes, the model wants " + length
                        + " from byte " + offset + " on");
            }
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(length));
            while (bytes.hasRemaining()) {
                if (file.read(bytes, offset + bytes.position()) < 0) {
                    throw new EOFException("'" + location + "' became shorter while it was read");
                }
            }
            return bytes.flip();
        }
    }

    private Path resolve(String location) throws IOException {
        Path root = folder.toRealPath();
        Path named;
        try {
            named = root.resolve(location).normalize();
        } catch (InvalidPathException e) {
            throw new IOException("'" + location + "' is not a file name", e);
        }
        if (!named.startsWith(root) || Path.of(location).isAbsolute()) {
            throw new IOException("'" + location + "' lies outside the model's folder");
        }
        Path real = named.toRealPath();
        if (!real.startsWith(root)) {
            throw new IOException("'" + location + "' leads outside the model's folder");
        }
        return real;
    }
}
