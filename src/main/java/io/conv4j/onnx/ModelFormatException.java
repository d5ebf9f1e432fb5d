package io.conv4j.onnx;

import io.conv4j.Conv4jException;

/** A file is not a well-formed ONNX model: cut short, contradicting itself, or not ONNX at all. */
public final class ModelFormatException extends Conv4jException {
    private static final long serialVersionUID = 1;

    /** Creates an exception that says what is wrong, and where. */
    public ModelFormatException(String message) {
        super(message);
    }

    /** Creates an exception with its cause kept. */
    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
