package io.conv4j.validate;

import io.conv4j.Conv4jException;
import io.conv4j.backend.AlgorithmOptions;
import io.conv4j.backend.Backend;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.runtime.Backends;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Runs one graph on two back ends with the same inputs and compares what they give. For a test of your own network:
 *
 * <pre>{@code
 * Validator.requireEqual(graph);                       // seeded inputs; throws with the table if anything differs
 * Validation validation = Validator.of(graph).subject("onednn").run(inputs);
 * }</pre>
 *
 * <p><b>Equal</b> means: floating-point outputs have an NMSE (Σ(got − want)² ÷ Σwant²) within the tolerance, integers are
 * the same; no number is NaN or infinite and no more than 30 % of all elements are zeros where the reference has none; a
 * second run gives the same bits. Results are filled with NaN beforehand, so that what is not written is found.
 *
 * <p><b>Where</b>: if an output differs, the values that the subject's steps write are compared one group after another in
 * the order of execution, each group within bounded memory, until one differs. Fused steps stay fused while they are looked
 * at; a value that exists only inside a fused step cannot be.
 *
 * <p>Immutable; the methods with a parameter that return a Validator return changed copies. Safe from any thread. Both back
 * ends run in the caller's thread.
 */
public final class Validator {
    /** The largest NMSE of f32 results that differ by rounding only. */
    public static final double TOLERANCE = Precision.F32.tolerance();

    /** The largest NMSE of results computed in bf16, which has 16 bits less: 2⁻⁹ of each number, over many layers. */
    public static final double BF16_TOLERANCE = Precision.BF16.tolerance();

    private static final String REFERENCE = "java";

    private final Graph graph;
    private final Backend subject;
    private final Backend reference;
    private final double tolerance;
    private final ExecutionOptions execution;

    Validator(Graph graph, Backend subject, Backend reference, double tolerance, ExecutionOptions execution) {
        this.graph = graph;
        this.subject = subject;
        this.reference = reference;
        this.tolerance = tolerance;
        this.execution = execution;
    }

    /**
     * Compares the back end that {@code auto} chooses with plain Java, on all processors.
     *
     * @throws Conv4jException if a back end is not available
     */
    public static Validator of(Graph graph) {
        return new Validator(
                graph,
                Backends.choose(Backends.AUTO),
                Backends.choose(REFERENCE),
                TOLERANCE,
                new ExecutionOptions(Runtime.getRuntime().availableProcessors()));
    }

    /** As {@link #requireEqual(Graph, List)}, with seeded inputs. */
    public static void requireEqual(Graph graph) {
        Validator validator = of(graph);
        validator.require(validator.seededInputs(0));
    }

    /**
     * Compares the back end that {@code auto} chooses with plain Java.
     *
     * @param inputs in the graph's order
     * @throws ResultsDifferException with the table if they do not agree
     * @throws Conv4jException if a back end is not available, the inputs do not fit or a run fails
     */
    public static void requireEqual(Graph graph, List<Tensor> inputs) {
        of(graph).require(inputs);
    }

    /** With another back end to be examined. */
    public Validator subject(String name) {
        return new Validator(graph, Backends.choose(name), reference, tolerance, execution);
    }

    /** With another back end to compare with. */
    public Validator reference(String name) {
        return new Validator(graph, subject, Backends.choose(name), tolerance, execution);
    }

    /** With another limit to the NMSE of floating-point values. */
    public Validator tolerance(double normalised) {
        if (!(normalised >= 0)) {
            throw new Conv4jException("the tolerance should be at least 0, got " + normalised);
        }
        return new Validator(graph, subject, reference, normalised, execution);
    }

    /** With another number of threads for each run. */
    public Validator intraOpThreads(int threads) {
        return new Validator(graph, subject, reference, tolerance, execution.intraOpThreads(threads));
    }

    /**
     * With the back end that is examined computing in another precision, and the tolerance that goes with it; the other
     * one always computes in f32.
     */
    public Validator precision(Precision precision) {
        return new Validator(graph, subject, reference, precision.tolerance(), execution.precision(precision));
    }

    /** With the back end that is examined choosing its algorithms in another way. */
    public Validator algorithms(AlgorithmOptions choice) {
        return new Validator(graph, subject, reference, tolerance, execution.algorithms(choice));
    }

