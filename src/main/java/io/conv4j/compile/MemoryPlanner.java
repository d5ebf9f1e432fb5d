package io.conv4j.compile;

import io.conv4j.Conv4jException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places blocks of memory with known lifetimes in one arena so that no two that live at the same step overlap. Pure: it
 * moves numbers, not memory.
 *
 * <p>Greedy: blocks are taken in some order and each goes into the smallest gap that holds it among the blocks already
 * placed that live when it does (Pisarchyk and Lee 2020, <i>Efficient memory management for deep neural net inference</i>,
 * greedy by size). Which order packs best depends on the network, so several are tried and the smallest arena wins.
 */
public final class MemoryPlanner {
    /** Alignment of every offset in bytes: a cache line. */
    public static final int ALIGNMENT = 64;

    private MemoryPlanner() {}

    /**
     * A block and its lifetime.
     *
     * @param firstStep the step that writes it first
     * @param lastStep the last step that needs it, at least {@code firstStep}; the block lives during both
     * @param bytes its size, at least 0
     */
    public record Block(int firstStep, int lastStep, long bytes) {
        /** Checks the ranges. */
        public Block {
            if (firstStep < 0 || lastStep < firstStep || bytes < 0 || bytes > Long.MAX_VALUE / 2) {
                throw new Conv4jException(
                        "a block lives from a step of at least 0 to one not before it and has at least"
                                + " 0 bytes; got steps " + firstStep + " to " + lastStep + ", " + bytes + " bytes");
            }
        }

        long aligned() {
            return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }

        long lifetime() {
            return (long) lastStep - firstStep + 1;
        }
    }

    /**
     * Where the blocks go.
     *
     * @param offsets one per block, in bytes from the arena's start, multiples of {@link #ALIGNMENT}
     * @param arenaBytes the arena's size
     * @param lowerBound the largest sum of blocks alive at one step; no arena is smaller
     */
    @SuppressWarnings("ArrayRecordComponent") // written once, read in loops by back ends; nobody compares plans
    public record MemoryPlan(long[] offsets, long arenaBytes, long lowerBound) {}

    /** Places all blocks; the offsets are in the order of the list. */
    public static MemoryPlan plan(List<Block> blocks) {
        long bound = lowerBound(blocks);
        MemoryPlan best = new MemoryPlan(new long[0], Long.MAX_VALUE, bound);
        for (Order order : Order.values()) {
            if (best.arenaBytes() > bound) {
                MemoryPlan candidate = place(blocks, order, bound);
                best = candidate.arenaBytes() < best.arenaBytes() ? candidate : best;
            }
        }
        return best;
    }

    /** A block and which one of the list it is. */
    private record Indexed(Block block, int index) {}

    /** In which order blocks are placed: those that are largest, live longest and so on come first. */
    private enum Order implements Comparator<Indexed> {
        SIZE_THEN_TIME,
        SIZE_THEN_LIFETIME,
        AREA_THEN_TIME,
        LIFETIME_THEN_SIZE,
        TIME_THEN_SIZE,
        END_THEN_SIZE;

        @Override
        public int compare(Indexed left, Indexed right) {
            Block a = left.block;
            Block b = right.block;
            int bySize = Long.compare(b.aligned(), a.aligned());
            int byTime = Integer.compare(a.firstStep, b.firstStep);
            int byLifetime = Long.compare(b.lifetime(), a.lifetime());
            return switch (this) {
                case SIZE_THEN_TIME -> or(bySize, byTime);
                case SIZE_THEN_LIFETIME -> or(bySize, byLifetime);
                case AREA_THEN_TIME -> or(Long.compare(b.aligned() * b.lifetime(), a.aligned() * a.lifetime()), byTime);
                case LIFETIME_THEN_SIZE -> or(byLifetime, bySize);
                case TIME_THEN_SIZE -> or(byTime, bySize);
                case END_THEN_SIZE -> or(Integer.compare(b.lastStep, a.lastStep), bySize);
            };
        }

        private static int or(int first, int second) {
            return first != 0 ? first : second;
        }
    }

    private static MemoryPlan place(List<Block> blocks, Order order, long bound) {
        List<Indexed> sequence = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            sequence.add(new Indexed(blocks.get(i), i));
        }
        sequence.sort(order);
        long[] offsets = new long[blocks.size()];
        long arena = 0;
        Neighbours placed = new Neighbours(blocks.size());
        for (Indexed next : sequence) {
            long offset = placed.bestFit(next.block);
            placed.add(next.block, offset);
            offsets[next.index] = offset;
            arena = Math.max(arena, offset + next.block.aligned());
        }
        return new MemoryPlan(offsets, arena, bound);
    }

    /** Blocks that have their place, by offset. In arrays: every block is compared with all before it, in each order. */
    private static final class Neighbours {
        private final int[] firstSteps;
        private final int[] lastSteps;
        private final long[] offsets;
        private final long[] ends;
        private int count;

        Neighbours(int most) {
            firstSteps = new int[most];
            lastSteps = new int[most];
            offsets = new long[most];
            ends = new long[most];
        }

        void add(Block block, long offset) {
            int place = count;
            while (place > 0 && offsets[place - 1] > offset) {
                place--;
            }
            int after = count - place;
            System.arraycopy(firstSteps, place, firstSteps, place + 1, after);
            System.arraycopy(lastSteps, place, lastSteps, place + 1, after);
            System.arraycopy(offsets, place, offsets, place + 1, after);
            System.arraycopy(ends, place, ends, place + 1, after);
            firstSteps[place] = block.firstStep;
            lastSteps[place] = block.lastStep;
            offsets[place] = offset;
            ends[place] = offset + block.aligned();
            count++;
        }

        /** The start of the smallest gap that holds the block between those it lives with, or the end of the last of them. */
        long bestFit(Block block) {
            int firstStep = block.firstStep;
            int lastStep = block.lastStep;
            long bytes = block.aligned();
            long end = 0;
            long smallest = Long.MAX_VALUE;
            long found = -1;
            for (int i = 0; i < count; i++) {
                if (firstSteps[i] > lastStep || lastSteps[i] < firstStep) {
                    continue;
                }
                long gap = offsets[i] - end;
                if (gap >= bytes && gap < smallest) {
                    smallest = gap;
                    found = end;
                }
                if (ends[i] > end) {
                    end = ends[i];
                }
            }
            return found >= 0 ? found : end;
        }
    }

    private static long lowerBound(List<Block> blocks) {
        int steps = 0;
        for (Block block : blocks) {
            steps = Math.max(steps, block.lastStep + 1);
        }
        long[] change = new long[steps + 1];
        for (Block block : blocks) {
            change[block.firstStep] += block.aligned();
            change[block.lastStep + 1] -= block.aligned();
        }
        long bound = 0;
        long live = 0;
        for (long difference : change) {
            live += difference;
            bound = Math.max(bound, live);
        }
        return bound;
    }
}
