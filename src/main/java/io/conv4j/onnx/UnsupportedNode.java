package io.conv4j.onnx;

import io.conv4j.Conv4jException;

/** Thrown by a converter that cannot express its node; the importer collects these and lists them all. */
final class UnsupportedNode extends Conv4jException {
    private static final long serialVersionUID = 1;

    UnsupportedNode(String reason) {
        super(reason);
    }
}
