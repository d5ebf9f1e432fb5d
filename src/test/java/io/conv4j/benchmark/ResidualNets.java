package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * ResNets (He et al. 2016, stride in the 3x3 convolution as in torchvision) ResNeXt (Xie et al. 2017)
 * and a dilated ResNet that segments (DeepLab v3, Chen et al. 2017).
 */
final class ResidualNets {
    private static final int[] STAGE_WIDTHS = {64, 128, 256, 512};

    private ResidualNets() {}

    static Graph resnet18(int batch) {
        NetWriter net = stem("resnet18", batch, 224);
        basicBlocks(net, 64, 1, 1);
        basicBlocks(net, 128, 2, 1);
        basicBlocks(net, 256, 2, 1);
        basicBlocks(net, 512, 2, 1);
        return net.globalAveragePooling().dense(1000).build();
    }

    static Graph resnet50(int batch) {
        return bottlenecks("resnet50", batch, 1, 1);
    }

    static Graph resnext50(int batch) {
        return bottlenecks("resnext50_32x4d", batch, 32, 2);
    }

    /** Output stride 8; atrous spatial pyramid pooling at 12, 24 and 36; 21 classes, enlarged to the picture's size. */
    static Graph deeplab(int batch) {
        NetWriter net = stem("deeplab_resnet18", batch, 256);
        basicBlocks(net, 64, 1, 1);
        basicBlocks(net, 128, 2, 1);
        basicBlocks(net, 256, 1, 2);
        basicBlocks(net, 512, 1, 4);
        Value features = net.value();
        Value pointwise = net.block(256, Window.square(1)).value();
        List<Value> pyramid = new ArrayList<>();
        for (int dilation : new int[] {12, 24, 36}) {
            Window window = Window.square(3).dilation(dilation).pad(dilation);
            pyramid.add(net.from(features).block(256, window).value());
        }
        pyramid.add(net.from(features)
                .globalAveragePooling()
                .block(256, Window.square(1))
                .upsample(Resize.Interpolation.LINEAR, features.shape().extent(2))
                .value());
        return net.from(pointwise)
                .concat(pyramid.toArray(Value[]::new))
                .block(256, Window.square(1))
                .block(256, Window.square(3).pad(1))
                .biasedConvolution(21, Window.square(1))
                .upsample(Resize.Interpolation.LINEAR, 8)
                .build();
    }

    private static Graph bottlenecks(String name, int batch, int groups, int widening) {
        int[] blocks = {3, 4, 6, 3};
        NetWriter net = stem(name, batch, 224);
        for (int stage = 0; stage < STAGE_WIDTHS.length; stage++) {
            for (int block = 0; block < blocks[stage]; block++) {
                int stride = block == 0 && stage > 0 ? 2 : 1;
                bottleneck(net, STAGE_WIDTHS[stage], widening, groups, stride);
            }
        }
        return net.globalAveragePooling().dense(1000).build();
    }

    private static NetWriter stem(String name, int batch, int size) {
        return new NetWriter(name, Shape.of(batch, 3, size, size))
                .block(64, Window.square(7).stride(2).pad(3))
                .maxPooling(Window.square(3).stride(2).pad(1));
    }

    private static void basicBlocks(NetWriter net, int channels, int stride, int dilation) {
        Window dilated = Window.square(3).dilation(dilation).pad(dilation);
        for (int block = 0; block < 2; block++) {
            int step = block == 0 ? stride : 1;
            Value src = net.value();
            Value shortcut = shortcut(net, channels, step);
            net.from(src)
                    .block(channels, dilated.stride(step))
                    .convolution(channels, dilated)
                    .batchNormalization()
                    .add(shortcut)
                    .relu();
        }
    }

    private static void bottleneck(NetWriter net, int channels, int widening, int groups, int stride) {
        Value src = net.value();
        Value shortcut = shortcut(net, 4 * channels, stride);
        net.from(src)
                .block(widening * channels, Window.square(1))
                .convolution(
                        widening * channels, Window.square(3).stride(stride).pad(1), groups)
                .batchNormalization()
                .relu()
                .convolution(4 * channels, Window.square(1))
                .batchNormalization()
                .add(shortcut)
                .relu();
    }

    private static Value shortcut(NetWriter net, int channels, int stride) {
        if (net.channels() == channels && stride == 1) {
            return net.value();
        }
        return net.convolution(channels, Window.square(1).stride(stride))
                .batchNormalization()
                .value();
    }
}
