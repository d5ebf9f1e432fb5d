// Tests of convolutions by the indirect algorithm against a plain loop in double, on every instruction set of this CPU; also built
// with AddressSanitizer. Exit code 1 if a check fails.
#include "indirect.hpp"

#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <vector>

#include "conv4j.hpp"
#include "convolution_case.hpp"

using namespace conv4j;

namespace {

// An axis with some output; false if there is none.
bool draw(Along& axis, bool transposed, std::mt19937& random) {
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    axis = {up_to(9), 0, up_to(4), up_to(3), up_to(3), up_to(4) - 1};
    const int64_t span = axis.dilation * (axis.kernel - 1) + 1, after = up_to(3) - 1;
    axis.dst = transposed ? (axis.src - 1) * axis.stride + span - axis.pad - after
                          : (axis.src + axis.pad + after - span >= 0 ? (axis.src + axis.pad + after - span) / axis.stride + 1 : 0);
    if (transposed) axis.dst += up_to(3) - 1;  // output padding
    return axis.dst > 0;
}

// Channels around the lanes of every instruction set, windows of one piece and of several, pixels around blocks.
int sizes(std::mt19937& random) {
    const std::vector<int64_t> channels = {1, 3, 4, 7, 8, 15, 16, 17, 33, 64, 100, 400};
    const std::vector<int64_t> outputs = {1, 4, 5, 8, 9, 16, 17, 31, 32, 33, 70};
    const std::vector<std::vector<Op>> lists = {{}, {{kRelu, 0, 0}}, {{kAddOperand, 0, 0}, {kClip, -3, 6}}, {{kMultiplyOperand, 0, 0}}, {{kRelu, 0.25f, 0}, {kAddOperand, 0, 0}}};
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    int cases = 0;
    for (int isa : isas()) {
        for (int i = 0; i < 400;) {
            Case c{static_cast<int64_t>(random() % 3 + 1), static_cast<int64_t>(random() % 3 + 1), pick(channels), pick(outputs),
                   {}, {}, random() % 2 == 0, random() % 2 == 0, pick(lists)};
            if (!draw(c.height, c.transposed, random) || !draw(c.width, c.transposed, random)) continue;
            check(c, isa, random);
            ++i;
            ++cases;
        }
        const Along seven{7, 7, 3, 1, 1, 1}, one{1, 1, 1, 1, 1, 0};
        check({2, 1, 500, 40, seven, seven, false, true, {{kAddOperand, 0, 0}, {kSwish, 1, 0}}}, isa, random);
        check({2, 3, 2100, 70, one, one, false, true, {{kSwish, 1.5f, 0}}}, isa, random);
        check({1, 1, 28, 70, one, one, false, true, {{kSigmoid, 0, 0}}}, isa, random);
        // First layers: blocks within a row of dst and over several, half vectors, a kernel that is higher than src.
        check({2, 2, 1, 56, {20, 20, 5, 1, 1, 2}, {133, 133, 5, 1, 1, 2}, false, true, {{kRelu, 0.25f, 0}}}, isa, random);
        check({1, 1, 3, 24, {41, 21, 3, 2, 1, 1}, {40, 20, 3, 2, 1, 1}, false, true, {{kClip, -3, 6}}}, isa, random);
        check({3, 1, 4, 40, {3, 3, 7, 1, 1, 3}, {11, 3, 7, 4, 1, 2}, false, false, {{kSwish, 1, 0}}}, isa, random);
        cases += 6;
    }
    return cases;
}

// Tensors joined and normalised, of few pixels and of several blocks, of channels in one piece and in several.
int joins(std::mt19937& random) {
    const std::vector<std::vector<int64_t>> tensors = {{1}, {16}, {3, 5}, {32, 16, 7}, {64, 32, 32, 32}, {600, 500}};
    const std::vector<int64_t> outputs = {1, 8, 33, 70};
    int cases = 0;
    for (int isa : isas()) {
        for (const std::vector<int64_t>& joined : tensors) {
            for (int64_t output : outputs) {
                const auto axis = [&] {
                    const auto extent = static_cast<int64_t>(random() % 12 + 1);
                    return Along{extent, extent, 1, 1, 1, 0};
                };
                const Along height = axis(), width = axis();
                const int64_t channels = std::accumulate(joined.begin(), joined.end(), int64_t{0});
                const std::vector<Op> post_ops = output == 8 ? std::vector<Op>{{kAddOperand, 0, 0}, {kRelu, 0, 0}} : std::vector<Op>{};
                check({static_cast<int64_t>(random() % 3 + 1), 2, channels, output, height, width, false, random() % 2 == 0, post_ops,
                       joined, random() % 2 == 0}, isa, random);
                ++cases;
            }
        }
    }
    return cases;
}

// Pooled tensors, of windows of all sizes, of few pixels and of several blocks.
int pools(std::mt19937& random) {
    const std::vector<int64_t> channels = {1, 7, 16, 33, 48}, kernels = {1, 2, 3, 3, 3, 5, 32};
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    const auto draw_axis = [&] {
        Along axis{static_cast<int64_t>(random() % 90 + 1), 0, pick(kernels), static_cast<int64_t>(random() % 3 + 1), 1, 0};
        axis.pad = static_cast<int64_t>(random() % axis.kernel);
        // The last windows may lie partly beyond.
        axis.dst = (axis.src + axis.pad - 1) / axis.stride + 1 - static_cast<int64_t>(random() % 2);
        return axis;
    };
    int cases = 0;
    for (int isa : isas()) {
        for (int i = 0; i < 60;) {
            const Along height = draw_axis(), width = draw_axis();
            if (height.dst < 1 || width.dst < 1) continue;
            const auto plain = [](int64_t extent) { return Along{extent, extent, 1, 1, 1, 0}; };
            check({static_cast<int64_t>(random() % 3 + 1), static_cast<int64_t>(random() % 2 + 1), pick(channels), pick(channels),
                   plain(height.dst), plain(width.dst), false, random() % 2 == 0, {{kRelu, 0, 0}}, {}, false, {height, width}},
                  isa, random);
            ++i;
            ++cases;
        }
    }
    return cases;
}

void bad_parameters_are_refused() {
    const Along axis{7, 7, 3, 1, 1, 1};
    const Case good{1, 1, 4, 4, axis, axis, false, false, {}};
    if (refuses(good)) fail(good, kBestIsa, "refused");
    for (int i = 0; i < 6; ++i) {
        Case bad = good;
        if (i == 0) bad.channels = 0;
        if (i == 1) bad.height.stride = 0;
        if (i == 2) bad.width.pad = -1;
        if (i == 3) bad.height.dst = 0;
        if (i == 4) bad.threads = 0;
        if (i == 5) bad.post_ops.assign(9, {kRelu, 0, 0});
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    const Along one{7, 7, 1, 1, 1, 0};
    const Case joined{1, 1, 4, 4, one, one, false, false, {}, {1, 3}};
    if (refuses(joined)) fail(joined, kBestIsa, "refused");
    for (int i = 0; i < 5; ++i) {
        Case bad = joined;
        if (i == 0) bad.joined = {1, 2};
        if (i == 1) bad.joined = {0, 4};
        if (i == 2) bad.height = axis;
        if (i == 3) bad.width.pad = 1;
        if (i == 4) bad.width.dst = 6;
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    const Along window{7, 7, 3, 1, 1, 1};
    const Case pooled{1, 1, 4, 4, one, one, false, false, {}, {}, false, {window, window}};
    if (refuses(pooled)) fail(pooled, kBestIsa, "refused");
    for (int i = 0; i < 8; ++i) {
        Case bad = pooled;
        if (i == 0) bad.pooled[0].pad = 3;
        if (i == 1) bad.pooled[1].kernel = 0;
        if (i == 2) bad.pooled[1].stride = 0;
        if (i == 3) bad.pooled[0].src = 0;
        if (i == 4) bad.pooled[1].stride = 2;  // the last windows would see nothing
        if (i == 5) bad.pooled[0].kernel = 33;
        if (i == 6) bad.pooled.pop_back();
        if (i == 7) bad.width = axis;
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    auto p = good.parameters(kBestIsa);
    p.pop_back();
    if (indirect_scratchpad_bytes(p.data(), static_cast<int>(p.size())) != -1) fail(good, kBestIsa, "too few not refused");
}

}  // namespace

int main() {
    std::mt19937 random(20261124);
    const int cases = sizes(random) + joins(random) + pools(random);
    bad_parameters_are_refused();
    std::printf("indirect tests: %d cases passed on %zu instruction sets\n", cases, isas().size());
    return 0;
}
