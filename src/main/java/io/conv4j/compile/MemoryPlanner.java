package io.conv4j.compile;

import io.conv4j.Conv4jException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

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

        boolean livesWith(Block other) {
            return firstStep <= other.lastStep && other.firstStep <= lastStep;
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
        for (Comparator<Block> order : orders()) {
            if (best.arenaBytes() > bound) {
                MemoryPlan candidate = place(blocks, order, bound);
                best = candidate.arenaBytes() < best.arenaBytes() ? candidate : best;
            }
        }
        return best;
    }

    private static List<Comparator<Block>> orders() {
        Comparator<Block> bySize = descending(Block::aligned);
        Comparator<Block> byTime = Comparator.comparingInt(Block::firstStep);
        return List.of(
                bySize.thenComparing(byTime),
                bySize.thenComparing(descending(Block::lifetime)),
                descending((Block block) -> block.aligned() * block.lifetime()).thenComparing(byTime),
                descending(Block::lifetime).thenComparing(bySize),
                byTime.thenComparing(bySize),
                descending((Block block) -> block.lastStep()).thenComparing(bySize));
    }

    private static Comparator<Block> descending(ToLongFunction<Block> key) {
        return Comparator.comparingLong(key).reversed();
    }

    private static MemoryPlan place(List<Block> blocks, Comparator<Block> order, long bound) {
        long[] offsets = new long[blocks.size()];
        long arena = 0;
        List<Integer> placed = new ArrayList<>();
        Comparator<Integer> byOffset = Comparator.comparingLong(i -> offsets[i]);
        List<Integer> sequence = IntStream.range(0, blocks.size())
                .boxed()
                .sorted(Comparator.comparing(blocks::get, order))
                .toList();
        for (int next : sequence) {
            Block block = blocks.get(next);
            List<Integer> neighbours = placed.stream()
                    .filter(i -> blocks.get(i).livesWith(block))
                    .sorted(byOffset)
                    .toList();
            offsets[next] = bestFit(blocks, offsets, neighbours, block.aligned());
            arena = Math.max(arena, offsets[next] + block.aligned());
            placed.add(next);
        }
        return new MemoryPlan(offsets, arena, bound);
    }

    /** The start of the smallest gap between neighbours that holds the bytes, or the end of the last neighbour. */
    private static long bestFit(List<Block> blocks, long[] offsets, List<Integer> neighbours, long bytes) {
        long end = 0;
        long smallest = Long.MAX_VALUE;
        long found = -1;
        for (int neighbour : neighbours) {
            long gap = offsets[neighbour] - end;
            if (gap >= bytes && gap < smallest) {
                smallest = gap;
                found = end;
            }
            end = Math.max(end, offsets[neighbour] + blocks.get(neighbour).aligned());
        }
        return found >= 0 ? found : end;
    }

    private static long lowerBound(List<Block> blocks) {
        long bound = 0;
        for (Block peak : blocks) {
            // The live sum only rises where a block begins.
            long live = blocks.stream()
                    .filter(block -> block.firstStep() <= peak.firstStep() && peak.firstStep() <= block.lastStep())
                    .mapToLong(Block::aligned)
                    .sum();
            bound = Math.max(bound, live);
        }
        return bound;
    }
}
