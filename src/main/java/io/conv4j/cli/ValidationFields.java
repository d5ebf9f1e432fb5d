package io.conv4j.cli;

import io.conv4j.validate.Comparison;
import io.conv4j.validate.Difference;
import io.conv4j.validate.Validation;
import java.util.LinkedHashMap;
import java.util.Map;

/** A comparison of two back ends for programs. */
final class ValidationFields {
    private ValidationFields() {}

    static Map<String, Object> of(Validation validation) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", validation.graph());
        fields.put("subject", validation.subject());
        fields.put("reference", validation.reference());
        fields.put("equal", validation.equal());
        validation.firstDifferentLayer().ifPresent(layer -> fields.put("firstDifferentLayer", layer.layer()));
        fields.put(
                "outputs",
                validation.outputs().stream().map(ValidationFields::of).toList());
        fields.put(
                "layers", validation.layers().stream().map(ValidationFields::of).toList());
        return fields;
    }

    private static Map<String, Object> of(Comparison comparison) {
        Difference difference = comparison.difference();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", comparison.name());
        fields.put("layer", comparison.layer());
        fields.put("type", comparison.type().type().word());
        fields.put("shape", comparison.type().shape().toString());
        fields.put("maxAbs", difference.largestAbsolute());
        fields.put("maxRel", difference.largestRelative());
        fields.put("nmse", difference.normalised());
        fields.put("tolerance", comparison.tolerance());
        fields.put("worstIndex", comparison.worstIndex());
        fields.put("got", comparison.got());
        fields.put("want", comparison.want());
        fields.put("nonFinite", difference.nonFinite());
        comparison.top1().ifPresent(top1 -> {
            fields.put("rows", top1.rows());
            fields.put("sameTop1", top1.same());
        });
        fields.put("verdict", comparison.verdict().name());
        return fields;
    }
}
