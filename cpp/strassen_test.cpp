// Tests of pointwise convolutions by Strassen's algorithm; also built with AddressSanitizer. Exit code 1 if a check fails.
#include "strassen.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "conv4j.hpp"
#include "convolution_case.hpp"

using namespace conv4j;

namespace {

Along pixels(int64_t extent, int64_t stride = 1) { return {(extent - 1) * stride + 1, extent, 1, stride, 1, 0}; }

Case of(int64_t channels, int64_t outputs, const Along& height, const Along& width) {
    Case c{1, 1, channels, outputs, height, width, false, true, {}};
    c.multiplication = indirect::kStrassen;
    return c;
}

// Channels around twice the lanes and the panels of every instruction set, pixels around the rows of tiles, odd numbers of them too.
int sizes(std::mt19937& random) {
    const std::vector<int64_t> channels = {2, 6, 16, 30, 32, 34, 64, 96, 200}, outputs = {2, 10, 16, 24, 32, 34, 48, 64, 80, 96, 130, 160, 250};
    const std::vector<std::vector<Op>> lists = {{}, {{kRelu, 0, 0}}, {{kAddOperand, 0, 0}, {kClip, -3, 6}},
                                                {{kRelu, 0.25f, 0}, {kAddOperand, 0, 0}}};
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    int cases = 0;
    for (int isa : isas()) {
        for (int i = 0; i < 300; ++i, ++cases) {
            const int64_t height = up_to(7), width = (2 * kMostStrassenRows + height - 1) / height + up_to(9) - 1;
            Case c = of(pick(channels), pick(outputs), pixels(height, up_to(3)), pixels(width, up_to(2)));
            c.threads = up_to(3);
            c.batch = up_to(3);
            c.bias = random() % 2 == 0;
            c.post_ops = pick(lists);
            check(c, isa, random);
        }
        // Weights that no level-2 cache holds, of which several tiles meet a panel in turn, more of them than at a time.
        Case heavy = of(700, 400, pixels(7), pixels(7));
        check(heavy, isa, random);
        heavy.threads = 2;
        heavy.batch = 3;
        heavy.post_ops = {{kRelu, 0.25f, 0}};
        check(heavy, isa, random);
        cases += 2;
    }
    return cases;
}

// Of pixels that are made: joined, of tensors whose edges lie anywhere in the halves of the channels, and pooled.
int sources(std::mt19937& random) {
    const std::vector<std::vector<int64_t>> tensors = {{2}, {3, 5}, {32, 16, 8}, {64, 32, 32, 32}, {300, 100}};
    int cases = 0;
    for (int isa : isas()) {
        for (const std::vector<int64_t>& joined : tensors) {
            Case c = of(std::accumulate(joined.begin(), joined.end(), int64_t{0}), 70, pixels(5), pixels(7));
            c.batch = 2;
            c.threads = 2;
            c.joined = joined;
            c.relu = joined.size() % 2 == 0;
            check(c, isa, random);
            ++cases;
        }
        Case pooled = of(48, 32, pixels(5), pixels(9));
        pooled.pooled = {{9, 5, 3, 2, 1, 1}, {9, 9, 3, 1, 1, 1}};
        pooled.post_ops = {{kRelu, 0, 0}};
        check(pooled, isa, random);
        ++cases;
    }
    return cases;
}

// An image's numbers, whatever they are, leave those of the others alone.
void images_have_nothing_to_do_with_each_other(std::mt19937& random) {
    for (int isa : isas()) {
        Case c = of(32, 32, pixels(5), pixels(5));
        c.batch = 2;
        Data d(c, random);
        const std::vector<float> before = run(c, isa, d);
        std::fill(d.src.begin(), d.src.begin() + d.src.size() / 2, std::numeric_limits<float>::quiet_NaN());
        const std::vector<float> after = run(c, isa, d);
        const auto half = static_cast<std::ptrdiff_t>(before.size() / 2);
        if (!std::equal(before.begin() + half, before.end(), after.begin() + half)) fail(c, isa, "an image depends on another");
        if (!std::all_of(after.begin(), after.begin() + half, [](float x) { return std::isnan(x); })) fail(c, isa, "loses NaNs");
    }
}

// Of numbers between -1 and 1, whose norms are 1, and a bias, which is added last.
void errors_are_bound(std::mt19937& random) {
    std::uniform_real_distribution<float> draw(-1, 1);
    for (int isa : isas()) {
        for (int64_t channels : {64, 400}) {
            const Case c = of(channels, 64, pixels(6), pixels(6));
            Data d(c, random);
            for (std::vector<float>* all : {&d.src, &d.weights, &d.bias}) {
                for (float& x : *all) x = draw(random);
            }
            const std::vector<float> dst = run(c, isa, d);
            const double half = static_cast<double>(channels) / 2, u = std::numeric_limits<float>::epsilon() / 2.0;
            const double bound = (18 * (half * half + 6 * half) - 12 * half + 2 * half + 1) * u;
            for (int64_t i = 0; i < c.dst_elements(); ++i) {
                const int64_t pixel = i / c.outputs;
                const double want = expected(c, d, {0, pixel / 6, pixel % 6, i % c.outputs});
                if (!(std::fabs(dst[i] - want) <= bound)) fail(c, isa, "too far off");
            }
        }
    }
}

void bad_parameters_are_refused() {
    const Case good = of(8, 8, pixels(4), pixels(4));
    if (refuses(good)) fail(good, kBestIsa, "refused");
    for (int i = 0; i < 8; ++i) {
        Case bad = good;
        if (i == 0) bad.channels = 7;
        if (i == 1) bad.outputs = 7;
        if (i == 2) bad.height = pixels(3);  // too few pixels
        if (i == 3) bad.height.kernel = 3;
        if (i == 4) bad.width.pad = 1;
        if (i == 5) bad.transposed = true;
        if (i == 6) bad.width.stride = 2;  // beyond src
        if (i == 7) bad.post_ops = {{kSwish, 1, 0}};
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    takes_whole_weights_only(good);
}

}  // namespace

int main() {
    std::mt19937 random(20261129);
    const int cases = sizes(random) + sources(random);
    images_have_nothing_to_do_with_each_other(random);
    errors_are_bound(random);
    bad_parameters_are_refused();
    std::printf("strassen tests: %d cases passed on %zu instruction sets\n", cases, isas().size());
    return 0;
}
