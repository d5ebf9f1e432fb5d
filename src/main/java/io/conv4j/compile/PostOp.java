package io.conv4j.compile;

import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;

/** What a step does to its result, in f32, before it is written; applied in the order of the step's list. */
public sealed interface PostOp {
    /** x becomes activation(x). */
    record Apply(Activation activation) implements PostOp {
        /** Said, as is what follows: the language's own way takes tens of milliseconds at the first call in a JVM. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Apply apply && activation.equals(apply.activation);
        }

        @Override
        public int hashCode() {
            return activation.hashCode();
        }

        @Override
        public String toString() {
            return activation.word();
        }
    }

    /** x becomes op(x, operand), the operand broadcast to the step's destination, which keeps its shape. */
    record Combine(Binary.Op op, Value operand) implements PostOp {
        @Override
        public boolean equals(Object other) {
            return other instanceof Combine combine && op == combine.op && operand.equals(combine.operand);
        }

        @Override
        public int hashCode() {
            return 31 * operand.hashCode() + op.hashCode();
        }

        @Override
        public String toString() {
            return new Binary(op).word();
        }
    }
}
