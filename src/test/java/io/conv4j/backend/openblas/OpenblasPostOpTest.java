package io.conv4j.backend.openblas;

import io.conv4j.backend.Backend;
import io.conv4j.backend.onednn.PostOpParityTest;

/** Chains of post-ops behind products of OpenBLAS. */
class OpenblasPostOpTest extends PostOpParityTest {
    @Override
    protected Backend backend() {
        return new OpenblasBackend();
    }
}
