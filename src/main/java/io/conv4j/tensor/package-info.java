/**
 * Numbers and where they lie: {@link io.conv4j.tensor.Shape}, {@link io.conv4j.tensor.DataType},
 * {@link io.conv4j.tensor.Tensor}. Knows nothing of layers.
 */
@NullMarked
package io.conv4j.tensor;

import org.jspecify.annotations.NullMarked;
