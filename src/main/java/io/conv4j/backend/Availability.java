package io.conv4j.backend;

/**
 * Whether a back end can run here.
 *
 * @param available whether it can
 * @param detail version and CPU instructions in use if it can; what is missing and how to mend it if not
 */
public record Availability(boolean available, String detail) {
    /** It runs here. */
    public static Availability yes(String detail) {
        return new Availability(true, detail);
    }

    /** It does not, and why. */
    public static Availability no(String reason) {
        return new Availability(false, reason);
    }
}
