package io.conv4j.layer;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.TensorType;
import java.util.List;

/**
 * Maximum over windows of src [N, C, spatial…], and where it was found: dst as {@link Pooling} has it, and s64 indices of
 * its shape (ONNX MaxPool with its second output). Indices count elements of the whole of src, padding not counted. Of equal
 * elements the first in row-major order is taken, and one that is not a number before all others. A window that has no
 * element, as a dilated one may have none, gives −1.
 *
 * @param window the window; padding never counts as a maximum
 * @param ceilMode whether output extents round up instead of down
 * @param columnMajor whether indices count along the first spatial axis first, the last spatial axis last; else row-major
 */
public record MaxPoolingWithIndices(Window window, boolean ceilMode, boolean columnMajor) implements Layer {
    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        TensorType dst =
                new Pooling(Pooling.Kind.MAX, window, ceilMode).infer(inputs).get(0);
        return List.of(dst, new TensorType(DataType.S64, dst.shape()));
    }
}
