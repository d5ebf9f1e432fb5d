// Tests of Winograd's convolutions against a plain loop in double, on every instruction set of this CPU; also built with
// AddressSanitizer. Exit code 1 if a check fails.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "conv4j.hpp"
#include "winograd.hpp"
#include "winograd_case.hpp"

using namespace conv4j;

namespace {

void run_kernel(const Kernel& kernel, const Case& c, std::vector<void*> buffers) {
    kernel.run(buffers.data(), static_cast<int>(c.threads));
}

// The src channels as the tensors that they lie in.
template <typename Src>
std::vector<std::vector<float>> split(Src& src, const Case& c) {
    std::vector<std::vector<float>> sources(c.parts().size());
    for (int64_t pixel = 0, at = 0; pixel < c.batch * c.height * c.width; ++pixel) {
        for (size_t i = 0; i < sources.size(); ++i) {
            for (int64_t k = 0; k < c.parts()[i]; ++k) sources[i].push_back(src[at++]);
        }
    }
    return sources;
}

// What is expected of all elements of dst.
std::vector<double> all_expected(const Case& c, Data& d) {
    std::vector<double> all;
    for (int64_t n = 0; n < c.batch; ++n) {
        for (int64_t y = 0; y < c.dst_height(); ++y) {
            for (int64_t x = 0; x < c.dst_width(); ++x) {
                for (int64_t o = 0; o < c.outputs; ++o) all.push_back(expected(c, d, {n, y, x, o}));
            }
        }
    }
    return all;
}

// The error must be small beside epsilon * K * max|src| * max|weights|. What is expected is found if it is not there.
void check_one(const Case& c, int isa, std::mt19937& random, std::vector<double>& want) {
    const auto p = c.parameters(isa);
    const int count = static_cast<int>(p.size());
    auto prepare = make_winograd_weights(p.data(), count);
    auto kernel = make_winograd(p.data(), count);
    if (!prepare || !kernel) fail(c, isa, "refused");
    Data d(c, random);
    Floats packed(winograd_weights_bytes(p.data(), count) / 4), scratchpad(winograd_scratchpad_bytes(p.data(), count) / 4);
    Floats dst(c.batch * c.dst_height() * c.dst_width() * c.outputs);
    run_kernel(*prepare, c, {d.weights.data(), packed.data()});
    std::vector<std::vector<float>> sources = split(d.src, c);
    std::vector<void*> buffers;
    for (auto& source : sources) buffers.push_back(source.data());
    buffers.push_back(packed.data());
    if (c.bias) buffers.push_back(d.bias.data());
    for (size_t i = 0; i < c.post_ops.size(); ++i) {
        if (c.post_ops[i].combines()) buffers.push_back(d.operands[i].data());
    }
    buffers.push_back(scratchpad.data());
    buffers.push_back(dst.data());
    run_kernel(*kernel, c, buffers);
    if (!packed.guarded() || !scratchpad.guarded() || !dst.guarded()) fail(c, isa, "wrote outside a buffer");

    double src = 0, weights = 0, worst = 0;
    for (size_t i = 0; i < d.src.size(); ++i) src = std::max<double>(src, std::fabs(d.src[i]));
    for (size_t i = 0; i < d.weights.size(); ++i) weights = std::max<double>(weights, std::fabs(d.weights[i]));
    if (want.empty()) want = all_expected(c, d);
    for (size_t i = 0; i < want.size(); ++i) {
        const double error = std::fabs(dst[i] - want[i]);
        if (!(error < 1e30)) fail(c, isa, "left an element unwritten");
        worst = std::max(worst, error);
    }
    const double ratio = worst / (1.19209290e-7 * 9 * static_cast<double>(c.channels) * src * weights);
    // A few channels leave little to cancel, so the bound is lax for many.
    if (ratio > (c.m == 6 ? 8 : c.m == 4 ? 4 : 2)) fail(c, isa, "error too large");

    // In place over the last operand, as a residual is added, and again into the same scratchpad: the same bits.
    std::vector<float> first(dst.data(), dst.data() + dst.size());
    if (!c.post_ops.empty() && c.post_ops.back().combines()) buffers.back() = d.operands.back().data();
    run_kernel(*kernel, c, buffers);
    if (std::memcmp(first.data(), buffers.back(), first.size() * sizeof(float)) != 0) fail(c, isa, "second run differs");
}

// With products as they are and, of the same numbers, by the fast inner product.
void check(Case c, int isa, std::mt19937& random) {
    std::mt19937 again = random;
    std::vector<double> want;
    check_one(c, isa, random, want);
    c.fip = true;
    check_one(c, isa, again, want);
}

std::vector<int> isas() {
    std::vector<int> found;
    for (int isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        const auto p = Case{4, 1, 1, 4, 4, 1, 1, {1, 1, 1, 1}, {1, 1}, false, {}}.parameters(isa);
        if (make_winograd(p.data(), static_cast<int>(p.size()))) found.push_back(isa);
    }
    return found;
}

// Channels around the lanes and panels of every instruction set, maps around tiles and blocks, all pads.
int sizes(std::mt19937& random) {
    const std::vector<int64_t> channels = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65};
    const std::vector<int64_t> extents = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 17, 23, 25};
    int cases = 0;
    for (int isa : isas()) {
        for (int64_t m : {2, 4, 6}) {
            for (int i = 0; i < 60; ++i, ++cases) {
                const auto pick = [&](const std::vector<int64_t>& from) { return from[random() % from.size()]; };
                Case c{m, 1 + i % 3, 1 + i % 2, pick(extents), pick(extents), pick(channels), pick(channels), {}, {1, 1},
                       i % 3 != 0, {}};
                for (int64_t& pad : c.pads) pad = static_cast<int64_t>(random() % 3);
                c.height += c.dst_height() < 1 ? 2 : 0;
                c.width += c.dst_width() < 1 ? 2 : 0;
                if (i % 5 == 0 && c.channels > 2) c.sources = {c.channels / 3, 1, c.channels - c.channels / 3 - 1};
                if (i % 5 == 1) {
                    c.channels += 32;
                    c.sources = {32, c.channels - 32};
                }
                if (i % 4 == 1) c.post_ops = {{kRelu, 0, 0}};
                if (i % 4 == 2) c.post_ops = {{kAddOperand, 0, 0}, {kRelu, 0.1f, 0}};
                if (i % 4 == 3) c.post_ops = {{kRelu, 0, 0}, {kAddOperand, 0, 0}};
                check(c, isa, random);
                c.late = true;
                check(c, isa, random);
            }
        }
    }
    return cases;
}

