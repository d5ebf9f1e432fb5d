/**
 * Two back ends, one graph: where and by how much do they differ. {@link io.conv4j.validate.Validator} runs both on the
 * same inputs, compares every output and, where one differs, finds the first layer that does.
 *
 * <p>Works below sessions, on plans: a plan whose outputs are replaced by what its steps write runs the very steps that
 * the untouched plan runs, fusions included, so that looking at a layer does not change how it is computed.
 */
@NullMarked
package io.conv4j.validate;

import org.jspecify.annotations.NullMarked;
