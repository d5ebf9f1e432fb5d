package io.conv4j.backend.onednn;

import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that instructions read and write: in the arena of a context, constant, or the caller's. Identity matters: two
 * values that share memory share the buffer.
 */
final class Buffer {
    /** Where the bytes are. */
    enum Kind {
        ARENA(NativeNetwork.BUFFER_ARENA),
        CONSTANT(NativeNetwork.BUFFER_CONSTANT),
        INPUT(NativeNetwork.BUFFER_INPUT),
        OUTPUT(NativeNetwork.BUFFER_OUTPUT);

        final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    final Kind kind;
    final long bytes;
    /** Address of a constant; index of an input or output; offset in the arena, once planned. */
    long value;

    /** What a constant's bytes will be as long as it has no address. */
    private @Nullable Tensor deferred;

    /** Whose memory a constant lies in, kept as long as somebody may read it. */
    private @Nullable Tensor owner;

    private Buffer(Kind kind, long bytes, long value) {
        this.kind = kind;
        this.bytes = bytes;
        this.value = value;
    }

    /** A constant that is not in memory yet. */
    static Buffer deferred(Tensor tensor) {
        Buffer buffer = new Buffer(Kind.CONSTANT, tensor.type().bytes(), -1);
        buffer.deferred = tensor;
        return buffer;
    }

    /** A constant where a tensor holds it. */
    static Buffer of(Tensor tensor) {
        Buffer buffer =
                constant(NativeMemory.addressOf(tensor.bytes()), tensor.type().bytes());
        buffer.owner = tensor;
        return buffer;
    }

    /** The tensor in whose memory a constant lies; null if it is in packed or other memory. */
    @Nullable Tensor owner() {
        return owner;
    }

    /** The numbers of a constant that is not in memory yet; null if it has its address. */
    @Nullable Tensor deferred() {
        return deferred;
    }

    /** Gives a deferred constant its address, where its bytes are now. */
    void settle(long address) {
        value = address;
        deferred = null;
    }

    static Buffer arena(long bytes) {
        return new Buffer(Kind.ARENA, bytes, -1);
    }

    static Buffer constant(long address, long bytes) {
        return new Buffer(Kind.CONSTANT, bytes, address);
    }

    static Buffer input(int index, long bytes) {
        return new Buffer(Kind.INPUT, bytes, index);
    }

    static Buffer output(int index, long bytes) {
        return new Buffer(Kind.OUTPUT, bytes, index);
    }
}
