package io.conv4j.nativelib;

import io.conv4j.Conv4jException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * How loading a native library went: a value, so that a program without it goes on and can say why.
 *
 * @param what which library
 * @param detail its version where it loaded; what is wrong and how to mend it where not
 * @param failure what was thrown; empty if it loaded
 */
public record LoadReport(String what, String detail, Optional<Throwable> failure) {
    /**
     * Loads a library by calling something that needs it. Errors of linking and class initialisation become part of the
     * report.
     *
     * @param what which library, for people
     * @param needs what it needs, for people: {@code the linux-x86_64 jar of javacpp on the class path}
     * @param load loads it and returns its version
     */
    @SuppressWarnings("CatchAndPrintStackTrace")
    public static LoadReport of(String what, String needs, Callable<String> load) {
        try {
            return new LoadReport(what, load.call(), Optional.empty());
        } catch (LinkageError | Exception e) {
            return new LoadReport(what, explain(what, needs, e), Optional.of(e));
        }
    }

    /** Whether the library is there. */
    public boolean loaded() {
        return failure.isEmpty();
    }

    /**
     * Fails if the library is not there.
     *
     * @throws Conv4jException with what is wrong and how to mend it
     */
    public void require() {
        if (failure.isPresent()) {
            throw new Conv4jException(detail, failure.get());
        }
    }

    private static String explain(String what, String needs, Throwable failure) {
        String message = root(failure).toString();
        if (isMusl()) {
            return what + " needs glibc 2.34 or later, this system has musl (Alpine): use a Debian- or"
                    + " Ubuntu-based image, or --backend java";
        }
        if (message.contains("already loaded in another classloader")) {
            return what + " is loaded by another class loader already: put conv4j and its natives into the parent class"
                    + " loader, so that it is loaded once (" + message + ")";
        }
        if (message.contains("noexec") || message.contains("failed to map segment")) {
            return what + " cannot be run from the folder it was unpacked to (mounted noexec?): set"
                    + " -Dorg.bytedeco.javacpp.cachedir to another folder (" + message + ")";
        }
        if (message.contains("GLIBC_") || message.contains("GLIBCXX_")) {
            return what + " needs a newer system library: glibc 2.34 and GCC 11's libstdc++ or later (" + message + ")";
        }
        return what + " did not load: " + message + ". It needs linux-x86_64 and " + needs;
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }

    /** Whether the system's C library is musl, for which no natives exist. */
    public static boolean isMusl() {
        return Files.exists(Path.of("/lib/ld-musl-x86_64.so.1"))
                && !Files.exists(Path.of("/lib64/ld-linux-x86-64.so.2"));
    }
}
