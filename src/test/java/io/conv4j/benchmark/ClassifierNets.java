package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;

/** Networks that classify 224x224 pictures into 1000 classes. */
final class ClassifierNets {
    private ClassifierNets() {}

    private static NetWriter start(String name, int batch) {
        return new NetWriter(name, Shape.of(batch, 3, 224, 224));
    }

    /** Simonyan and Zisserman 2015, configuration D. */
    static Graph vgg16(int batch) {
        int[][] stages = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};
        NetWriter net = start("vgg16", batch);
        for (int[] stage : stages) {
            for (int i = 0; i < stage[1]; i++) {
                net.biasedConvolution(stage[0], Window.square(3).pad(1)).relu();
            }
            net.maxPooling(Window.square(2).stride(2));
        }
        return net.dense(4096).relu().dense(4096).relu().dense(1000).build();
    }

    /** Sandler et al. 2018, table 2. */
    static Graph mobilenetV2(int batch) {
        Activation relu6 = Activation.clip(0, 6);
        int[][] stages = {
            {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
        };
        NetWriter net = start("mobilenet_v2", batch)
                .block(32, Window.square(3).stride(2).pad(1), relu6);
        for (int[] stage : stages) {
            for (int i = 0; i < stage[2]; i++) {
                int stride = i == 0 ? stage[3] : 1;
                Value src = net.value();
                if (stage[0] > 1) {
                    net.block(stage[0] * net.channels(), Window.square(1), relu6);
                }
                net.depthwise(Window.square(3).stride(stride).pad(1))
                        .batchNormalization()
                        .activation(relu6)
                        .convolution(stage[1], Window.square(1))
                        .batchNormalization();
                if (net.value().shape().equals(src.shape())) {
                    net.add(src);
                }
            }
        }
        return net.block(1280, Window.square(1), relu6)
                .globalAveragePooling()
                .dense(1000)
                .build();
    }

    /** Tan and Le 2019, table 1, with squeeze-and-excitation. */
    static Graph efficientnetB0(int batch) {
        Activation swish = new Activation(Activation.Kind.SWISH, 1, 0);
        int[][] stages = {
            {1, 3, 1, 16, 1},
            {6, 3, 2, 24, 2},
            {6, 5, 2, 40, 2},
            {6, 3, 2, 80, 3},
            {6, 5, 1, 112, 3},
            {6, 5, 2, 192, 4},
            {6, 3, 1, 320, 1}
        };
        NetWriter net = start("efficientnet_b0", batch)
                .block(32, Window.square(3).stride(2).pad(1), swish);
        for (int[] stage : stages) {
            for (int i = 0; i < stage[4]; i++) {
                Value src = net.value();
                if (stage[0] > 1) {
                    net.block(stage[0] * net.channels(), Window.square(1), swish);
                }
                Window window = Window.square(stage[1]).stride(i == 0 ? stage[2] : 1);
                net.depthwise(window.pad(stage[1] / 2)).batchNormalization().activation(swish);
                squeezeAndExcite(net, src.shape().extent(1) / 4, swish);
                net.convolution(stage[3], Window.square(1)).batchNormalization();
                if (net.value().shape().equals(src.shape())) {
                    net.add(src);
                }
            }
        }
        return net.block(1280, Window.square(1), swish)
                .globalAveragePooling()
                .dense(1000)
                .build();
    }

    /** Multiplies the value by a gate for each channel that its means decide (Hu et al. 2018). */
    static void squeezeAndExcite(NetWriter net, int squeezed, Activation activation) {
        Value src = net.value();
        Value gate = net.globalAveragePooling()
                .biasedConvolution(squeezed, Window.square(1))
                .activation(activation)
                .biasedConvolution(src.shape().extent(1), Window.square(1))
                .sigmoid()
                .value();
        net.from(src).multiply(gate);
    }
}
