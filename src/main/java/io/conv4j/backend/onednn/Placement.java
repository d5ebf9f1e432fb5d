package io.conv4j.backend.onednn;

import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where values lie, in which forms: each in none until it is made, and perhaps in several then. */
final class Placement {
    /** How a value lies: layout, seen with leading axes of extent 1 added, and the type its elements are held in. */
    record Form(Layout layout, Shape as, DataType type) {
        /** That of a value, seen in some shape; plain where that is the same. */
        static Form of(Layout layout, Value value, Shape as, DataType type) {
            return Layout.agree(as) || layout == Layout.PLAIN
                    ? new Form(Layout.PLAIN, value.shape(), type)
                    : new Form(layout, as, type);
        }

        /** As the plan has it: plain and of its own type. */
        static Form plain(Value value) {
            return new Form(Layout.PLAIN, value.shape(), value.dataType());
        }

        /** Whether a kernel of our own turns one into the other. */
        static boolean transposes(Form present, Form wanted) {
            return present.layout != wanted.layout && ChannelTranspose.applies(wanted.as, present.type, wanted.type);
        }

        /** The descriptor of elements that lie so, seen in a shape. */
        Desc desc(Resources resources, Shape shape) {
            return Desc.dense(resources, type, shape, layout);
        }

        /** As the language would have it, but at hand: its own way takes tens of milliseconds at the first call in a JVM. */
        @Override
        public int hashCode() {
            return 31 * as.hashCode() + layout.hashCode();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Form that && layout == that.layout && type == that.type && as.equals(that.as);
        }
    }

    private final Map<Value, Map<Form, Buffer>> placed = new HashMap<>();

    /** Whether a value lies anywhere. */
    boolean isMade(Value value) {
        return placed.containsKey(value);
    }

    /** Where a value lies in a form; null if it does not. */
    @Nullable Buffer at(Value value, Form form) {
        return forms(value).get(form);
    }

    /** Says that a value lies in a buffer, in a form. */
    void put(Value value, Form form, Buffer buffer) {
        Map<Form, Buffer> forms = placed.get(value);
        if (forms == null) {
            forms = new HashMap<>();
            placed.put(value, forms);
        }
        forms.put(form, buffer);
    }

    /** Whether a value lies with its channels last, in its own shape. */
    boolean isChannelsLast(Value value) {
        for (Form form : forms(value).keySet()) {
            if (form.layout == Layout.CHANNELS_LAST && form.as.equals(value.shape())) {
                return true;
            }
        }
        return false;
    }

    /** The form of a value that is there and differs least from the one wanted: in type only if possible. */
    Form nearest(Value value, Form wanted) {
        Form nearest = null;
        int smallest = Integer.MAX_VALUE;
        for (Form form : forms(value).keySet()) {
            int distance = (form.layout == wanted.layout ? 0 : 2) + (form.type == wanted.type ? 0 : 1);
            if (distance < smallest && (form.layout == Layout.PLAIN || form.as.equals(wanted.as))) {
                nearest = form;
                smallest = distance;
            }
        }
        if (nearest == null) {
            throw new IllegalStateException("value " + value + " was never made");
        }
        return nearest;
    }

    private Map<Form, Buffer> forms(Value value) {
        return placed.getOrDefault(value, Map.of());
    }
}
