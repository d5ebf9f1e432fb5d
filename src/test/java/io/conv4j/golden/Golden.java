package io.conv4j.golden;

import io.conv4j.tensor.Npy;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What ONNX Runtime made of one network and one set of inputs.
 *
 * @param name {@code yunet_n_dynamic/astronaut_320x320}
 * @param folder where its tensors are
 * @param meta what is known of them
 */
record Golden(String name, Path folder, Json meta) {
    /** A tensor as it should be, and how far it may be off. */
    record Wanted(Tensor tensor, double tolerance) {}

    /** All there are, sorted by name. */
    static List<Golden> all() {
        Path root = Network.folder("golden");
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.endsWith("meta.json"))
                    .sorted()
                    .map(file -> of(root, file.resolveSibling("")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Golden of(Path root, Path folder) {
        try {
            return new Golden(root.relativize(folder).toString(), folder, Json.read(folder.resolve("meta.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The network; one with seeded weights also gives what is recorded of its inside. */
    Network network() {
        List<String> outputs = meta.get("outputs").list().stream()
                .map(output -> output.get("name").text())
                .toList();
        return Network.read(meta.get("model").text(), outputs.subList(1, outputs.size()));
    }

    Map<String, Tensor> inputs() {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Json input : meta.get("inputs").list()) {
            String file = input.get("file").text();
            inputs.put(
                    input.get("name").text(), read(file.contains("/") ? Network.folder(file) : folder.resolve(file)));
        }
        return inputs;
    }

    /** By name: within 1e-4 of the largest, and ten times what ONNX Runtime's own optimisations change. */
    Map<String, Wanted> outputs() {
        Map<String, Wanted> outputs = new LinkedHashMap<>();
        for (Json output : meta.get("outputs").list()) {
            Tensor tensor = read(folder.resolve(output.get("file").text()));
            double scale = Difference.between(tensor, tensor).scale();
            double tolerance = 1e-4 * scale + 10 * output.get("noopt_maxabs").number();
            outputs.put(output.get("name").text(), new Wanted(tensor, tolerance));
        }
        return outputs;
    }

    private static Tensor read(Path file) {
        try {
            return Npy.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
