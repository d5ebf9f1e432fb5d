package io.conv4j.onnx;

import io.conv4j.Conv4jException;
import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Layer;
import io.conv4j.layer.Reshape;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Walks the nodes of a model once, for one set of input shapes, and writes the graph. */
final class GraphImporter {
    /** Operators that look at shapes, never at numbers. */
    private static final Set<String> SHAPE_ONLY = Set.of("Shape", "Size");

    private final ModelFile file;
    private final List<ModelTensor> inputs;
    private final GraphBuilder builder;
    private final Folding folding = new Folding();
    private final Map<String, Operand> operands = new HashMap<>();
    private final Set<String> unknown = new HashSet<>();
    private final Set<String> wanted = new HashSet<>();
    private final Set<String> problems = new LinkedHashSet<>();
    private final Set<String> shaping = new HashSet<>();
    private final Map<String, NodeMessage> makers = new HashMap<>();
    private final DeclaredTypes declared;

    GraphImporter(ModelFile file, List<ModelTensor> inputs) {
        this.file = file;
        this.inputs = inputs;
        this.declared = new DeclaredTypes(file);
        this.builder = Graph.builder(
                file.graph().name().isEmpty() ? "model" : file.graph().name());
    }

    /** The graph for these shapes. */
    Graph run(Map<String, Shape> shapes) {
        declareInputs(shapes);
        for (Map.Entry<String, Tensor> constant : file.constants().entrySet()) {
            operands.put(constant.getKey(), Operand.constant(constant.getKey(), constant.getValue()));
        }
        unknown.addAll(file.unreadable().keySet());
        Set<String> taken = new HashSet<>(operands.keySet());
        taken.addAll(unknown);
        List<NodeMessage> order = NodeOrder.sort(file.graph(), taken, taken::contains);
        requireOperators(order);
        try {
            walk(order, file.graph());
        } catch (Conv4jException e) {
            if (problems.isEmpty()) {
                throw e;
            }
        }
        if (!problems.isEmpty()) {
            throw new UnsupportedModelException(file.graph().name(), List.copyOf(problems));
        }
        declareOutputs();
        return builder.build();
    }

    /** The inputs whose numbers have to be known, as far as can be seen without them. */
    Set<String> shapingInputs(Map<String, Shape> shapes) {
        try {
            run(shapes);
        } catch (Conv4jException e) {
            // What is wrong besides is said when the graph is made.
        }
        Set<String> names = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(shaping);
        while (!open.isEmpty()) {
            String name = open.pop();
            NodeMessage maker = makers.get(name);
            boolean knowsShape = maker != null && SHAPE_ONLY.contains(maker.operator());
            if (names.add(name) && maker != null && !knowsShape) {
                open.addAll(NodeOrder.uses(maker));
            }
        }
        names.retainAll(inputs.stream().map(ModelTensor::name).toList());
        return names;
    }

    private void declareInputs(Map<String, Shape> shapes) {
        Set<String> surplus = new LinkedHashSet<>(shapes.keySet());
        for (ModelTensor input : inputs) {
            surplus.remove(input.name());
            Shape shape = shapes.get(input.name());
            if (shape == null) {
                Optional<Shape> stated = input.shape();
                if (stated.isEmpty()) {
                    throw new Conv4jException("the shape of input " + input + " is open: give it by name");
                }
                shape = stated.get();
            }
            if (!input.admits(shape)) {
                throw new Conv4jException("input " + input + " cannot have the shape " + shape);
            }
            Value value = builder.input(input.name(), new TensorType(input.type(), shape));
            operands.put(input.name(), Operand.of(value));
        }
        if (!surplus.isEmpty()) {
            throw new Conv4jException("the model has no inputs named " + surplus + ", its inputs are " + inputs);
        }
    }

    private void requireOperators(List<NodeMessage> nodes) {
        for (NodeMessage node : nodes) {
            requireOperator(node);
        }
    }

    private void requireOperator(NodeMessage node) {
        String domain = ModelFile.domain(node.domain());
        if (OperatorTable.find(domain, node.operator(), file.opset(domain)) == null) {
            problems.add(describe(node)
                    + (OperatorTable.knows(domain, node.operator()) ? ": not in the form of this opset" : ""));
        }
    }

    private String describe(NodeMessage node) {
        String domain = ModelFile.domain(node.domain());
        return node.operator() + " (domain " + (domain.isEmpty() ? "ai.onnx" : domain) + ", opset " + file.opset(domain)
                + ") at node '" + NodeContext.label(node) + "'";
    }

    private void walk(List<NodeMessage> order, GraphMessage graph) {
        for (NodeMessage node : order) {
            wanted.addAll(NodeOrder.uses(node));
            for (String output : node.outputs()) {
                makers.put(output, node);
            }
        }
        for (ValueMessage output : graph.outputs()) {
            wanted.add(output.name());
        }
        for (NodeMessage node : order) {
            try {
                convert(node);
            } catch (UnsupportedNode e) {
                problems.add(describe(node) + ": " + e.getMessage());
                shaping.add(e.operand());
                unknown.addAll(node.outputs());
            } catch (ModelFormatException e) {
                throw new ModelFormatException(describe(node) + ": " + e.getMessage(), e);
            } catch (Conv4jException | ArithmeticException e) {
                throw new Conv4jException(describe(node) + ": " + e.getMessage(), e);
            }
        }
    }

