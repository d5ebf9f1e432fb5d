package io.conv4j.backend.onednn;

import io.conv4j.Conv4jException;
import io.conv4j.nativelib.NativeMemory;
import java.util.Objects;
import org.bytedeco.dnnl.global.dnnl;

/** How a constant is brought into the layout that a primitive or a kernel wants, once, while a plan is prepared. */
interface Packing {
    /** Reads the plain numbers at an address and writes the packed ones to where they belong. */
    void run(long from);

    /** By an own kernel, from and to memory of the sizes that it says. */
    final class ByKernel implements Packing {
        private final int kernel;
        private final long[] parameters;
        private final String what;
        private final long to;

        /** The parameters are kept, not copied. */
        ByKernel(int kernel, long[] parameters, String what, long to) {
            this.kernel = kernel;
            this.parameters = parameters;
            this.what = what;
            this.to = to;
        }

        @Override
        public void run(long from) {
            runOnly(
                    (network, buffers) -> NativeNetwork.addKernel(
                            network, kernel, parameters.length, parameters, buffers.length, buffers),
                    what,
                    from,
                    to);
        }
    }

    /** By oneDNN, from a descriptor's memory to memory of the wanted descriptor's size. */
    record ByReorder(Desc present, Desc wanted, String what, long to) implements Packing {
        @Override
        public void run(long from) {
            try (Resources scrap = new Resources()) {
                PrimitiveDesc primitive = Objects.requireNonNull(
                        PrimitiveDesc.create(
                                scrap,
                                Attributes.none(scrap),
                                what,
                                attr -> NativeNetwork.reorder(
                                        Dnnl.engine(), present.address(), wanted.address(), attr)),
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
                runOnly(
                        (network, buffers) -> NativeNetwork.addPrimitive(network, address, count, ids, descs, buffers),
                        what,
                        from,
                        to,
                        scratchpad.address());
            }
        }
    }

    /** Adds the only step of a network, given the indices of its buffers; returns -1 if it is refused. */
    interface OnlyStep {
        int addTo(long network, int[] buffers);
    }

    private static void runOnly(OnlyStep step, String what, long... addresses) {
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
