package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of layers run depth first (also: fused-layer execution), band of rows by band of rows, by {@code cpp/bands.hpp}: of
 * what lies between the layers only some rows exist at a time, and they stay in a level-2 cache. Results are those of the
 * layers one after the other, and do not depend on the number of threads.
 */
final class Bands {
    private final ProgramBuilder program;
    private final BandedBlock block;
    private final BandSchedule schedule;
    private final Convolved expand;
    private final @Nullable Convolved project;

    private Bands(ProgramBuilder program, BandedBlock block, BandsRule rule) {
        this.program = program;
        this.block = block;
        Shape expanded = block.expand().destination().shape();
        Step depthwise = block.depthwise();
        Axis axis = depthwise == null
                ? Axis.of(1)
                : ((Convolution) depthwise.layer()).window().axis(0);
        this.schedule = BandSchedule.of(
                axis,
                expanded.extent(0),
                expanded.extent(2),
                block.between().extent(2),
                rule.lineBytes() / rowBytes(expanded),
                program.options().intraOpThreads());
        this.expand = new Convolved(program, Swish.before(block.expand()));
        Step last = block.project();
        this.project = last == null ? null : new Convolved(program, last);
    }

    /** Lowers a block; returns false, having written nothing, if oneDNN has no good primitives for its bands. */
    static boolean lower(ProgramBuilder program, BandedBlock block, BandsRule rule) {
        Bands bands = new Bands(program, block, rule);
        // A part of the bands is one thread's.
        NativeNetwork.setThreads(1);
        try {
            if (!bands.describe()) {
                return false;
            }
            bands.append();
        } finally {
            NativeNetwork.setThreads(program.options().intraOpThreads());
        }
        return true;
    }

    private long rowBytes(Shape shape) {
        return (long) shape.extent(1) * shape.extent(3) * program.workingType().bytes();
    }

    /** Finds primitives for all bands. */
    private boolean describe() {
        boolean all = true;
        for (BandSchedule.Band band : schedule.bands()) {
            all = all
                    && (band.expand().count() == 0 || expand.index(band.expand()) >= 0)
                    && (project == null || project.index(band.rows()) >= 0);
        }
        return all;
    }

    private void append() {
        Step middle = block.depthwise();
        Depthwise depthwise = middle == null ? null : new Depthwise(program, middle, direct(program, middle));
        List<Buffer> buffers = new ArrayList<>();
        List<Long> ofDepthwise = depthwise == null ? List.of() : depthwise.parametersAndBuffers(buffers);
        buffers.add(ConvolutionLowering.Direct.read(program, block.expand()));
        expand.addWeights(buffers);
        buffers.add(scratch(
                schedule.lineRows() * rowBytes(block.expand().destination().shape())));
        if (project != null) {
            project.addWeights(buffers);
            Value operand = project.operand();
            if (operand != null) {
                buffers.add(program.read(operand, Layout.CHANNELS_LAST));
            }
            if (depthwise != null) {
                buffers.add(scratch(schedule.bandRows() * rowBytes(block.between())));
            }
        }
        long scratchpad = Math.max(expand.scratchpadBytes(), project == null ? 0 : project.scratchpadBytes());
        scratchpad = (scratchpad + 63) / 64 * 64;
        if (scratchpad > 0) {
            buffers.add(scratch(scratchpad));
        }
        buffers.add(destination());
        List<Long> primitives = new ArrayList<>(expand.primitives(false));
        primitives.addAll(project == null ? List.of() : project.primitives(true));
        List<Long> parameters = new ArrayList<>(fixed(scratchpad));
        parameters.addAll(List.of((long) ofDepthwise.size(), (long) primitives.size() / Convolved.PARAMETERS, (long)
                schedule.bands().size()));
        parameters.addAll(ofDepthwise);
        parameters.addAll(primitives);
        for (BandSchedule.Band band : schedule.bands()) {
            parameters.addAll(parameters(band));
        }
        program.add(new Instruction.BandsCall(List.copyOf(parameters), List.copyOf(buffers), report(depthwise)));
    }

