package io.conv4j.evaluate;

import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;

/** Copies elements of any type as the bytes they are: 1, 2, 4 or 8 of them. Safe from several threads. */
final class Elements {
    private final int size;
    private final ByteBuffer src;
    private final ByteBuffer dst;

    /** Copies from one tensor to another of the same element size. */
    Elements(Tensor src, Tensor dst) {
        this.size = src.dataType().bytes();
        this.src = src.bytes();
        this.dst = dst.bytes();
    }

    /** Copies {@code length} elements that lie {@code stride} apart in the source and side by side in the destination. */
    void copy(int from, int stride, int to, int length) {
        if (stride == 1) {
            dst.put(to * size, src, from * size, length * size);
            return;
        }
        switch (size) {
            case 1 -> {
                for (int i = 0; i < length; i++) {
                    dst.put(to + i, src.get(from + i * stride));
                }
            }
            case 2 -> {
                for (int i = 0; i < length; i++) {
                    dst.putShort((to + i) * 2, src.getShort((from + i * stride) * 2));
                }
            }
            case 4 -> {
                for (int i = 0; i < length; i++) {
                    dst.putInt((to + i) * 4, src.getInt((from + i * stride) * 4));
                }
            }
            default -> {
                for (int i = 0; i < length; i++) {
                    dst.putLong((to + i) * 8, src.getLong((from + i * stride) * 8));
                }
            }
        }
    }
}
