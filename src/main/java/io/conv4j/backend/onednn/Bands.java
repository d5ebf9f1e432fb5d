package io.conv4j.backend.onednn;

import io.conv4j.backend.StepReport;
import io.conv4j.compile.PostOp;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Axis;
import io.conv4j.layer.Convolution;
import io.conv4j.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
    private final BandedConvolution expand;
    private final @Nullable BandedConvolution project;

    private Bands(ProgramBuilder program, BandedBlock block) {
        this.program = program;
        this.block = block;
        Shape expanded = block.expand().destination().shape();
        Step filter = block.filter();
        this.schedule = BandSchedule.of(
                filter == null ? Axis.of(1) : Windows.of(filter).axis(0),
                expanded.extent(0),
                expanded.extent(2),
                block.between().extent(2),
                block.rule().lineBytes() / rowBytes(expanded),
                program.options().intraOpThreads());
        this.expand = BandedConvolution.of(program, Swish.before(block.expand()));
        Step last = block.project();
        this.project = last == null ? null : BandedConvolution.of(program, last);
    }

    /** Lowers a block; returns false, having written nothing, if there is nothing good to compute its bands with. */
    static boolean lower(ProgramBuilder program, BandedBlock block) {
        Bands bands = new Bands(program, block);
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

    /** Finds what computes all bands. */
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
        Step filter = block.filter();
        Depthwise depthwise = filter != null && filter.layer() instanceof Convolution layer
                ? new Depthwise(program, filter, ConvolutionLowering.direct(program, filter, layer.window()))
                : null;
        List<Buffer> buffers = new ArrayList<>();
        List<Long> ofFilter = new ArrayList<>();
        if (depthwise != null) {
            ofFilter.add((long) NativeNetwork.KERNEL_DEPTHWISE);
            ofFilter.addAll(depthwise.parametersAndBuffers(buffers));
        } else if (filter != null) {
            ofFilter.add((long) NativeNetwork.KERNEL_MAX_POOL);
            ofFilter.addAll(PoolingLowering.ownParameters(filter));
        }
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
            if (filter != null) {
                buffers.add(scratch(schedule.bandRows() * rowBytes(block.between())));
            }
        }
        long scratchpad = Math.max(expand.scratchpadBytes(), project == null ? 0 : project.scratchpadBytes());
        scratchpad = (scratchpad + 63) / 64 * 64;
        if (scratchpad > 0) {
            buffers.add(scratch(scratchpad));
        }
        buffers.add(destination());
        List<Long> parameters = new ArrayList<>(fixed(scratchpad));
        parameters.addAll(
                List.of((long) ofFilter.size(), (long) expand.count() + (project == null ? 0 : project.count()), (long)
                        schedule.bands().size()));
        parameters.addAll(ofFilter);
        parameters.addAll(expand.parameters(false));
        parameters.addAll(project == null ? List.of() : project.parameters(true));
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
                project == null || block.filter() == null ? 0L : schedule.bandRows(),
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
                        implementations(),
                        "depth first, with " + String.join(", ", others),
                        false)
                .with(others);
    }

    private String implementations() {
        Set<String> all = new LinkedHashSet<>(List.of(expand.implementation()));
        if (block.filter() != null) {
            all.add("conv4j");
        }
        if (project != null) {
            all.add(project.implementation());
        }
        return String.join(", ", all);
    }
}
