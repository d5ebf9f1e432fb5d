package io.conv4j.backend.onednn;

/** Something native that has to be given back: {@link #run} does so. */
record Handle(Kind kind, long address) implements Runnable {
    /** What it is. */
    enum Kind {
        DESC,
        ATTRIBUTES,
        POST_OPS,
        PRIMITIVE_DESC,
        PRIMITIVE,
        NETWORK,
        CONTEXT
    }

    @Override
    public void run() {
        switch (kind) {
            case DESC -> NativeNetwork.destroyDesc(address);
            case ATTRIBUTES -> NativeNetwork.destroyAttributes(address);
            case POST_OPS -> NativeNetwork.destroyPostOps(address);
            case PRIMITIVE_DESC -> NativeNetwork.destroyPrimitiveDesc(address);
            case PRIMITIVE -> NativeNetwork.destroyPrimitive(address);
            case NETWORK -> NativeNetwork.destroy(address);
            case CONTEXT -> NativeNetwork.destroyContext(address);
        }
    }
}
