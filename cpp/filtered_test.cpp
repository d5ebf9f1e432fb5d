// Tests of convolutions by Winograd's filtering of rows; also built with AddressSanitizer. Exit code 1 if a check fails.
#include "filtered.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

#include "conv4j.hpp"
#include "convolution_case.hpp"

using namespace conv4j;

namespace {

Case of(int64_t channels, int64_t outputs, const Along& height, const Along& width) {
    Case c{1, 1, channels, outputs, height, width, false, true, {}};
    c.multiplication = indirect::kFiltered;
    return c;
}

// An axis of so many dst elements, with as much padding behind as the last window takes.
Along along(int64_t dst, int64_t kernel, int64_t stride, int64_t pad, int64_t after) {
    return {std::max<int64_t>(1, (dst - 1) * stride + kernel - pad - after), dst, kernel, stride, 1, pad};
}

// Kernels of one filter and of several, of one phase and of several; channels around the lanes and the panels of every instruction
// set; rows that have no other, columns around the blocks.
int sizes(std::mt19937& random) {
    const std::vector<int64_t> outputs = {1, 5, 8, 16, 17, 31, 56, 64, 70, 130};
    const std::vector<std::vector<Op>> lists = {{}, {{kRelu, 0, 0}}, {{kAddOperand, 0, 0}, {kClip, -3, 6}}, {{kRelu, 0.25f, 0}, {kAddOperand, 0, 0}}};
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    int cases = 0;
    for (int isa : isas()) {
        for (int i = 0; i < 300; ++i, ++cases) {
            const int64_t stride = up_to(3), rows = stride + up_to(9), columns = up_to(7);
            Case c = of(up_to(5), pick(outputs), along(up_to(7), rows, stride, up_to(rows) - 1, up_to(rows) - 1),
                        along(up_to(70), columns, up_to(3), up_to(columns) - 1, up_to(columns) - 1));
            c.threads = up_to(3);
            c.batch = up_to(2);
            c.bias = random() % 2 == 0;
            c.post_ops = pick(lists);
            check(c, isa, random);
        }
        // ResNet's first layer and FSRCNN's, in part.
        check(of(3, 64, along(9, 7, 2, 3, 2), along(112, 7, 2, 3, 2)), isa, random);
        check(of(1, 56, along(8, 5, 1, 2, 2), along(100, 5, 1, 2, 2)), isa, random);
        cases += 2;
    }
    return cases;
}

// As filtered.hpp says.
void errors_are_bound(std::mt19937& random) {
    std::uniform_real_distribution<float> draw(-1, 1);
    for (int isa : isas()) {
        for (int64_t kernel : {3, 5, 7, 9}) {
            const Case c = of(3, 32, along(6, kernel, 1 + kernel % 4 / 2, 1, 1), along(9, kernel, 1, 1, 1));
            Data d(c, random);
            for (std::vector<float>* all : {&d.src, &d.weights, &d.bias}) {
                for (float& x : *all) x = draw(random);
            }
            const std::vector<float> dst = run(c, isa, d);
            const double n = static_cast<double>(c.channels * c.taps()), u = std::numeric_limits<float>::epsilon() / 2.0;
            const size_t each = d.weights.size() / static_cast<size_t>(c.outputs);
            for (int64_t i = 0; i < c.dst_elements(); ++i) {
                const int64_t pixel = i / c.outputs, output = i % c.outputs;
                double of_kernel = 0;
                for (size_t k = 0; k < each; ++k) of_kernel += std::fabs(d.weights[static_cast<size_t>(output) * each + k]);
                const double want = expected(c, d, {0, pixel / c.width.dst, pixel % c.width.dst, output});
                if (!(std::fabs(dst[i] - want) <= (n + 8) * u * 2 * 2 * of_kernel)) fail(c, isa, "too far off");
            }
        }
    }
}

void bad_parameters_are_refused() {
    const Case good = of(3, 16, along(5, 7, 2, 3, 3), along(8, 7, 2, 3, 3));
    if (refuses(good)) fail(good, kBestIsa, "refused");
    for (int i = 0; i < 6; ++i) {
        Case bad = good;
        if (i == 0) bad.height.kernel = 2;  // rows that do not overlap
        if (i == 1) bad.height.dilation = 2;
        if (i == 2) bad.width.dilation = 2;
        if (i == 3) bad.transposed = true;
        if (i == 4) bad.post_ops = {{kSwish, 1, 0}};
        if (i == 5) bad.gated = true;
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    takes_whole_weights_only(good);
}

}  // namespace

int main() {
    std::mt19937 random(20261130);
    const int cases = sizes(random);
    errors_are_bound(random);
    bad_parameters_are_refused();
    std::printf("filtered tests: %d cases passed on %zu instruction sets\n", cases, isas().size());
    return 0;
}
