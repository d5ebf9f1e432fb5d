package io.conv4j.backend.openblas;

/**
 * How the unrolled tensor of a convolution, which is taps times as large as the tensor itself, is cut into panels of bounded
 * size: columns are positions, rows are channels and taps, of whole groups or of a part of one.
 *
 * @param columns how the positions are cut
 * @param groups how the groups are cut
 * @param depth how the rows of one group are cut; in one piece if a panel holds several groups
 */
record Panel(Cut columns, Cut groups, Cut depth) {
    /** 1 MiB: with the matrices that it is multiplied with it stays near the caches. */
    private static final int MOST_ELEMENTS = 1 << 18;

    /** Narrower panels would waste the packing of the weights. */
    private static final int LEAST_COLUMNS = 256;

    /**
     * The cut of an unrolled tensor.
     *
     * @param depth rows of one group
     */
    static Panel of(int positions, int groups, int depth) {
        long rows = (long) groups * depth;
        int width = (int) Math.min(positions, Math.max(LEAST_COLUMNS, MOST_ELEMENTS / rows));
        Cut columns = Cut.evenly(positions, width);
        int most = Math.max(1, MOST_ELEMENTS / columns.size());
        return new Panel(columns, Cut.evenly(groups, Math.max(1, most / depth)), Cut.evenly(depth, most));
    }

    /** Elements of the largest panel. */
    int elements() {
        return columns.size() * groups.size() * depth.size();
    }

    /** How many panels there are for one image. */
    long count() {
        return (long) columns.count() * groups.count() * depth.count();
    }

    /** The panel at a place among {@link #count()}; those of one group and its positions follow each other. */
    Part part(long index) {
        int piece = (int) (index % depth.count());
        int group = (int) (index / depth.count() % groups.count());
        int column = (int) (index / depth.count() / groups.count());
        return new Part(
                new Range(columns.first(column), columns.length(column)),
                new Range(groups.first(group), groups.length(group)),
                new Range(depth.first(piece), depth.length(piece)));
    }

    /** Numbers from {@code first} on. */
    record Range(int first, int length) {}

    /** One panel: {@code groups.length · depth.length} rows of {@code columns.length}. */
    record Part(Range columns, Range groups, Range depth) {
        int rows() {
            return groups.length() * depth.length();
        }

        /** Where in the panel the rows of a group begin, counted from the first of its groups. */
        int offset(int group) {
            return group * depth.length() * columns.length();
        }
    }
}
