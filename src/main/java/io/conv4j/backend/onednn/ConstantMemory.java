package io.conv4j.backend.onednn;

import io.conv4j.nativelib.NativeMemory;

/**
 * Memory for a program's packed constants, cut from chunks of huge pages: touching memory for the first time costs more
 * than packing into it, page by page, and a huge page is 512 small ones.
 */
final class ConstantMemory {
    private static final long ALIGNMENT = 64;
    private static final long HUGE_PAGE = 2L << 20;
    private static final long CHUNK = 4 * HUGE_PAGE;

    private final Resources resources;
    private long next;
    private long end;
    private long bytes;

    /** Chunks are released with the resources. */
    ConstantMemory(Resources resources) {
        this.resources = resources;
    }

    /** The address of this many bytes, aligned to a cache line, not cleared. */
    long allocate(long wanted) {
        long size = (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        bytes += size;
        if (size <= end - next) {
            next += size;
            return next - size;
        }
        long room = Math.max(CHUNK, (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
        NativeMemory chunk = NativeMemory.allocate(room);
        resources.onClose(chunk::close);
        NativeNetwork.adviseHugePages(chunk.address(), room);
        if (room - size > end - next) {
            next = chunk.address() + size;
            end = chunk.address() + room;
        }
        return chunk.address();
    }

    /** Bytes handed out. */
    long bytes() {
        return bytes;
    }
}
