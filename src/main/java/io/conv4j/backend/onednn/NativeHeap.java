package io.conv4j.backend.onednn;

import io.conv4j.nativelib.NativeMemory;
import java.nio.ByteBuffer;

/** Native memory through conv4j's own library, which is there already where oneDNN is. */
final class NativeHeap implements NativeMemory.Heap {
    @Override
    public long allocate(long bytes) {
        return NativeNetwork.allocate(bytes);
    }

    @Override
    public void free(long address, long bytes) {
        NativeNetwork.free(address, bytes);
    }

    @Override
    public ByteBuffer view(long address, long bytes) {
        return NativeNetwork.view(address, bytes);
    }

    @Override
    public long addressOf(ByteBuffer direct) {
        return NativeNetwork.addressOf(direct);
    }
}
