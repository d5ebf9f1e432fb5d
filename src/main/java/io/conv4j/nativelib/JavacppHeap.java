package io.conv4j.nativelib;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.Pointer;

/** Native memory through JavaCPP, which takes a while to load. */
final class JavacppHeap implements NativeMemory.Heap {
    @Override
    public long allocate(long bytes) {
        Pointer pointer = Pointer.malloc(bytes);
        return pointer == null ? 0 : pointer.address();
    }

    @Override
    public void free(long address, long bytes) {
        Pointer.free(new Region(address, 1));
    }

    @Override
    public ByteBuffer view(long address, long bytes) {
        return new Region(address, bytes).asByteBuffer();
    }

    @Override
    public long addressOf(ByteBuffer direct) {
        return new Pointer(direct.duplicate().position(0)).address();
    }

    /** Memory that somebody else owns, as JavaCPP sees it. */
    private static final class Region extends Pointer {
        Region(long address, long bytes) {
            this.address = address;
            this.limit = bytes;
            this.capacity = bytes;
        }

        /** JavaCPP takes a class that it does not know for one of pointers, of 8 bytes each. */
        @Override
        public int sizeof() {
            return 1;
        }
    }
}
