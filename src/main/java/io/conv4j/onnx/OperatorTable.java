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

    private OperatorTable() {
        ConvolutionOperators.register(this);
        PoolingOperators.register(this);
        LpPoolOperators.register(this);
        ElementwiseOperators.register(this);
        ArithmeticOperators.register(this);
        MovementOperators.register(this);
        SliceOperators.register(this);
        BatchNormalizationOperator.register(this);
        NormalizationOperators.register(this);
        ReductionOperators.register(this);
        SelectionOperators.register(this);
        ShapeOperators.register(this);
        ResizeOperators.register(this);
        SamplingOperators.register(this);
        MatrixOperators.register(this);
        QuantizationOperators.register(this);
        IntegerOperators.register(this);
        AffineGridOperator.register(this);
    }

    /** Registers a form of an operator of ONNX's own domain. */
    void one(String operator, int sinceOpset, OperatorConverter.Single converter) {
        many(operator, sinceOpset, node -> List.of(converter.convert(node)));
    }

    /** Registers a form of an operator with several outputs. */
    void many(String operator, int sinceOpset, OperatorConverter converter) {
        forms.computeIfAbsent(operator, name -> new TreeMap<>()).put(sinceOpset, converter);
    }

    /** The converter; null if there is none. */
    static @Nullable OperatorConverter find(String domain, String operator, int opset) {
        NavigableMap<Integer, OperatorConverter> known = domain.isEmpty() ? ALL.forms.get(operator) : null;
        Entry<Integer, OperatorConverter> form = known == null ? null : known.floorEntry(opset);
        return form == null ? null : form.getValue();
    }

    /** Whether the operator is known in some form. */
    static boolean knows(String domain, String operator) {
        return domain.isEmpty() && ALL.forms.containsKey(operator);
    }

    /** Names of all operators known. */
    static Set<String> operators() {
        return new TreeSet<>(ALL.forms.keySet());
    }
}
