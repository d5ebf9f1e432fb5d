package io.conv4j;

/**
 * The root of everything conv4j throws on purpose; unchecked. Messages carry the values involved and say what to do.
 * Use after close is an {@link IllegalStateException}, as everywhere in Java.
 */
public class Conv4jException extends RuntimeException {
    /** Creates an exception with what was wrong and what to do. */
    public Conv4jException(String message) {
        super(message);
    }

    /** Creates an exception with its cause kept. */
    public Conv4jException(String message, Throwable cause) {
        super(message, cause);
    }
}
