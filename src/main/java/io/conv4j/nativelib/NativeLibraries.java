package io.conv4j.nativelib;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import org.bytedeco.javacpp.Loader;

/** Loads native libraries that lie on the class path. */
public final class NativeLibraries {
    private NativeLibraries() {}

    /**
     * Loads libraries in this order into the class loader of conv4j. One that lies in a jar is unpacked to JavaCPP's cache,
     * if it is not there already; one in a folder is loaded where it lies.
     *
     * @param anchor a class of the class path
     * @param resources absolute names of resources
     * @throws UnsatisfiedLinkError if one is not there or does not load
     */
    @SuppressWarnings("UnsafeDynamicallyLoadedCode")
    public static void load(Class<?> anchor, String... resources) {
        for (String resource : resources) {
            System.load(file(anchor, resource).getAbsolutePath());
        }
    }

    private static File file(Class<?> anchor, String resource) {
        URL url = anchor.getResource(resource);
        if (url == null) {
            throw new UnsatisfiedLinkError("there is no " + resource + " on the class path");
        }
        try {
            File file = url.getProtocol().equals("file") ? new File(url.getPath()) : null;
            File cached = file != null && file.isFile() ? file : Loader.cacheResource(url);
            if (cached == null) {
                throw new UnsatisfiedLinkError("there is no folder to unpack " + resource + " to");
            }
            return cached;
        } catch (IOException e) {
            UnsatisfiedLinkError failure = new UnsatisfiedLinkError("cannot unpack " + resource + ": " + e);
            failure.initCause(e);
            throw failure;
        }
    }
}
