// Tests of convolutions by the fast inner product; also built with AddressSanitizer. Exit code 1 if a check fails.
#include "fip.hpp"

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

// An instruction set, and kFip or kFipOfTwo.
struct Kind {
    int isa;
    indirect::Multiplication multiplication;
};

std::vector<Kind> kinds() {
    std::vector<Kind> all;
    for (int isa : isas()) {
        for (const auto multiplication : {indirect::kFip, indirect::kFipOfTwo}) all.push_back({isa, multiplication});
    }
    return all;
}

Case of(Kind kind, int64_t channels, int64_t outputs, const Along& height, const Along& width) {
    Case c{1, 1, channels, outputs, height, width, false, true, {}};
    c.multiplication = kind.multiplication;
    return c;
}

// An axis with some output; false if there is none.
bool draw(Along& axis, std::mt19937& random) {
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    axis = {up_to(9), 0, up_to(4), up_to(3), up_to(3), up_to(4) - 1};
    const int64_t left = axis.src + axis.pad + up_to(3) - 2 - axis.dilation * (axis.kernel - 1);
    axis.dst = left >= 0 ? left / axis.stride + 1 : 0;
    return axis.dst > 0;
}

// Windows of so many elements that they are cut, channel by channel or row by row.
int slices(Kind kind, std::mt19937& random) {
    const Along seven{14, 7, 3, 2, 1, 1}, apart{13, 9, 3, 1, 2, 0}, flat{5, 5, 1, 1, 1, 0}, padded{5, 7, 1, 1, 1, 1};
    std::vector<Case> all = {of(kind, 2500, 650, pixels(7), pixels(3)), of(kind, 6100, 260, pixels(3, 2), pixels(2, 3)),
                             of(kind, 600, 300, seven, seven),          of(kind, 900, 200, apart, seven),
                             of(kind, 1000, 550, flat, seven),          of(kind, 2500, 650, padded, padded)};
    for (Case& c : all) {
        c.post_ops = {{kAddOperand, 0, 0}, {kRelu, 0.25f, 0}};
        check(c, kind.isa, random);
    }
    Case gates = of(kind, 2000, 800, pixels(5), pixels(4));
    gates.gated = true;
    check(gates, kind.isa, random);
    return static_cast<int>(all.size()) + 1;
}

// Channels around three times the lanes and the panels of every instruction set, pixels around the rows of tiles.
int sizes(std::mt19937& random) {
    const std::vector<int64_t> channels = {1, 2, 3, 4, 12, 13, 16, 24, 25, 32, 47, 48, 49, 64, 96, 100, 200};
    const std::vector<int64_t> outputs = {1, 4, 5, 8, 9, 16, 17, 24, 31, 32, 40, 70};
    const std::vector<std::vector<Op>> lists = {{}, {{kRelu, 0, 0}}, {{kAddOperand, 0, 0}, {kClip, -3, 6}},
                                                {{kRelu, 0.25f, 0}, {kAddOperand, 0, 0}}};
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    int cases = 0;
    for (const Kind& kind : kinds()) {
        for (int i = 0; i < 400; ++i, ++cases) {
            Case c = of(kind, pick(channels), pick(outputs), pixels(up_to(9), up_to(3)), pixels(up_to(9), up_to(2)));
            const bool windows = i % 2 == 0;
            if (windows) {
                while (!draw(c.height, random)) continue;
                while (!draw(c.width, random)) continue;
            }
            c.threads = up_to(3);
            c.batch = up_to(3);
            c.bias = random() % 2 == 0;
            c.post_ops = pick(lists);
            check(c, kind.isa, random);
        }
        // Weights that no level-2 cache holds, of which several tiles meet a panel in turn; pixels that none holds; a first layer.
        Case heavy = of(kind, 700, 400, pixels(7), pixels(7));
        check(heavy, kind.isa, random);
        heavy.threads = 2;
        heavy.batch = 3;
        heavy.post_ops = {{kRelu, 0.25f, 0}};
        check(heavy, kind.isa, random);
        Case wide = of(kind, 64, 24, pixels(56), pixels(56));
        wide.post_ops = {{kAddOperand, 0, 0}, {kRelu, 0, 0}};
        check(wide, kind.isa, random);
        check(of(kind, 3, 64, {33, 17, 7, 2, 1, 3}, {33, 17, 7, 2, 1, 3}), kind.isa, random);
        cases += 4 + slices(kind, random);
    }
    return cases;
}

