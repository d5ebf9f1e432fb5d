package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.Step;
import io.conv4j.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** One element of a program. */
sealed interface Instruction {
    /** What people are told. */
    StepReport report();

    /** All buffers read or written. */
    List<Buffer> buffers();

    /** Parameters as native methods take them. */
    static long[] numbers(List<Long> parameters) {
        long[] numbers = new long[parameters.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = parameters.get(i);
        }
        return numbers;
    }

    /** A place in a buffer. */
    record Place(Buffer buffer, long offset) {
        static Place of(Buffer buffer) {
            return new Place(buffer, 0);
        }
    }

    /** An argument of a primitive: DNNL_ARG_*, the descriptor and the memory. */
    record Argument(int id, Desc desc, Place place) {
        Argument(int id, Desc desc, Buffer buffer) {
            this(id, desc, Place.of(buffer));
        }
    }

    /** Executes a primitive. */
    record PrimitiveCall(long primitive, List<Argument> arguments, StepReport report) implements Instruction {
        @Override
        public List<Buffer> buffers() {
            List<Buffer> buffers = new ArrayList<>(arguments.size());
            for (Argument argument : arguments) {
                buffers.add(argument.place().buffer());
            }
            return buffers;
        }
    }

    /** Runs an own kernel; the parameters and buffers are as {@code cpp/kernels.hpp} says. */
    record KernelCall(int kind, List<Long> parameters, List<Buffer> operands, StepReport report)
            implements Instruction {
        @Override
        public List<Buffer> buffers() {
            return operands;
        }
    }

    /** Runs a block of layers depth first; the parameters and buffers are as {@code cpp/bands.hpp} says. */
    record BandsCall(List<Long> parameters, List<Buffer> operands, StepReport report) implements Instruction {
        @Override
        public List<Buffer> buffers() {
            return operands;
        }
    }

    /** A plain tensor of a Java kernel. */
    record View(Buffer buffer, TensorType type) {}

    /** Runs a step on the Java kernels. */
    record JavaCall(Step step, List<View> sources, List<View> operands, List<View> destinations, StepReport report)
            implements Instruction {
        @Override
        public List<Buffer> buffers() {
            List<View> all = new ArrayList<>(sources);
            all.addAll(operands);
            all.addAll(destinations);
            return all.stream().map(View::buffer).toList();
        }
    }
}
