package io.conv4j.benchmark;

import io.conv4j.Conv4jException;
import io.conv4j.backend.AlgorithmOptions;
import io.conv4j.backend.Precision;
import io.conv4j.backend.Tuning;
import io.conv4j.cli.ExtraCommand;
import io.conv4j.runtime.Backends;
import io.conv4j.runtime.Session;
import io.conv4j.tensor.Shape;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Latency of networks, alone or against ONNX Runtime, run by run in turn. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures how long networks take, alone or in turn with a rival in the same JVM: run by run (A B A B …) on one",
            "thread; on more, eight runs at a time after a rest, so that no pool of threads spins where the other one works.",
            "Results are medians; where ratio is above 1 we are faster."
        },
        footer = {"", "Example: conv4j bench zoo model.onnx --vs onnxruntime --threads 1"})
public final class BenchCommand implements ExtraCommand {
    private static final String CALLS = "calls";
    private static final String START = "start";
    private static final String LAYERS = "layers";
    private static final String THROUGHPUT = "throughput";
    private static final double SECONDS = 3;
    private static final int START_ROUNDS = 5;
    private static final double LAYER_SECONDS = 0.3;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "MODEL",
            description =
                    "An ONNX file; 'zoo' for all built-in networks, 'zoo:NAME' for one of them; 'calls' for what one"
                            + " run costs beside its arithmetic; 'start', alone or before the others, for time and memory from the file"
                            + " to the first result, against ONNX Runtime, each in processes of its own; 'layers', likewise, for each"
                            + " layer with weights against oneDNN's own primitive; 'throughput', likewise, for several callers"
                            + " of one session, each run on one thread, and one caller on all threads to compare with")
    private List<String> models = new ArrayList<>();

    @Option(names = "--vs", paramLabel = "RIVAL", description = "the rival: onnxruntime")
    private @Nullable String rival;

    @Option(names = "--backend", paramLabel = "NAME", description = "of our side: onednn (default), openblas or java")
    private String backend = "onednn";

    @Option(names = "--threads", paramLabel = "N", description = "threads of one run (default: all processors)")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--callers",
            split = ",",
            paramLabel = "N",
            description = "of throughput: callers at a time (default: 1, 2, 4 and twice the processors)")
    private List<Integer> callers =
            ThroughputRace.defaultCallers(Runtime.getRuntime().availableProcessors());

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "images in one run (default: 1, or as many as an ONNX file fixes)")
    private @Nullable Integer batch;

    @Option(
            names = "--shape",
            paramLabel = "NAME=SHAPE",
            description =
                    "shape of an input of an ONNX file, as src=1x3x224x224; needed where more than the batch is open")
    private Map<String, Shape> shapes = new LinkedHashMap<>();

    @Option(names = "--precision", paramLabel = "P", description = "of our side: f32 (default) or bf16")
    private Precision precision = Precision.F32;

    @Option(names = "--tuning", paramLabel = "HOW", description = "of our side: rule (default) or measure")
    private Tuning tuning = Tuning.RULE;

    @Option(
            names = "--tuning-file",
            paramLabel = "FILE",
            description = "file of what was measured, to follow and complete")
    private @Nullable Path tuningFile;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "time for each network, about (default: 3), for each layer (0.3), or number of callers (3)")
    private @Nullable Double seconds;

    @Option(names = "--seed", paramLabel = "N", description = "seed of the inputs (default: 1)")
    private long seed = 1;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "write the results as JSON; - for stdout, without the table")
    private @Nullable String json;

    @Option(
            names = "--profile",
            paramLabel = "DIR",
            arity = "0..1",
            fallbackValue = "",
            description = "show the time of every step; with DIR, write a page NAME.html with a roofline chart there")
    private @Nullable String profile;

    /** Returns the exit code: 0. */
    @Override
    public Integer call() throws IOException {
        if (rival != null && !rival.equals("onnxruntime")) {
            throw new Conv4jException("there is no rival '" + rival + "': write --vs onnxruntime");
        }
        if (models.equals(List.of(CALLS))) {
            CallOverhead.measure();
            return 0;
        }
        List<String> named = models.size() == 1 ? List.of(Courses.ZOO) : models.subList(1, models.size());
        switch (models.get(0)) {
            case START -> start(named);
            case LAYERS -> layers(named);
            case THROUGHPUT -> throughput(named);
            default -> latency();
        }
        return 0;
    }

    private void latency() throws IOException {
        Racetrack track = new Racetrack(setting(), Optional.ofNullable(seconds).orElse(SECONDS));
        Courses courses = courses();
        double peak = track.peakGigaflops();
        List<RaceResult> results = new ArrayList<>();
        for (String model : Courses.expand(models)) {
            Course course = courses.find(model);
            err("measuring " + course.name());
            RaceResult result = track.run(course, rival != null);
            results.add(profile == null ? result : result.between(profile(course, profile, track, peak)));
        }
        BenchReport report = new BenchReport(results, peak);
        output().show(report.table(), report::json);
    }

    private Courses courses() {
        return new Courses(batch == null ? OptionalInt.empty() : OptionalInt.of(batch), shapes, seed);
    }

    private void start(List<String> named) throws IOException {
        StartRace race = new StartRace(threads, START_ROUNDS);
        List<StartResult> results = new ArrayList<>();
        for (String model : Courses.expand(named)) {
            err("starting " + Courses.label(model));
            results.add(courses().inFile(model, race::run));
        }
        StartReport report = new StartReport(results);
        output().show(report.table(), report::json);
    }

    private void layers(List<String> named) throws IOException {
        List<ZooLayer> layers = new ArrayList<>();
        for (String model : Courses.expand(named)) {
            ZooLayer.collect(courses().find(model).net(), layers);
        }
        LayerRace race = new LayerRace(threads, Optional.ofNullable(seconds).orElse(LAYER_SECONDS));
        List<LayerResult> results = new ArrayList<>();
        for (ZooLayer layer : layers) {
            err("racing " + layer);
            results.add(race.run(layer));
        }
        LayerReport report = new LayerReport(results);
        output().show(report.table(), report::json);
    }

    private void throughput(List<String> named) throws IOException {
        ThroughputRace race =
                new ThroughputRace(setting(), Optional.ofNullable(seconds).orElse(SECONDS), seed);
        List<ThroughputResult.Load> loads = race.loads(callers);
        List<ThroughputResult> results = new ArrayList<>();
        for (String model : Courses.expand(named)) {
            Course course = courses().find(model);
            for (ThroughputResult.Load load : loads) {
                err("measuring " + course.name() + ", " + load);
                results.add(race.run(course, load, rival != null));
            }
        }
        ThroughputReport report = new ThroughputReport(results);
        output().show(report.table(), report::json);
    }

    private RaceResult.Setting setting() {
        AlgorithmOptions algorithms = AlgorithmOptions.DEFAULT.tuning(tuning).tuningFile(tuningFile);
        return new RaceResult.Setting(Backends.choose(backend).name(), precision, threads, algorithms);
    }

    /** Shows the steps; returns the share of the time between products. */
    private double profile(Course course, String folder, Racetrack track, double peak) throws IOException {
        Profile measured;
        try (Session session = Session.open(course.net(), setting().options())) {
            measured = Profile.of(session, course, 20);
        }
        if (output().isForPeople()) {
            out().append(measured.table());
        }
        if (!folder.isEmpty()) {
            Path page = Files.createDirectories(Path.of(folder)).resolve(course.name() + ".html");
            Files.writeString(page, new ProfilePage(measured, peak, track.bandwidth()).html());
            err("wrote " + page);
        }
        return measured.shareBetween();
    }

    private BenchOutput output() {
        return new BenchOutput(out(), json);
    }

    private Writer out() {
        return commandSpec().commandLine().getOut();
    }

    private void err(String line) {
        commandSpec().commandLine().getErr().println(line);
    }

    private CommandSpec commandSpec() {
        return Optional.ofNullable(spec).orElseThrow();
    }
}