// Many tiles and many channels: blocks of several tiles, threads with blocks of their own and threads that share them.
int blocks(std::mt19937& random) {
    int cases = 0;
    for (int isa : isas()) {
        for (int64_t m : {2, 4, 6}) {
            for (int64_t threads : {1, 2, 4}) {
                check({m, threads, 1, 59, 57, 33, 17, {1, 1, 1, 1}, {1, 1}, true, {{kRelu, 0, 0}}}, isa, random);
                check({m, threads, 3, 9, 10, 130, 40, {1, 1, 1, 1}, {1, 1}, true, {{kAddOperand, 0, 0}}}, isa, random);
                check({m, threads, 1, 59, 57, 33, 17, {1, 1, 1, 1}, {1, 1}, true, {{kRelu, 0, 0}}, false, {}, true}, isa, random);
                check({m, threads, 2, 33, 35, 130, 40, {1, 1, 1, 1}, {1, 1}, true, {{kAddOperand, 0, 0}}, false, {}, true}, isa,
                      random);
                // Slices of the src channels on every instruction set.
                check({m, threads, 1, 13, 12, 1100, 10, {1, 1, 1, 1}, {1, 1}, true, {}, false, {1000, 100}, true}, isa, random);
                cases += 5;
            }
        }
    }
    return cases;
}

int dilations(std::mt19937& random) {
    int cases = 0;
    for (int isa : isas()) {
        for (int64_t m : {2, 4, 6}) {
            check({m, 1, 1, 20, 23, 8, 20, {2, 2, 2, 2}, {2, 2}, true, {}}, isa, random);
            check({m, 2, 2, 19, 21, 17, 5, {4, 3, 5, 6}, {4, 3}, false, {{kRelu, 0, 0}}}, isa, random);
            check({m, 1, 1, 7, 5, 3, 4, {6, 6, 6, 6}, {6, 6}, true, {}}, isa, random);
            check({m, 2, 2, 19, 21, 17, 5, {4, 3, 5, 6}, {4, 3}, false, {{kRelu, 0, 0}}, false, {}, true}, isa, random);
            cases += 4;
        }
    }
    return cases;
}

int post_ops(std::mt19937& random) {
    const std::vector<std::vector<Op>> lists = {
        {{kClip, 0, 6}},
        {{kHardSwish, 1.0f / 6, 0.5f}},
        {{kSwish, 1, 0}},
        {{kSwish, 40, 0}},
        {{kSigmoid, 0, 0}},
        {{kMultiplyOperand, 0, 0}, {kClip, -1, 1}, {kAddOperand, 0, 0}},
        {{kRelu, 0.25f, 0}, {kMultiplyOperand, 0, 0}},
    };
    int cases = 0;
    for (int isa : isas()) {
        for (const auto& list : lists) {
            check({4, 1, 1, 9, 10, 20, 37, {1, 1, 1, 1}, {1, 1}, true, list}, isa, random);
            ++cases;
        }
    }
    return cases;
}

