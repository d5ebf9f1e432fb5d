package io.conv4j.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Backend;
import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.onednn.OnednnBackend;
import io.conv4j.backend.purejava.JavaBackend;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Agreement is seen as agreement, and what is wrong on purpose is found where it was put. */
class ValidatorTest {
    private static final Backend JAVA = new JavaBackend();

    private static final Graph NET = net();

    /** Two branches that meet, so that layers come in an order that is not a chain. */
    private static Graph net() {
        GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 3, 12, 12));
        convolution(builder, 3, 8, 3).relu();
        Value trunk = builder.value();
        Value left = convolution(builder, 8, 8, 1).relu().value();
        Value right = convolution(builder.from(trunk), 8, 8, 3).value();
        return builder.from(right)
                .add(left)
                .relu()
                .averagePooling(Window.square(2).stride(2))
                .build();
    }

    private static GraphBuilder convolution(GraphBuilder builder, int cin, int cout, int kernel) {
        List<Tensor> weights = SeededInputs.of(
                List.of(TensorType.f32(cout, cin, kernel, kernel), TensorType.f32(cout)), cin * 31L + kernel);
        return builder.convolution(Window.square(kernel).pad(kernel / 2), weights.get(0), weights.get(1));
    }

    private static Validator validator(Backend subject) {
        return new Validator(NET, subject, JAVA, Validator.TOLERANCE, new ExecutionOptions(2));
    }

    private static Validation validate(Backend subject) {
        Validator validator = validator(subject);
        return validator.run(validator.seededInputs(7));
    }

    @Test
    void twoBackEndsAgree() {
        Validation validation = validate(new OnednnBackend(JavaKernels::run));
        assertThat(validation.equal()).as(validation.toString()).isTrue();
        assertThat(validation.layers()).isEmpty();
        assertThat(validation.outputs()).hasSize(1);
        assertThat(validation.toString()).startsWith("net: onednn in f32 (").endsWith("equal: all 1 outputs\n");
    }

    @Test
    void namesTheLayerOfAnAlteredWeight() {
        for (Backend honest : List.of(JAVA, new OnednnBackend(JavaKernels::run))) {
            for (String layer : List.of("Convolution_0", "Convolution_2", "Convolution_4")) {
                Validation validation = validate(TamperedBackend.oneWeight(honest, layer, 5, 0.5));
                assertThat(validation.equal()).isFalse();
                assertThat(validation.firstDifferentLayer())
                        .as(validation.toString())
                        .hasValueSatisfying(found -> assertThat(found.layer()).startsWith(layer + " ("));
                assertThat(validation.layers())
                        .filteredOn(found -> !found.equal())
                        .hasSize(1);
                assertThat(validation.toString())
                        .contains("NOT EQUAL: 1 of 1 outputs; first different layer: " + layer);
            }
        }
    }

    @Test
    void allLayersHaveARow() {
        Validator validator = validator(TamperedBackend.results(JAVA, results -> {}));
        Validation validation = validator.allLayers(validator.seededInputs(1));
        assertThat(validation.equal()).isTrue();
        assertThat(validation.layers())
                .extracting(Comparison::name)
                .containsExactlyElementsOf(
                        NET.nodes().stream().map(node -> node.output().name()).toList());
    }

    @Test
    void aFaultBetweenLayersIsSaidToBeThere() {
        Validation validation = validate(outputOnly(results -> results.get(0).set(0, 9)));
        assertThat(validation.equal()).isFalse();
        assertThat(validation.firstDifferentLayer()).isEmpty();
        assertThat(validation.toString()).contains("no single layer differs when its result is looked at");
    }

    @Test
    void trustsNoNumbersThatAreNotFinite() {
        expect(Verdict.NOT_TO_BE_TRUSTED, "1 numbers are not finite", results -> results.get(0)
                .set(3, Double.NaN));
    }

    @Test
    void trustsNoZerosThatTheReferenceHasNot() {
        expect(Verdict.NOT_TO_BE_TRUSTED, "% zeros, the reference has", results -> {
            for (int i = 0; i < results.get(0).shape().elements(); i += 2) {
                results.get(0).set(i, 0);
            }
        });
    }

    @Test
    void trustsNoResultsThatChange() {
        AtomicInteger runs = new AtomicInteger();
        expect(Verdict.NOT_REPEATABLE, "NOT REPEATABLE", results -> {
            // The last bit of one number: far within the tolerance.
            float value = (float) results.get(0).get(1);
            results.get(0).set(1, runs.getAndIncrement() % 2 == 0 ? value : Math.nextUp(value));
        });
    }

    private static void expect(Verdict verdict, String words, Consumer<List<Tensor>> fault) {
        Validation validation = validate(outputOnly(fault));
        assertThat(validation.outputs()).extracting(Comparison::verdict).containsExactly(verdict);
        assertThat(validation.toString()).contains(words);
    }

    /** Tampers with the run that gives the graph's output alone, not with looks at layers. */
    private static Backend outputOnly(Consumer<List<Tensor>> fault) {
        return TamperedBackend.results(JAVA, results -> {
            if (results.size() == 1) {
                fault.accept(results);
            }
        });
    }

    @Test
    void noticesResultsThatAreNotWritten() {
        Validation validation = validate(TamperedBackend.idle(JAVA));
        assertThat(validation.outputs()).extracting(Comparison::verdict).containsExactly(Verdict.NOT_TO_BE_TRUSTED);
        assertThat(validation.toString()).contains("288 numbers are not finite");
    }

    @Test
    void integersAreEqualOnlyIfTheyAreTheSame() {
        GraphBuilder builder = Graph.builder("identity");
        Value src = builder.input("src", new TensorType(DataType.S64, Shape.of(4)));
        Graph graph = builder.from(src)
                .then(new io.conv4j.layer.Reshape(Shape.of(2, 2)))
                .build();
        Backend off = TamperedBackend.results(
                JAVA, results -> results.get(0).setLong(3, 1 + results.get(0).getLong(3)));
        Validation validation = new Validator(graph, off, JAVA, 100, new ExecutionOptions(1))
                .run(List.of(Tensor.ofLongs(Shape.of(4), 1, 2, 3, 4)));
        assertThat(validation.outputs().get(0).worstIndex()).containsExactly(1, 1);
        assertThat(validation.outputs()).extracting(Comparison::verdict).containsExactly(Verdict.DIFFERENT);
    }

    @Test
    void aToleranceCanBeChosen() {
        Backend altered = TamperedBackend.oneWeight(JAVA, "Convolution_0", 0, 0.05);
        Validator validator = validator(altered);
        List<Tensor> inputs = validator.seededInputs(3);
        assertThat(validator.run(inputs).equal()).isFalse();
        assertThat(validator.tolerance(0.5).run(inputs).equal()).isTrue();
        assertThatThrownBy(() -> validator.tolerance(Double.NaN)).hasMessageContaining("at least 0, got NaN");
    }

    @Test
    void examinesAnotherPrecisionWithItsOwnTolerance() {
        Backend onednn = new OnednnBackend(JavaKernels::run);
        Validator validator = validator(onednn).precision(Precision.BF16);
        Validation validation = validator.run(validator.seededInputs(2));
        assertThat(validation.equal()).as(validation.toString()).isTrue();
        assertThat(validation.outputs().get(0).tolerance()).isEqualTo(Validator.BF16_TOLERANCE);
        // Without AVX-512 it computes in f32, and says so.
        boolean reduced = onednn.availability().detail().contains("AVX-512");
        assertThat(validation.outputs().get(0).difference().normalised() > Validator.TOLERANCE)
                .isEqualTo(reduced);
        assertThat(validation.toString())
                .startsWith("net: onednn in " + (reduced ? "bf16" : "f32, as this CPU lacks bf16") + " (")
                .contains("against java in f32");
    }

    @Test
    void saysWhetherTheFirstClassIsTheSame() {
        Graph classifier = Graph.builder("classifier")
                .input("src", Shape.of(3, 4))
                .softmax()
                .build();
        List<Tensor> inputs = List.of(Tensor.of(Shape.of(3, 4), 1, 2, 3, 0, 9, 1, 1, 1, 0, 0, 5, 1));
        Backend other = TamperedBackend.results(JAVA, results -> results.get(0).set(3, 1));
        Validation validation = new Validator(classifier, other, JAVA, 100, new ExecutionOptions(1)).run(inputs);
        assertThat(validation.outputs().get(0).top1()).hasValue(new Agreement(3, 2));
        assertThat(validation.toString()).contains("largest of its row at the same place: 2 of 3 rows of '");
        assertThat(validate(TamperedBackend.results(JAVA, results -> {}))
                        .outputs()
                        .get(0)
                        .top1())
                .isEmpty();
    }

    @Test
    void requireEqualThrowsTheTable() {
        Validator.requireEqual(NET);
        Validator.requireEqual(NET, validator(JAVA).seededInputs(4));
        Validation validation = validate(TamperedBackend.oneWeight(JAVA, "Convolution_0", 5, 0.5));
        ResultsDifferException thrown = new ResultsDifferException(validation);
        assertThat(thrown).isInstanceOf(Conv4jException.class).hasMessageContaining("Convolution_0 (");
        assertThat(thrown.validation()).isEqualTo(validation);
    }

    @Test
    void refusesWhatDoesNotFit() {
        Validator itself = validator(JAVA);
        assertThatThrownBy(() -> itself.run(itself.seededInputs(0)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageStartingWith("back end 'java' compared with itself proves nothing");
        Validator narrow =
                validator(TamperedBackend.results(JAVA, results -> {})).precision(Precision.BF16);
        assertThatThrownBy(() -> narrow.run(narrow.seededInputs(0)))
                .isInstanceOf(Conv4jException.class)
                .hasMessageStartingWith("back end 'tampered' does not compute in bf16");
        Validator validator = validator(TamperedBackend.results(JAVA, results -> {}));
        assertThatThrownBy(() -> validator.run(List.of()))
                .hasMessage("graph net takes 1 inputs [src [f32 1x3x12x12]], got 0");
        assertThatThrownBy(() -> validator.run(List.of(Tensor.zeros(TensorType.f32(1)))))
                .hasMessage("input 'src' should be f32 1x3x12x12, got f32 1");
    }
}
