/**
 * Plans on OpenBLAS: convolutions and matrix products become calls of its single-precision matrix product, everything else
 * runs on the Java kernels. {@link io.conv4j.backend.openblas.OpenblasBackend} prepares for every such layer a
 * {@code Multiplication}, which knows its shapes; a convolution unrolls its input into a bounded panel, some rows and
 * columns at a time (im2col), a transposed one adds such panels up (col2im). Weights are multiplied as they lie, so that
 * nothing is converted, whether they are constants or inputs.
 */
@NullMarked
package io.conv4j.backend.openblas;

import org.jspecify.annotations.NullMarked;
