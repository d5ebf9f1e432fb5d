/**
 * The back end in plain Java: what everything falls back on and what other back ends are judged by, written to be read.
 * Sums are kept in double, whatever the tensors hold, and rounded once when they are written; results do not depend on the
 * number of threads. One file per family of kernels; {@link io.conv4j.backend.purejava.JavaKernels} is the way in.
 */
@NullMarked
package io.conv4j.backend.purejava;

import org.jspecify.annotations.NullMarked;
