package io.conv4j.benchmark;

import io.conv4j.graph.Graph;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Well-known networks by name, for any batch: the published structure with seeded weights, so that nothing need be
 * downloaded. The same name always gives the same numbers.
 */
final class Zoo {
    private static final Map<String, IntFunction<Graph>> NETS = new LinkedHashMap<>();

    static {
        NETS.put("resnet18", ResidualNets::resnet18);
        NETS.put("resnet50", ResidualNets::resnet50);
        NETS.put("vgg16", ClassifierNets::vgg16);
        NETS.put("mobilenet_v2", ClassifierNets::mobilenetV2);
        NETS.put("resnext50_32x4d", ResidualNets::resnext50);
        NETS.put("efficientnet_b0", ClassifierNets::efficientnetB0);
        NETS.put("inception_v1", ConcatNets::inceptionV1);
        NETS.put("densenet121", ConcatNets::densenet121);
        NETS.put("yolo_tiny", PixelNets::yoloTiny);
        NETS.put("unet", PixelNets::unet);
        NETS.put("deeplab_resnet18", ResidualNets::deeplab);
        NETS.put("dcgan", PixelNets::dcgan);
        NETS.put("fsrcnn", PixelNets::fsrcnn);
    }

    private Zoo() {}

    /** All names, the classics first. */
    static Set<String> names() {
        return Collections.unmodifiableSet(NETS.keySet());
    }

    /** The network for a batch of images. */
    static Graph build(String name, int batch) {
        IntFunction<Graph> net = NETS.get(name);
        if (net == null) {
            throw new IllegalArgumentException("no network '" + name + "' in the zoo: " + NETS.keySet());
        }
        return net.apply(batch);
    }
}