// An axis of a transposed convolution whose every dst element may see some src.
bool draw_transposed(Along& axis, std::mt19937& random) {
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    axis = {up_to(9), 0, 0, up_to(3), 1, 0};
    axis.kernel = axis.stride + up_to(4) - 1;
    axis.pad = up_to(axis.kernel) - 1;
    axis.dst = (axis.src - 1) * axis.stride + axis.kernel - axis.pad - static_cast<int64_t>(random() % 3);
    return axis.dst > 0;
}

// Phases of one tap and of several, as many as others or not, and the last of which have fewer pixels.
int transposed(std::mt19937& random) {
    const std::vector<std::vector<Op>> lists = {{}, {{kRelu, 0, 0}}, {{kAddOperand, 0, 0}, {kClip, -3, 6}}};
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    int cases = 0;
    for (const Kind& kind : kinds()) {
        for (int i = 0; i < 200; ++i, ++cases) {
            Case c = of(kind, up_to(120), up_to(40), {}, {});
            while (!draw_transposed(c.height, random)) continue;
            while (!draw_transposed(c.width, random)) continue;
            c.transposed = true;
            c.threads = up_to(3);
            c.batch = up_to(3);
            c.bias = random() % 2 == 0;
            c.post_ops = lists[random() % lists.size()];
            check(c, kind.isa, random);
        }
        // As DCGAN has them: weights that no level-2 cache holds.
        const Along axis{8, 16, 4, 2, 1, 1};
        Case heavy = of(kind, 256, 128, axis, axis);
        heavy.transposed = true;
        heavy.batch = 2;
        heavy.threads = 2;
        check(heavy, kind.isa, random);
        ++cases;
    }
    return cases;
}

// Of pixels that are made, joined and pooled, and of those with gates.
int sources(std::mt19937& random) {
    const std::vector<std::vector<int64_t>> tensors = {{1}, {3, 5}, {32, 16, 9}, {64, 32, 32, 32}, {300, 100}};
    int cases = 0;
    for (const Kind& kind : kinds()) {
        for (const std::vector<int64_t>& joined : tensors) {
            Case c = of(kind, std::accumulate(joined.begin(), joined.end(), int64_t{0}), 70, pixels(5), pixels(7));
            c.batch = 2;
            c.threads = 2;
            c.joined = joined;
            c.relu = joined.size() % 2 == 0;
            check(c, kind.isa, random);
            ++cases;
        }
        Case pooled = of(kind, 48, 32, pixels(5), pixels(9));
        pooled.pooled = {{9, 5, 3, 2, 1, 1}, {9, 9, 3, 1, 1, 1}};
        pooled.post_ops = {{kRelu, 0, 0}};
        check(pooled, kind.isa, random);
        Case gated = of(kind, 100, 40, pixels(5), pixels(9));
        gated.gated = true;
        gated.batch = 2;
        check(gated, kind.isa, random);
        cases += 2;
    }
    return cases;
}

Data of_reals(const Case& c, std::mt19937& random) {
    std::uniform_real_distribution<float> draw(-1, 1);
    Data d(c, random);
    for (std::vector<float>* all : {&d.src, &d.weights, &d.bias}) {
        for (float& x : *all) x = draw(random);
    }
    return d;
}

// A pixel's numbers, whatever they are, leave the results of the others alone; and those that are none are not lost.
void pixels_have_nothing_to_do_with_each_other(std::mt19937& random) {
    for (const Kind& kind : kinds()) {
        const Case c = of(kind, 50, 20, pixels(5), pixels(5));
        Data d = of_reals(c, random);
        const std::vector<float> before = run(c, kind.isa, d);
        std::fill_n(d.src.begin() + 7 * c.channels, c.channels, std::numeric_limits<float>::quiet_NaN());
        std::fill_n(d.src.begin() + 8 * c.channels, c.channels, 1e20f);
        const std::vector<float> after = run(c, kind.isa, d);
        for (int64_t i = 0; i < c.dst_elements(); ++i) {
            const int64_t pixel = i / c.outputs;
            if (pixel == 7 ? !std::isnan(after[i]) : pixel != 8 && after[i] != before[i]) fail(c, kind.isa, "a pixel depends on another");
        }
    }
}

