package io.conv4j.backend.onednn;

import io.conv4j.nativelib.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for a program's packed constants, cut from chunks of huge pages: touching memory for the first time costs more
 * than packing into it, page by page, and a huge page is 512 small ones. Chunks are large, as what is not touched takes no
 * memory but what ends within a huge page takes all of it, and what is left of them serves smaller constants.
 */
final class ConstantMemory {
    private static final long ALIGNMENT = 64;
    private static final long HUGE_PAGE = 2L << 20;
    private static final long CHUNK = 16 * HUGE_PAGE;

    private final Resources resources;
    private final List<Rest> rests = new ArrayList<>();
    private long bytes;

    /** What is left of a chunk. */
    private static final class Rest {
        private long next;
        private final long end;

        Rest(long next, long end) {
            this.next = next;
            this.end = end;
        }

        long bytes() {
            return end - next;
        }

        long take(long size) {
            next += size;
            return next - size;
        }
    }

    /** Chunks are released with the resources. */
    ConstantMemory(Resources resources) {
        this.resources = resources;
    }

    /** The address of this many bytes, aligned to a cache line, not cleared. */
    long allocate(long wanted) {
        long size = (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        bytes += size;
        Rest tightest = null;
        for (Rest rest : rests) {
            if (rest.bytes() >= size && (tightest == null || rest.bytes() < tightest.bytes())) {
                tightest = rest;
            }
        }
        return (tightest == null ? chunk(size) : tightest).take(size);
    }

    private Rest chunk(long size) {
        long room = Math.max(CHUNK, (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
        NativeMemory chunk = NativeMemory.allocate(room);
        resources.onClose(chunk::close);
        NativeNetwork.adviseHugePages(chunk.address(), room);
        Rest rest = new Rest(chunk.address(), chunk.address() + room);
        rests.add(rest);
        return rest;
    }

    /** Bytes handed out. */
    long bytes() {
        return bytes;
    }
}
