package io.conv4j.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;

/**
 * Reads a message field by field: a tag, which is the field's number and the kind of its value, and the value. Protobuf's own
 * reader decodes them; added is what protobuf does in or for generated classes: messages within each other, to a limit.
 *
 * <p>Of the file only what is asked for is read; what is passed over is not. Nothing is allocated by a length before it was
 * compared with the bytes that are there. All methods throw {@link ModelFormatException} for what is malformed.
 */
final class WireReader {
    static final int VARINT = WireFormat.WIRETYPE_VARINT;
    static final int FIXED_64 = WireFormat.WIRETYPE_FIXED64;
    static final int BYTES = WireFormat.WIRETYPE_LENGTH_DELIMITED;
    static final int FIXED_32 = WireFormat.WIRETYPE_FIXED32;

    /** Bits of a tag for the kind, below the field's number. Protobuf keeps its own constant to itself. */
    static final int KIND_BITS = 3;

    private static final int BUFFER = 8192;

    /** As many messages within each other as protobuf reads, which counts them in generated classes only. */
    private static final int DEEPEST = 100;

    private final ModelBytes bytes;
    private final CodedInputStream in;
    private int depth;

    /**
     * A reader at the first byte; the message goes to the last.
     *
     * @throws ModelFormatException if there are more than 2^31 - 1 bytes, which protobuf cannot count
     */
    WireReader(ModelBytes bytes) {
        if (bytes.size() > Integer.MAX_VALUE) {
            throw new ModelFormatException("it has " + bytes.size() + " bytes, at most 2^31 - 1");
        }
        this.bytes = bytes;
        this.in =
                CodedInputStream.newInstance(new ModelStream(bytes), (int) Math.min(BUFFER, Math.max(1, bytes.size())));
        // Said, though it is the default now: it was 64 MiB once.
        in.setSizeLimit(Integer.MAX_VALUE);
        limit((int) bytes.size());
    }

    /** The tag of a field of this number and kind. */
    static int tag(int field, int kind) {
        return field << KIND_BITS | kind;
    }

    /** What is read from. */
    ModelBytes bytes() {
        return bytes;
    }

    /** Where the next byte is. */
    int position() {
        return in.getTotalBytesRead();
    }

    /** The next field's tag; 0 at the end of the message. */
    int tag() {
        try {
            return in.readTag();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    long varint() {
        try {
            return in.readRawVarint64();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    int fixed32() {
        try {
            return in.readRawLittleEndian32();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    long fixed64() {
        try {
            return in.readRawLittleEndian64();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** UTF-8, with replacements for what is none: as generated, ONNX's text fields are not checked either. */
    String text() {
        try {
            return in.readString();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** The length of what follows, which is there. */
    int length() {
        try {
            int length = in.readRawVarint32();
            if (length < 0 || length > left()) {
                throw new ModelFormatException("it ends within a field, or a field has a wrong length");
            }
            return length;
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Bytes to the end of the message. */
    private int left() {
        int left = in.getBytesUntilLimit();
        // Protobuf takes the largest limit for none.
        return left >= 0 ? left : Integer.MAX_VALUE - position();
    }

    /** Goes into a message within this one, or numbers side by side; returns what {@link #leave} wants. */
    int enter() {
        int length = length();
        if (++depth > DEEPEST) {
            throw new ModelFormatException("it has more than " + DEEPEST + " levels of nesting");
        }
        return limit(length);
    }

    /** Ends the message after so many bytes, which are there; returns the limit that there was. */
    private int limit(int length) {
        try {
            return in.pushLimit(length);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Whether there is nothing left of what was entered. */
    boolean atEnd() {
        return left() == 0;
    }

    /** Goes on behind what was entered and read to its end. */
    void leave(int outer) {
        in.popLimit(outer);
        depth--;
    }

    /** Passes over the value of a field. */
    void skip(int tag) {
        int kind = WireFormat.getTagWireType(tag);
        if (kind == WireFormat.WIRETYPE_START_GROUP || kind == WireFormat.WIRETYPE_END_GROUP) {
            throw new ModelFormatException("it has groups, which ONNX has not");
        }
        try {
            in.skipField(tag);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Passes over bytes without reading them. */
    void advance(int count) {
        try {
            in.skipRawBytes(count);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private static ModelFormatException malformed(IOException e) {
        return new ModelFormatException(String.valueOf(e.getMessage()), e);
    }
}
