package io.conv4j.onnx;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf's encoding, field by field: a tag, which is the field's number and the kind of its value, and the value.
 * Of the file only what is asked for is read; what is passed over is not. Nothing is allocated by a length before it was
 * compared with the bytes that are there.
 *
 * <p>Source: Protocol Buffers, <i>Encoding</i>. ONNX needs little of it, and generated classes take longer to load than a
 * small network to run.
 */
final class WireReader {
    static final int VARINT = 0;
    static final int FIXED_64 = 1;
    static final int BYTES = 2;
    static final int FIXED_32 = 5;

    private static final int BUFFER = 8192;
    /** As many messages within each other as protobuf itself reads. */
    private static final int DEEPEST = 100;

    private final ModelBytes bytes;
    private final byte[] buffer;
    /** Position of the buffer's first byte. */
    private long start;

    private int next;
    private int filled;
    /** End of the message being read. */
    private long end;

    private int depth;

    /** A reader at the first byte; the message goes to the last. */
    WireReader(ModelBytes bytes) {
        this.bytes = bytes;
        this.end = bytes.size();
        this.buffer = new byte[(int) Math.min(BUFFER, Math.max(1, end))];
    }

    /** The tag of a field of this number and kind. */
    static int tag(int field, int kind) {
        return field << 3 | kind;
    }

    /** What is read from. */
    ModelBytes bytes() {
        return bytes;
    }

    /** Where the next byte is. */
    long position() {
        return start + next;
    }

    /** The next field's tag; 0 at the end of the message. */
    int tag() {
        if (position() == end) {
            return 0;
        }
        int tag = (int) varint();
        if (tag >>> 3 == 0) {
            throw malformed("it has a field of number 0");
        }
        return tag;
    }

    /** A number in seven bits a byte, the lowest first; all bytes but the last have the eighth bit set. */
    long varint() {
        long number = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte seven = take();
            number |= (long) (seven & 0x7f) << shift;
            if (seven >= 0) {
                return number;
            }
        }
        throw malformed("it has a number of more than ten bytes");
    }

    private byte take() {
        if (position() >= end) {
            throw tooShort();
        }
        if (next == filled) {
            fill();
        }
        return buffer[next++];
    }

    private void fill() {
        start += filled;
        next = 0;
        filled = (int) Math.min(buffer.length, bytes.size() - start);
        bytes.read(start, ByteBuffer.wrap(buffer, 0, filled));
    }

    /** Little-endian. */
    int fixed32() {
        return take() & 0xff | (take() & 0xff) << 8 | (take() & 0xff) << 16 | take() << 24;
    }

    /** Little-endian. */
    long fixed64() {
        return fixed32() & 0xffffffffL | (long) fixed32() << 32;
    }

    /** The length of what follows, which is there. */
    int length() {
        long length = (int) varint();
        if (length < 0 || length > end - position()) {
            throw tooShort();
        }
        return (int) length;
    }

    String text() {
        return new String(array(), StandardCharsets.UTF_8);
    }

    private byte[] array() {
        byte[] array = new byte[length()];
        for (int done = 0; done < array.length; ) {
            if (next == filled) {
                fill();
            }
            int part = Math.min(array.length - done, filled - next);
            System.arraycopy(buffer, next, array, done, part);
            next += part;
            done += part;
        }
        return array;
    }

    /** Goes into a message within this one, or numbers side by side; returns what {@link #leave} wants. */
    long enter() {
        int length = length();
        if (++depth > DEEPEST) {
            throw malformed("it has more than " + DEEPEST + " levels of nesting");
        }
        long outer = end;
        end = position() + length;
        return outer;
    }

    /** Whether there is nothing left of what was entered. */
    boolean atEnd() {
        return position() == end;
    }

    /** Goes on behind what was entered and read to its end. */
    void leave(long outer) {
        end = outer;
        depth--;
    }

    /** Passes over the value of a field. */
    void skip(int tag) {
        switch (tag & 7) {
            case VARINT -> varint();
            case FIXED_64 -> advance(Long.BYTES);
            case BYTES -> advance(length());
            case FIXED_32 -> advance(Integer.BYTES);
            default -> throw malformed("it has groups, which ONNX has not");
        }
    }

    /** Passes over bytes without reading them. */
    void advance(int count) {
        if (count > end - position()) {
            throw tooShort();
        }
        if (count <= filled - next) {
            next += count;
        } else {
            start = position() + count;
            next = 0;
            filled = 0;
        }
    }

    private static ModelFormatException tooShort() {
        return malformed("it ends within a field, or a field has a wrong length");
    }

    private static ModelFormatException malformed(String what) {
        return new ModelFormatException(what);
    }
}
