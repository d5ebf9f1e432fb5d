package io.conv4j.layer;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * The inverse of {@link DepthToSpace} with channels running b, b, C: [N, C, H·b, W·b] becomes [N, C·b², H, W].
 *
 * @param blockSize b, at least 1
 */
public record SpaceToDepth(int blockSize) implements Layer {
    /** Checks the block size. */
    public SpaceToDepth {
        if (blockSize < 1) {
            throw new Conv4jException("block size should be at least 1, got " + blockSize);
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 1, 1);
        Shape src = Inputs.spatial(this, inputs.get(0), 2);
        if (src.extent(2) % blockSize != 0 || src.extent(3) % blockSize != 0) {
            throw Inputs.failure(this, "height and width of " + src + " do not divide by " + blockSize);
        }
        return List.of(new TensorType(
                inputs.get(0).type(),
                Shape.ofLongs(
                        src.extent(0),
                        Inputs.product(this, src.extent(1), blockSize, blockSize),
                        src.extent(2) / blockSize,
                        src.extent(3) / blockSize)));
    }
}
