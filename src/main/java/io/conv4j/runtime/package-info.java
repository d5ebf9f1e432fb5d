/**
 * Running networks: {@link io.conv4j.runtime.Session} opens a model, chooses a back end, compiles a plan for each set of
 * input shapes and runs it from any number of threads. The one ordered list of back ends is
 * {@link io.conv4j.runtime.Backends}.
 *
 * <p>Who owns what: a session owns a {@code PlanCache}; the cache owns {@code CompiledPlan}s; a compiled plan owns an
 * executable and a {@code ContextPool}. The pool counts who is inside, so that closing waits for nobody and frees nothing
 * that is in use. Runs happen in the caller's thread, when it is its {@code Turn}.
 */
@NullMarked
package io.conv4j.runtime;

import org.jspecify.annotations.NullMarked;
