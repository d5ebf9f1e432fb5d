package io.conv4j.benchmark;

import java.util.Locale;

/** A profile as a page of HTML: a roofline chart, drawn as SVG, over the table of steps. Needs nothing but itself. */
final class ProfilePage {
    /** Width of the longest step's bar. */
    private static final int BAR = 60;

    private static final int WIDTH = 860;
    private static final int HEIGHT = 420;
    private static final int MARGIN = 60;
    private static final double LEAST_INTENSITY = 0.25;
    private static final double MOST_INTENSITY = 1024;
    private static final double DECADES_SHOWN = 3;

    private final Profile profile;
    private final double peak;
    private final double bandwidth;

    /**
     * Prepares the page.
     *
     * @param peak GFLOP/s that products reach
     * @param bandwidth GB/s that memory gives
     */
    ProfilePage(Profile profile, double peak, double bandwidth) {
        this.profile = profile;
        this.peak = peak;
        this.bandwidth = bandwidth;
    }

    String html() {
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>%1$s: profile</title>
                <style>
                body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 72em; color: #222; padding: 0 1em; }
                table { border-collapse: collapse; font-size: 12px; width: 100%%; }
                th, td { padding: .2em .5em; text-align: left; }
                td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
                tr:nth-child(even) { background: #f4f6f8; } tr.slow td { background: #fde8e0; }
                .bar { display: inline-block; height: .8em; background: #3b7dd8; }
                svg text { font: 12px system-ui, sans-serif; fill: #444; }
                </style></head><body>
                <h1>%1$s</h1>
                <p>%2$s</p>
                %3$s
                <table><thead><tr><th>step</th><th>layer</th><th>dst</th><th class="n">µs</th><th></th>
                <th class="n">GFLOP/s</th><th>implementation</th><th>algorithm</th></tr></thead><tbody>
                %4$s</tbody></table></body></html>
                """.formatted(escape(profile.name()), summary(), chart(), rows());
    }

    private String summary() {
        return format(
                "%.0f µs in %d steps, %.1f %% of it outside convolutions and products. The line is the roofline: memory at"
                        + " %.0f GB/s (a large copy), products at %.0f GFLOP/s (a large matrix product), both measured in"
                        + " this run. Products are counted as a direct convolution has them, so an algorithm that needs"
                        + " fewer lies above the roof.",
                profile.microseconds(), profile.rows().size(), 100 * profile.shareBetween(), bandwidth, peak);
    }

    private String chart() {
        StringBuilder svg = new StringBuilder(
                format("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"roofline\">%n", WIDTH, HEIGHT));
        for (double x = 1; x <= MOST_INTENSITY; x *= 4) {
            svg.append(line(x, floor(), x, ceiling(), "#e3e6ea"));
            svg.append(text(across(x), HEIGHT - MARGIN + 18, "middle", format("%.0f", x)));
        }
        for (double y = 1; y <= ceiling(); y *= 10) {
            if (y >= floor()) {
                svg.append(line(LEAST_INTENSITY, y, MOST_INTENSITY, y, "#e3e6ea"));
                svg.append(text(MARGIN - 8, up(y) + 4, "end", format("%.0f", y)));
            }
        }
        double knee = peak / bandwidth;
        svg.append(line(LEAST_INTENSITY, LEAST_INTENSITY * bandwidth, knee, peak, "#c0392b"));
        svg.append(line(knee, peak, MOST_INTENSITY, peak, "#c0392b"));
        profile.rows().stream().filter(row -> row.flops() > 0).forEach(row -> svg.append(dot(row)));
        svg.append(text(WIDTH / 2.0, HEIGHT - 12, "middle", "FLOP per byte of weights and tensors"));
        svg.append(text(MARGIN, 20, "start", "GFLOP/s; area of a dot = time"));
        return svg.append("</svg>").toString();
    }

    private String dot(Profile.Row row) {
        double radius = 2 + 26 * Math.sqrt(row.microseconds() / profile.microseconds());
        return format(
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#3b7dd8\" fill-opacity=\"0.45\" stroke=\"#1d4f91\">"
                        + "<title>%s: %.1f µs, %.1f GFLOP/s</title></circle>%n",
                across(row.intensity()),
                up(row.gigaflops()),
                radius,
                escape(row.timing().step().name()),
                row.microseconds(),
                row.gigaflops());
    }

    private String line(double x1, double y1, double x2, double y2, String colour) {
        return format(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"1.5\"/>%n",
                across(x1), up(y1), across(x2), up(y2), colour);
    }

    private static String text(double x, double y, String anchor, String content) {
        return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, escape(content));
    }

    private static double across(double intensity) {
        double share = Math.log(intensity / LEAST_INTENSITY) / Math.log(MOST_INTENSITY / LEAST_INTENSITY);
        return MARGIN + Math.max(0, Math.min(1, share)) * (WIDTH - 2 * MARGIN);
    }

    private double up(double gigaflops) {
        double share = Math.log(gigaflops / floor()) / Math.log(ceiling() / floor());
        return HEIGHT - MARGIN - Math.max(0, Math.min(1, share)) * (HEIGHT - 2 * MARGIN);
    }

    private double ceiling() {
        return peak * 4;
    }

    private double floor() {
        return ceiling() / Math.pow(10, DECADES_SHOWN);
    }

    private String rows() {
        StringBuilder rows = new StringBuilder();
        double longest = profile.rows().stream()
                .mapToDouble(Profile.Row::microseconds)
                .max()
                .orElse(1);
        for (Profile.Row row : profile.rows()) {
            var step = row.timing().step();
            rows.append(format(
                    "<tr%s><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%.1f</td><td><span class=\"bar\""
                            + " style=\"width:%.0fpx\"></span></td><td class=\"n\">%s</td><td>%s</td><td>%s</td></tr>%n",
                    step.slow() ? " class=\"slow\"" : "",
                    escape(step.name()),
                    escape(step.layer()),
                    escape(step.shape()),
                    row.microseconds(),
                    BAR * row.microseconds() / longest,
                    row.flops() > 0 ? format("%.1f", row.gigaflops()) : "",
                    escape(step.implementation()),
                    escape(step.algorithm())));
        }
        return rows.toString();
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
