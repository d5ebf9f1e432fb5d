package io.conv4j.onnx;

import io.conv4j.Conv4jException;

/** Thrown by a converter that cannot express its node; the importer collects these and lists them all. */
final class UnsupportedNode extends Conv4jException {
    private static final long serialVersionUID = 1;

    private final String operand;

    UnsupportedNode(String reason) {
        this(reason, "");
    }

    /** Because the numbers of this operand would have to be known. */
    UnsupportedNode(String reason, String operand) {
        super(reason);
        this.operand = operand;
    }

    /** The operand whose numbers would help; empty if none would. */
    String operand() {
        return operand;
    }
}
