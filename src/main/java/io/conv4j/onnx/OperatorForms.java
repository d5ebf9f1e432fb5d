package io.conv4j.onnx;

import java.util.List;
import java.util.Map.Entry;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The forms of one operator of ONNX's own domain, each with the opset since which it has had it. */
final class OperatorForms {
    private final String operator;
    private final TreeMap<Integer, OperatorConverter> forms = new TreeMap<>();

    OperatorForms(String operator) {
        this.operator = operator;
    }

    /** Its name. */
    String operator() {
        return operator;
    }

    /** Adds a form with one output. */
    void one(int sinceOpset, OperatorConverter.Single converter) {
        many(sinceOpset, new Only(converter));
    }

    /** Adds a form with several outputs. */
    void many(int sinceOpset, OperatorConverter converter) {
        forms.put(sinceOpset, converter);
    }

    boolean isEmpty() {
        return forms.isEmpty();
    }

    /** The form in an opset; null if there is none. */
    @Nullable OperatorConverter at(int opset) {
        Entry<Integer, OperatorConverter> form = forms.floorEntry(opset);
        return form == null ? null : form.getValue();
    }

    private record Only(OperatorConverter.Single converter) implements OperatorConverter {
        @Override
        public List<Operand> convert(NodeContext node) {
            return List.of(converter.convert(node));
        }
    }
}
