package io.conv4j.backend.purejava;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;

/** Per output element of an axis: the taps that lie inside the input, and how many lie inside it or its padding. */
final class WindowTaps {
    final Axis axis;
    final int input;
    final int output;
    final int[] first;
    final int[] end;
    final int[] padded;

    private WindowTaps(Axis axis, int input, int output) {
        this.axis = axis;
        this.input = input;
        this.output = output;
        this.first = new int[output];
        this.end = new int[output];
        this.padded = new int[output];
        for (int y = 0; y < output; y++) {
            long start = (long) y * axis.stride() - axis.padBefore();
            first[y] = tapsBefore(-start);
            end[y] = tapsBefore(input - start);
            padded[y] = tapsBefore((long) input + axis.padAfter() - start);
        }
    }

    /** Three axes; leading ones that do nothing where the window has fewer. */
    static WindowTaps[] of(Window window, Shape src, Shape dst) {
        WindowTaps[] axes = new WindowTaps[3];
        int missing = 3 - window.rank();
        for (int i = 0; i < 3; i++) {
            int own = i - missing;
            axes[i] = own < 0
                    ? new WindowTaps(Axis.of(1), 1, 1)
                    : new WindowTaps(window.axis(own), src.extent(own + 2), dst.extent(own + 2));
        }
        return axes;
    }

    /** Taps whose distance from the window's start is less than this. */
    private int tapsBefore(long distance) {
        long taps = Math.floorDiv(distance + axis.dilation() - 1, (long) axis.dilation());
        return (int) Math.max(0, Math.min(axis.kernel(), taps));
    }

    int start(int y) {
        return y * axis.stride() - axis.padBefore();
    }

    /** The input element that a tap sees. */
    int element(int y, int tap) {
        return start(y) + tap * axis.dilation();
    }
}
