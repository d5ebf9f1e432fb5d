package io.conv4j.onnx;

import io.conv4j.tensor.Tensor;
import java.util.Map;

/**
 * What a file holds, checked and held in memory of our own.
 *
 * @param graph nodes, inputs and outputs, without the constants' numbers
 * @param opsets version of each operator set, by domain; ONNX's own domain is empty
 * @param constants initialisers and the values of Constant nodes, by name
 * @param constantTypes the element types that the constants have in the file, by name
 * @param unreadable constants of element types that conv4j does not have: the type, by name
 * @param metadata what the file says about itself
 */
record ModelFile(
        GraphMessage graph,
        Map<String, Integer> opsets,
        Map<String, Tensor> constants,
        Map<String, ElementType> constantTypes,
        Map<String, String> unreadable,
        Map<String, String> metadata) {
    /** Reads all constants that are still where they came from. */
    void load() {
        constants.values().forEach(Tensor::load);
    }

    /** The version of a domain's operators; 0 if the model does not import it. */
    int opset(String domain) {
        return opsets.getOrDefault(domain, 0);
    }

    /** ONNX's own domain has two spellings. */
    static String domain(String written) {
        return written.equals("ai.onnx") ? "" : written;
    }
}
