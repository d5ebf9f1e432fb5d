package io.conv4j.validate;

/** What is said of one compared tensor. */
public enum Verdict {
    /** Within the tolerance. */
    EQUAL("equal"),
    /** Beyond the tolerance. */
    DIFFERENT("DIFFERENT"),
    /** Numbers that are not finite, or many zeros, where the reference has none. */
    NOT_TO_BE_TRUSTED("NOT TO BE TRUSTED"),
    /** A second run on the same inputs gave other bits. */
    NOT_REPEATABLE("NOT REPEATABLE");

    private final String word;

    Verdict(String word) {
        this.word = word;
    }

    /** The word in tables; in capitals unless all is well. */
    public String word() {
        return word;
    }
}
