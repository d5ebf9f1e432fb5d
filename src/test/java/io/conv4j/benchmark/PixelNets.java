package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.layer.Activation;
import io.conv4j.layer.Resize;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayDeque;
import java.util.Deque;

/** Networks whose results are maps or pictures. */
final class PixelNets {
    private PixelNets() {}

    /** YOLOv3-tiny for 80 classes (Redmon and Farhadi 2018, yolov3-tiny.cfg): heads of 13x13 and 26x26. */
    static Graph yoloTiny(int batch) {
        Activation leaky = new Activation(Activation.Kind.LEAKY_RELU, 0.1f, 0);
        Window three = Window.square(3).pad(1);
        Window one = Window.square(1);
        Window halve = Window.square(2).stride(2);
        NetWriter net = new NetWriter("yolo_tiny", Shape.of(batch, 3, 416, 416));
        for (int channels = 16; channels <= 128; channels *= 2) {
            net.block(channels, three, leaky).maxPooling(halve);
        }
        Value fine = net.block(256, three, leaky).value();
        Value coarse = net.maxPooling(halve)
                .block(512, three, leaky)
                .maxPooling(Window.square(2).padSame())
                .block(1024, three, leaky)
                .block(256, one, leaky)
                .value();
        net.block(512, three, leaky).biasedConvolution(255, one).output();
        return net.from(coarse)
                .block(128, one, leaky)
                .upsample(Resize.Interpolation.NEAREST, 2)
                .concat(fine)
                .block(256, three, leaky)
                .biasedConvolution(255, one)
                .output()
                .build();
    }

    /** U-Net (Ronneberger et al. 2015) with batch normalisation, 32 to 512 channels over four halvings. */
    static Graph unet(int batch) {
        NetWriter net = new NetWriter("unet", Shape.of(batch, 3, 256, 256));
        Deque<Value> skipped = new ArrayDeque<>();
        for (int channels = 32; channels <= 256; channels *= 2) {
            twice(net, channels);
            skipped.push(net.value());
            net.maxPooling(Window.square(2).stride(2));
        }
        twice(net, 512);
        for (int channels = 256; channels >= 32; channels /= 2) {
            net.biasedTransposedConvolution(channels, Window.square(2).stride(2), 0)
                    .concat(skipped.pop());
            twice(net, channels);
        }
        return net.biasedConvolution(1, Window.square(1)).sigmoid().build();
    }

    private static void twice(NetWriter net, int channels) {
        Window three = Window.square(3).pad(1);
        net.block(channels, three).block(channels, three);
    }

    /** The generator of 64x64 pictures (Radford et al. 2016, figure 1, with 64 to 512 channels). */
    static Graph dcgan(int batch) {
        Window enlarge = Window.square(4).stride(2).pad(1);
        NetWriter net = new NetWriter("dcgan", Shape.of(batch, 100, 1, 1))
                .transposedConvolution(512, Window.square(4))
                .batchNormalization()
                .relu();
        for (int channels = 256; channels >= 64; channels /= 2) {
            net.transposedConvolution(channels, enlarge).batchNormalization().relu();
        }
        return net.transposedConvolution(3, enlarge)
                .activation(Activation.of(Activation.Kind.TANH))
                .build();
    }

    /**
     * FSRCNN(56, 12, 4), three times larger (Dong et al. 2016), from 180x320 to 540x960. Its PReLUs are leaky ReLUs with the
     * slope that PReLUs start from.
     */
    static Graph fsrcnn(int batch) {
        Activation leaky = new Activation(Activation.Kind.LEAKY_RELU, 0.25f, 0);
        NetWriter net = new NetWriter("fsrcnn", Shape.of(batch, 1, 180, 320))
                .biasedConvolution(56, Window.square(5).pad(2))
                .activation(leaky)
                .biasedConvolution(12, Window.square(1))
                .activation(leaky);
        for (int mapping = 0; mapping < 4; mapping++) {
            net.biasedConvolution(12, Window.square(3).pad(1)).activation(leaky);
        }
        return net.biasedConvolution(56, Window.square(1))
                .activation(leaky)
                .biasedTransposedConvolution(1, Window.square(9).stride(3).pad(4), 2)
                .build();
    }
}
