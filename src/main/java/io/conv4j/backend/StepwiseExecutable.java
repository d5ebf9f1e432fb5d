package io.conv4j.backend;

import io.conv4j.Conv4jException;
import io.conv4j.compile.MemoryPlanner;
import io.conv4j.compile.MemoryPlanner.MemoryPlan;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A plan that is run step by step on row-major tensors: the interpreter of the back ends that have no program of their own.
 * Values live in one arena per context, placed by lifetime; outputs are written where the caller wants them.
 */
public final class StepwiseExecutable implements Executable {
    private final Plan plan;
    private final Supplier<ContextKernels> kernels;
    private final int nativeCrossings;
    private final List<StepReport> reports;
    private final List<Value> arenaValues = new ArrayList<>();
    private final MemoryPlan memory;

    /**
     * Places the plan's values.
     *
     * @param kernels runs each step
     * @param report what people are told of a step
     * @throws Conv4jException if a value is larger than a tensor may be
     */
    public StepwiseExecutable(
            Plan plan, ExecutionOptions options, StepKernels kernels, Function<Step, StepReport> report) {
        this(plan, () -> ContextKernels.of(kernels, options.intraOpThreads()), report, 0);
    }

    /**
     * The same for kernels that keep memory of their own.
     *
     * @param kernels makes those of one context
     * @param nativeCrossings how often they call native code in one run
     */
    public StepwiseExecutable(
            Plan plan, Supplier<ContextKernels> kernels, Function<Step, StepReport> report, int nativeCrossings) {
        plan.constants().values().forEach(Tensor::load);
        this.plan = plan;
        this.kernels = kernels;
        this.nativeCrossings = nativeCrossings;
        this.reports = plan.steps().stream().map(report).toList();
        this.memory = MemoryPlanner.plan(blocks());
    }

    /** One block for each value that a step makes and that is not the caller's; fills the list of these values. */
    private List<MemoryPlanner.Block> blocks() {
        Map<Value, Integer> lastUse = new HashMap<>();
        for (int i = 0; i < plan.steps().size(); i++) {
            for (Value read : plan.steps().get(i).reads()) {
                lastUse.put(read, i);
            }
        }
        List<MemoryPlanner.Block> blocks = new ArrayList<>();
        for (int i = 0; i < plan.steps().size(); i++) {
            for (Value made : plan.steps().get(i).destinations()) {
                if (made.type().bytes() > Integer.MAX_VALUE) {
                    throw new Conv4jException("value " + made + " of step "
                            + plan.steps().get(i) + " takes " + made.type().bytes() + " bytes; the limit is 2 GiB");
                }
                if (!plan.outputs().contains(made)) {
                    arenaValues.add(made);
                    int last = lastUse.getOrDefault(made, i);
                    blocks.add(new MemoryPlanner.Block(i, last, made.type().bytes()));
                }
            }
        }
        return blocks;
    }

    @Override
    public Context newContext() {
        return new StepwiseContext(this);
    }

    @Override
    public List<StepReport> steps() {
        return reports;
    }

    @Override
    public int nativeCrossings() {
        return nativeCrossings;
    }

    @Override
    public Arena arena() {
        return new Arena(memory.arenaBytes(), memory.lowerBound());
    }

    @Override
    public long nativeBytes() {
        return plan.constants().values().stream()
                .mapToLong(tensor -> tensor.type().bytes())
                .sum();
    }

    @Override
    public void close() {
        // Holds nothing but tensors, which the garbage collector frees.
    }

    Plan plan() {
        return plan;
    }

    /** The values in the arena. */
    List<Value> arenaValues() {
        return arenaValues;
    }

    /** Where a value lies in the arena, by its place in the list. */
    long offset(int index) {
        return memory.offsets()[index];
    }

    ContextKernels newKernels() {
        return kernels.get();
    }
}
