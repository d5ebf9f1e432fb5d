package io.conv4j.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which converter understands an operator in the form it has had since some opset. A model's node takes the newest form not
 * newer than the model's opset.
 */
final class OperatorTable {
    private static final OperatorTable ALL = new OperatorTable();

    private final Map<String, NavigableMap<Integer, OperatorConverter>> forms = new HashMap<>();
    private final Map<String, Integer> groupOf = new HashMap<>();
    private int groups;

    private OperatorTable() {}

    /**
     * Registers the next group of operators; false if all are there. Those of most networks come first: hardly any network
     * needs all, and a start should not wait for them.
     */
    private boolean registerNext() {
        switch (groups++) {
            case 0 -> ConvolutionOperators.register(this);
            case 1 -> BatchNormalizationOperator.register(this);
            case 2 -> PoolingOperators.register(this);
            case 3 -> MatrixOperators.register(this);
            case 4 -> ElementwiseOperators.register(this);
            case 5 -> ArithmeticOperators.register(this);
            case 6 -> MovementOperators.register(this);
            case 7 -> ResizeOperators.register(this);
            case 8 -> NormalizationOperators.register(this);
            case 9 -> ReductionOperators.register(this);
            case 10 -> SliceOperators.register(this);
            case 11 -> ShapeOperators.register(this);
            case 12 -> LpPoolOperators.register(this);
            case 13 -> SelectionOperators.register(this);
            case 14 -> SamplingOperators.register(this);
            case 15 -> QuantizationOperators.register(this);
            case 16 -> IntegerOperators.register(this);
            case 17 -> AffineGridOperator.register(this);
            default -> {
                groups--;
                return false;
            }
        }
        return true;
    }

    /** The forms of an operator, all of which one group has; null if there are none. */
    private synchronized @Nullable NavigableMap<Integer, OperatorConverter> formsOf(String operator) {
        NavigableMap<Integer, OperatorConverter> known = forms.get(operator);
        while (known == null && registerNext()) {
            known = forms.get(operator);
        }
        return known;
    }

    /** Registers a form of an operator of ONNX's own domain. */
    void one(String operator, int sinceOpset, OperatorConverter.Single converter) {
        many(operator, sinceOpset, node -> List.of(converter.convert(node)));
    }

    /** Registers a form of an operator with several outputs. */
    void many(String operator, int sinceOpset, OperatorConverter converter) {
        if (!groupOf.computeIfAbsent(operator, name -> groups).equals(groups)) {
            throw new IllegalStateException("two groups have forms of " + operator);
        }
        forms.computeIfAbsent(operator, name -> new TreeMap<>()).put(sinceOpset, converter);
    }

    /** The converter; null if there is none. */
    static @Nullable OperatorConverter find(String domain, String operator, int opset) {
        NavigableMap<Integer, OperatorConverter> known = domain.isEmpty() ? ALL.formsOf(operator) : null;
        Entry<Integer, OperatorConverter> form = known == null ? null : known.floorEntry(opset);
        return form == null ? null : form.getValue();
    }

    /** Whether the operator is known in some form. */
    static boolean knows(String domain, String operator) {
        return domain.isEmpty() && ALL.formsOf(operator) != null;
    }

    /** Names of all operators known. */
    static Set<String> operators() {
        ALL.formsOf("");
        return new TreeSet<>(ALL.forms.keySet());
    }
}