// Of zeros nothing is left but the bias; and equal weights give equal results.
void zeros_and_equals_are_exact(std::mt19937& random) {
    for (const Kind& kind : kinds()) {
        const Case c = of(kind, 50, 40, pixels(3), pixels(3));
        Data d = of_reals(c, random);
        std::fill_n(d.src.begin(), c.channels, 0.0f);
        for (int64_t o = 1; o < c.outputs; ++o) {
            std::copy_n(d.weights.begin(), c.channels, d.weights.begin() + o * c.channels);
        }
        std::vector<float> dst = run(c, kind.isa, d);
        if (!std::equal(d.bias.begin(), d.bias.end(), dst.begin())) fail(c, kind.isa, "more than the bias");
        std::fill(d.bias.begin(), d.bias.end(), 0.0f);
        dst = run(c, kind.isa, d);
        for (int64_t i = 0; i < c.dst_elements(); ++i) {
            if (dst[i] != dst[i / c.outputs * c.outputs]) fail(c, kind.isa, "equal weights, other results");
        }
    }
}

// Of numbers whose norms are 1, and of the same times powers of two, far apart in src and in weights; and of a bias, which is added last.
void errors_are_bound(std::mt19937& random) {
    for (const Kind& kind : kinds()) {
        for (int64_t channels : {64, 400}) {
            for (const float factor : {1.0f, 0x1p-3f, 0x1p20f, 0x1p-20f, 0x1p60f}) {
                const Case c = of(kind, channels, 64, pixels(6), pixels(6));
                Data d = of_reals(c, random);
                for (float& x : d.src) x *= factor;
                for (int64_t i = 0; i < static_cast<int64_t>(d.weights.size()); ++i) {
                    if (i / channels % 2 == 1) d.weights[i] /= factor;
                }
                const std::vector<float> dst = run(c, kind.isa, d);
                const double n = static_cast<double>(channels), u = std::numeric_limits<float>::epsilon() / 2.0;
                for (int64_t i = 0; i < c.dst_elements(); ++i) {
                    const int64_t pixel = i / c.outputs, output = i % c.outputs;
                    const double norm = output % 2 == 1 ? 1 : factor;
                    // Norms are at most eight times apart after scaling.
                    const double bound = (n + 4) * n * u * norm * (8 + 2 + 1.0 / 8) / 4 + u * (n * norm + 1);
                    const double want = expected(c, d, {0, pixel / 6, pixel % 6, output});
                    if (!(std::fabs(dst[i] - want) <= bound)) fail(c, kind.isa, "too far off");
                }
            }
        }
    }
}

void bad_parameters_are_refused() {
    const Case good = of({kBestIsa, indirect::kFip}, 8, 8, pixels(4), pixels(4));
    if (refuses(good)) fail(good, kBestIsa, "refused");
    for (int i = 0; i < 4; ++i) {
        Case bad = good;
        // Pixels that see nothing, and none that neighbours see.
        bad.transposed = i < 2;
        if (i == 0) bad.height = {3, 5, 1, 2, 1, 0};
        if (i == 1) bad.width = {3, 7, 2, 2, 2, 0};
        if (i == 2) bad.post_ops = {{kSwish, 1, 0}};
        if (i == 3) bad.multiplication = static_cast<indirect::Multiplication>(5);
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    takes_whole_weights_only(good);
}

}  // namespace

int main() {
    std::mt19937 random(20261130);
    const int cases = sizes(random) + transposed(random) + sources(random);
    pixels_have_nothing_to_do_with_each_other(random);
    zeros_and_equals_are_exact(random);
    errors_are_bound(random);
    bad_parameters_are_refused();
    std::printf("fip tests: %d cases passed on %zu instruction sets\n", cases, isas().size());
    return 0;
}