// What is nearest in bf16, ties to even.
uint16_t rounded(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Rounds floats in place; returns them as bf16.
std::vector<uint16_t> round_all(float* data, size_t count) {
    std::vector<uint16_t> halves(count);
    for (size_t i = 0; i < count; ++i) {
        halves[i] = rounded(data[i]);
        const uint32_t bits = static_cast<uint32_t>(halves[i]) << 16;
        std::memcpy(&data[i], &bits, sizeof bits);
    }
    return halves;
}

// In bf16 the result is that of f32 on the same numbers, rounded: between the tensors nothing differs.
void check_bf16_one(Case c, int isa, std::mt19937& random) {
    Data d(c, random);
    std::vector<std::vector<float>> sources = split(d.src, c);
    std::vector<std::vector<uint16_t>> halves;
    std::vector<std::vector<void*>> buffers(2);
    for (auto& source : sources) {
        halves.push_back(round_all(source.data(), source.size()));
        buffers[0].push_back(source.data());
        buffers[1].push_back(halves.back().data());
    }
    for (size_t i = 0; i < c.post_ops.size(); ++i) {
        if (c.post_ops[i].combines()) halves.push_back(round_all(d.operands[i].data(), d.operands[i].size()));
    }
    const size_t elements = c.batch * c.dst_height() * c.dst_width() * c.outputs;
    std::vector<float> wide(elements);
    std::vector<uint16_t> narrow(elements + 1, 0xbeef);
    for (int type = 0; type < 2; ++type) {
        c.bf16 = type == 1;
        const auto p = c.parameters(isa);
        const int count = static_cast<int>(p.size());
        Floats packed(winograd_weights_bytes(p.data(), count) / 4);
        Floats scratchpad(winograd_scratchpad_bytes(p.data(), count) / 4);
        run_kernel(*make_winograd_weights(p.data(), count), c, {d.weights.data(), packed.data()});
        buffers[type].push_back(packed.data());
        if (c.bias) buffers[type].push_back(d.bias.data());
        size_t next = c.parts().size();
        for (size_t i = 0; i < c.post_ops.size(); ++i) {
            if (!c.post_ops[i].combines()) continue;
            buffers[type].push_back(type == 0 ? static_cast<void*>(d.operands[i].data()) : halves[next].data());
            ++next;
        }
        buffers[type].push_back(scratchpad.data());
        buffers[type].push_back(type == 0 ? static_cast<void*>(wide.data()) : narrow.data());
        run_kernel(*make_winograd(p.data(), count), c, buffers[type]);
    }
    for (size_t i = 0; i < elements; ++i) {
        if (narrow[i] != rounded(wide[i])) fail(c, isa, "bf16 is not f32, rounded");
    }
    if (narrow[elements] != 0xbeef) fail(c, isa, "wrote behind dst in bf16");
}

void check_bf16(Case c, int isa, std::mt19937& random) {
    std::mt19937 again = random;
    check_bf16_one(c, isa, random);
    c.fip = true;
    check_bf16_one(c, isa, again);
}

int bf16(std::mt19937& random) {
    int cases = 0;
    for (int isa : isas()) {
        for (int64_t m : {2, 4, 6}) {
            for (int64_t channels : {1, 15, 16, 33, 64}) {
                Case c{m, 1 + cases % 2, 1, 13, 6, channels, 66 - channels, {1, 1, 1, 1}, {1, 1}, true, {}};
                if (channels > 20) c.sources = {20, channels - 20};
                check_bf16(c, isa, random);
                c.post_ops = {{kAddOperand, 0, 0}, {kRelu, 0.5f, 0}};
                check_bf16(c, isa, random);
                c.late = true;
                check_bf16(c, isa, random);
                cases += 3;
            }
        }
    }
    return cases;
}

void bad_parameters_are_refused() {
    const Case good{4, 1, 1, 4, 4, 1, 1, {1, 1, 1, 1}, {1, 1}, false, {}};
    auto p = good.parameters(kBestIsa);
    const auto refused = [&] { return !make_winograd(p.data(), static_cast<int>(p.size())); };
    if (refused()) fail(good, kBestIsa, "refused");
    p[1] = 3;
    if (!refused()) fail(good, kBestIsa, "m = 3 not refused");
    p = good.parameters(99);
    if (!refused()) fail(good, 99, "instruction set not refused");
    p = good.parameters(kBestIsa);
    p[18] = 2;
    if (!refused()) fail(good, 0, "a tensor of src without channels not refused");
    p[18] = 0;
    if (!refused()) fail(good, 0, "no tensor of src not refused");
    p[18] = 1;
    p[19] = 2;
    if (!refused()) fail(good, 0, "more channels in src's tensors than in src not refused");
    p[19] = 1;
    p[15] = 3;
    if (!refused()) fail(good, 0, "elements of three bytes not refused");
    p[15] = 4;
    p.pop_back();
    if (!refused() || winograd_weights_bytes(p.data(), static_cast<int>(p.size())) != -1) fail(good, 0, "too few");
}

}  // namespace

int main() {
    std::mt19937 random(20240521);
    const int cases = sizes(random) + blocks(random) + dilations(random) + post_ops(random) + bf16(random);
    bad_parameters_are_refused();
    std::printf("winograd tests: %d cases passed on %zu instruction sets\n", cases, isas().size());
    return 0;
}
