package io.conv4j.onnx;

import java.util.Arrays;

/** Numbers of a repeated field: integers as they are, floats by their bits. */
final class Numbers {
    private long[] numbers = {};
    private int count;

    int count() {
        return count;
    }

    long get(int index) {
        return numbers[index];
    }

    /** Reads one number or, if they lie side by side, several; true if the tag is one of this field's. */
    boolean read(WireReader in, int tag, int field, int kind) {
        if (tag == WireReader.tag(field, kind)) {
            add(number(in, kind));
            return true;
        }
        if (tag != WireReader.tag(field, WireReader.BYTES)) {
            return false;
        }
        int outer = in.enter();
        while (!in.atEnd()) {
            add(number(in, kind));
        }
        in.leave(outer);
        return true;
    }

    private static long number(WireReader in, int kind) {
        return switch (kind) {
            case WireReader.FIXED_32 -> in.fixed32();
            case WireReader.FIXED_64 -> in.fixed64();
            default -> in.varint();
        };
    }

    private void add(long number) {
        if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, Math.max(4, count + count / 2));
        }
        numbers[count++] = number;
    }
}
