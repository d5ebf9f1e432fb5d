package io.conv4j.runtime;

import io.conv4j.Conv4jException;
import io.conv4j.backend.Backend;
import io.conv4j.backend.Executable;
import io.conv4j.compile.Compiler;
import io.conv4j.compile.OptimizationLevel;
import io.conv4j.compile.Plan;
import io.conv4j.graph.Graph;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The compiled plans of a session, one for each set of input shapes: at most as many as the options say, the one unused
 * for longest going first. Finding one takes no lock and allocates nothing; the first runs of one shape compile it once.
 * Owns everything native of its session and does not know the session, so that it can be closed when that is gone.
 */
final class PlanCache {
    private final String name;
    private final List<TensorInfo> inputs;
    private final SessionOptions options;
    private final Backend backend;
    private final Turn turn;
    private final Map<List<Shape>, CompletableFuture<CompiledPlan>> compiling = new HashMap<>();
    private final AtomicLong nativeBytes = new AtomicLong();
    private final AtomicLong clock = new AtomicLong();

    /** Dropped when the only plan has been compiled, with the model's plain weights. */
    private volatile @Nullable Model model;

    private volatile CompiledPlan[] plans = {};
    private volatile @Nullable CompiledPlan latest;
    private volatile boolean closed;

    PlanCache(Model model, SessionOptions options, Backend backend) {
        this.name = model.name();
        this.inputs = model.inputs();
        this.model = model;
        this.options = options;
        this.backend = backend;
        this.turn = Turn.of(options.mode());
    }

    /** The plan compiled for exactly these tensors' types, if there is one; it may have been evicted just now. */
    @Nullable CompiledPlan find(List<Tensor> tensors) {
        CompiledPlan last = latest;
        if (last != null && last.accepts(tensors)) {
            return last;
        }
        for (CompiledPlan plan : plans) {
            if (plan.accepts(tensors)) {
                return touch(plan);
            }
        }
        return null;
    }

    /** The plan used last; null if there is none. */
    @Nullable CompiledPlan latest() {
        return latest;
    }

    /**
     * The plan for these input shapes, compiled if it is not there.
     *
     * @throws Conv4jException if the graph, the back end or memory do not allow it, or on interrupt
     */
    CompiledPlan obtain(List<Shape> shapes) {
        CompletableFuture<CompiledPlan> mine = new CompletableFuture<>();
        CompletableFuture<CompiledPlan> others;
        synchronized (this) {
            checkOpen();
            for (CompiledPlan plan : plans) {
                if (plan.isFor(shapes)) {
                    return touch(plan);
                }
            }
            others = compiling.putIfAbsent(shapes, mine);
        }
        if (others != null) {
            return await(others, shapes);
        }
        try {
            CompiledPlan plan = compile(shapes);
            keep(plan);
            mine.complete(plan);
            return plan;
        } catch (Throwable e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            synchronized (this) {
                compiling.remove(shapes);
            }
        }
    }

    private CompiledPlan compile(List<Shape> shapes) {
        Graph graph = graph(shapes);
        Plan plan = Compiler.compile(graph, optimizationLevel());
        options.execution().requireNodes(graph, plan);
        Executable executable = backend.prepare(plan, options.execution());
        CompiledPlan compiled = new CompiledPlan(plan, executable, turn, options.contexts(), nativeBytes);
        compiled.warm();
        return compiled;
    }

    private Graph graph(List<Shape> shapes) {
        Model source = model;
        if (source == null) {
            checkOpen();
            throw new IllegalStateException("the only plan of '" + name + "' was compiled before");
        }
        Map<String, Shape> named = new LinkedHashMap<>();
        for (int i = 0; i < shapes.size(); i++) {
            named.put(inputs.get(i).name(), shapes.get(i));
        }
        return source.graph().apply(named);
    }

    private synchronized void keep(CompiledPlan plan) {
        if (closed) {
            plan.close();
            checkOpen();
        }
        CompiledPlan[] kept = plans;
        if (kept.length == options.planCacheCapacity()) {
            CompiledPlan oldest = Arrays.stream(kept)
                    .min(Comparator.comparingLong(candidate -> candidate.lastFound))
                    .orElseThrow();
            kept = Arrays.stream(kept).filter(other -> other != oldest).toArray(CompiledPlan[]::new);
            oldest.close();
        }
        kept = Arrays.copyOf(kept, kept.length + 1);
        kept[kept.length - 1] = plan;
        plans = kept;
        touch(plan);
        Model source = model;
        if (source != null && source.fixed()) {
            model = null;
        }
    }

    /** Makes a plan the latest. The one used last always has the highest count, so that finding it again need not write. */
    private CompiledPlan touch(CompiledPlan plan) {
        plan.lastFound = clock.incrementAndGet();
        latest = plan;
        return plan;
    }

    private CompiledPlan await(CompletableFuture<CompiledPlan> others, List<Shape> shapes) {
        try {
            return others.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Conv4jException("interrupted while '" + name + "' was being compiled for " + shapes, e);
        } catch (ExecutionException e) {
            checkOpen();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new Conv4jException(String.valueOf(cause.getMessage()), cause);
        }
    }

    /**
     * Fails after close.
     *
     * @throws IllegalStateException saying which session
     */
    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("session '" + name + "' is closed");
        }
    }

    boolean closed() {
        return closed;
    }

    /** Native bytes living now, those of evicted plans with runs in flight included. */
    long nativeBytes() {
        return nativeBytes.get();
    }

    /** Idempotent; waits for nobody: plans close after their last run. */
    void close() {
        CompiledPlan[] last;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            last = plans;
            plans = new CompiledPlan[0];
            latest = null;
            model = null;
        }
        for (CompiledPlan plan : last) {
            plan.close();
        }
    }

    /** How far graphs are transformed: as far as the back end asks for, unless the options say less. */
    OptimizationLevel optimizationLevel() {
        return options.optimizationLevel() == OptimizationLevel.NONE
                ? OptimizationLevel.NONE
                : backend.optimizationLevel();
    }
}
