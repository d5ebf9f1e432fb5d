package io.conv4j.golden;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value in a JSON file, read by what it is expected to be; a wrong expectation is an exception that names it. */
final class Json {
    private final Object value;

    private Json(Object value) {
        this.value = value;
    }

    static Json read(Path file) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(file.toFile())) {
            parser.nextToken();
            return new Json(parse(parser));
        }
    }

    private static Object parse(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Json> fields = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    fields.put(name, new Json(parse(parser)));
                }
                yield fields;
            }
            case START_ARRAY -> {
                List<Json> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(new Json(parse(parser)));
                }
                yield elements;
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_STRING -> parser.getText();
            default ->
                throw new IOException("unexpected " + parser.currentToken() + " at "
                        + parser.currentLocation().offsetDescription());
        };
    }

    Json get(String name) {
        Json field = object().get(name);
        if (field == null) {
            throw new IllegalStateException("no field '" + name + "' among " + object().keySet());
        }
        return field;
    }

    Map<String, Json> object() {
        Map<String, Json> fields = new LinkedHashMap<>();
        for (Map.Entry<?, ?> field : ((Map<?, ?>) as(Map.class)).entrySet()) {
            fields.put((String) field.getKey(), (Json) field.getValue());
        }
        return fields;
    }

    List<Json> list() {
        List<Json> elements = new ArrayList<>();
        for (Object element : (List<?>) as(List.class)) {
            elements.add((Json) element);
        }
        return elements;
    }

    String text() {
        return as(String.class);
    }

    double number() {
        return as(Double.class);
    }

    private <T> T as(Class<T> wanted) {
        if (!wanted.isInstance(value)) {
            throw new IllegalStateException("expected " + wanted.getSimpleName() + ", got " + value);
        }
        return wanted.cast(value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
