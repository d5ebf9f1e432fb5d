package io.conv4j.benchmark;

import io.conv4j.analysis.Cost;
import io.conv4j.backend.StepReport;
import io.conv4j.graph.Graph;
import io.conv4j.graph.Node;
import io.conv4j.runtime.Session;
import io.conv4j.runtime.StepTiming;
import io.conv4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where the time of a network goes, step by step: the fastest of many runs.
 *
 * @param name the network's
 * @param rows one a step, in order
 */
record Profile(String name, List<Row> rows) {
    /** Copies the list. */
    Profile {
        rows = List.copyOf(rows);
    }

    /**
     * One step.
     *
     * @param timing what ran and how long
     * @param flops of the layer it computes; 0 if that has no products
     * @param bytes of weights and tensors that the layer reads and writes; 0 if it has no products
     */
    record Row(StepTiming timing, double flops, double bytes) {
        double microseconds() {
            return timing.nanoseconds() / 1e3;
        }

        double gigaflops() {
            return flops / Math.max(1, timing.nanoseconds());
        }

        /** FLOP per byte of compulsory traffic: the abscissa of a roofline. */
        double intensity() {
            return flops / Math.max(1, bytes);
        }
    }

    /** Profiles a session on a network, {@code runs} times after as many to warm up. */
    static Profile of(Session session, Course course, int runs) {
        List<Tensor> outputs = new ArrayList<>();
        course.net().outputs().forEach(output -> outputs.add(Tensor.zeros(output.type())));
        List<List<StepTiming>> all = new ArrayList<>();
        for (int i = 0; i < 2 * runs; i++) {
            List<StepTiming> timings = session.profile(course.inputs(), outputs);
            if (i >= runs) {
                all.add(timings);
            }
        }
        List<StepTiming> fastest =
                all.stream().min(Comparator.comparingLong(Profile::total)).orElseThrow();
        return new Profile(course.name(), rows(course.net(), fastest));
    }

    private static long total(List<StepTiming> timings) {
        return timings.stream().mapToLong(StepTiming::nanoseconds).sum();
    }

    /** A layer's products belong to the longest of the steps that bear its name. */
    private static List<Row> rows(Graph net, List<StepTiming> timings) {
        Map<String, Integer> longest = new HashMap<>();
        for (int i = 0; i < timings.size(); i++) {
            for (String name : names(timings.get(i).step())) {
                longest.merge(
                        name,
                        i,
                        (a, b) -> timings.get(a).nanoseconds() >= timings.get(b).nanoseconds() ? a : b);
            }
        }
        Map<String, Cost> costs = new HashMap<>();
        for (Node node : net.nodes()) {
            costs.putIfAbsent(node.name(), Cost.of(net, node));
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < timings.size(); i++) {
            int step = i;
            List<Cost> own = names(timings.get(i).step()).stream()
                    .filter(name -> longest.getOrDefault(name, -1) == step)
                    .map(name -> costs.getOrDefault(name, Cost.NOTHING))
                    .toList();
            double flops = own.stream().mapToDouble(Cost::flops).sum();
            double bytes = own.stream()
                    .filter(cost -> cost.macs() > 0)
                    .mapToDouble(cost -> cost.activationBytes() + 4.0 * cost.parameters())
                    .sum();
            rows.add(new Row(timings.get(i), flops, bytes));
        }
        return rows;
    }

    private static List<String> names(StepReport step) {
        List<String> names = new ArrayList<>(List.of(step.name()));
        names.addAll(step.with());
        return names;
    }

    /** Microseconds of all steps. */
    double microseconds() {
        return rows.stream().mapToDouble(Row::microseconds).sum();
    }

    /** The share of the time in which no products are computed. */
    double shareBetween() {
        return rows.stream()
                        .filter(row -> row.flops() == 0)
                        .mapToDouble(Row::microseconds)
                        .sum()
                / microseconds();
    }

    /** A line a step and a summary. */
    String table() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-36s %-34s %-16s %10s %8s  %s%n",
                "step",
                "layer",
                "dst",
                "us",
                "GFLOP/s",
                "implementation, algorithm"));
        for (Row row : rows) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-36s %-34s %-16s %10.1f %8s  %s %s  %s%n",
                    row.timing().step().name(),
                    row.timing().step().layer(),
                    row.timing().step().shape(),
                    row.microseconds(),
                    row.flops() > 0 ? String.format(Locale.ROOT, "%.1f", row.gigaflops()) : "",
                    row.timing().step().implementation(),
                    row.timing().step().algorithm(),
                    row.timing().step().measured()));
        }
        return table.append(String.format(
                        Locale.ROOT,
                        "%s: %.1f us in %d steps, %.1f %% of it outside convolutions and products%n",
                        name,
                        microseconds(),
                        rows.size(),
                        100 * shareBetween()))
                .toString();
    }
}
