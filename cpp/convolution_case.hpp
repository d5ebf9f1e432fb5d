// For the tests of indirect.hpp, strassen.hpp, fip.hpp and filtered.hpp: convolutions on every instruction set of this CPU against a plain loop in double.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "conv4j.hpp"
#include "indirect.hpp"
#include "indirect_problem.hpp"
#include "isa.hpp"
#include "post_ops_case.hpp"

namespace conv4j {

struct Along {
    int64_t src, dst, kernel, stride, dilation, pad;
};

struct Case {
    int64_t threads, batch, channels, outputs;
    Along height, width;
    bool transposed, bias;
    std::vector<Op> post_ops;
    std::vector<int64_t> joined = {};  // channels of the tensors that src is made of; none if it is there
    bool relu = false;                 // after these are normalised
    std::vector<Along> pooled = {};    // height and width of windows that make src, of kernel, stride and pad; none if it is there
    indirect::Multiplication multiplication = indirect::kPlain;
    bool gated = false;  // src, by a factor for each channel

    int64_t source() const { return gated ? 4 : !pooled.empty() ? 3 : joined.empty() ? 0 : relu ? 2 : 1; }

    bool takes_gates() const { return source() == 0 && is_plain(); }

    bool is_plain() const { return multiplication == indirect::kPlain; }

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
        p.push_back(multiplication);
        std::vector<int64_t> made = joined;
        for (const Along& axis : pooled) made.insert(made.end(), {axis.src, axis.kernel, axis.stride, axis.pad});
        p.push_back(source());
        p.push_back(static_cast<int64_t>(made.size()));
        p.insert(p.end(), made.begin(), made.end());
        append(post_ops, p);
        return p;
    }
};

[[noreturn]] inline void fail(const Case& c, int isa, const char* what) {
    std::fprintf(stderr, "isa %d, parameters", isa);
    for (int64_t p : c.parameters(isa)) std::fprintf(stderr, " %lld,", static_cast<long long>(p));
    std::fprintf(stderr, ": %s\n", what);
    std::exit(1);
}

// Whole numbers, in memory that ends where they end.
inline std::vector<float> numbers(int64_t count, std::mt19937& random) {
    std::uniform_int_distribution<int> draw(-4, 4);
    std::vector<float> all(count);
    for (float& x : all) x = static_cast<float>(draw(random));
    return all;
}

// Where a tap of a dst element meets src; -1 if nowhere.
inline int64_t met(const Along& axis, bool transposed, int64_t dst, int64_t tap) {
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
        if (c.gated) table = numbers(c.channels, random);
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

inline double expected(const Case& c, const Data& d, std::array<int64_t, 4> at) {
    const auto [n, y, x, o] = at;
    double sum = c.bias ? d.bias[o] : 0;
    for (int64_t ky = 0; ky < c.height.kernel; ++ky) {
        for (int64_t kx = 0; kx < c.width.kernel; ++kx) {
            const int64_t sy = met(c.height, c.transposed, y, ky), sx = met(c.width, c.transposed, x, kx);
            for (int64_t i = 0; sy >= 0 && sx >= 0 && i < c.channels; ++i) {
                const int64_t pair = c.transposed ? i * c.outputs + o : o * c.channels + i;
                const double gate = c.gated ? d.table[i] : 1;
                sum += gate * d.src[((n * c.height.src + sy) * c.width.src + sx) * c.channels + i] *
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
inline std::vector<float> gated(const std::vector<int64_t>& p, std::vector<float> packed, const std::vector<float>& gates) {
    if (gates.empty()) return packed;
    std::vector<float> made(packed.size(), std::numeric_limits<float>::quiet_NaN());
    void* buffers[] = {packed.data(), const_cast<float*>(gates.data()), made.data()};
    make_indirect_gates(p.data(), static_cast<int>(p.size()))->run(buffers, 1);
    return made;
}

inline std::vector<float> run(const Case& c, int isa, Data& d, const std::vector<float>& gates = {}) {
    const auto p = c.parameters(isa);
    const int count = static_cast<int>(p.size());
    auto kernel = make_indirect(p.data(), count);
    if (!kernel) fail(c, isa, "refused");
    std::vector<float> packed(indirect_weights_bytes(p.data(), count) / 4);
    std::vector<float> scratchpad(indirect_scratchpad_bytes(p.data(), count) / 4, std::numeric_limits<float>::quiet_NaN());
    std::vector<float> dst(c.dst_elements(), std::numeric_limits<float>::quiet_NaN());
    // In two pieces if the algorithm takes such, of which one may be empty.
    const int64_t rows = c.transposed ? c.channels : c.outputs, half = !c.is_plain() ? 0 : rows / 2;
    for (const auto& [first, last] : {std::pair{half, rows}, std::pair{int64_t{0}, half}}) {
        if (!c.is_plain() && first == last) continue;
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
    if (c.source() == 0 || c.gated) buffers.push_back(d.src.data());
    if (c.gated) buffers.push_back(d.table.data());
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
inline void check(const Case& c, int isa, std::mt19937& random) {
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
    if (c.takes_gates()) {
        // To multiply the weights is to multiply src.
        const std::vector<float> gates = numbers(c.channels, random);
        Data of_src = d;
        for (size_t i = 0; i < of_src.src.size(); ++i) of_src.src[i] *= gates[i % gates.size()];
        if (run(c, isa, of_src) != run(c, isa, d, gates)) fail(c, isa, "wrong gates");
    }
    Case other = c;
    other.threads = c.threads == 1 ? 3 : 1;
    if (run(other, isa, d) != dst) fail(c, isa, "depends on threads");
}

inline bool refuses(const Case& c) {
    const auto p = c.parameters(kBestIsa);
    const int count = static_cast<int>(p.size());
    return !make_indirect(p.data(), count) && indirect_weights_bytes(p.data(), count) == -1 && indirect_scratchpad_bytes(p.data(), count) == -1;
}

// Of algorithms that make sums of weights, which are packed as a whole and multiplied by no gates.
inline void takes_whole_weights_only(const Case& c) {
    const auto p = c.parameters(kBestIsa);
    if (make_indirect_gates(p.data(), static_cast<int>(p.size()))) fail(c, kBestIsa, "gates not refused");
    std::vector<int64_t> some = {0, 4};
    some.insert(some.end(), p.begin(), p.end());
    if (make_indirect_weights(some.data(), static_cast<int>(some.size()))) fail(c, kBestIsa, "some of the weights not refused");
}

inline std::vector<int> isas() {
    std::vector<int> found;
    for (int isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        const Along axis{3, 3, 1, 1, 1, 0};
        const auto p = Case{1, 1, 1, 1, axis, axis, false, false, {}}.parameters(isa);
        if (make_indirect(p.data(), static_cast<int>(p.size()))) found.push_back(isa);
    }
    return found;
}

}  // namespace conv4j
