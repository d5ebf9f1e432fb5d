package io.conv4j.layer;

import static io.conv4j.layer.Inputs.failure;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.Collections;
import java.util.List;

/**
 * Puts elements back where a maximum pooling found them (ONNX MaxUnpool): src [N, C, spatial…] and s64 indices of its shape
 * give dst [N, C, spatial…] with the extents of a transposed convolution by the same window, zero but for dst[indices[i]] =
 * src[i]. Indices count elements of the whole of dst, row-major; of several elements for one place the last stays.
 *
 * <p>An index that is not in dst is an error of the run.
 *
 * @param window the pooling's
 */
public record MaxUnpooling(Window window) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 2);
        TensorType src = inputs.get(0);
        TensorType indices = inputs.get(1);
        Shape shape = Inputs.spatial(this, src, window.rank());
        if (!indices.equals(new TensorType(DataType.S64, shape))) {
            throw failure(this, "indices should be s64 " + shape + " as src, got " + indices);
        }
        List<Integer> nothingAdded = Collections.nCopies(window.rank(), 0);
        return List.of(new TensorType(src.type(), window.transposedShape(shape, shape.extent(1), nothingAdded)));
    }
}
