package io.conv4j.nativelib;

import io.conv4j.Conv4jException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A region of native memory with one owner. Aligned to a cache line, large regions to a huge page. Freed by
 * {@link #close}; a cleaner frees what was forgotten. Views handed out are dead after that: the owner sees to it that
 * nobody uses them.
 */
public final class NativeMemory implements AutoCloseable {
    /** Where memory comes from and goes back to. */
    public interface Heap {
        /** The address of this many bytes, not cleared; 0 if there are none. */
        long allocate(long bytes);

        /** Gives back what was allocated here, so many bytes. */
        void free(long address, long bytes);

        /** Memory as a direct buffer, in whatever byte order. */
        ByteBuffer view(long address, long bytes);

        /** The address of a direct buffer's first byte, wherever its position is. */
        long addressOf(ByteBuffer direct);
    }

    private static final long CACHE_LINE = 64;
    private static final long HUGE_PAGE = 2L << 20;
    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicLong LIVE = new AtomicLong();
    private static volatile @Nullable Heap heap;

    private final long address;
    private final long bytes;
    private final Cleaner.Cleanable cleanable;

    private NativeMemory(long address, long bytes, Block block) {
        this.address = address;
        this.bytes = bytes;
        this.cleanable = CLEANER.register(this, block);
    }

    /**
     * Allocates at least this many bytes, not cleared.
     *
     * @throws Conv4jException if there is no memory
     */
    public static NativeMemory allocate(long bytes) {
        if (bytes < 0) {
            throw new Conv4jException("cannot allocate " + bytes + " bytes");
        }
        long alignment = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : CACHE_LINE;
        long size = Math.addExact(Math.max(bytes, 1), alignment);
        Heap source = heap();
        long raw = source.allocate(size);
        if (raw == 0) {
            throw new Conv4jException("no native memory for " + bytes + " bytes; " + liveBytes() + " are in use here");
        }
        LIVE.addAndGet(size);
        long address = (raw + alignment - 1) / alignment * alignment;
        return new NativeMemory(address, bytes, new Block(source, raw, size));
    }

    /** Takes memory by another way from now on: one that is loaded already. */
    public static void use(Heap other) {
        heap = other;
    }

    private static Heap heap() {
        Heap current = heap;
        if (current == null) {
            current = new JavacppHeap();
            heap = current;
        }
        return current;
    }

    /** Bytes that all live regions of this process take together. */
    public static long liveBytes() {
        return LIVE.get();
    }

    /** The address of a direct buffer's first byte, wherever its position is. */
    public static long addressOf(ByteBuffer direct) {
        return heap().addressOf(direct);
    }

    /**
     * Memory that somebody else owns and keeps alive, as a buffer in native byte order.
     *
     * @param address of its first byte
     */
    public static ByteBuffer viewOf(long address, int length) {
        if (length == 0) {
            return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
        }
        return heap().view(address, length).order(ByteOrder.nativeOrder());
    }

    /** Address of the first byte. */
    public long address() {
        return address;
    }

    /** Usable bytes. */
    public long bytes() {
        return bytes;
    }

    /** A part of the region as a buffer in native byte order. */
    public ByteBuffer view(long offset, int length) {
        if (offset < 0 || length < 0 || offset + length > bytes) {
            throw new Conv4jException(
                    "bytes " + offset + " to " + (offset + length) + " are not in a region of " + bytes);
        }
        return viewOf(address + offset, length);
    }

    /** Frees the region; idempotent. */
    @Override
    public void close() {
        cleanable.clean();
    }

    /** Frees once, by whoever comes first. */
    private static final class Block implements Runnable {
        private final Heap source;
        private final long raw;
        private final long size;
        private final AtomicBoolean freed = new AtomicBoolean();

        Block(Heap source, long raw, long size) {
            this.source = source;
            this.raw = raw;
            this.size = size;
        }

        @Override
        public void run() {
            if (freed.compareAndSet(false, true)) {
                source.free(raw, size);
                LIVE.addAndGet(-size);
            }
        }
    }
}