    /**
     * Where the result is written: over what is added to it if nobody reads that later, but for several parts, of which each
     * reads rows of the block's src that another's dst may be.
     */
    private Buffer destination() {
        Value dst = block.last().destination();
        Value operand = project == null ? null : project.operand();
        if (operand != null && schedule.parts() == 1) {
            Buffer there = program.read(operand, Layout.CHANNELS_LAST);
            if (program.mayOverwrite(operand, there, block.last())) {
                return program.alias(dst, Layout.CHANNELS_LAST, there);
            }
        }
        return program.write(dst, Layout.CHANNELS_LAST);
    }

    /** Memory of so many bytes for each part. */
    private Buffer scratch(long bytes) {
        return Buffer.arena(schedule.parts() * bytes);
    }

    private List<Long> fixed(long scratchpad) {
        Shape src = block.expand().sources().get(0).shape();
        Shape between = block.between();
        List<PostOp> postOps = block.expand().postOps();
        boolean swishes = Swish.before(block.expand()).postOps().size() < postOps.size();
        long alpha = swishes
                ? Float.floatToRawIntBits(((PostOp.Apply) postOps.get(postOps.size() - 1))
                                .activation()
                                .alpha())
                        & 0xffffffffL
                : -1;
        return List.of(
                (long) program.workingType().bytes(),
                alpha,
                (long) src.extent(2),
                rowBytes(src),
                rowBytes(block.expand().destination().shape()),
                rowBytes(between),
                rowBytes(block.last().destination().shape()),
                (long) schedule.lineRows(),
                project == null || block.depthwise() == null ? 0L : schedule.bandRows(),
                scratchpad,
                (long) between.extent(2));
    }

    private List<Long> parameters(BandSchedule.Band band) {
        BandSchedule.Rows rows = band.expand();
        return List.of(
                (long) band.part(),
                (long) band.image(),
                rows.count() == 0 ? -1L : expand.index(rows),
                (long) (rows.count() == 0 ? 0 : expand.seen(rows).rows().first()),
                (long) band.keepFirst(),
                (long) rows.first(),
                (long) rows.last(),
                (long) band.rows().first(),
                (long) band.rows().last(),
                project == null ? -1L : expand.count() + project.index(band.rows()));
    }

