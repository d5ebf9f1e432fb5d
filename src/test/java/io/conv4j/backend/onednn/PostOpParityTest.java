package io.conv4j.backend.onednn;

import io.conv4j.backend.Backend;
import io.conv4j.backend.ConvolutionCase;
import io.conv4j.backend.ConvolutionGrid;
import io.conv4j.backend.Parity;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.compile.Plan;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Binary;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Chains of post-ops after convolutions: in their order, whatever of them is fused. */
public class PostOpParityTest {
    /** The one that is judged; other back ends' tests name theirs. */
    protected Backend backend() {
        return new OnednnBackend(JavaKernels::run);
    }

    private static final List<Activation> WHOLE = List.of(
            Activation.relu(),
            Activation.clip(-20, 30),
            new Activation(Activation.Kind.LEAKY_RELU, 2, 0),
            new Activation(Activation.Kind.LINEAR, -2, 3),
            Activation.of(Activation.Kind.ABS),
            Activation.of(Activation.Kind.NEGATE),
            Activation.of(Activation.Kind.ROUND));
    private static final List<Binary.Op> OPS =
            List.of(Binary.Op.ADD, Binary.Op.ADD, Binary.Op.SUB, Binary.Op.MIN, Binary.Op.MAX);

    @Test
    void areAppliedInTheirOrder() {
        List<String> failures = new ArrayList<>();
        for (int seed = 0; seed < 200; seed++) {
            ConvolutionCase each = ConvolutionGrid.of(seed, seed % 3 == 0);
            Random random = new Random(seed);
            Tensor[] sources = each.integers(random, 3);
            List<Tensor> inputs = new ArrayList<>(List.of(sources[0]));
            Plan plan = withPostOps(ConvolutionGrid.graph(each, sources), inputs, random);
            try {
                new Parity(backend(), 1 + seed % 2)
                        .require(
                                plan,
                                inputs,
                                0,
                                "seed " + seed + ": " + each
                                        + plan.steps().get(0).postOps());
            } catch (AssertionError e) {
                failures.add(e.getMessage());
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.size() + " cases:\n" + String.join("\n", failures));
        }
    }

    /** The plan of a graph of one layer, with one to four post-ops; their operands become inputs. */
    private static Plan withPostOps(Graph graph, List<Tensor> inputs, Random random) {
        Plan plain = Plan.of(graph);
        Step step = plain.steps().get(0);
        List<PostOp> postOps = new ArrayList<>();
        List<Value> values = new ArrayList<>(plain.inputs());
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            if (random.nextBoolean()) {
                postOps.add(new PostOp.Apply(WHOLE.get(random.nextInt(WHOLE.size()))));
            } else {
                Tensor operand =
                        ConvolutionCase.integers(operand(step.destination().shape(), random), random, 50);
                Value value = new Value(100 + i, "operand" + i, new TensorType(DataType.F32, operand.shape()));
                postOps.add(new PostOp.Combine(OPS.get(random.nextInt(OPS.size())), value));
                values.add(value);
                inputs.add(operand);
            }
        }
        Step fused = new Step(step.origin(), step.layer(), step.sources(), postOps, step.destinations());
        return new Plan(plain.name(), List.of(fused), values, plain.outputs(), plain.constants());
    }

    /** The destination's shape, one number a channel, one a channel and image, or one in all. */
    private static Shape operand(Shape dst, Random random) {
        int[] extents = dst.extents();
        return switch (random.nextInt(5)) {
            case 0 -> {
                java.util.Arrays.fill(extents, 1);
                extents[1] = dst.extent(1);
                yield Shape.of(extents);
            }
            case 1 -> {
                java.util.Arrays.fill(extents, 2, extents.length, 1);
                yield Shape.of(extents);
            }
            case 2 -> Shape.of();
            default -> dst;
        };
    }
}
