package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.compile.MemoryPlanner.Block;
import io.conv4j.compile.MemoryPlanner.MemoryPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryPlannerTest {
    @Test
    void nothingTakesNoMemory() {
        MemoryPlan plan = MemoryPlanner.plan(List.of());

        assertThat(plan.offsets()).isEmpty();
        assertThat(plan.arenaBytes()).isZero();
        assertThat(plan.lowerBound()).isZero();
    }

    @Test
    void blocksThatNeverMeetShareTheirPlace() {
        MemoryPlan plan = MemoryPlanner.plan(List.of(new Block(0, 1, 640), new Block(2, 3, 128)));

        assertThat(plan.offsets()).containsExactly(0, 0);
        assertThat(plan.arenaBytes()).isEqualTo(640);
        assertThat(plan.lowerBound()).isEqualTo(640);
    }

    @Test
    void aBlockLivesThroughItsLastStep() {
        MemoryPlan plan = MemoryPlanner.plan(List.of(new Block(0, 1, 64), new Block(1, 2, 64)));

        assertThat(plan.offsets()).containsExactly(0, 64);
        assertThat(plan.arenaBytes()).isEqualTo(128);
    }

    @Test
    void offsetsAreAligned() {
        MemoryPlan plan = MemoryPlanner.plan(List.of(new Block(0, 0, 65), new Block(0, 0, 1), new Block(0, 0, 64)));

        assertThat(plan.offsets()).containsExactly(0, 128, 192);
        assertThat(plan.arenaBytes()).isEqualTo(256);
        assertThat(plan.lowerBound()).isEqualTo(256);
    }

    @Test
    void aChainOfEqualLayersNeedsTwoBuffers() {
        List<Block> chain = new ArrayList<>();
        for (int step = 0; step < 6; step++) {
            chain.add(new Block(step, step + 1, 1024));
        }

        MemoryPlan plan = MemoryPlanner.plan(chain);

        assertThat(plan.offsets()).containsExactly(0, 1024, 0, 1024, 0, 1024);
        assertThat(plan.arenaBytes()).isEqualTo(2048);
    }

    @Test
    void theSmallestGapThatHoldsABlockIsTaken() {
        // Largest first: 512 at 0, 384 at 512, 256 at 896. When the last comes, 512 and 256 are gone: gaps of 512 below
        // and, beyond 896, as much as one likes; the block of 192 goes to the gap.
        MemoryPlan plan = MemoryPlanner.plan(
                List.of(new Block(0, 1, 512), new Block(0, 3, 384), new Block(0, 1, 256), new Block(2, 3, 192)));

        assertThat(plan.offsets()).containsExactly(0, 512, 896, 0);
        assertThat(plan.arenaBytes()).isEqualTo(1152);
        assertThat(plan.lowerBound()).isEqualTo(1152);
    }

    @Test
    void emptyBlocksTakeNoRoom() {
        MemoryPlan plan = MemoryPlanner.plan(List.of(new Block(0, 0, 0), new Block(0, 0, 64)));

        assertThat(plan.arenaBytes()).isEqualTo(64);
    }

    @Test
    void refusesLivesThatEndBeforeTheyBegin() {
        assertThatThrownBy(() -> new Block(3, 2, 64))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("steps 3 to 2");
        assertThatThrownBy(() -> new Block(0, 0, -1))
                .isInstanceOf(Conv4jException.class)
                .hasMessageContaining("-1 bytes");
    }

    @Test
    void noTwoLiveBlocksOverlapInRandomPlans() {
        for (int seed = 0; seed < 300; seed++) {
            List<Block> blocks = randomBlocks(new Random(seed));
            MemoryPlan plan = MemoryPlanner.plan(blocks);
            String what = "seed " + seed + ": " + blocks;

            assertThat(plan.arenaBytes()).as(what).isGreaterThanOrEqualTo(plan.lowerBound());
            for (int i = 0; i < blocks.size(); i++) {
                assertThat(plan.offsets()[i] % MemoryPlanner.ALIGNMENT).as(what).isZero();
                assertThat(plan.offsets()[i] + blocks.get(i).bytes()).as(what).isLessThanOrEqualTo(plan.arenaBytes());
                for (int j = 0; j < i; j++) {
                    assertThat(collide(blocks, plan, i, j))
                            .as("blocks " + i + " and " + j + ", " + what)
                            .isFalse();
                }
            }
        }
    }

    @Test
    void networksOfResidualBlocksFitTightly() {
        for (int seed = 0; seed < 50; seed++) {
            MemoryPlan plan = MemoryPlanner.plan(residualNetwork(new Random(seed)));

            assertThat((double) plan.arenaBytes()).as("seed " + seed).isLessThanOrEqualTo(1.15 * plan.lowerBound());
        }
    }

    private static boolean collide(List<Block> blocks, MemoryPlan plan, int i, int j) {
        Block a = blocks.get(i);
        Block b = blocks.get(j);
        boolean together = a.firstStep() <= b.lastStep() && b.firstStep() <= a.lastStep();
        long startA = plan.offsets()[i];
        long startB = plan.offsets()[j];
        return together && startA < startB + b.bytes() && startB < startA + a.bytes();
    }

    private static List<Block> randomBlocks(Random random) {
        int steps = 1 + random.nextInt(40);
        List<Block> blocks = new ArrayList<>();
        for (int i = random.nextInt(60); i > 0; i--) {
            int first = random.nextInt(steps);
            int last = first + random.nextInt(steps - first);
            blocks.add(new Block(first, last, random.nextInt(5000)));
        }
        return blocks;
    }

    /** Stages of bottleneck blocks: the block's input lives until the sum, two narrow values in between. */
    private static List<Block> residualNetwork(Random random) {
        List<Block> blocks = new ArrayList<>();
        long wide = 800_000;
        int step = 0;
        for (int stage = 0; stage < 4; stage++) {
            for (int i = 2 + random.nextInt(5); i > 0; i--) {
                blocks.add(new Block(step, step + 3, wide));
                blocks.add(new Block(step + 1, step + 2, wide / 4));
                blocks.add(new Block(step + 2, step + 3, wide / 4));
                step += 3;
            }
            wide /= 2;
        }
        return blocks;
    }
}
