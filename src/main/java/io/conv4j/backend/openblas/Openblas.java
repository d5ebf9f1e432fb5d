package io.conv4j.backend.openblas;

import java.util.concurrent.Semaphore;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * OpenBLAS as a library. Its own threads are never used: their number is global to the process and is set to 1 once, when
 * the library loads. Calls from several threads at a time are safe and run side by side.
 */
final class Openblas {
    /** OpenBLAS has 128 work areas, one for each call under way, and ends the process where it finds none. */
    private static final Semaphore CALLS = new Semaphore(64);

    private Openblas() {}

    /** Loads the library, makes it work in the caller's thread alone, and says which one it is. */
    static String describe() {
        openblas_nolapack.blas_set_num_threads(1);
        String forced = System.getenv("OPENBLAS_CORETYPE");
        return openblas_nolapack.OPENBLAS_VERSION.trim()
                + (forced == null ? "" : ", kernels for " + forced + " (OPENBLAS_CORETYPE)");
    }

    /**
     * dst = a · b, or dst += a · b.
     *
     * @param dst not transposed; is not read if nothing is added to it
     */
    static void multiply(Matrix a, Matrix b, Matrix dst, boolean add) {
        if (a.columns() != b.rows() || dst.rows() != a.rows() || dst.columns() != b.columns() || dst.transposed()) {
            throw new IllegalArgumentException("matrices do not fit: " + a + " · " + b + " = " + dst);
        }
        if (a.columns() == 0 || dst.rows() == 0 || dst.columns() == 0) {
            throw new IllegalArgumentException("empty matrices are not multiplied: " + a + " · " + b + " = " + dst);
        }
        CALLS.acquireUninterruptibly();
        try {
            openblas_nolapack.cblas_sgemm(
                    openblas_nolapack.CblasRowMajor,
                    transposition(a),
                    transposition(b),
                    dst.rows(),
                    dst.columns(),
                    a.columns(),
                    1,
                    a.floats(),
                    a.stride(),
                    b.floats(),
                    b.stride(),
                    add ? 1 : 0,
                    dst.floats(),
                    dst.stride());
        } finally {
            CALLS.release();
        }
    }

    private static int transposition(Matrix matrix) {
        return matrix.transposed() ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans;
    }
}
