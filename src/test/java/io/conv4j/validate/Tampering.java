package io.conv4j.validate;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.onednn.OnednnBackend;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.graph.Graph;

/** Faults on purpose, for tests outside the room. */
public final class Tampering {
    private Tampering() {}

    /** Examines a oneDNN back end that adds to one weight of the layer of this name. */
    public static Validator oneWeight(Graph graph, String layer, int index, double change) {
        return new Validator(
                graph,
                TamperedBackend.oneWeight(new OnednnBackend(JavaKernels::run), layer, index, change),
                new JavaBackend(),
                Validator.TOLERANCE,
                new ExecutionOptions(1));
    }
}
