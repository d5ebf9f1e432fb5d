package io.conv4j.backend;

/**
 * Whether a back end runs a step itself.
 *
 * @param supported whether it does
 * @param reason why not; empty if it does
 */
public record Support(boolean supported, String reason) {
    /** It does. */
    public static final Support YES = new Support(true, "");

    /** It does not, and why. */
    public static Support no(String reason) {
        return new Support(false, reason);
    }
}
