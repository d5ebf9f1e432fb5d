package io.conv4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.backend.Arena;
import io.conv4j.runtime.Session;

/** Holds arenas to what networks need: within {@value #LIMIT} times the largest sum of bytes that live at one step. */
public final class TightArena {
    private static final double LIMIT = 1.15;

    private TightArena() {}

    /** Looks at the plan used last. */
    public static void require(Session session, String what) {
        Arena arena = session.describe().arena();
        assertThat((double) arena.bytes())
                .as(what + ", " + arena)
                .isBetween((double) arena.lowerBound(), LIMIT * arena.lowerBound());
    }
}