    private StepReport report(@Nullable Depthwise depthwise) {
        List<String> words = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Step step : block.steps()) {
            words.add(step.word());
            others.add(step.name());
        }
        others.remove(0);
        Step mean = depthwise == null ? null : depthwise.meanOfResult();
        if (mean != null) {
            others.add(mean.name());
        }
        return new StepReport(
                        block.expand().name(),
                        String.join(", ", words),
                        block.last().destination().shape().toString(),
                        expand.implementation() + (depthwise == null ? "" : ", conv4j"),
                        "depth first, with " + String.join(", ", others),
                        false)
                .with(others);
    }

    private static ConvolutionLowering.Direct direct(ProgramBuilder program, Step step) {
        Convolution layer = (Convolution) step.layer();
        return ConvolutionLowering.direct(program, step, layer.window());
    }

    /** A convolution of oneDNN's in bands: a primitive for each number of rows and of rows that do not exist. */
    private static final class Convolved {
        static final int PARAMETERS = 8;

        private record Kind(int rows, int before, int after) {
            /** Said, as is what follows: the language's own way takes tens of milliseconds at the first call in a JVM. */
            @Override
            public boolean equals(Object other) {
                return other instanceof Kind that && rows == that.rows && before == that.before && after == that.after;
            }

            @Override
            public int hashCode() {
                return 31 * (31 * rows + before) + after;
            }
        }

        private record Made(PrimitiveDesc desc, Desc src, Desc dst, boolean adds) {}

        private final ProgramBuilder program;
        private final Step step;
        private final ConvolutionLowering.Direct whole;
        private final Map<Kind, Integer> indices = new LinkedHashMap<>();
        private final List<Made> made = new ArrayList<>();

        Convolved(ProgramBuilder program, Step step) {
            this.program = program;
            this.step = step;
            this.whole = direct(program, step);
        }

        BandSchedule.Seen seen(BandSchedule.Rows rows) {
            return BandSchedule.Seen.of(
                    whole.window().axis(0), rows, step.sources().get(0).shape().extent(2));
        }

        /** The index of the primitive for rows of dst; -1 if there is no good one that reads the weights as the others do. */
        int index(BandSchedule.Rows rows) {
            BandSchedule.Seen seen = seen(rows);
            Kind kind = new Kind(rows.count(), seen.before(), seen.after());
            Integer known = indices.get(kind);
            if (known != null) {
                return known;
            }
            Made primitive = describe(rows, seen);
            if (primitive == null || !made.isEmpty() && !weights(primitive).isSameAs(weights(made.get(0)))) {
                return -1;
            }
            made.add(primitive);
            indices.put(kind, made.size() - 1);
            return made.size() - 1;
        }

        private @Nullable Made describe(BandSchedule.Rows rows, BandSchedule.Seen seen) {
            Axis height = whole.window().axis(0);
            Window window = new Window(List.of(
                    new Axis(height.kernel(), height.stride(), height.dilation(), seen.before(), seen.after()),
                    whole.window().axis(1)));
            Desc src = band(step.sources().get(0).shape(), seen.rows().count());
            Desc dst = band(step.destination().shape(), rows.count());
            Attributes attributes = Attributes.none(program.resources());
            boolean adds = false;
            for (PostOp postOp : step.postOps()) {
                if (postOp instanceof PostOp.Apply apply) {
                    Eltwise eltwise = Eltwise.of(apply.activation());
                    if (eltwise == null) {
                        return null;
                    }
                    attributes.eltwise(eltwise);
                } else {
                    attributes.sum();
                    adds = true;
                }
            }
            PrimitiveDesc desc = new ConvolutionLowering.Direct(window, 1, whole.weights(), whole.bias())
                    .primitive(program, step, attributes, src, dst);
            return desc == null || desc.isSlow() ? null : new Made(desc, src, dst, adds);
        }

        private Desc band(Shape shape, int rows) {
            return program.dense(Shape.of(1, shape.extent(1), rows, shape.extent(3)), Layout.CHANNELS_LAST);
        }

        private static Desc weights(Made primitive) {
            return primitive.desc().query(dnnl.dnnl_query_weights_md);
        }

        int count() {
            return made.size();
        }

        String implementation() {
            return made.get(0).desc().implementation();
        }

        long scratchpadBytes() {
            long most = 0;
            for (Made one : made) {
                most = Math.max(most, one.desc().scratchpadBytes());
            }
            return most;
        }

        void addWeights(List<Buffer> buffers) {
            ConvolutionLowering.Weights plain = whole.weights();
            buffers.add(program.as(plain.buffer(), plain.desc(), weights(made.get(0)), "weights of " + step.name()));
            if (whole.bias() != null) {
                buffers.add(whole.bias());
            }
        }

        /** What is added to the result; null if nothing is. */
        @Nullable Value operand() {
            for (PostOp postOp : step.postOps()) {
                if (postOp instanceof PostOp.Combine combine) {
                    return combine.operand();
                }
            }
            return null;
        }

        List<Long> primitives(boolean projects) {
            List<Long> parameters = new ArrayList<>();
            for (Made one : made) {
                Desc bias = whole.bias() == null ? null : whole.biasDesc(program);
                parameters.addAll(List.of(
                        one.desc().primitive(step.name()),
                        projects ? 1L : 0L,
                        one.src().address(),
                        weights(one).address(),
                        bias == null ? 0L : bias.address(),
                        one.dst().address(),
                        one.desc().scratchpadBytes() == 0
                                ? 0L
                                : one.desc()
                                        .query(dnnl.dnnl_query_scratchpad_md)
                                        .address(),
                        one.adds() ? 1L : 0L));
            }
            return parameters;
        }
    }
}
