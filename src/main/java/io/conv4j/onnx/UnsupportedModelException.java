package io.conv4j.onnx;

import io.conv4j.Conv4jException;
import java.util.List;

/** A model is well-formed but uses what conv4j does not have; all such places are listed at once. */
public final class UnsupportedModelException extends Conv4jException {
    private static final long serialVersionUID = 1;

    /** One line per place. */
    private final transient List<String> problems;

    UnsupportedModelException(String model, List<String> problems) {
        super("model '" + model + "' uses what conv4j does not support:\n  " + String.join("\n  ", problems));
        this.problems = List.copyOf(problems);
    }

    /** One line per node or input that is not supported: operator, domain, opset, node name and reason. */
    public List<String> problems() {
        return problems;
    }
}
