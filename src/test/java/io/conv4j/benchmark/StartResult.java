package io.conv4j.benchmark;

import io.conv4j.benchmark.StartRace.Sample;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How two started on one network.
 *
 * @param name the network's
 * @param threads of one run
 * @param ours medians of our processes
 * @param rival medians of the rival's
 */
record StartResult(String name, int threads, Side ours, Side rival) {
    /**
     * Medians of one side.
     *
     * @param firstMs milliseconds from before the library's first class is touched to the first output
     * @param peakMb the most memory that was resident, 2^20 bytes
     * @param wallMs milliseconds of the whole process, the JVM's own start included
     */
    record Side(double firstMs, double peakMb, double wallMs) {
        static Side of(List<Sample> samples) {
            return new Side(
                    median(samples, Sample::firstMs), median(samples, Sample::peakMb), median(samples, Sample::wallMs));
        }

        private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
            double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
            return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        }
    }

    /** The rival's time over ours: above 1, we are faster. */
    double timeRatio() {
        return rival.firstMs / ours.firstMs;
    }

    /** The rival's memory over ours: above 1, we take less. */
    double memoryRatio() {
        return rival.peakMb / ours.peakMb;
    }

    /** The rival's process over ours. */
    double wallRatio() {
        return rival.wallMs / ours.wallMs;
    }
}