    private void convert(NodeMessage node) {
        String domain = ModelFile.domain(node.domain());
        OperatorConverter converter = OperatorTable.find(domain, node.operator(), file.opset(domain));
        if (converter == null || !known(node)) {
            unknown.addAll(node.outputs());
            return;
        }
        List<@Nullable Operand> from = new ArrayList<>();
        for (String name : node.inputs()) {
            from.add(name.isEmpty() ? null : operands.get(name));
        }
        NodeContext context = new NodeContext(node, file.opset(domain), from, this);
        List<Operand> made = converter.convert(context);
        for (int i = 0; i < node.outputs().size(); i++) {
            if (i < made.size()) {
                operands.put(node.outputs().get(i), made.get(i));
            } else if (context.wanted(i)) {
                throw new UnsupportedNode("its output '" + node.outputs().get(i) + "' is not made");
            }
        }
    }

    private boolean known(NodeMessage node) {
        Set<String> uses = NodeOrder.uses(node);
        for (String name : uses) {
            String type = file.unreadable().get(name);
            if (type != null) {
                throw new UnsupportedNode("constant '" + name + "' holds " + type);
            }
        }
        return Collections.disjoint(uses, unknown);
    }

    boolean wanted(String name) {
        return !name.isEmpty() && wanted.contains(name);
    }

    /** The element type that a value has in the file, if that is known. */
    Optional<ElementType> declaredType(String name) {
        return declared.of(name, makers);
    }

    boolean affords(double operations) {
        return folding.affords(operations);
    }

    /** Adds a layer with one output. */
    List<Operand> add(String name, String node, Layer layer, List<Operand> from) {
        return add(List.of(name), node, layer, from);
    }

    /** Adds a layer, or computes it now where all it takes is constant; outputs beyond the names are called as the node. */
    List<Operand> add(List<String> names, String node, Layer layer, List<Operand> from) {
        List<TensorType> given = types(from);
        List<TensorType> types = layer.infer(given);
        for (TensorType type : types) {
            if (type.shape().rank() > TensorReader.MOST_AXES) {
                throw new ModelFormatException("a result has " + type.shape().rank() + " axes");
            }
        }
        List<Tensor> constants = new ArrayList<>();
        for (Operand operand : from) {
            Tensor tensor = operand.tensor();
            if (tensor != null) {
                constants.add(tensor);
            }
        }
        List<Operand> made = new ArrayList<>();
        if (constants.size() == from.size() && folding.admits(layer, given, types)) {
            List<Tensor> tensors = folding.evaluate(layer, constants);
            for (int i = 0; i < tensors.size(); i++) {
                made.add(Operand.constant(i < names.size() ? names.get(i) : node, tensors.get(i)));
            }
            return made;
        }
        List<Value> values = new ArrayList<>();
        for (Operand operand : from) {
            values.add(operand.in(builder));
        }
        for (Value value : builder.add(node, layer, values, names)) {
            made.add(Operand.of(value));
        }
        return made;
    }

    private static List<TensorType> types(List<Operand> operands) {
        List<TensorType> types = new ArrayList<>();
        for (Operand operand : operands) {
            types.add(operand.type());
        }
        return List.copyOf(types);
    }

    /** Computes a subgraph in place; it sees all names around it. */
    List<Operand> inline(GraphMessage graph) {
        if (graph.inputs().size() > 0) {
            throw new ModelFormatException("the branch '" + graph.name() + "' has inputs");
        }
        declared.declare(graph);
        for (TensorMessage initializer : graph.initializers()) {
            Tensor tensor = new TensorReader(ExternalData.none()).read(initializer);
            operands.put(initializer.name(), Operand.constant(initializer.name(), tensor));
        }
        List<NodeMessage> order =
                NodeOrder.sort(graph, Set.of(), name -> operands.containsKey(name) || unknown.contains(name));
        requireOperators(order);
        walk(order, graph);
        List<Operand> outputs = new ArrayList<>();
        for (ValueMessage output : graph.outputs()) {
            Operand operand = operands.get(output.name());
            if (operand == null) {
                throw new UnsupportedNode("output '" + output.name() + "' of its branch is not known");
            }
            outputs.add(operand);
        }
        return outputs;
    }

    /** Outputs of a graph are made by its layers, each once: what is an input or a constant is copied. */
    private void declareOutputs() {
        Set<Value> taken = new HashSet<>();
        for (ModelTensor input : inputs) {
            taken.add(operand(input.name()).in(builder));
        }
        for (ValueMessage output : file.graph().outputs()) {
            Operand operand = operand(output.name());
            Tensor constant = operand.tensor();
            // The output is to have the name, not the constant it is copied from.
            Value value = constant == null ? operand.in(builder) : builder.constant(output.name() + "/value", constant);
            if (constant != null || !taken.add(value)) {
                Layer copy = new Reshape(operand.shape());
                value = builder.add(output.name(), copy, List.of(value)).get(0);
            }
            builder.output(value);
        }
    }

    private Operand operand(String name) {
        Operand operand = operands.get(name);
        if (operand == null) {
            throw new UnsupportedModelException(
                    file.graph().name(),
                    List.of("'" + name + "' holds " + file.unreadable().get(name)));
        }
        return operand;
    }
}
