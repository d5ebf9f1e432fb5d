/**
 * Plans on oneDNN. {@link io.conv4j.backend.onednn.OnednnBackend} lowers every step to primitives created through the
 * preset's C functions; the program they form runs in {@code cpp/}, one call per run. Activations lie channels last from
 * the first layer to the last; weights are packed once. A step's family has one file here that says how it is lowered;
 * what has no good primitive runs on the Java kernels between two native segments. Where a layer can be computed in several
 * ways, {@code AlgorithmChoice} is the one place that decides.
 */
@NullMarked
package io.conv4j.backend.onednn;

import org.jspecify.annotations.NullMarked;
