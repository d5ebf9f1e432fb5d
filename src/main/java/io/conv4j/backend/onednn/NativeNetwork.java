package io.conv4j.backend.onednn;

import io.conv4j.nativelib.NativeLibraries;
import java.nio.ByteBuffer;

/**
 * The native methods of conv4j, all of them: {@code cpp/conv4j.hpp} and oneDNN's functions for descriptors and primitives,
 * one to one ({@code cpp/jni_*.cpp}), and what {@link io.conv4j.nativelib.NativeMemory} needs. The preset's own classes are
 * not used: loading them takes longer than a small network's first run. Handles are addresses; nothing is checked there, so
 * callers in this room check first. Loading this class loads the libraries.
 */
final class NativeNetwork {
    static final int BUFFER_ARENA = 0;
    static final int BUFFER_CONSTANT = 1;
    static final int BUFFER_INPUT = 2;
    static final int BUFFER_OUTPUT = 3;

    static final int KERNEL_PIXEL_SHUFFLE = 0;
    static final int KERNEL_FILL = 1;
    static final int KERNEL_RESIZE = 2;
    static final int KERNEL_WINOGRAD = 3;
    static final int KERNEL_WINOGRAD_WEIGHTS = 4;
    static final int KERNEL_SWISH_ELEMENTS = 5;
    static final int KERNEL_DEPTHWISE = 6;
    static final int KERNEL_JOIN_SCALE_SHIFT = 7;
    static final int KERNEL_TRANSPOSE = 8;
    static final int KERNEL_DEPTHWISE_WEIGHTS = 9;
    static final int KERNEL_INDIRECT = 10;
    static final int KERNEL_INDIRECT_WEIGHTS = 11;
    static final int KERNEL_GEMV = 12;
    static final int KERNEL_JOIN = 13;
    static final int KERNEL_LOCAL_RESPONSE = 14;
    static final int KERNEL_INDIRECT_GATES = 15;
    static final int KERNEL_MAX_POOL = 16;

    static {
        // In this order: each finds those it needs among the ones that are loaded.
        NativeLibraries.load(
                NativeNetwork.class,
                "/org/bytedeco/dnnl/linux-x86_64/libgomp.so.1",
                "/org/bytedeco/dnnl/linux-x86_64/libdnnl.so.3",
                "/io/conv4j/backend/onednn/linux-x86_64/libjniconv4j.so");
    }

    private NativeNetwork() {}

    static native long create(long engine, int threads);

    static native void destroy(long network);

    static native int addBuffer(long network, int kind, long value, long offset);

    static native int addPrimitive(long network, long primitive, int count, int[] args, long[] descs, int[] buffers);

    static native int addKernel(
            long network, int kind, int parameterCount, long[] parameters, int bufferCount, int[] buffers);

    static native int addBands(long network, int parameterCount, long[] parameters, int bufferCount, int[] buffers);

    static native long winogradWeightsBytes(long[] parameters, int count);

    static native long winogradScratchpadBytes(long[] parameters, int count);

    static native long depthwiseWeightsBytes(long[] parameters, int count);

    static native long depthwiseScratchpadBytes(long[] parameters, int count);

    static native long indirectWeightsBytes(long[] parameters, int count);

    static native long indirectScratchpadBytes(long[] parameters, int count);

    static native int vectorLanes();

    /**
     * How many vectors of weights the fast inner product multiplies at a time on this CPU, or 0 if it does not pay,
     * {@code fip_vectors} of {@code cpp/isa.hpp}.
     */
    static native int fipVectors();

    static native long createContext(long network, long arena, long table);

    static native void destroyContext(long context);

    static native long run(long context, int first, int last);

    static native long profile(long context, int first, int last, long[] nanoseconds);

    static native void setThreads(int threads);

    static native int getThreads();

    static native boolean onednnRunsOnOwnThreads();

    static native void adviseHugePages(long address, long bytes);

    /** 0 if there is no memory. */
    static native long allocate(long bytes);

    /** Gives back what was allocated, with as many bytes. */
    static native void free(long address, long bytes);

    static native ByteBuffer view(long address, long bytes);

    static native long addressOf(ByteBuffer direct);

    static native String version();

    static native int effectiveIsa();

    static native int setPrimitiveCacheCapacity(int capacity);

    // What follows creates something: the result is its address or, negative, oneDNN's status.

    static native long createEngine();

    static native long taggedDesc(long[] extents, int type, int tag);

    static native long stridedDesc(long[] extents, int type, long[] strides);

    /** With the caller's scratchpad. */
    static native long createAttributes();

    static native long createPostOps();

    /** Descriptors: src, weights, bias or 0, dst. */
    static native long convolution(
            long engine,
            long[] descs,
            long[] strides,
            long[] dilations,
            long[] padsBefore,
            long[] padsAfter,
            long attributes);

    /** Descriptors: src, weights, bias or 0, dst. */
    static native long deconvolution(
            long engine,
            long[] descs,
            long[] strides,
            long[] dilations,
            long[] padsBefore,
            long[] padsAfter,
            long attributes);

    static native long pooling(
            long engine,
            int algorithm,
            long src,
            long dst,
            long[] strides,
            long[] kernel,
            long[] dilations,
            long[] padsBefore,
            long[] padsAfter,
            long attributes);

    static native long matmul(long engine, long src, long weights, long bias, long dst, long attributes);

    static native long batchNormalization(long engine, long desc, float epsilon, int flags, long attributes);

    static native long localResponse(
            long engine, long desc, long size, float alpha, float beta, float k, long attributes);

    static native long softmax(long engine, int algorithm, long desc, int axis, long attributes);

    static native long reduction(long engine, int algorithm, long src, long dst, long attributes);

    static native long eltwise(long engine, int algorithm, long desc, float alpha, float beta, long attributes);

    static native long binary(long engine, int algorithm, long src0, long src1, long dst, long attributes);

    static native long concat(long engine, long dst, int axis, long[] sources, long attributes);

    static native long reorder(long engine, long src, long dst, long attributes);

    static native long createPrimitive(long primitiveDesc);

    // These give oneDNN's status.

    static native int appendEltwise(long postOps, int algorithm, float alpha, float beta);

    static native int appendSum(long postOps);

    static native int appendBinary(long postOps, int algorithm, long desc);

    static native int setPostOps(long attributes, long postOps);

    // These look at what was created, or give it back.

    static native long descBytes(long desc);

    static native boolean descsEqual(long a, long b);

    static native String implementation(long primitiveDesc);

    static native long argumentDesc(long primitiveDesc, int query);

    static native void destroyDesc(long desc);

    static native void destroyAttributes(long attributes);

    static native void destroyPostOps(long postOps);

    static native void destroyPrimitiveDesc(long primitiveDesc);

    static native void destroyPrimitive(long primitive);
}
