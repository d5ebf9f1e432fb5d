package io.conv4j.backend.openblas;

import io.conv4j.backend.Backend;
import io.conv4j.backend.onednn.ConvolutionParityTest;

/** Convolutions on OpenBLAS against those in plain Java. */
class OpenblasConvolutionTest extends ConvolutionParityTest {
    @Override
    protected Backend backend() {
        return new OpenblasBackend();
    }
}