    /** With these nodes computed in f32 whatever the precision, instead of those that a rule finds in bf16. */
    public Validator keptF32(Set<String> nodes) {
        return new Validator(graph, subject, reference, tolerance, execution.keptF32(nodes));
    }

    /** Random inputs that fit the graph, the same for the same seed; see {@link SeededInputs}. */
    public List<Tensor> seededInputs(long seed) {
        return SeededInputs.of(graph.inputs().stream().map(Value::type).toList(), seed);
    }

    /**
     * Compares the outputs and, if one differs, the layers up to the first that does.
     *
     * @param inputs in the graph's order; only read
     * @throws Conv4jException if the inputs do not fit or a run fails
     */
    public Validation run(List<Tensor> inputs) {
        return run(inputs, false);
    }

    /** Compares the outputs and the results of all layers; {@link #run(List)} otherwise. */
    public Validation allLayers(List<Tensor> inputs) {
        return run(inputs, true);
    }

    private void require(List<Tensor> inputs) {
        Validation validation = run(inputs);
        if (!validation.equal()) {
            throw new ResultsDifferException(validation);
        }
    }

    private Validation run(List<Tensor> inputs, boolean all) {
        check(inputs);
        Trial got = new Trial(subject, graph, execution);
        Trial want = new Trial(reference, graph, new ExecutionOptions(execution.intraOpThreads()));
        Taps taps = new Taps(got.plan(), want.plan());
        List<Comparison> outputs = compare(graph.outputs(), got, want, inputs, taps);
        List<Comparison> layers = new ArrayList<>();
        if (all || !allEqual(outputs)) {
            for (List<Value> group : taps.groups()) {
                layers.addAll(compare(group, got, want, inputs, taps));
                if (!all && !allEqual(layers)) {
                    break;
                }
            }
        }
        return new Validation(
                graph.name(),
                describe(subject, execution.precision()),
                describe(reference, Precision.F32),
                outputs,
                all ? layers : untilDifferent(layers));
    }

    private static boolean allEqual(List<Comparison> comparisons) {
        return comparisons.stream().allMatch(Comparison::equal);
    }

    private static List<Comparison> untilDifferent(List<Comparison> layers) {
        for (int i = 0; i < layers.size(); i++) {
            if (!layers.get(i).equal()) {
                return layers.subList(0, i + 1);
            }
        }
        return layers;
    }

    private void check(List<Tensor> inputs) {
        subject.require(execution.precision());
        if (subject.equals(reference)) {
            throw new Conv4jException("back end '" + subject.name()
                    + "' compared with itself proves nothing: choose another one to examine or to compare with");
        }
        List<Value> wanted = graph.inputs();
        if (inputs.size() != wanted.size()) {
            throw new Conv4jException("graph " + graph.name() + " takes " + wanted.size() + " inputs " + wanted
                    + ", got " + inputs.size());
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (!inputs.get(i).type().equals(wanted.get(i).type())) {
                throw new Conv4jException("input '" + wanted.get(i).name() + "' should be "
                        + wanted.get(i).type() + ", got " + inputs.get(i).type());
            }
        }
    }

    private static String describe(Backend backend, Precision precision) {
        return backend.name() + " in " + backend.describe(precision) + " ("
                + backend.availability().detail() + ")";
    }

    /** Runs both and compares; the subject twice. */
    private List<Comparison> compare(List<Value> values, Trial got, Trial want, List<Tensor> inputs, Taps taps) {
        List<List<Tensor>> twice = got.run(values, inputs, 2);
        List<Tensor> wanted = want.run(values, inputs, 1).get(0);
        List<Comparison> comparisons = new ArrayList<>(values.size());
        for (int i = 0; i < values.size(); i++) {
            Value value = values.get(i);
            Tensor first = twice.get(0).get(i);
            Comparison comparison = Comparison.of(
                    value,
                    taps.writer(value),
                    first,
                    wanted.get(i),
                    value.dataType().floating() ? tolerance : 0);
            boolean repeated = first.bytes().equals(twice.get(1).get(i).bytes());
            comparisons.add(repeated ? comparison : comparison.notRepeatable());
        }
        return comparisons;
    }
}
