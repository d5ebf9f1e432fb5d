package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Backend;
import io.conv4j.graph.Graph;
import io.conv4j.onnx.OnnxModel;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model ready to run.
 *
 * <pre>{@code
 * try (Session session = Session.open(Path.of("model.onnx"))) {
 *     Tensor scores = session.run(Tensor.of(Shape.of(1, 3, 224, 224), pixels));
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> Safe to call from any number of threads. With {@code intraOpThreads} 1 callers run side by side, as
 * many as there are contexts, further ones wait; with more, runs go one after the other, helped by threads of the library.
 * Waiting can be interrupted: the run then throws a {@link Conv4jException} and the flag stays set.
 *
 * <p><b>Shapes.</b> A plan is compiled for each set of input shapes, at opening if the model leaves nothing to choose,
 * else at the first run or by {@link #prepare}; a bounded number of plans is kept.
 *
 * <p><b>Tensors.</b> Inputs are only read, and their names, types and shapes are checked before anything runs; numbers are
 * taken as they are, NaN and infinities included. Tensors and lists must not be changed by others during a run. Returned
 * tensors belong to the caller and need no closing.
 *
 * <p><b>Closing.</b> {@link #close()} is idempotent and waits for nobody: runs in flight finish, and the last one out
 * frees the memory. Later calls throw {@link IllegalStateException}.
 */
public final class Session implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final String name;
    private final List<TensorInfo> inputs;
    private final List<TensorInfo> outputs;
    private final SessionOptions options;
    private final Backend backend;
    private final PlanCache cache;
    private final Cleaner.Cleanable cleanable;

    private Session(Model model, SessionOptions options, Backend backend) {
        this.name = model.name();
        this.inputs = model.inputs();
        this.outputs = model.outputs();
        this.options = options;
        this.backend = backend;
        PlanCache owned = new PlanCache(model, options, backend);
        this.cache = owned;
        String forgotten = name;
        this.cleanable = CLEANER.register(this, () -> closeForgotten(owned, forgotten));
    }

    /** Opens a graph with {@link SessionOptions#defaults()}. */
    public static Session open(Graph graph) {
        return open(graph, SessionOptions.defaults());
    }

    /**
     * Opens a graph and compiles it.
     *
     * @throws Conv4jException if the back end asked for is not available or cannot run the graph
     */
    public static Session open(Graph graph, SessionOptions options) {
        return open(Model.of(graph), options, Backends.choose(options.backend()));
    }

    /** Opens an ONNX file with {@link SessionOptions#defaults()}. */
    public static Session open(Path onnx) {
        return open(onnx, SessionOptions.defaults());
    }

    /**
     * Opens an ONNX file. Where it leaves no extent of its inputs open it is compiled now, else for each new set of input
     * shapes.
     *
     * @throws Conv4jException if the file cannot be read or is no ONNX model, if nodes are not supported, or if the back end
     *     asked for is not available or cannot run it
     */
    public static Session open(Path onnx, SessionOptions options) {
        try (Preload ahead = Preload.begin(options)) {
            OnnxModel read = OnnxModel.readLazily(onnx);
            Model model = Model.of(read);
            if (!model.fixed()) {
                // The file may change before other shapes come.
                read.load();
            }
            return open(model.specialised(), options, ahead.backend());
        }
    }

    /** Opens an ONNX model with {@link SessionOptions#defaults()}. */
    public static Session open(OnnxModel model) {
        return open(model, SessionOptions.defaults());
    }

    /** Opens an ONNX model; see {@link #open(Path, SessionOptions)}. */
    public static Session open(OnnxModel model, SessionOptions options) {
        return open(Model.of(model), options, Backends.choose(options.backend()));
    }

    static Session open(Model model, SessionOptions options, Backend backend) {
        backend.require(options.execution().precision());
        Session session = new Session(model, options, backend);
        if (model.fixed()) {
            try {
                session.prepare(Map.of());
            } catch (Throwable e) {
                session.close();
                throw e;
            }
        }
        return session;
    }

    /** What a run takes, in order. */
    public List<TensorInfo> inputs() {
        return inputs;
    }

    /** What a run gives, in order. */
    public List<TensorInfo> outputs() {
        return outputs;
    }

    /** The options it was opened with. */
    public SessionOptions options() {
        return options;
    }

    /**
     * Runs a model with exactly one input and returns its first output, a fresh tensor.
     *
     * @throws Conv4jException if the model has more inputs, the input does not fit or the run fails
     */
    public Tensor run(Tensor input) {
        return runFresh(List.of(input)).get(0);
    }

    /**
     * Runs with inputs by name and returns all outputs by name, fresh tensors in the model's order.
     *
     * @throws Conv4jException if an input is missing, surplus or does not fit, or the run fails
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputsByName) {
        List<Tensor> results = runFresh(RunCheck.inOrder(inputs, inputsByName));
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            named.put(outputs.get(i).name(), results.get(i));
        }
        return named;
    }

    /**
     * Runs from and into the caller's tensors, in the model's order; allocates nothing once a plan for the shapes is
     * there. The outputs are written wholly; if the run fails, what they hold is undefined.
     *
     * @throws Conv4jException if a tensor is missing, surplus or does not fit, outputs share memory with inputs or each
     *     other, or the run fails
     */
    public void run(List<Tensor> from, List<Tensor> to) {
        cache.checkOpen();
        try {
            CompiledPlan plan = plan(from);
            RunCheck.outputs(outputs, plan, from, to);
            while (!plan.run(from, to)) {
                plan = cache.obtain(RunCheck.shapes(inputs, from));
            }
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Runs as {@link #run(List, List)} does and measures each step. The clock is read between steps, which costs some
     * 20 ns a step; allocates.
     *
     * @return the steps of {@link #describe()}, in order, with their times
     */
    public List<StepTiming> profile(List<Tensor> from, List<Tensor> to) {
        cache.checkOpen();
        try {
            CompiledPlan plan = plan(from);
            RunCheck.outputs(outputs, plan, from, to);
            List<StepTiming> timings = plan.profile(from, to);
            while (timings == null) {
                timings = cache.obtain(RunCheck.shapes(inputs, from)).profile(from, to);
            }
            return timings;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private List<Tensor> runFresh(List<Tensor> from) {
        cache.checkOpen();
        CompiledPlan plan = plan(from);
        List<Tensor> results = new ArrayList<>(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            results.add(Tensor.zeros(plan.output(i)));
        }
        run(from, results);
        return results;
    }

    private CompiledPlan plan(List<Tensor> from) {
        CompiledPlan plan = cache.find(from);
        return plan != null ? plan : cache.obtain(RunCheck.shapes(inputs, from));
    }

    /**
     * Compiles the plan for these input shapes, so that the first run with them is as fast as the others. Inputs whose
     * shape the model fixes need not be given.
     *
     * @throws Conv4jException if a shape is missing or does not fit, or the graph cannot be compiled for them
     */
    public void prepare(Map<String, Shape> inputShapes) {
        obtain(inputShapes);
    }

    private CompiledPlan obtain(Map<String, Shape> inputShapes) {
        cache.checkOpen();
        try {
            return cache.obtain(RunCheck.shapes(inputs, inputShapes));
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * What runs each step of the plan used last.
     *
     * @throws Conv4jException if there is no plan yet, as the input shapes are to be chosen
     */
    public SessionDescription describe() {
        cache.checkOpen();
        CompiledPlan plan = cache.latest();
        if (plan == null) {
            throw new Conv4jException("nothing is compiled yet, as the shapes of inputs " + inputs
                    + " are to be chosen: run once, or call describe with shapes");
        }
        return describe(plan);
    }

    /** What runs each step of the plan for these input shapes, which is compiled if need be; see {@link #prepare}. */
    public SessionDescription describe(Map<String, Shape> inputShapes) {
        return describe(obtain(inputShapes));
    }

    private SessionDescription describe(CompiledPlan plan) {
        return new SessionDescription(
                name,
                new SessionDescription.Setting(
                        backend.name(),
                        backend.availability().detail(),
                        backend.describe(options.execution().precision()),
                        options,
                        cache.optimizationLevel()),
                plan.inputTypes(),
                plan.nativeCrossings(),
                plan.arena(),
                plan.steps());
    }

    /** Native bytes held now: packed weights and contexts of all plans, of closing ones too; 0 when all is freed. */
    public long nativeBytes() {
        return cache.nativeBytes();
    }

    /** Idempotent; does not wait for runs in flight, which finish and then free what they used. */
    @Override
    public void close() {
        cache.close();
        cleanable.clean();
    }

    private static void closeForgotten(PlanCache cache, String name) {
        if (!cache.closed()) {
            // Asked for late, as Java's loggers take a while to set up.
            System.getLogger("io.conv4j")
                    .log(
                            System.Logger.Level.WARNING,
                            "session ''{0}'' was never closed; its memory is freed now, late: use try-with-resources",
                            name);
            cache.close();
        }
    }

    @Override
    public String toString() {
        return "Session " + name + " on " + backend.name() + (cache.closed() ? ", closed" : "");
    }
}
