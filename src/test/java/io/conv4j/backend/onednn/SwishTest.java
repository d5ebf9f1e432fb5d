package io.conv4j.backend.onednn;

import static io.conv4j.backend.onednn.AgainstJava.check;
import static io.conv4j.backend.onednn.AgainstJava.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Swish after convolutions that Winograd's algorithm does not run: a kernel of its own, in place. */
class SwishTest {
    private static final Activation SWISH = new Activation(Activation.Kind.SWISH, 1.5f, 0);

    @Test
    void equalsJavaBesideOtherPostOps() {
        for (int threads : List.of(1, 2, 3)) {
            for (int pixels : List.of(1, 5, 33)) {
                for (int groups : List.of(1, 6)) {
                    check(plain(pixels, groups).activation(SWISH), threads);
                    check(plain(pixels, groups).relu().activation(SWISH), threads);
                    check(plain(pixels, groups).activation(SWISH).relu(), threads);
                    check(residual(pixels, groups, true), threads);
                    check(residual(pixels, groups, false), threads);
                }
            }
        }
    }

    @Test
    void equalsJavaOnItsOwn() {
        for (boolean again : List.of(true, false)) {
            GraphBuilder builder = Graph.builder("net").input("src", Shape.of(1, 5, 7, 9));
            Value src = builder.relu().value();
            builder.activation(SWISH);
            assertThat(check(again ? builder.add(src) : builder.softmax(), 2))
                    .filteredOn(step -> step.layer().equals("swish"))
                    .hasSize(1)
                    .allSatisfy(step -> {
                        assertThat(step.implementation()).isEqualTo("conv4j");
                        assertThat(step.algorithm()).isEqualTo(again ? "" : "in place");
                    });
        }
    }

    @Test
    void isToldOfAsAStep() {
        assertThat(check(plain(33, 1).activation(SWISH), 1))
                .filteredOn(step -> step.algorithm().equals("in place"))
                .hasSize(1)
                .allSatisfy(step -> assertThat(step.slow()).isFalse());
    }

    private static GraphBuilder plain(int pixels, int groups) {
        return Graph.builder("net")
                .input("src", Shape.of(2, 6, pixels, pixels))
                .convolution(
                        Window.square(3).stride(2).pad(1),
                        groups,
                        random(Shape.of(18, 6 / groups, 3, 3)),
                        random(Shape.of(18)));
    }

    /** The sum with a residual that is read again after the swish, or not. */
    private static GraphBuilder residual(int pixels, int groups, boolean again) {
        GraphBuilder builder = plain(pixels, groups);
        Value first = builder.activation(SWISH).value();
        int half = (pixels + 1) / 2;
        Value residual =
                builder.input("residual", Shape.of(2, 18, half, half)).relu().value();
        builder.from(first).add(residual).activation(SWISH);
        return again ? builder.multiply(residual) : builder;
    }
}
