package io.conv4j.backend.onednn;

import io.conv4j.backend.ExecutionOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.Tuning;
import io.conv4j.compile.Plan;
import io.conv4j.compile.Step;
import io.conv4j.graph.Value;
import io.conv4j.layer.Convolution;
import io.conv4j.layer.Dense;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one place where algorithms are chosen: {@link #candidates} says which can compute a step, {@link #byRule} which of
 * them is taken by default. Where the options say so, {@link Tuner} runs the candidates instead, and a {@link TuningFile}
 * keeps what it found; a choice from a file counts only where it is among the candidates now.
 */
final class AlgorithmChoice {
    /** With fewer output channels in a group oneDNN's deconvolution leaves vectors half empty. */
    private static final int FULL_VECTOR = 16;

    /** What a level-2 cache surely holds: the pixels of a larger dst would have to be fetched again to be shuffled. */
    private static final long CACHED_BYTES = 512 << 10;

    /** What a level-2 cache holds of what the step before has written. */
    private static final long NEAR_BYTES = 1 << 20;

    /** Up to so many rows weights take longer to come from memory than to be multiplied, however they lie there. */
    private static final int FEW_ROWS = 2;

    private static final int MOST_ROWS = 8;

    private static final List<Integer> TILES = List.of(2, 4, 6);

    /** Measurements at a time would disturb each other, and sessions that share a file need not repeat them. */
    private static final ReentrantLock MEASURING = new ReentrantLock();

    private final Map<Value, Tensor> constants;
    private final ExecutionOptions options;
    private final Map<String, Measurement> known = new HashMap<>();
    private final Map<String, Measurement> measured = new LinkedHashMap<>();
    private final IdentityHashMap<Step, List<Algorithm>> candidatesOf = new IdentityHashMap<>();

    /** Chooses by rule until told otherwise. */
    AlgorithmChoice(Map<Value, Tensor> constants, ExecutionOptions options) {
        this.constants = constants;
        this.options = options;
    }

    /** The choices for a plan; measures, if the options say so, what the tuning file does not know. */
    static AlgorithmChoice of(Plan plan, ExecutionOptions options) {
        AlgorithmChoice choice = new AlgorithmChoice(plan.constants(), options);
        Path path = options.algorithms().tuningFile();
        TuningFile file = path == null ? null : new TuningFile(path, StepKey.machine(options.intraOpThreads()));
        choice.read(file);
        if (options.algorithms().tuning() == Tuning.MEASURE
                && !choice.unknown(plan).isEmpty()) {
            MEASURING.lock();
            try {
                choice.read(file);
                choice.measured.putAll(new Tuner(plan, options, choice).measure(choice.unknown(plan)));
                if (file != null) {
                    file.add(choice.measured);
                }
            } finally {
                MEASURING.unlock();
            }
        }
        return choice;
    }

    private void read(@Nullable TuningFile file) {
        if (file != null) {
            known.putAll(file.read());
        }
    }

    /** Steps with a choice that no measurement decides, one for each key; those that run with others have none. */
    private Map<String, Step> unknown(Plan plan) {
        Chain chain = new Chain(plan, options);
        Set<Step> together = Together.in(chain, BandsRule.DEFAULT);
        Map<String, Step> unknown = new LinkedHashMap<>();
        for (Step step : plan.steps()) {
            if (!together.contains(step) && candidates(step).size() > 1 && measured(step) == null) {
                unknown.putIfAbsent(key(step), step);
            }
        }
        return unknown;
    }

    private String key(Step step) {
        return StepKey.of(step, options, constants.keySet());
    }

    /** The algorithm for a step; null if its layer is computed in one way only. */
    @Nullable Algorithm choose(Step step) {
        List<Algorithm> candidates = candidates(step);
        if (candidates.isEmpty()) {
            return null;
        }
        Measurement measurement = candidates.size() == 1 ? null : measured(step);
        return measurement == null
                ? byRule(step)
                : candidates.stream().filter(measurement::chose).findFirst().orElseThrow();
    }

    /** What the choice for a step rests on, for its report; empty if on the rule. */
    String reason(Step step) {
        if (candidates(step).size() < 2) {
            return "";
        }
        Measurement measurement = measured(step);
        if (measurement == null) {
            return "";
        }
        return (measured.containsKey(key(step)) ? "measured " : "tuning file ") + measurement.times();
    }

    /** The measurement that decides about a step: one whose choice is a candidate; null if there is none. */
    private @Nullable Measurement measured(Step step) {
        if (known.isEmpty() && measured.isEmpty()) {
            return null;
        }
        String key = key(step);
        Measurement measurement = measured.containsKey(key) ? measured.get(key) : known.get(key);
        return measurement != null && candidates(step).stream().anyMatch(measurement::chose) ? measurement : null;
    }

    /** All algorithms that can compute a step; none if its layer has no choice. */
    List<Algorithm> candidates(Step step) {
        return candidatesOf.computeIfAbsent(step, this::find);
    }

    private List<Algorithm> find(Step step) {
        List<Algorithm> candidates = new ArrayList<>();
        if (!Lowering.reasonAgainst(step).isEmpty()) {
            return candidates;
        }
        boolean constant = constants
                .keySet()
                .containsAll(step.sources().subList(1, step.sources().size()));
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        if (step.layer() instanceof Convolution layer) {
            Window window = ConvolutionLowering.withoutIdleStride(layer.window(), src, dst);
            add(candidates, Algorithm.DIRECT, constant, window, layer.groups());
            if (constant && Depthwise.applies(window, layer.groups(), src, dst)) {
                candidates.add(layer.groups() == src.extent(1) ? Algorithm.DEPTHWISE : Algorithm.GROUPED);
            }
            addIndirect(candidates, step, constant, window, layer.groups());
            if (constant && permits(step) && StrassenRule.applies(step, window, layer.groups(), weights(step))) {
                candidates.add(Algorithm.STRASSEN);
            }
            addFip(candidates, step, constant, window, layer.groups());
            if (constant
                    && permits(step)
                    && Indirect.applies(window, layer.groups())
                    && FilterRule.isCandidate(step, window)) {
                candidates.add(Algorithm.FILTERED);
            }
            if (constant && layer.groups() == 1 && window.isPointwise()) {
                candidates.add(Algorithm.MATMUL);
            }
            if (Gemv.applies(layer, src)) {
                addGemv(candidates, step, constant);
            }
        } else if (step.layer() instanceof TransposedConvolution layer) {
            candidates.add(Algorithm.DECONVOLUTION);
            if (constant) {
                SubPixel subPixel = SubPixel.of(step);
                add(candidates, subPixel.algorithm(), true, subPixel.window(), layer.groups());
                addIndirect(candidates, step, true, layer.window(), layer.groups());
                addFip(candidates, step, true, layer.window(), layer.groups());
            }
        } else if (step.layer() instanceof Dense) {
            candidates.add(Algorithm.MATMUL);
            addGemv(candidates, step, constant);
        }
        return candidates;
    }

    private void addGemv(List<Algorithm> candidates, Step step, boolean constant) {
        boolean full = options.precisionOf(step.name()) == Precision.F32;
        if (constant && full && step.destination().shape().extent(0) <= MOST_ROWS) {
            candidates.add(Algorithm.GEMV);
        }
    }

    private void add(List<Algorithm> candidates, Algorithm direct, boolean constant, Window window, int groups) {
        candidates.add(direct);
        if (options.algorithms().winograd() && constant && Winograd.applies(window, groups)) {
            for (int tile : TILES) {
                candidates.add(direct.tile(tile));
            }
        }
    }

    private Tensor weights(Step step) {
        return Objects.requireNonNull(constants.get(step.sources().get(1)));
    }

    /** Whether algorithms of fewer products in f32 may be taken. */
    private boolean permits(Step step) {
        return options.algorithms().winograd() && options.precisionOf(step.name()) == Precision.F32;
    }

    private void addIndirect(List<Algorithm> candidates, Step step, boolean constant, Window window, int groups) {
        boolean reduced = options.precisionOf(step.name()) == Precision.BF16;
        if (!reduced && Indirect.applies(window, groups) && IndirectRule.isCandidate(step, window, constant)) {
            candidates.add(Algorithm.INDIRECT);
        }
    }

    private void addFip(List<Algorithm> candidates, Step step, boolean constant, Window window, int groups) {
        if (constant && permits(step) && Indirect.applies(window, groups) && FipRule.isCandidate(step, window)) {
            candidates.add(Algorithm.FIP);
        }
    }

    /** The algorithm for a step with candidates when nothing was measured. */
    Algorithm byRule(Step step) {
        List<Algorithm> candidates = candidates(step);
        if (candidates.contains(Algorithm.DEPTHWISE) && isNear(step)) {
            return Algorithm.DEPTHWISE;
        }
        // By measurement of the layers of ResNeXt: 1.4 to 4 times as fast as oneDNN's on channels last.
        if (candidates.contains(Algorithm.GROUPED)) {
            return Algorithm.GROUPED;
        }
        if (candidates.contains(Algorithm.GEMV) && step.destination().shape().extent(0) <= FEW_ROWS) {
            return Algorithm.GEMV;
        }
        Algorithm form = candidates.get(0);
        if (candidates.size() > 1 && form.equals(Algorithm.DECONVOLUTION)) {
            Algorithm asConvolution = candidates.get(1);
            form = asConvolution.form() == Algorithm.Form.FLIPPED || shufflesCheaply(step, asConvolution)
                    ? asConvolution
                    : form;
        }
        Algorithm tiled = form.tile(tileByRule(step, form));
        if (tiled.tile() > 0 && candidates.contains(tiled)) {
            return tiled;
        }
        if (candidates.contains(Algorithm.FILTERED) && FilterRule.pays(step, Windows.of(step))) {
            return Algorithm.FILTERED;
        }
        if (candidates.contains(Algorithm.FIP) && FipRule.pays(step, Windows.of(step))) {
            return Algorithm.FIP;
        }
        if (candidates.contains(Algorithm.STRASSEN) && StrassenRule.pays(step)) {
            return Algorithm.STRASSEN;
        }
        return candidates.contains(Algorithm.INDIRECT) && IndirectRule.pays(step) ? Algorithm.INDIRECT : form;
    }

    /**
     * Whether src lies in a level-2 cache, by measurement of layers of MobileNet and EfficientNet: our depthwise kernel is
     * then faster than oneDNN's by 1.3 to 2.5 times, and else slower, as it reads many lines at once.
     */
    private boolean isNear(Step step) {
        boolean reduced = options.precisionOf(step.name()) == Precision.BF16;
        long elements = step.sources().get(0).shape().elements();
        return elements * (reduced ? Short.BYTES : Float.BYTES) <= NEAR_BYTES;
    }

    /** Winograd's tile for the convolution that a form comes to; 0 for a direct one. */
    private int tileByRule(Step step, Algorithm form) {
        if (form.equals(Algorithm.DECONVOLUTION) || !candidates(step).contains(form.tile(TILES.get(0)))) {
            return 0;
        }
        boolean reduced = options.precisionOf(step.name()) == Precision.BF16;
        WinogradRule rule = winogradRule(step);
        if (reduced) {
            return form.form() == Algorithm.Form.CONVOLUTION && rule.beatsBf16() ? rule.choose() : 0;
        }
        return rule.choose();
    }

    /** The estimates for the convolution that a step comes to. */
    static WinogradRule winogradRule(Step step) {
        Shape src = step.sources().get(0).shape();
        Shape dst = step.destination().shape();
        if (step.layer() instanceof Convolution layer) {
            return new WinogradRule(layer.window(), src, dst);
        }
        SubPixel subPixel = SubPixel.of(step);
        return new WinogradRule(subPixel.window(), src, subPixel.made());
    }

    /**
     * Whether an ordinary convolution and a shuffle of its pixels beat oneDNN's deconvolution, which leaves vectors half empty
     * if the output channels do not fill them, and keeps too few sums in registers if they fill just one. Otherwise the
     * convolution, which computes a margin and taps that hold 0, wins by Winograd's algorithm only. By measurement of layers
     * of DCGAN, FSRCNN and U-Net and of some made up.
     */
    private boolean shufflesCheaply(Step step, Algorithm asConvolution) {
        int outputs = step.sources().get(1).shape().extent(1);
        if (outputs < FULL_VECTOR) {
            return true;
        }
        boolean cached = step.destination().shape().elements() <= CACHED_BYTES / Float.BYTES;
        boolean filled = outputs > FULL_VECTOR && outputs % FULL_VECTOR == 0;
        return cached && (!filled || tileByRule(step, asConvolution) > 0);
    }
}
