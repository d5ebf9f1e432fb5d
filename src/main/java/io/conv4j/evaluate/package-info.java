/**
 * Layers that move single elements or combine them, on row-major tensors of all types: what constant folding and the Java
 * back end compute with. One file per family; {@link io.conv4j.evaluate.Evaluator} is the only way in.
 */
@NullMarked
package io.conv4j.evaluate;

import org.jspecify.annotations.NullMarked;
