package io.conv4j.backend.onednn;

/**
 * One way to compute a convolution, transposed convolution or fully connected layer.
 *
 * @param form the primitive or rewriting
 * @param tile m of Winograd's F(m·m, 3·3) for the convolution that the form comes to, which then runs in f32; 0 for a
 *     direct one
 */
record Algorithm(Form form, int tile) {
    /** What a layer is lowered to. */
    enum Form {
        /** oneDNN's convolution, or Winograd's algorithm for it. */
        CONVOLUTION,
        /** A depthwise convolution by the kernel of {@link Depthwise}. */
        DEPTHWISE,
        /** A convolution, transposed or not, of few pixels by the kernel of {@link Indirect}. */
        INDIRECT,
        /** A pointwise convolution by Strassen's algorithm, on the kernel of {@link Indirect}. */
        STRASSEN,
        /** A convolution, transposed or not, by the fast inner product, on the kernel of {@link Indirect}. */
        FIP,
        /** A convolution by Winograd's filtering of rows, on the kernel of {@link Indirect}. */
        FILTERED,
        /** A convolution of groups with few channels by the kernel of {@link Depthwise}. */
        GROUPED,
        /** A fully connected layer, or a pointwise convolution of all pixels, as oneDNN's matmul. */
        MATMUL,
        /** A fully connected layer, or a convolution that is one, by the kernel of {@link Gemv}. */
        GEMV,
        /** oneDNN's deconvolution. */
        DECONVOLUTION,
        /** A transposed convolution as a convolution with the kernel flipped. */
        FLIPPED,
        /** A transposed convolution as a convolution with more channels and a shuffle of its pixels. */
        SUB_PIXEL
    }

    static final Algorithm DIRECT = new Algorithm(Form.CONVOLUTION, 0);
    static final Algorithm DEPTHWISE = new Algorithm(Form.DEPTHWISE, 0);
    static final Algorithm INDIRECT = new Algorithm(Form.INDIRECT, 0);
    static final Algorithm STRASSEN = new Algorithm(Form.STRASSEN, 0);
    static final Algorithm FIP = new Algorithm(Form.FIP, 0);
    static final Algorithm FILTERED = new Algorithm(Form.FILTERED, 0);
    static final Algorithm GROUPED = new Algorithm(Form.GROUPED, 0);
    static final Algorithm GEMV = new Algorithm(Form.GEMV, 0);
    static final Algorithm MATMUL = new Algorithm(Form.MATMUL, 0);
    static final Algorithm DECONVOLUTION = new Algorithm(Form.DECONVOLUTION, 0);

    /** As the language would have it, but at hand: its own way takes tens of milliseconds at the first call in a JVM. */
    @Override
    public int hashCode() {
        return 31 * form.hashCode() + tile;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Algorithm that && form == that.form && tile == that.tile;
    }

    static Algorithm winograd(int tile) {
        return new Algorithm(Form.CONVOLUTION, tile);
    }

    /** The same form by Winograd's algorithm, or directly with 0. */
    Algorithm tile(int m) {
        return new Algorithm(form, m);
    }

    /** What reports and tuning files call it. */
    @Override
    public String toString() {
        String name =
                switch (form) {
                    case CONVOLUTION -> tile == 0 ? "direct" : "";
                    case DEPTHWISE -> "depthwise";
                    case INDIRECT -> "indirect";
                    case STRASSEN -> "strassen";
                    case FIP -> "fast inner product";
                    case FILTERED -> "winograd F(2x1)";
                    case GROUPED -> "grouped";
                    case MATMUL -> "matmul";
                    case GEMV -> "gemv";
                    case DECONVOLUTION -> "deconvolution";
                    case FLIPPED -> "flipped convolution";
                    case SUB_PIXEL -> "sub-pixel convolution";
                };
        String winograd = tile == 0 ? "" : "winograd F(" + tile + "x" + tile + ")";
        return name.isEmpty() || winograd.isEmpty() ? name + winograd : name + ", " + winograd;
    }
}
