package io.conv4j.layer;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.TensorType;
import java.util.List;

/** A function of two elements, with numpy's broadcasting; comparisons give bool. */
public record Binary(Op op) implements Layer {
    /** The functions. */
    public enum Op {
        /** a + b. */
        ADD,
        /** a − b. */
        SUB,
        /** a · b. */
        MUL,
        /** a / b; integers round towards 0. */
        DIV,
        /** aᵇ. */
        POW,
        /** The smaller. */
        MIN,
        /** The larger. */
        MAX,
        /** The remainder with the sign of b (ONNX Mod, fmod = 0). */
        MOD,
        /** a = b. */
        EQUAL,
        /** a &lt; b. */
        LESS,
        /** a ≤ b. */
        LESS_OR_EQUAL,
        /** a &gt; b. */
        GREATER,
        /** a ≥ b. */
        GREATER_OR_EQUAL,
        /** Both; bool. */
        AND,
        /** At least one; bool. */
        OR,
        /** One, not both; bool. */
        XOR;

        /** Whether the result is bool. */
        public boolean isPredicate() {
            return switch (this) {
                case EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, AND, OR, XOR -> true;
                default -> false;
            };
        }

        /** Whether operands may be exchanged. */
        public boolean isCommutative() {
            return switch (this) {
                case ADD, MUL, MIN, MAX, EQUAL, AND, OR, XOR -> true;
                default -> false;
            };
        }

        /** The function itself on floating-point numbers, in double: its definition. */
        public double apply(double a, double b) {
            return switch (this) {
                case ADD -> a + b;
                case SUB -> a - b;
                case MUL -> a * b;
                case DIV -> a / b;
                case POW -> Math.pow(a, b);
                case MIN -> Math.min(a, b);
                case MAX -> Math.max(a, b);
                case MOD -> a - b * Math.floor(a / b);
                case EQUAL -> a == b ? 1 : 0;
                case LESS -> a < b ? 1 : 0;
                case LESS_OR_EQUAL -> a <= b ? 1 : 0;
                case GREATER -> a > b ? 1 : 0;
                case GREATER_OR_EQUAL -> a >= b ? 1 : 0;
                case AND -> a != 0 && b != 0 ? 1 : 0;
                case OR -> a != 0 || b != 0 ? 1 : 0;
                case XOR -> (a != 0) != (b != 0) ? 1 : 0;
            };
        }

        /** The function itself on integers: exact; division by 0 gives 0. */
        public long apply(long a, long b) {
            return switch (this) {
                case ADD -> a + b;
                case SUB -> a - b;
                case MUL -> a * b;
                case DIV -> b == 0 ? 0 : a / b;
                case POW -> power(a, b);
                case MIN -> Math.min(a, b);
                case MAX -> Math.max(a, b);
                case MOD -> b == 0 ? 0 : Math.floorMod(a, b);
                case EQUAL -> a == b ? 1 : 0;
                case LESS -> a < b ? 1 : 0;
                case LESS_OR_EQUAL -> a <= b ? 1 : 0;
                case GREATER -> a > b ? 1 : 0;
                case GREATER_OR_EQUAL -> a >= b ? 1 : 0;
                case AND -> a != 0 && b != 0 ? 1 : 0;
                case OR -> a != 0 || b != 0 ? 1 : 0;
                case XOR -> (a != 0) != (b != 0) ? 1 : 0;
            };
        }

        private static long power(long base, long exponent) {
            if (exponent < 0) {
                return base == 1 ? 1 : base == -1 ? ((exponent & 1) == 0 ? 1 : -1) : 0;
            }
            long result = 1;
            long square = base;
            for (long left = exponent; left > 0; left >>= 1) {
                result = (left & 1) == 1 ? result * square : result;
                square *= square;
            }
            return result;
        }
    }

    @Override
    public List<TensorType> infer(List<TensorType> inputs) {
        Inputs.count(this, inputs, 2, 2);
        Inputs.sameType(this, inputs);
        DataType type = inputs.get(0).type();
        boolean logical = op == Op.AND || op == Op.OR || op == Op.XOR;
        if (op != Op.EQUAL && (type == DataType.BOOL) != logical) {
            throw Inputs.failure(this, op + " does not take " + type.word());
        }
        Shape shape = Shape.broadcast(inputs.get(0).shape(), inputs.get(1).shape());
        return List.of(new TensorType(op.isPredicate() ? DataType.BOOL : type, shape));
    }

    @Override
    public String word() {
        return op.name().toLowerCase(java.util.Locale.ROOT);
    }
}
