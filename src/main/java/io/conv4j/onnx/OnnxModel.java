package io.conv4j.onnx;

import io.conv4j.Conv4jException;
import io.conv4j.graph.Graph;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A network as an ONNX file holds it: extents of inputs may be open. {@link #graph(Map)} gives it concrete shapes.
 *
 * <pre>{@code
 * OnnxModel model = OnnxModel.read(Path.of("model.onnx"));
 * Graph graph = model.graph(Map.of("src", Shape.of(1, 3, 480, 640)));
 * }</pre>
 *
 * <p>Reading copies the weights once into direct memory and keeps no hold on the file or the bytes, unless it is done
 * {@linkplain #readLazily lazily}. Element types that
 * conv4j does not compute in are widened: f16 and f64 to f32, 16-bit integers to s32, u32 and u64 to s64. Initialisers that
 * are listed among the inputs too are constants. Immutable and safe from any thread; graphs of one model share its weights.
 */
public final class OnnxModel {
    private final ModelFile file;
    private final List<ModelTensor> inputs;
    private final List<ModelTensor> outputs;

    private OnnxModel(ModelFile file) {
        this.file = file;
        List<ModelTensor> given = new ArrayList<>();
        for (ModelTensor input : declared(file.graph().inputs(), file)) {
            if (!file.constants().containsKey(input.name())) {
                given.add(input);
            }
        }
        this.inputs = List.copyOf(given);
        this.outputs = declared(file.graph().outputs(), file);
        if (outputs.isEmpty()) {
            throw new ModelFormatException("the model has no output");
        }
    }

    /**
     * Reads a file; tensors kept outside it are looked for in its folder only.
     *
     * @throws ModelFormatException if the file cannot be read or is not a well-formed model; the message names the file
     */
    public static OnnxModel read(Path path) {
        OnnxModel model = readLazily(path);
        model.load();
        return model;
    }

    /**
     * Reads a file but for its weights, which are read from it when somebody asks for them: what is used once, or only to
     * be packed, need not be held as it is. The file stays open as long as the model or a graph made of it is in use, and
     * must not be written to; it may be deleted or replaced by another.
     *
     * @throws ModelFormatException as {@link #read(Path)}; later too, where a tensor is asked for, if the file is cut short
     */
    public static OnnxModel readLazily(Path path) {
        return new OnnxModel(ModelReader.read(path));
    }

    /**
     * Reads all weights that are still in the file, which is not used any more then.
     *
     * @throws ModelFormatException if the file cannot be read any more
     */
    public void load() {
        file.load();
    }

    /** Reads a model that has no external data. */
    public static OnnxModel read(byte[] bytes) {
        return read(bytes, ExternalData.none());
    }

    /** Reads a model whose external data is found elsewhere. */
    public static OnnxModel read(byte[] bytes, ExternalData external) {
        return new OnnxModel(ModelReader.read(ByteBuffer.wrap(bytes), external));
    }

    /** Reads the remaining bytes of a buffer, whose position is left alone; there is no external data. */
    public static OnnxModel read(ByteBuffer bytes) {
        return read(bytes, ExternalData.none());
    }

    /** Reads the remaining bytes of a buffer, whose position is left alone. */
    public static OnnxModel read(ByteBuffer bytes, ExternalData external) {
        return new OnnxModel(ModelReader.read(bytes.slice(), external));
    }

    /** Reads a stream to its end, not closing it; there is no external data. */
    public static OnnxModel read(InputStream stream) {
        return read(stream, ExternalData.none());
    }

    /** Reads a stream to its end, not closing it. */
    public static OnnxModel read(InputStream stream, ExternalData external) {
        return new OnnxModel(ModelReader.read(stream, external));
    }

    /** The graph's name in the file. */
    public String name() {
        return file.graph().name();
    }

    /** Version of ONNX's own operators that the model is written in. */
    public int opset() {
        return file.opset("");
    }

    /** What the file says about itself: {@code producer} and whatever else its author put there. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(file.metadata());
    }

    /** What a run takes, in order, without those that are constants. */
    public List<ModelTensor> inputs() {
        return inputs;
    }

    /** What a run gives, in order; of an output of undeclared rank no dims are known. */
    public List<ModelTensor> outputs() {
        return outputs;
    }

    /**
     * The graph, if the model leaves no extent open.
     *
     * @throws Conv4jException as {@link #graph(Map)}
     */
    public Graph graph() {
        return graph(Map.of());
    }

    /**
     * The graph for these input shapes; inputs whose shape the model fixes need not be given.
     *
     * @throws UnsupportedModelException if conv4j does not have what some nodes need; all of them are listed
     * @throws ModelFormatException if nodes contradict each other or themselves
     * @throws Conv4jException if a shape is missing or surplus, or layers do not take such extents
     */
    public Graph graph(Map<String, Shape> inputShapes) {
        return new GraphImporter(file, inputs).run(inputShapes);
    }

    /**
     * This model with some inputs made constants, which runs then need not give.
     *
     * @param values numbers by input name, kept, not copied
     * @throws Conv4jException if there is no such input, or its type or shape is another
     */
    public OnnxModel withConstants(Map<String, Tensor> values) {
        Map<String, Tensor> constants = new LinkedHashMap<>(file.constants());
        values.forEach((name, tensor) -> {
            ModelTensor input = inputs.stream()
                    .filter(candidate -> candidate.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new Conv4jException("the model has no input '" + name + "', only " + inputs));
            if (tensor.dataType() != input.type() || !input.admits(tensor.shape())) {
                throw new Conv4jException("input " + input + " cannot be " + tensor);
            }
            constants.put(name, tensor);
        });
        return new OnnxModel(new ModelFile(
                file.graph(), file.opsets(), constants, file.constantTypes(), file.unreadable(), file.metadata()));
    }

    /**
     * This model with those inputs made constants on whose numbers, not only shapes, the shapes within depend: the new shape
     * of a Reshape, the k of a TopK. A graph can be made only then.
     *
     * @param values numbers of all inputs by name; those bound are kept, not copied
     * @throws Conv4jException as {@link #withConstants}
     */
    public OnnxModel bindShapes(Map<String, Tensor> values) {
        OnnxModel bound = this;
        while (true) {
            Map<String, Shape> shapes = new HashMap<>();
            for (ModelTensor input : bound.inputs) {
                Tensor value = values.get(input.name());
                if (value != null) {
                    shapes.put(input.name(), value.shape());
                }
            }
            Map<String, Tensor> needed = new HashMap<>(values);
            needed.keySet().retainAll(new GraphImporter(bound.file, bound.inputs).shapingInputs(shapes));
            if (needed.isEmpty()) {
                return bound;
            }
            bound = bound.withConstants(needed);
        }
    }

    private static List<ModelTensor> declared(List<ValueMessage> infos, ModelFile file) {
        List<ModelTensor> declared = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (ValueMessage info : infos) {
            if (info.name().isEmpty() || !names.add(info.name())) {
                throw new ModelFormatException("inputs and outputs need names of their own, got '" + info.name() + "'"
                        + (info.name().isEmpty() ? "" : " twice"));
            }
            declared.add(declared(info, file));
        }
        return List.copyOf(declared);
    }

    private static ModelTensor declared(ValueMessage info, ModelFile file) {
        if (!info.isTensor()) {
            throw new UnsupportedModelException(
                    file.graph().name(), List.of("'" + info.name() + "' is not a tensor but " + info.kind()));
        }
        int code = info.elementType();
        Optional<ElementType> element = ElementType.of(code);
        if (element.isEmpty()) {
            throw new UnsupportedModelException(
                    file.graph().name(), List.of("'" + info.name() + "' holds " + ElementType.word(code)));
        }
        List<String> dims = new ArrayList<>();
        for (ValueMessage.Dim dim : info.dims()) {
            dims.add(dim(info, dim));
        }
        if (dims.size() > TensorReader.MOST_AXES) {
            throw new ModelFormatException("'" + info.name() + "' has " + dims.size() + " axes");
        }
        return new ModelTensor(info.name(), element.get().type(), dims);
    }

    private static String dim(ValueMessage info, ValueMessage.Dim dim) {
        if (dim.isNumber() && dim.number() != -1) {
            if (dim.number() < 0 || dim.number() > Integer.MAX_VALUE) {
                throw new ModelFormatException("'" + info.name() + "' has an extent of " + dim.number());
            }
            return Long.toString(dim.number());
        }
        // Some exporters write -1 for an open extent; a name that looks like a number would be taken for one.
        String name = dim.name();
        return name.isEmpty() || ModelTensor.isNumber(name) ? ModelTensor.ANY : name;
    }

    @Override
    public String toString() {
        return "OnnxModel " + name() + ", opset " + opset() + ", inputs " + inputs + ", outputs " + outputs;
    }
}
