package io.conv4j.onnx;

import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads single tensors in ONNX's form (a serialised TensorProto), as the files {@code input_0.pb} and {@code output_0.pb} of
 * ONNX's tests are. Types that conv4j does not compute in are widened, as in models: f16 and f64 become f32, 16-bit
 * integers s32, u32 and u64 s64. Stateless.
 */
public final class OnnxTensors {
    private OnnxTensors() {}

    /**
     * The tensor in these bytes; memory of its own.
     *
     * @throws ModelFormatException if they are not a tensor, or sizes and numbers contradict each other
     * @throws io.conv4j.Conv4jException if the element type is one that conv4j does not have
     */
    public static Tensor read(byte[] bytes) {
        TensorMessage message;
        try {
            message = TensorMessage.of(new WireReader(new ModelBytes.InMemory(ByteBuffer.wrap(bytes))));
        } catch (ModelFormatException e) {
            throw new ModelFormatException("not a tensor in ONNX's form: " + e.getMessage(), e);
        }
        return new TensorReader(ExternalData.none()).read(message);
    }

    /**
     * The tensor in a file; memory of its own.
     *
     * @throws io.conv4j.Conv4jException if the file cannot be read, or as {@link #read(byte[])}; the message names the file
     */
    public static Tensor read(Path file) {
        try {
            return read(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new ModelFormatException("cannot read " + file + ": " + e, e);
        } catch (io.conv4j.Conv4jException e) {
            throw new ModelFormatException(file + ": " + e.getMessage(), e);
        }
    }
}
