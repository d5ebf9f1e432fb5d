package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.LocalResponseNormalization;
import io.conv4j.layer.Pooling;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;

/** Classifiers whose branches are laid side by side. */
final class ConcatNets {
    /** A max-pooling that halves, rounding up, as Caffe does. */
    private static final Pooling HALVE =
            new Pooling(Pooling.Kind.MAX, Window.square(3).stride(2), true);

    private static final LocalResponseNormalization LRN = new LocalResponseNormalization(5, 1e-4f, 0.75f, 1);

    private ConcatNets() {}

    /** GoogLeNet (Szegedy et al. 2015, table 1), without the auxiliary classifiers. */
    static Graph inceptionV1(int batch) {
        NetWriter net = new NetWriter("inception_v1", Shape.of(batch, 3, 224, 224))
                .biasedConvolution(64, Window.square(7).stride(2).pad(3))
                .relu()
                .then(HALVE)
                .then(LRN)
                .biasedConvolution(64, Window.square(1))
                .relu()
                .biasedConvolution(192, Window.square(3).pad(1))
                .relu()
                .then(LRN)
                .then(HALVE);
        int[][] modules = {
            {64, 96, 128, 16, 32, 32},
            {128, 128, 192, 32, 96, 64},
            {},
            {192, 96, 208, 16, 48, 64},
            {160, 112, 224, 24, 64, 64},
            {128, 128, 256, 24, 64, 64},
            {112, 144, 288, 32, 64, 64},
            {256, 160, 320, 32, 128, 128},
            {},
            {256, 160, 320, 32, 128, 128},
            {384, 192, 384, 48, 128, 128}
        };
        for (int[] widths : modules) {
            if (widths.length == 0) {
                net.then(HALVE);
            } else {
                inceptionModule(net, widths);
            }
        }
        return net.globalAveragePooling().dense(1000).build();
    }

    private static void inceptionModule(NetWriter net, int[] widths) {
        Value src = net.value();
        Value pointwise =
                net.biasedConvolution(widths[0], Window.square(1)).relu().value();
        Value three = reduced(net.from(src), widths[1], widths[2], 3);
        Value five = reduced(net.from(src), widths[3], widths[4], 5);
        Value pooled = net.from(src)
                .maxPooling(Window.square(3).pad(1))
                .biasedConvolution(widths[5], Window.square(1))
                .relu()
                .value();
        net.from(pointwise).concat(three, five, pooled);
    }

    private static Value reduced(NetWriter net, int narrow, int wide, int kernel) {
        return net.biasedConvolution(narrow, Window.square(1))
                .relu()
                .biasedConvolution(wide, Window.square(kernel).pad(kernel / 2))
                .relu()
                .value();
    }

    /** Huang et al. 2017, table 1. */
    static Graph densenet121(int batch) {
        int[] layers = {6, 12, 24, 16};
        NetWriter net = new NetWriter("densenet121", Shape.of(batch, 3, 224, 224))
                .block(64, Window.square(7).stride(2).pad(3))
                .maxPooling(Window.square(3).stride(2).pad(1));
        for (int block = 0; block < layers.length; block++) {
            if (block > 0) {
                net.batchNormalization()
                        .relu()
                        .convolution(net.channels() / 2, Window.square(1))
                        .averagePooling(Window.square(2).stride(2));
            }
            for (int layer = 0; layer < layers[block]; layer++) {
                Value src = net.value();
                Value made = net.batchNormalization()
                        .relu()
                        .block(128, Window.square(1))
                        .convolution(32, Window.square(3).pad(1))
                        .value();
                net.from(src).concat(made);
            }
        }
        return net.batchNormalization()
                .relu()
                .globalAveragePooling()
                .dense(1000)
                .build();
    }
}
