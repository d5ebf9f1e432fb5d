package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Pixel shuffle: [N, C·b², H, W] becomes [N, C, H·b, W·b].
 *
 * @param blockSize b, at least 1
 * @param columnRowDepth whether channels run C, b, b (ONNX CRD, PyTorch) rather than b, b, C (ONNX DCR, TensorFlow)
 */
public record DepthToSpace(int blockSize, boolean columnRowDepth) implements Layer {
    /** Checks the block size. */
    public DepthToSpace {
        if (blockSize < 1) {
            throw new Conv4jException("block size should be at least 1, got " + blockSize);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = Inputs.spatial(this, inputs.get(0), 2);
        long area = (long) blockSize * blockSize;
        if (src.extent(1) % area != 0) {
            throw Inputs.failure(this, "channels of " + src + " do not divide by " + area);
        }
        return List.of(new TensorType(
                inputs.get(0).type(),
                Shape.ofLongs(
                        src.extent(0),
                        src.extent(1) / area,
                        (long) src.extent(2) * blockSize,
                        (long) src.extent(3) * blockSize)));
    }
}
