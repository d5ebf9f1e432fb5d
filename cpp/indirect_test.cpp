// Tests of convolutions by the indirect algorithm against a plain loop in double, on every instruction set of this CPU; also built
// with AddressSanitizer. Exit code 1 if a check fails.
#include "indirect.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "conv4j.hpp"
#include "isa.hpp"

using namespace conv4j;

namespace {

struct Along {
    int64_t src, dst, kernel, stride, dilation, pad;
};

struct Op {
    int kind;
    float alpha, beta;

    bool combines() const { return kind == kAddOperand || kind == kMultiplyOperand; }
};

struct Case {
    int64_t threads, batch, channels, outputs;
    Along height, width;
    bool transposed, bias;
    std::vector<Op> post_ops;
    std::vector<int64_t> joined = {};  // channels of the tensors that src is made of; none if it is there
    bool relu = false;                 // after these are normalised
    std::vector<Along> pooled = {};    // height and width of windows that make src, of kernel, stride and pad; none if it is there

    int64_t source() const { return !pooled.empty() ? 3 : joined.empty() ? 0 : relu ? 2 : 1; }

    int64_t src_elements() const { return batch * height.src * width.src * channels; }
    int64_t dst_elements() const { return batch * height.dst * width.dst * outputs; }
    int64_t taps() const { return height.kernel * width.kernel; }

    std::vector<int64_t> parameters(int64_t isa) const {
        std::vector<int64_t> p = {isa, threads, batch, height.src, width.src, channels, height.dst, width.dst, outputs};
        for (const Along& axis : {height, width}) {
            for (int64_t value : {axis.kernel, axis.stride, axis.dilation, axis.pad}) p.push_back(value);
        }
        p.push_back(transposed);
        p.push_back(bias);
        std::vector<int64_t> made = joined;
        for (const Along& axis : pooled) made.insert(made.end(), {axis.src, axis.kernel, axis.stride, axis.pad});
        p.push_back(source());
        p.push_back(static_cast<int64_t>(made.size()));
        p.insert(p.end(), made.begin(), made.end());
        for (const Op& op : post_ops) {
            p.push_back(op.kind);
            for (float value : {op.alpha, op.beta}) {
                uint32_t bits;
                std::memcpy(&bits, &value, sizeof bits);
                p.push_back(bits);
            }
        }
        return p;
    }
};

[[noreturn]] void fail(const Case& c, int isa, const char* what) {
    std::fprintf(stderr, "indirect, isa %d, parameters", isa);
    for (int64_t p : c.parameters(isa)) std::fprintf(stderr, " %lld,", static_cast<long long>(p));
    std::fprintf(stderr, ": %s\n", what);
    std::exit(1);
}

// Whole numbers, in memory that ends where they end.
std::vector<float> numbers(int64_t count, std::mt19937& random) {
    std::uniform_int_distribution<int> draw(-4, 4);
    std::vector<float> all(count);
    for (float& x : all) x = static_cast<float>(draw(random));
    return all;
}

// Where a tap of a dst element meets src; -1 if nowhere.
int64_t met(const Along& axis, bool transposed, int64_t dst, int64_t tap) {
    int64_t at = dst * axis.stride + tap * axis.dilation - axis.pad;
    if (transposed) {
        const int64_t reach = dst + axis.pad - tap * axis.dilation;
        if (reach % axis.stride != 0) return -1;
        at = reach / axis.stride;
    }
    return at >= 0 && at < axis.src ? at : -1;
}

struct Data {
    std::vector<float> src, weights, bias, table;
    std::vector<std::vector<float>> operands, tensors;

    Data(const Case& c, std::mt19937& random)
        : src(numbers(c.src_elements(), random)),
          weights(numbers(c.outputs * c.channels * c.taps(), random)),
          bias(numbers(c.outputs, random)) {
        for (const Op& op : c.post_ops) operands.push_back(numbers(op.combines() ? c.dst_elements() : 0, random));
        if (!c.joined.empty()) join(c, random);
        if (!c.pooled.empty()) pool(c, random);
    }

