package io.conv4j.backend;

import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Layer;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Layers of every kind with arguments that may be sensible, absurd or hostile, and sources for them likewise. */
final class RandomLayers {
    private static final int[] HOSTILE = {
        Integer.MIN_VALUE, Integer.MAX_VALUE, -1, 0, 1 << 16, 1 << 30, -(1 << 30), 46341, 12345
    };
    private static final DataType[] TYPES = DataType.values();

    private final Random random;

    RandomLayers(Random random) {
        this.random = random;
    }

    /** A layer and types of sources that may or may not fit it. */
    record Draw(Layer layer, List<TensorType> sources) {}

    /**
     * One layer.
     *
     * @throws io.conv4j.Conv4jException if the layer refuses its arguments, or a shape cannot be
     */
    Draw draw() {
        if (random.nextInt(3) == 0) {
            return damagedConvolution();
        }
        List<Class<?>> kinds = Arrays.asList(Layer.class.getPermittedSubclasses());
        Layer layer = (Layer) record(kinds.get(random.nextInt(kinds.size())));
        return new Draw(layer, sources());
    }

    /** One that fits, but for at most one of its numbers. */
    private Draw damagedConvolution() {
        ConvolutionCase whole = ConvolutionCase.random(random, coin());
        int[][] extents = Stream.of(whole.integers(random, 3))
                .map(tensor -> tensor.shape().extents())
                .toArray(int[][]::new);
        int groups = whole.groups();
        List<Axis> axes = new ArrayList<>(whole.window().axes());
        switch (random.nextInt(5)) {
            case 4 -> { // taps far apart, most of them in the padding
                int distance = 1 << random.nextInt(30);
                axes.set(random.nextInt(axes.size()), new Axis(2, 1 + random.nextInt(3), distance, distance, 1));
            }
            case 0 -> {
                int[] damaged = extents[random.nextInt(extents.length)];
                damaged[random.nextInt(damaged.length)] = number();
            }
            case 1 -> groups = number();
            case 2 -> axes.set(random.nextInt(axes.size()), new Axis(number(), number(), number(), number(), number()));
            default -> {
                Axis axis = axes.get(0);
                axes.set(0, new Axis(axis.kernel(), number(), number(), axis.padBefore(), axis.padAfter()));
            }
        }
        Layer layer = whole.layer() instanceof TransposedConvolution transposed
                ? new TransposedConvolution(new Window(axes), groups, transposed.outputPadding())
                : new Convolution(new Window(axes), groups);
        return new Draw(
                layer,
                Arrays.stream(extents)
                        .map(each -> new TensorType(DataType.F32, Shape.of(each)))
                        .toList());
    }

    private Object record(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] arguments = Arrays.stream(components)
                .map(component -> argument(component.getGenericType()))
                .toArray();
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(type + " of " + Arrays.toString(arguments), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type.toString(), e);
        }
    }

    private Object argument(Type type) {
        if (type instanceof ParameterizedType list) {
            Type element = list.getActualTypeArguments()[0];
            return Stream.generate(() -> argument(element))
                    .limit(random.nextInt(5))
                    .toList();
        }
        Class<?> plain = (Class<?>) type;
        if (plain == int.class || plain == Integer.class) {
            return number();
        } else if (plain == boolean.class) {
            return coin();
        } else if (plain == float.class || plain == Float.class) {
            return (float) real();
        } else if (plain == double.class || plain == Double.class) {
            return real();
        } else if (plain == Shape.class) {
            return shape();
        } else if (plain.isEnum()) {
            return plain.getEnumConstants()[random.nextInt(plain.getEnumConstants().length)];
        } else if (plain.isRecord()) {
            return record(plain);
        }
        throw new IllegalStateException("no random " + type);
    }

    /** Sensible nine times of ten. */
    private int number() {
        return random.nextInt(10) == 0
                ? HOSTILE[random.nextInt(HOSTILE.length)]
                : random.nextInt(4) - random.nextInt(2);
    }

    private double real() {
        return switch (random.nextInt(8)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> -1e30;
            default -> random.nextGaussian();
        };
    }

    private Shape shape() {
        int[] extents = new int[random.nextInt(6)];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = random.nextInt(40) == 0 ? number() : 1 + random.nextInt(5);
        }
        return Shape.of(extents);
    }

    private List<TensorType> sources() {
        List<TensorType> sources = new ArrayList<>();
        TensorType first = new TensorType(coin() ? DataType.F32 : TYPES[random.nextInt(TYPES.length)], shape());
        sources.add(first);
        int count = 1 + random.nextInt(4);
        while (sources.size() < count) {
            sources.add(
                    switch (random.nextInt(4)) {
                        case 0 -> first;
                        case 1 -> new TensorType(TYPES[random.nextInt(TYPES.length)], first.shape());
                        case 2 ->
                            new TensorType(
                                    first.type(),
                                    Shape.of(
                                            first.shape().rank() < 2
                                                    ? 1
                                                    : first.shape().extent(1)));
                        default -> new TensorType(TYPES[random.nextInt(TYPES.length)], shape());
                    });
        }
        return sources;
    }

    boolean coin() {
        return random.nextBoolean();
    }

    /** Small ones mostly; infinities, NaN and numbers that no index can be too. */
    Tensor numbers(TensorType type) {
        Tensor tensor = Tensor.zeros(type);
        for (int i = 0; i < type.shape().elements(); i++) {
            if (type.type().floating()) {
                tensor.set(i, real());
            } else {
                tensor.setLong(i, random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(4));
            }
        }
        return tensor;
    }
}
