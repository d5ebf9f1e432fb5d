package io.conv4j.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Availability;
import io.conv4j.backend.Backend;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who is chosen, who is passed over, and what is said about it. */
class BackendsTest {
    private final Backend fast = new FakeBackend("fast", Availability.yes("fast 3.11"));
    private final Backend broken = new FakeBackend("broken", Availability.no("libbroken.so is missing: install it"));
    private final Backend plain = new FakeBackend("plain", Availability.yes("plain"));
    private final List<String> warnings = new ArrayList<>();

    @Test
    void autoTakesTheFirstThatCanRunWithoutAWord() {
        assertThat(choose(List.of(fast, broken, plain), "auto", null)).isSameAs(fast);
        assertThat(warnings).isEmpty();
    }

    @Test
    void autoPassesOverWhatCannotRunAndSaysWhy() {
        assertThat(choose(List.of(broken, plain, fast), "auto", null)).isSameAs(plain);
        assertThat(warnings)
                .containsExactly("running on back end 'plain', which is slower, because a faster one is not available: "
                        + "broken: libbroken.so is missing: install it. "
                        + "Choose -Dconv4j.backend=plain to have it without this warning.");
    }

    @Test
    void thePropertyForcesOneWhereTheOptionsLeaveTheChoice() {
        assertThat(choose(List.of(fast, plain), "auto", "plain")).isSameAs(plain);
        assertThat(choose(List.of(fast, plain), "auto", "auto")).isSameAs(fast);
        assertThat(choose(List.of(fast, plain), "fast", "plain"))
                .as("the options say it more nearly")
                .isSameAs(fast);
        assertThat(warnings).isEmpty();
    }

    @Test
    void aForcedOneFailsRatherThanFallBack() {
        assertThatThrownBy(() -> choose(List.of(broken, plain), "broken", null))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("back end 'broken' is not available: libbroken.so is missing: install it");
        assertThatThrownBy(() -> choose(List.of(broken, plain), "auto", "broken"))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("back end 'broken' (forced by -Dconv4j.backend=broken) is not available: "
                        + "libbroken.so is missing: install it");
        assertThat(warnings).isEmpty();
    }

    @Test
    void anUnknownNameListsTheKnownOnes() {
        assertThatThrownBy(() -> choose(List.of(fast, plain), "cuda", null))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("there is no back end 'cuda': choose one of auto, fast, plain");
        assertThatThrownBy(() -> choose(List.of(fast, plain), "auto", "cuda"))
                .hasMessage("there is no back end 'cuda' (forced by -Dconv4j.backend=cuda): "
                        + "choose one of auto, fast, plain");
    }

    @Test
    void sayWhyWhenNoneIsLeft() {
        assertThatThrownBy(() -> choose(List.of(broken), "auto", null))
                .isInstanceOf(Conv4jException.class)
                .hasMessage("no back end can run here: broken: libbroken.so is missing: install it");
    }

    private Backend choose(List<Backend> backends, String name, @Nullable String forced) {
        return Backends.choose(backends, name, forced, warnings::add);
    }
}
