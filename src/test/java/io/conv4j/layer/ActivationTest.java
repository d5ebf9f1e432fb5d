package io.conv4j.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.conv4j.Conv4jException;
import io.conv4j.layer.Activation.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ActivationTest {
    /** Values from tables of the normal distribution, logarithms and exponentials. */
    @ParameterizedTest
    @CsvSource({
        "GELU, 0, 0, 1, 0.841345",
        "GELU, 0, 0, -1, -0.158655",
        "GELU_TANH, 0, 0, 1, 0.841192",
        "SOFTPLUS, 0, 0, 0, 0.693147",
        "SOFTPLUS, 0, 0, 1000, 1000",
        "MISH, 0, 0, 1, 0.865098",
        "SWISH, 1, 0, 1, 0.731059",
        "HARD_SWISH, 0.166666667, 0.5, 1, 0.666667",
        "LEAKY_RELU, 0.1, 0, -2, -0.2",
        "ELU, 1, 0, -1, -0.632121",
        "ERF, 0, 0, 1, 0.842701",
        "ERF, 0, 0, 3, 0.999978",
        "ROUND, 0, 0, 2.5, 2"
    })
    void functions(Kind kind, float alpha, float beta, double x, double y) {
        assertThat(new Activation(kind, alpha, beta).apply(x)).isCloseTo(y, within(1e-6));
    }

    @Test
    void refusesParametersThatLeaveNoValue() {
        assertThatThrownBy(() -> Activation.clip(2, 1))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("from 2.0 to 1.0");
        assertThatThrownBy(() -> new Activation(Kind.LINEAR, Float.NaN, 0)).isInstanceOf(Conv4jException.class);
    }
}
