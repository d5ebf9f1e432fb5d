// For winograd_test.cpp: convolutions, their numbers, and what is expected of them, by a plain loop in double.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "post_ops_case.hpp"

namespace conv4j {

struct Case {
    int64_t m, threads, batch, height, width, channels, outputs;
    std::array<int64_t, 4> pads;  // top, left, bottom, right
    std::array<int64_t, 2> dilations;
    bool bias;
    std::vector<Op> post_ops;
    bool bf16 = false;
    std::vector<int64_t> sources = {};  // all channels in one if there are none
    bool late = false, fip = false;

    std::vector<int64_t> parts() const { return sources.empty() ? std::vector<int64_t>{channels} : sources; }
    int64_t dst_height() const { return height + pads[0] + pads[2] - 2 * dilations[0]; }
    int64_t dst_width() const { return width + pads[1] + pads[3] - 2 * dilations[1]; }

    std::vector<int64_t> parameters(int64_t isa) const {
        std::vector<int64_t> p = {isa,         m,       threads, batch,   height,       width,        channels, dst_height(),
                                  dst_width(), outputs, pads[0], pads[1], dilations[0], dilations[1], bias};
        p.push_back(bf16 ? 2 : 4);
        p.push_back(late);
        p.push_back(fip);
        p.push_back(static_cast<int64_t>(parts().size()));
        for (int64_t part : parts()) p.push_back(part);
        append(post_ops, p);
        return p;
    }
};

// Floats aligned to a cache line, with guards on both sides that must survive.
class Floats {
  public:
    explicit Floats(size_t count) : count_(count), all_(count + 48, kGuard) {
        data_ = all_.data() + 16;
        while (reinterpret_cast<uintptr_t>(data_) % 64 != 0) ++data_;
        std::fill(data_, data_ + count, std::numeric_limits<float>::quiet_NaN());
    }
    float* data() { return data_; }
    float& operator[](size_t i) { return data_[i]; }
    size_t size() const { return count_; }
    void fill(std::mt19937& random, float scale) {
        std::normal_distribution<float> normal;
        for (size_t i = 0; i < count_; ++i) data_[i] = scale * normal(random);
    }
    bool guarded() const {
        return std::all_of(all_.data(), static_cast<const float*>(data_), [](float x) { return x == kGuard; }) &&
               std::all_of(static_cast<const float*>(data_) + count_, all_.data() + all_.size(),
                           [](float x) { return x == kGuard; });
    }

  private:
    static constexpr float kGuard = 12345;
    size_t count_;
    std::vector<float> all_;
    float* data_;
};

struct Data {
    Floats src, weights, bias;
    std::vector<Floats> operands;

    Data(const Case& c, std::mt19937& random)
        : src(c.batch * c.height * c.width * c.channels), weights(c.outputs * c.channels * 9), bias(c.outputs) {
        src.fill(random, 1);
        weights.fill(random, 1 / std::sqrt(9.0f * static_cast<float>(c.channels)));
        bias.fill(random, 1);
        for (const Op& op : c.post_ops) {
            operands.emplace_back(op.combines() ? c.batch * c.dst_height() * c.dst_width() * c.outputs : 0);
            operands.back().fill(random, 1);
        }
    }
};

inline double expected(const Case& c, Data& d, std::array<int64_t, 4> at) {
    const auto [n, y, x, o] = at;
    double sum = c.bias ? d.bias[o] : 0;
    for (int64_t ky = 0; ky < 3; ++ky) {
        for (int64_t kx = 0; kx < 3; ++kx) {
            const int64_t sy = y + ky * c.dilations[0] - c.pads[0], sx = x + kx * c.dilations[1] - c.pads[1];
            if (sy < 0 || sy >= c.height || sx < 0 || sx >= c.width) continue;
            for (int64_t i = 0; i < c.channels; ++i) {
                sum += static_cast<double>(d.src[((n * c.height + sy) * c.width + sx) * c.channels + i]) *
                       d.weights[(o * c.channels + i) * 9 + ky * 3 + kx];
            }
        }
    }
    for (size_t i = 0; i < c.post_ops.size(); ++i) {
        const bool there = c.post_ops[i].combines();
        const int64_t element = ((n * c.dst_height() + y) * c.dst_width() + x) * c.outputs + o;
        sum = applied(c.post_ops[i], sum, there ? d.operands[i][element] : 0);
    }
    return sum;
}

[[noreturn]] inline void fail(const Case& c, int isa, const char* what) {
    std::fprintf(stderr, "winograd, isa %d, parameters", isa);
    for (int64_t p : c.parameters(isa)) std::fprintf(stderr, " %lld,", static_cast<long long>(p));
    std::fprintf(stderr, ": %s\n", what);
    std::exit(1);
}

}  // namespace conv4j
