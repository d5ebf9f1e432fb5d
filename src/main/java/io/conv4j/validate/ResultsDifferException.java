package io.conv4j.validate;

import io.conv4j.Conv4jException;

/** Two back ends do not agree; the message is the table. */
public final class ResultsDifferException extends Conv4jException {
    private final transient Validation validation;

    ResultsDifferException(Validation validation) {
        super("back ends differ: " + validation);
        this.validation = validation;
    }

    /** The rows of the table. */
    public Validation validation() {
        return validation;
    }
}
