package io.conv4j.backend.openblas;

import java.nio.FloatBuffer;

/** Loops over elements side by side. */
final class Spans {
    /** From here on a copy of memory is faster than a loop. */
    private static final int LONG = 16;

    private Spans() {}

    static void fill(FloatBuffer dst, int at, int length, float value) {
        for (int i = at; i < at + length; i++) {
            dst.put(i, value);
        }
    }

    /** Copies every {@code stride}-th element of the source to elements side by side. */
    static void copy(FloatBuffer src, int from, int stride, FloatBuffer dst, int at, int length) {
        if (stride == 1 && length >= LONG) {
            dst.put(at, src, from, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            dst.put(at + i, src.get(from + i * stride));
        }
    }

    /** Adds elements side by side to every {@code stride}-th of the destination. */
    static void add(FloatBuffer src, int from, FloatBuffer dst, int at, int stride, int length) {
        for (int i = 0; i < length; i++) {
            int to = at + i * stride;
            dst.put(to, dst.get(to) + src.get(from + i));
        }
    }
}
