package io.conv4j.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where tensors are found that a model keeps outside its own file. Called while the model is read, in the reading thread.
 */
@FunctionalInterface
public interface ExternalData {
    /**
     * Bytes {@code offset} to {@code offset + length} of a location. The buffer is read once and may be reused afterwards.
     *
     * @param location as written in the model, usually a file name; not to be trusted
     * @throws IOException if there is no such location or it has fewer bytes
     */
    ByteBuffer read(String location, long offset, long length) throws IOException;

    /** For models that should have none: refuses every location. */
    static ExternalData none() {
        return (location, offset, length) -> {
            throw new IOException(
                    "the model keeps it outside its file: read the model by its path, or say where that is");
        };
    }
}
