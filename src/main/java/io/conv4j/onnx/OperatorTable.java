package io.conv4j.onnx;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which converter understands an operator in the form it has had since some opset. A model's node takes the newest form not
 * newer than the model's opset. Operators are set up when they are first asked for: each takes a while, and no model has all.
 */
final class OperatorTable {
    private static final Map<String, OperatorForms> KNOWN = new HashMap<>();

    private OperatorTable() {}

    private static OperatorForms forms(String operator) {
        synchronized (KNOWN) {
            OperatorForms known = KNOWN.get(operator);
            if (known == null) {
                known = new OperatorForms(operator);
                for (int group = 0; known.isEmpty() && register(group, known); group++) {}
                KNOWN.put(operator, known);
            }
            return known;
        }
    }

    /** Lets a group of operators register the one asked for, if it has it; false if there are no more groups. */
    private static boolean register(int group, OperatorForms forms) {
        switch (group) {
            case 0 -> ConvolutionOperators.register(forms);
            case 1 -> BatchNormalizationOperator.register(forms);
            case 2 -> PoolingOperators.register(forms);
            case 3 -> MatrixOperators.register(forms);
            case 4 -> ElementwiseOperators.register(forms);
            case 5 -> ArithmeticOperators.register(forms);
            case 6 -> MovementOperators.register(forms);
            case 7 -> ResizeOperators.register(forms);
            case 8 -> NormalizationOperators.register(forms);
            case 9 -> ReductionOperators.register(forms);
            case 10 -> SliceOperators.register(forms);
            case 11 -> ShapeOperators.register(forms);
            case 12 -> LpPoolOperators.register(forms);
            case 13 -> SelectionOperators.register(forms);
            case 14 -> SamplingOperators.register(forms);
            case 15 -> QuantizationOperators.register(forms);
            case 16 -> IntegerOperators.register(forms);
            case 17 -> AffineGridOperator.register(forms);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The converter; null if there is none. */
    static @Nullable OperatorConverter find(String domain, String operator, int opset) {
        return domain.isEmpty() ? forms(operator).at(opset) : null;
    }

    /** Whether the operator is known in some form. */
    static boolean knows(String domain, String operator) {
        return domain.isEmpty() && !forms(operator).isEmpty();
    }
}
