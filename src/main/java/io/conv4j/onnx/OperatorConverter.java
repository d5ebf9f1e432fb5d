package io.conv4j.onnx;

import java.util.List;

/** Says in layers what one operator computes. */
@FunctionalInterface
interface OperatorConverter {
    /**
     * The node's outputs in order; trailing ones that conv4j does not make are left out.
     *
     * @throws UnsupportedNode if it cannot be said in layers
     */
    List<Operand> convert(NodeContext node);

    /** An operator with one output. */
    @FunctionalInterface
    interface Single {
        /** The output. */
        Operand convert(NodeContext node);
    }
}
