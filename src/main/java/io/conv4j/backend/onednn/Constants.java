package io.conv4j.backend.onednn;

import io.conv4j.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The constants of a program: numbers that are read where they lie, numbers that are read only to be packed, and what they are
 * packed into.
 */
final class Constants {
    private final ConstantMemory memory;
    private final PackingQueue packing;

    /** All memory is released with the resources; up to so many threads pack. */
    Constants(Resources resources, int threads) {
        memory = new ConstantMemory(resources);
        packing = new PackingQueue(threads);
        resources.beforeClose(packing::stop);
    }

    /** A constant with a tensor's numbers. */
    Buffer hold(Tensor tensor) {
        if (tensor.isDeferred()) {
            return Buffer.deferred(tensor);
        }
        return Buffer.of(tensor);
    }

    /** The address of memory for packed constants, not cleared. */
    long allocate(long bytes) {
        return memory.allocate(bytes);
    }

    /** Packs a constant, now or by the time of {@link #settle}. */
    void pack(Buffer constant, Packing how) {
        pack(constant, 0, constant.bytes, how);
    }

    /** Packs so many bytes of a constant, from an offset on, now or by the time of {@link #settle}. */
    void pack(Buffer constant, long offset, long bytes, Packing how) {
        packing.add(constant, offset, bytes, how);
    }

    /** Native bytes of packed constants. */
    long bytes() {
        return memory.bytes();
    }

    /** Waits until all is packed and brings the constants that instructions read as they are into memory. */
    void settle(List<Instruction> instructions) {
        packing.await();
        for (Instruction instruction : instructions) {
            for (Buffer buffer : instruction.buffers()) {
                Tensor deferred = buffer.deferred();
                if (deferred != null) {
                    long address = allocate(buffer.bytes);
                    PlainWeights.read(deferred, address);
                    buffer.settle(address);
                }
            }
        }
    }

    /** The tensors whose memory instructions read where it lies; they must outlive the program. */
    static List<Tensor> readBy(List<Instruction> instructions) {
        Set<Tensor> read = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Instruction instruction : instructions) {
            for (Buffer buffer : instruction.buffers()) {
                Tensor owner = buffer.owner();
                if (owner != null) {
                    read.add(owner);
                }
            }
        }
        return List.copyOf(read);
    }
}
