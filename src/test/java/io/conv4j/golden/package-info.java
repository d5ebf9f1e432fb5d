/**
 * The library judged from outside: published outputs of whole networks, and ONNX Runtime where there are none. Finds the
 * test data ({@link io.conv4j.golden.TestData}), reads it, and fills architectures without weights by a seeded rule.
 */
@NullMarked
package io.conv4j.golden;

import org.jspecify.annotations.NullMarked;
