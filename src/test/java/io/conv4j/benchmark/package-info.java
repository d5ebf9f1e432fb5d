/**
 * Speed judged from outside: well-known networks written with {@link io.conv4j.graph.GraphBuilder}, timed side by side with
 * ONNX Runtime in one JVM.
 */
@NullMarked
package io.conv4j.benchmark;

import org.jspecify.annotations.NullMarked;
