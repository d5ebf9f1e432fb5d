package io.conv4j.backend.onednn;

/**
 * Which blocks are run depth first, and in how many rows at a time.
 *
 * @param nearBytes an expanded tensor of one image up to this size stays in a level-2 cache anyway
 * @param lineBytes of the expanded tensor that a part holds at a time, if possible; a level-2 cache holds weights and the
 *     rows of src and dst besides
 */
record BandsRule(long nearBytes, long lineBytes) {
    /** As measured on MobileNet and EfficientNet. */
    static final BandsRule DEFAULT = new BandsRule(1 << 20, 384 << 10);
}
