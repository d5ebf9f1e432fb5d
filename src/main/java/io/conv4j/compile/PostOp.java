package io.conv4j.compile;

import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;

/** What a step does to its result, in f32, before it is written; applied in the order of the step's list. */
public sealed interface PostOp {
    /** x becomes activation(x). */
    record Apply(Activation activation) implements PostOp {
        @Override
        public String toString() {
            return activation.word();
        }
    }

    /** x becomes op(x, operand), the operand broadcast to the step's destination, which keeps its shape. */
    record Combine(Binary.Op op, Value operand) implements PostOp {
        @Override
        public String toString() {
            return new Binary(op).word();
        }
    }
}
