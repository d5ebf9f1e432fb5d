package io.conv4j.backend.onednn;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * The native methods of conv4j, all of them: {@code cpp/conv4j.hpp}, one to one. Handles are addresses; nothing is checked
 * there, so callers in this room check first. Loading this class loads the library.
 */
@Properties(
        inherit = org.bytedeco.javacpp.presets.javacpp.class,
        value =
                @Platform(
                        value = "linux-x86_64",
                        compiler = "cpp17",
                        include = "conv4j.hpp",
                        library = "jniconv4j",
                        preloadresource = "/org/bytedeco/dnnl/",
                        preload = "gomp@.1",
                        link = ":libdnnl.so.3"))
@Namespace("conv4j")
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
    static final int KERNEL_TRANSPOSE_SMALL = 8;
    static final int KERNEL_DEPTHWISE_WEIGHTS = 9;
    static final int KERNEL_IM2COL = 10;
    static final int KERNEL_IM2COL_WEIGHTS = 11;

    static {
        Loader.load();
    }

    private NativeNetwork() {}

    @Name("network_create")
    @NoException(true)
    static native @Cast("int64_t") long create(@Cast("int64_t") long engine, int threads);

    @Name("network_destroy")
    @NoException(true)
    static native void destroy(@Cast("int64_t") long network);

    @Name("network_add_buffer")
    @NoException(true)
    static native int addBuffer(
            @Cast("int64_t") long network, int kind, @Cast("int64_t") long value, @Cast("int64_t") long offset);

    @Name("network_add_primitive")
    @NoException(true)
    static native int addPrimitive(
            @Cast("int64_t") long network,
            @Cast("int64_t") long primitive,
            int count,
            @Const int[] args,
            @Cast("const int64_t*") long[] descs,
            @Const int[] buffers);

    @Name("network_add_kernel")
    @NoException(true)
    static native int addKernel(
            @Cast("int64_t") long network,
            int kind,
            int parameterCount,
            @Cast("const int64_t*") long[] parameters,
            int bufferCount,
            @Const int[] buffers);

    @Name("winograd_weights_bytes")
    @NoException(true)
    static native @Cast("int64_t") long winogradWeightsBytes(@Cast("const int64_t*") long[] parameters, int count);

    @Name("winograd_scratchpad_bytes")
    @NoException(true)
    static native @Cast("int64_t") long winogradScratchpadBytes(@Cast("const int64_t*") long[] parameters, int count);

    @Name("depthwise_weights_bytes")
    @NoException(true)
    static native @Cast("int64_t") long depthwiseWeightsBytes(@Cast("const int64_t*") long[] parameters, int count);

    @Name("depthwise_scratchpad_bytes")
    @NoException(true)
    static native @Cast("int64_t") long depthwiseScratchpadBytes(@Cast("const int64_t*") long[] parameters, int count);

    @Name("im2col_weights_bytes")
    @NoException(true)
    static native @Cast("int64_t") long im2colWeightsBytes(@Cast("const int64_t*") long[] parameters, int count);

    @Name("im2col_scratchpad_bytes")
    @NoException(true)
    static native @Cast("int64_t") long im2colScratchpadBytes(@Cast("const int64_t*") long[] parameters, int count);

    @Name("context_create")
    @NoException(true)
    static native @Cast("int64_t") long createContext(
            @Cast("int64_t") long network, @Cast("int64_t") long arena, @Cast("int64_t") long table);

    @Name("context_destroy")
    @NoException(true)
    static native void destroyContext(@Cast("int64_t") long context);

    @Name("context_run")
    @NoException(true)
    static native @Cast("int64_t") long run(@Cast("int64_t") long context, int first, int last);

    @Name("context_profile")
    @NoException(true)
    static native @Cast("int64_t") long profile(
            @Cast("int64_t") long context, int first, int last, @Cast("int64_t*") long[] nanoseconds);

    @Name("set_threads")
    @NoException(true)
    static native void setThreads(int threads);

    @Name("get_threads")
    @NoException(true)
    static native int getThreads();

    @Name("onednn_runs_on_own_threads")
    @NoException(true)
    static native @Cast("bool") boolean onednnRunsOnOwnThreads();

    @Name("advise_huge_pages")
    @NoException(true)
    static native void adviseHugePages(@Cast("int64_t") long address, @Cast("int64_t") long bytes);
}
