package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import io.conv4j.backend.onednn.OnednnBackend;
import io.conv4j.backend.openblas.OpenblasBackend;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one ordered list of back ends. {@code auto} takes the first that can run here; the last, plain Java, always can. A
 * back end chosen by name fails with its reason rather than fall back. Safe from any thread.
 */
public final class Backends {
    /** The word that leaves the choice to the list. */
    public static final String AUTO = "auto";

    /** The system property that forces a back end where the options say {@value #AUTO}. */
    public static final String PROPERTY = "conv4j.backend";

    private static final List<Backend> ALL =
            List.of(new OnednnBackend(JavaKernels::run), new OpenblasBackend(), new JavaBackend());
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private Backends() {}

    /** All back ends, available or not, the preferred one first. */
    public static List<Backend> all() {
        return ALL;
    }

    /**
     * The back end of this name; for {@code auto} the one that the system property {@code conv4j.backend} names or else
     * the first available one. The first time in a JVM that {@code auto} has to pass one over, a warning says why.
     *
     * @throws Conv4jException if there is no back end of this name or it cannot run here; the message says why
     */
    public static Backend choose(String name) {
        return choose(ALL, name, System.getProperty(PROPERTY), Backends::warnOnce);
    }

    static Backend choose(List<Backend> backends, String name, @Nullable String forced, Consumer<String> warning) {
        if (!name.equals(AUTO)) {
            return named(backends, name, "");
        }
        if (forced != null && !forced.equals(AUTO)) {
            return named(backends, forced, " (forced by -D" + PROPERTY + "=" + forced + ")");
        }
        List<String> passedOver = new ArrayList<>();
        for (Backend backend : backends) {
            Availability availability = backend.availability();
            if (availability.available()) {
                if (!passedOver.isEmpty()) {
                    warning.accept(fallback(backend, passedOver));
                }
                return backend;
            }
            passedOver.add(backend.name() + ": " + availability.detail());
        }
        throw new Conv4jException("no back end can run here: " + String.join("; ", passedOver));
    }

    private static Backend named(List<Backend> backends, String name, String why) {
        for (Backend backend : backends) {
            if (backend.name().equals(name)) {
                Availability availability = backend.availability();
                if (!availability.available()) {
                    throw new Conv4jException(
                            "back end '" + name + "'" + why + " is not available: " + availability.detail());
                }
                return backend;
            }
        }
        throw new Conv4jException("there is no back end '" + name + "'" + why + ": choose one of " + AUTO + ", "
                + backends.stream().map(Backend::name).collect(Collectors.joining(", ")));
    }

    private static String fallback(Backend chosen, List<String> passedOver) {
        return "running on back end '" + chosen.name() + "', which is slower, because a faster one is not available: "
                + String.join("; ", passedOver) + ". Choose -D" + PROPERTY + "=" + chosen.name()
                + " to have it without this warning.";
    }

    private static void warnOnce(String message) {
        if (WARNED.compareAndSet(false, true)) {
            System.getLogger("io.conv4j").log(System.Logger.Level.WARNING, message);
        }
    }
}
