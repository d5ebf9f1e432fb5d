package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is checked before anything native sees a tensor. Every message names the tensor, what it is and what it should be. */
final class RunCheck {
    private RunCheck() {}

    /** The tensors in the model's order; names missing and names unknown are listed. */
    static List<Tensor> inOrder(List<TensorInfo> infos, Map<String, Tensor> tensors) {
        checkNames(infos, tensors.keySet(), true);
        List<Tensor> ordered = new ArrayList<>(infos.size());
        infos.forEach(info -> ordered.add(tensors.get(info.name())));
        return ordered;
    }

    /** The shapes of the inputs in the model's order, each checked against the model. */
    static List<Shape> shapes(List<TensorInfo> infos, List<Tensor> inputs) {
        if (inputs.size() != infos.size()) {
            throw new Conv4jException(
                    "the model takes " + infos.size() + " inputs " + infos + ", got " + inputs.size());
        }
        List<Shape> shapes = new ArrayList<>(infos.size());
        Map<String, Named> extents = new HashMap<>();
        for (int i = 0; i < infos.size(); i++) {
            TensorInfo info = infos.get(i);
            Tensor input = inputs.get(i);
            if (input == null) {
                throw new Conv4jException("input '" + info.name() + "' is null");
            }
            if (input.dataType() != info.type() || !info.admits(input.shape())) {
                throw new Conv4jException(
                        "input '" + info.name() + "' should be " + info.typeWord() + ", got " + input.type());
            }
            checkExtents(info, input.shape(), extents);
            shapes.add(input.shape());
        }
        return List.copyOf(shapes);
    }

    /** Shapes given by name, completed from the model and checked against it. */
    static List<Shape> shapes(List<TensorInfo> infos, Map<String, Shape> given) {
        checkNames(infos, given.keySet(), false);
        List<Shape> shapes = new ArrayList<>(infos.size());
        Map<String, Named> extents = new HashMap<>();
        for (TensorInfo info : infos) {
            Shape shape = given.get(info.name());
            if (shape == null) {
                Optional<Shape> stated = info.shape();
                if (stated.isEmpty()) {
                    throw new Conv4jException("the shape of input " + info + " is to be chosen: give one");
                }
                shape = stated.get();
            }
            if (!info.admits(shape)) {
                throw new Conv4jException(
                        "input '" + info.name() + "' should be " + info.typeWord() + ", got " + shape);
            }
            checkExtents(info, shape, extents);
            shapes.add(shape);
        }
        return List.copyOf(shapes);
    }

    /** The caller's outputs: as many as there should be, of the right types, none used twice. Allocates nothing. */
    static void outputs(List<TensorInfo> infos, CompiledPlan plan, List<Tensor> inputs, List<Tensor> outputs) {
        if (outputs.size() != infos.size()) {
            throw new Conv4jException(
                    "the model gives " + infos.size() + " outputs " + infos + ", got room for " + outputs.size());
        }
        for (int i = 0; i < outputs.size(); i++) {
            Tensor output = outputs.get(i);
            if (output == null) {
                throw new Conv4jException("output '" + infos.get(i).name() + "' is null");
            }
            if (!output.type().equals(plan.output(i))) {
                throw new Conv4jException(
                        "output '" + infos.get(i).name() + "' should be " + plan.output(i) + ", got " + output.type());
            }
            if (output.readOnly()) {
                throw new Conv4jException("output '" + infos.get(i).name() + "' wraps a read-only buffer");
            }
            if (shared(output, outputs, i) || shared(output, inputs, inputs.size())) {
                throw new Conv4jException("output '" + infos.get(i).name()
                        + "' shares its memory with an input or another output: give each a tensor of its own");
            }
        }
    }

    private static boolean shared(Tensor output, List<Tensor> others, int count) {
        for (int i = 0; i < count; i++) {
            if (output.sharesMemoryWith(others.get(i))) {
                return true;
            }
        }
        return false;
    }

    private record Named(String input, int extent) {}

    /** Extents of one name are equal wherever the name occurs. */
    private static void checkExtents(TensorInfo info, Shape shape, Map<String, Named> extents) {
        for (int axis = 0; axis < shape.rank(); axis++) {
            String dim = info.dims().get(axis);
            Named before = dim.equals(TensorInfo.ANY)
                    ? null
                    : extents.putIfAbsent(dim, new Named(info.name(), shape.extent(axis)));
            if (before != null && before.extent() != shape.extent(axis)) {
                throw new Conv4jException("extent " + dim + " is " + before.extent() + " in input '" + before.input()
                        + "' and " + shape.extent(axis) + " in input '" + info.name() + "' of shape " + shape);
            }
        }
    }

    private static void checkNames(List<TensorInfo> infos, Set<@Nullable String> given, boolean all) {
        Set<String> missing = new LinkedHashSet<>();
        Set<@Nullable String> unknown = new LinkedHashSet<>(given);
        for (TensorInfo info : infos) {
            if (!unknown.remove(info.name()) && all) {
                missing.add(info.name());
            }
        }
        if (!missing.isEmpty() || !unknown.isEmpty()) {
            throw new Conv4jException("the model takes inputs " + infos
                    + (missing.isEmpty() ? "" : "; missing: " + missing)
                    + (unknown.isEmpty() ? "" : "; it has none named: " + unknown));
        }
    }
}
