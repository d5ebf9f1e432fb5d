package io.conv4j.backend.onednn;

import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.Tensor;
import java.nio.ByteBuffer;

/**
 * Where constants that are not in memory yet are read into while they are packed: one place for all, one after the other, as
 * nobody needs the plain numbers afterwards.
 */
final class PlainWeights implements AutoCloseable {
    private static final long SMALLEST = 4L << 20;

    private long bytes;
    private NativeMemory memory = NativeMemory.allocate(0);

    /** The address of some of a constant's bytes, from an offset on, good until the next call. */
    long addressOf(Buffer constant, long offset, long wanted) {
        Tensor deferred = constant.deferred();
        if (deferred == null) {
            return constant.value + offset;
        }
        if (wanted > bytes) {
            memory.close();
            bytes = Math.max(SMALLEST, wanted);
            memory = NativeMemory.allocate(bytes);
            NativeNetwork.adviseHugePages(memory.address(), bytes);
        }
        deferred.copyTo(offset, NativeMemory.viewOf(memory.address(), Math.toIntExact(wanted)));
        return memory.address();
    }

    /** Writes a tensor's numbers to an address. */
    static void read(Tensor tensor, long address) {
        ByteBuffer dst =
                NativeMemory.viewOf(address, Math.toIntExact(tensor.type().bytes()));
        tensor.copyTo(0, dst);
    }

    /** Releases the memory; addresses given are dead. */
    @Override
    public void close() {
        memory.close();
        bytes = 0;
    }
}
