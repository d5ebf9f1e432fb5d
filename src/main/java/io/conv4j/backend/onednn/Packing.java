package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.nativelib.NativeMemory;
import java.util.Objects;
import org.bytedeco.dnnl.global.dnnl;

/** Constants brought into the layout a primitive wants, once, while a plan is prepared. */
final class Packing {
    private Packing() {}

    /** Reorders constant memory into memory of the wanted descriptor's size. */
    static void reorder(long from, Desc present, long to, Desc wanted, String what) {
        try (Resources scrap = new Resources()) {
            PrimitiveDesc primitive = Objects.requireNonNull(
                    PrimitiveDesc.create(
                            scrap,
                            Attributes.none(scrap),
                            what,
                            attr -> NativeNetwork.reorder(Dnnl.engine(), present.address(), wanted.address(), attr)),
                    what);
            NativeMemory scratchpad = NativeMemory.allocate(primitive.scratchpadBytes());
            scrap.onClose(scratchpad::close);
            int[] ids = {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DST, dnnl.DNNL_ARG_SCRATCHPAD};
            long[] descs = {
                present.address(),
                wanted.address(),
                primitive.query(dnnl.dnnl_query_scratchpad_md).address()
            };
            int count = primitive.scratchpadBytes() > 0 ? 3 : 2;
            long address = primitive.primitive(what);
            run(
                    (network, buffers) -> NativeNetwork.addPrimitive(network, address, count, ids, descs, buffers),
                    what,
                    from,
                    to,
                    scratchpad.address());
        }
    }

    /** Runs an own kernel once, over memory at these addresses. */
    static void run(int kernel, long[] parameters, String what, long... addresses) {
        run(
                (network, buffers) -> NativeNetwork.addKernel(
                        network, kernel, parameters.length, parameters, buffers.length, buffers),
                what,
                addresses);
    }

    /** Adds the only step of a network, given the indices of its buffers; returns -1 if it is refused. */
    private interface OnlyStep {
        int addTo(long network, int[] buffers);
    }

    private static void run(OnlyStep step, String what, long... addresses) {
        try (Resources scrap = new Resources()) {
            long network = NativeNetwork.create(Dnnl.engine(), NativeNetwork.getThreads());
            scrap.onClose(new Handle(Handle.Kind.NETWORK, network));
            int[] buffers = new int[addresses.length];
            for (int i = 0; i < addresses.length; i++) {
                buffers[i] = NativeNetwork.addBuffer(network, NativeNetwork.BUFFER_CONSTANT, addresses[i], 0);
            }
            if (step.addTo(network, buffers) != 0) {
                throw new Conv4jException("the native program refused " + what);
            }
            long context = NativeNetwork.createContext(network, 0, 0);
            if (context == 0) {
                throw new Conv4jException("oneDNN refused the memory for " + what);
            }
            scrap.onClose(new Handle(Handle.Kind.CONTEXT, context));
            long result = NativeNetwork.run(context, 0, 1);
            if (result != 0) {
                Dnnl.check((int) result, what);
            }
        }
    }
}
