package io.conv4j.backend.openblas;

import io.conv4j.backend.Backend;
import io.conv4j.backend.onednn.LayerParityTest;

/** Every layer but convolutions on OpenBLAS and the kernels beside it, against plain Java. */
class OpenblasLayerTest extends LayerParityTest {
    @Override
    protected Backend backend() {
        return new OpenblasBackend();
    }
}
