package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.StepKernels;
import io.conv4j.backend.StepReport;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Value;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Tensor;
import java.util.List;

/**
 * A network of one layer, as conv4j computes it or as oneDNN's own primitive does, loaded into the native program: what is
 * timed is its steps there, in C++, with nothing of Java in between. Before each run src is written from numbers in plain
 * layout, on both sides alike; that and the copy of dst after it are not timed. To be used by the thread that made it.
 */
public final class LayerTrial implements AutoCloseable {
    private static final StepKernels NO_JAVA = (step, sources, operands, destinations, threads) -> {
        throw new IllegalStateException(step + " is to run natively");
    };

    private final OnednnExecutable executable;
    private final OnednnContext context;
    private final Tensor dst;
    private final int first;
    private final int last;

    private LayerTrial(Preparing preparing) {
        this.first = preparing.first;
        this.last = preparing.last;
        this.executable = OnednnExecutable.load(
                preparing.plan, preparing.program, preparing.resources, preparing.threads, NO_JAVA);
        this.context = new OnednnContext(executable);
        this.dst = Tensor.zeros(preparing.step.destination().type());
    }

    /** conv4j's choice for the layer. */
    public static LayerTrial conv4j(Graph layer, int threads) {
        return prepare(layer, threads, Preparing::lower);
    }

    /**
     * oneDNN's convolution, deconvolution or inner product, all layouts but the bias's of its own choice, weights packed
     * and the relu fused: what its documentation tells people who write C++ to call.
     */
    public static LayerTrial onednn(Graph layer, int threads) {
        return prepare(layer, threads, Preparing::callDirectly);
    }

    private interface How {
        void run(Preparing preparing);
    }

    private static LayerTrial prepare(Graph layer, int threads, How how) {
        try (Preparing preparing = new Preparing(layer, threads)) {
            how.run(preparing);
            preparing.program.finish();
            LayerTrial trial = new LayerTrial(preparing);
            preparing.done = true;
            return trial;
        }
    }

    /** A program on its way; closing it releases what was made unless it is done. */
    private static final class Preparing implements AutoCloseable {
        private final Resources resources = new Resources();
        private final Plan plan;
        private final Step step;
        private final int threads;
        private final ProgramBuilder program;
        private int first;
        private int last;
        private boolean done;

        Preparing(Graph layer, int threads) {
            Plan compiled = Compiler.compile(layer, OptimizationLevel.ALL);
            if (compiled.steps().size() != 1) {
                throw new IllegalArgumentException(layer.name() + " is not one step: " + compiled.steps());
            }
            this.plan =
                    new Plan(compiled.name(), compiled.steps(), List.of(), compiled.outputs(), compiled.constants());
            this.step = plan.steps().get(0);
            this.threads = threads;
            NativeNetwork.setThreads(threads);
            // Without outputs: what the layer writes lies where a step amid others would write it.
            Plan inner = new Plan(plan.name(), plan.steps(), List.of(), List.of(), plan.constants());
            this.program = new ProgramBuilder(inner, new ExecutionOptions(threads), resources);
            program.begin(0, DataType.F32, Algorithm.DIRECT);
        }

        void lower() {
            Layout layout =
                    Layout.CHANNELS_LAST.fits(step.sources().get(0).shape()) ? Layout.CHANNELS_LAST : Layout.PLAIN;
            Buffer src = program.write(step.sources().get(0), layout);
            writeSrc(src, program.dense(step.sources().get(0).shape(), layout));
            Algorithm algorithm = AlgorithmChoice.of(plan, program.options()).choose(step);
            if (!Lowering.lower(program, 0, step, algorithm)) {
                throw new IllegalStateException("no primitive for " + step);
            }
            last = program.instructions().size();
            Value made = step.destination();
            writeDst(program.read(made, Layout.PLAIN), program.plain(made.shape()));
        }

        void callDirectly() {
            DirectCall call = DirectCall.of(program, step);
            Buffer src = Buffer.arena(call.src().size());
            writeSrc(src, call.src());
            Buffer made = Buffer.arena(call.dst().size());
            program.call(call.primitive(), call.report(), call.arguments(src, made));
            last = program.instructions().size();
            writeDst(made, call.dst());
        }

        private void writeDst(Buffer made, Desc desc) {
            program.reorder(
                    Instruction.Place.of(made),
                    desc,
                    Instruction.Place.of(
                            Buffer.output(0, step.destination().type().bytes())),
                    program.plain(step.destination().shape()),
                    "dst");
        }

        private void writeSrc(Buffer src, Desc desc) {
            Tensor numbers = TrialRun.numbers(step.sources().get(0).type());
            program.reorder(
                    Instruction.Place.of(program.constants().hold(numbers)),
                    program.plain(numbers.shape()),
                    Instruction.Place.of(src),
                    desc,
                    "src");
            first = program.instructions().size();
        }

        @Override
        public void close() {
            if (!done) {
                resources.close();
            }
        }
    }

    /** Runs once; returns the nanoseconds that the layer took. */
    public long nanoseconds() {
        long[] each = context.profile(List.of(), List.of(dst));
        long sum = 0;
        for (int i = first; i < last; i++) {
            sum += each[i];
        }
        return sum;
    }

    /** What the last run computed. */
    public Tensor dst() {
        return dst;
    }

    /** What is timed. */
    public List<StepReport> steps() {
        return executable.steps().subList(first, last);
    }

    @Override
    public void close() {
        context.close();
        executable.close();
    }
}