    // Draws a tensor; src becomes the maxima of its windows.
    void pool(const Case& c, std::mt19937& random) {
        const Along &height = c.pooled[0], &width = c.pooled[1];
        const std::vector<float>& tensor = tensors.emplace_back(numbers(c.batch * height.src * width.src * c.channels, random));
        for (int64_t i = 0; i < c.src_elements(); ++i) {
            const int64_t channel = i % c.channels, pixel = i / c.channels;
            const int64_t x = pixel % width.dst, y = pixel / width.dst % height.dst, n = pixel / width.dst / height.dst;
            src[i] = -std::numeric_limits<float>::infinity();
            for (int64_t tap = 0; tap < height.kernel * width.kernel; ++tap) {
                const int64_t sy = met(height, false, y, tap / width.kernel), sx = met(width, false, x, tap % width.kernel);
                if (sy < 0 || sx < 0) continue;
                src[i] = std::max(src[i], tensor[((n * height.src + sy) * width.src + sx) * c.channels + channel]);
            }
        }
    }

    // Draws tensors, scale and shift; src becomes what they are joined and normalised to.
    void join(const Case& c, std::mt19937& random) {
        table = numbers(2 * c.channels, random);
        const int64_t pixels = c.src_elements() / c.channels;
        int64_t first = 0;
        for (int64_t channels : c.joined) {
            const std::vector<float>& tensor = tensors.emplace_back(numbers(pixels * channels, random));
            for (int64_t i = 0; i < pixels * channels; ++i) {
                const int64_t channel = first + i % channels;
                const float x = tensor[i] * table[channel] + table[c.channels + channel];
                src[i / channels * c.channels + channel] = c.relu ? std::max(x, 0.0f) : x;
            }
            first += channels;
        }
    }
};

double applied(const Op& op, double x, double operand) {
    switch (op.kind) {
        case kAddOperand: return x + operand;
        case kMultiplyOperand: return x * operand;
        case kRelu: return x > 0 ? x : op.alpha * x;
        case kClip: return std::min<double>(op.beta, std::max<double>(op.alpha, x));
        case kSwish: return x / (1 + std::exp(-op.alpha * x));
        default: return 1 / (1 + std::exp(-x));
    }
}

double expected(const Case& c, const Data& d, std::array<int64_t, 4> at) {
    const auto [n, y, x, o] = at;
    double sum = c.bias ? d.bias[o] : 0;
    for (int64_t ky = 0; ky < c.height.kernel; ++ky) {
        for (int64_t kx = 0; kx < c.width.kernel; ++kx) {
            const int64_t sy = met(c.height, c.transposed, y, ky), sx = met(c.width, c.transposed, x, kx);
            for (int64_t i = 0; sy >= 0 && sx >= 0 && i < c.channels; ++i) {
                const int64_t pair = c.transposed ? i * c.outputs + o : o * c.channels + i;
                sum += static_cast<double>(d.src[((n * c.height.src + sy) * c.width.src + sx) * c.channels + i]) *
                       d.weights[pair * c.taps() + ky * c.width.kernel + kx];
            }
        }
    }
    const int64_t element = ((n * c.height.dst + y) * c.width.dst + x) * c.outputs + o;
    for (size_t i = 0; i < c.post_ops.size(); ++i) {
        sum = applied(c.post_ops[i], sum, c.post_ops[i].combines() ? d.operands[i][element] : 0);
    }
    return sum;
}

// Packed weights times a factor for each channel, or as they are if there are none.
std::vector<float> gated(const std::vector<int64_t>& p, std::vector<float> packed, const std::vector<float>& gates) {
    if (gates.empty()) return packed;
    std::vector<float> made(packed.size(), std::numeric_limits<float>::quiet_NaN());
    void* buffers[] = {packed.data(), const_cast<float*>(gates.data()), made.data()};
    make_indirect_gates(p.data(), static_cast<int>(p.size()))->run(buffers, 1);
    return made;
}

std::vector<float> run(const Case& c, int isa, Data& d, const std::vector<float>& gates = {}) {
    const auto p = c.parameters(isa);
    const int count = static_cast<int>(p.size());
    auto kernel = make_indirect(p.data(), count);
    if (!kernel) fail(c, isa, "refused");
    std::vector<float> packed(indirect_weights_bytes(p.data(), count) / 4);
    std::vector<float> scratchpad(indirect_scratchpad_bytes(p.data(), count) / 4, std::numeric_limits<float>::quiet_NaN());
    std::vector<float> dst(c.dst_elements(), std::numeric_limits<float>::quiet_NaN());
    // In two pieces, of which one may be empty.
    const int64_t rows = c.transposed ? c.channels : c.outputs, half = rows / 2;
    for (const auto& [first, last] : {std::pair{int64_t{0}, half}, std::pair{half, rows}}) {
        std::vector<int64_t> of_rows = {first, last};
        of_rows.insert(of_rows.end(), p.begin(), p.end());
        auto prepare = make_indirect_weights(of_rows.data(), count + 2);
        if (!prepare) fail(c, isa, "weights refused");
        std::vector<float> there(d.weights.begin() + first * (d.weights.size() / rows),
                                 d.weights.begin() + last * (d.weights.size() / rows));
        void* pack[] = {there.data(), packed.data()};
        prepare->run(pack, 1);
    }
    packed = gated(p, packed, gates);
    std::vector<void*> buffers;
    if (c.source() == 0) buffers.push_back(d.src.data());
    for (std::vector<float>& tensor : d.tensors) buffers.push_back(tensor.data());
    if (!c.joined.empty()) buffers.push_back(d.table.data());
    buffers.push_back(packed.data());
    if (c.bias) buffers.push_back(d.bias.data());
    for (size_t i = 0; i < c.post_ops.size(); ++i) {
        if (c.post_ops[i].combines()) buffers.push_back(d.operands[i].data());
    }
    buffers.push_back(scratchpad.data());
    buffers.push_back(dst.data());
    kernel->run(buffers.data(), static_cast<int>(c.threads));
    return dst;
}

// Whole numbers must come out exactly; swish may be off a little.
void check(const Case& c, int isa, std::mt19937& random) {
    Data d(c, random);
    const std::vector<float> dst = run(c, isa, d);
    const bool rounds = std::any_of(c.post_ops.begin(), c.post_ops.end(), [](const Op& op) { return op.kind == kSwish || op.kind == kSigmoid; });
    int64_t i = 0;
    for (int64_t n = 0; n < c.batch; ++n) {
        for (int64_t y = 0; y < c.height.dst; ++y) {
            for (int64_t x = 0; x < c.width.dst; ++x) {
                for (int64_t o = 0; o < c.outputs; ++o, ++i) {
                    const double want = expected(c, d, {n, y, x, o});
                    if (!(std::fabs(dst[i] - want) <= (rounds ? 1e-6 * (1 + std::fabs(want)) : 0))) fail(c, isa, "wrong number");
                }
            }
        }
    }
    // To multiply the weights is to multiply src.
    const std::vector<float> gates = numbers(c.channels, random);
    const std::vector<float> of_weights = run(c, isa, d, gates);
    Data of_src = d;
    for (size_t i = 0; i < of_src.src.size(); ++i) of_src.src[i] *= gates[i % gates.size()];
    if (c.source() == 0 && run(c, isa, of_src) != of_weights) fail(c, isa, "wrong gates");
    Case other = c;
    other.threads = c.threads == 1 ? 3 : 1;
    if (run(other, isa, d) != dst) fail(c, isa, "depends on threads");
}

std::vector<int> isas() {
    std::vector<int> found;
    for (int isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        const Along axis{3, 3, 1, 1, 1, 0};
        const auto p = Case{1, 1, 1, 1, axis, axis, false, false, {}}.parameters(isa);
        if (make_indirect(p.data(), static_cast<int>(p.size()))) found.push_back(isa);
    }
    return found;
}

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
    const auto refuses = [](const Case& c) {
        const auto p = c.parameters(kBestIsa);
        return !make_indirect(p.data(), static_cast<int>(p.size())) && indirect_weights_bytes(p.data(), static_cast<int>(p.size())) == -1;
    };
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
