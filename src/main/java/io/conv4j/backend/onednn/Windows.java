package io.conv4j.backend.onednn;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import java.util.function.ToIntFunction;

/** A window in oneDNN's terms. */
final class Windows {
    private Windows() {}

    static long[] kernel(Window window) {
        return each(window, Axis::kernel);
    }

    static long[] strides(Window window) {
        return each(window, Axis::stride);
    }

    /** oneDNN counts the elements between taps: one less than everybody else. The only place that knows. */
    static long[] dilations(Window window) {
        return each(window, axis -> axis.dilation() - 1);
    }

    static long[] padsBefore(Window window) {
        return each(window, Axis::padBefore);
    }

    static long[] padsAfter(Window window) {
        return each(window, Axis::padAfter);
    }

    private static long[] each(Window window, ToIntFunction<Axis> of) {
        return window.axes().stream().mapToLong(of::applyAsInt).toArray();
    }
}
