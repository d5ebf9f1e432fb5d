// For the tests of bands.hpp: a block of layers, drawn at random or as given, and what it comes to layer by layer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace conv4j {

inline constexpr float kLow = -20, kHigh = 60, kAlpha = 1.5f;

// What is added to the projection, and where that is: apart from dst or in it.
enum Residual { kNone, kBeside, kInPlace };

struct Side {
    int64_t src, kernel, stride, before, after;

    int64_t dst() const { return (src + before + after - kernel) / stride + 1; }
    // Rows that rows [first, last) of dst see, and how many of them do not exist.
    int64_t seen_first(int64_t first) const { return std::max<int64_t>(0, first * stride - before); }
    int64_t seen_last(int64_t last) const { return std::min(src, (last - 1) * stride - before + kernel); }
    int64_t missing_before(int64_t first) const { return std::max<int64_t>(0, before - first * stride); }
    int64_t missing_after(int64_t last) const {
        return std::max<int64_t>(0, (last - 1) * stride - before + kernel - src);
    }
};

struct Layer {
    Side height, width;
    int64_t inputs, outputs;
    bool depthwise;
    std::vector<float> weights, bias;  // [outputs][inputs or 1][k][k]; bias may be empty
};

struct Block {
    int seed;
    int64_t batch, threads;
    Layer expand, filter, project;  // the last two without outputs if there are none
    bool pools;                     // whether the filter is a max pooling and not a depthwise convolution
    Residual residual;
    bool activated, swish, mean;
    std::vector<float> src, operand;

    bool filtered() const { return filter.outputs > 0; }
    bool projected() const { return project.outputs > 0; }
    const Layer& before_projection() const { return filtered() ? filter : expand; }
    const Layer& last() const { return projected() ? project : filter; }
    int64_t rows() const { return last().height.dst(); }
    int64_t dst_row() const { return last().width.dst() * last().outputs; }
};

[[noreturn]] inline void fail(const Block& b, const char* what) {
    const Side &h = b.filter.height, &w = b.filter.width;
    std::fprintf(stderr,
                 "bands, seed %d: batch %d, threads %d, %dx%dx%d, first kernel %d, %d channels of %dx%d, kernel %d, "
                 "stride %d, pads %d %d %d %d, pools %d, projected to %d, residual %d: %s\n",
                 b.seed, int(b.batch), int(b.threads), int(b.expand.inputs), int(b.expand.height.src),
                 int(b.expand.width.src), int(b.expand.height.kernel), int(b.expand.outputs), int(h.src), int(w.src),
                 int(h.kernel), int(h.stride), int(h.before), int(w.before), int(h.after), int(w.after),
                 b.pools, int(b.project.outputs), b.residual, what);
    std::exit(1);
}

// The definition, in double, channels last.
inline std::vector<double> convolve(const Layer& l, int64_t batch, const std::vector<double>& src) {
    std::vector<double> dst;
    const int64_t inputs = l.depthwise ? 1 : l.inputs, k = l.height.kernel;
    for (int64_t n = 0; n < batch; ++n) {
        for (int64_t y = 0; y < l.height.dst(); ++y) {
            for (int64_t x = 0; x < l.width.dst(); ++x) {
                for (int64_t o = 0; o < l.outputs; ++o) {
                    double sum = l.bias.empty() ? 0 : l.bias[o];
                    for (int64_t tap = 0; tap < k * k; ++tap) {
                        const int64_t sy = y * l.height.stride + tap / k - l.height.before;
                        const int64_t sx = x * l.width.stride + tap % k - l.width.before;
                        if (sy < 0 || sy >= l.height.src || sx < 0 || sx >= l.width.src) continue;
                        const int64_t from = ((n * l.height.src + sy) * l.width.src + sx) * l.inputs;
                        for (int64_t i = 0; i < inputs; ++i) {
                            sum += src[from + (l.depthwise ? o : i)] * l.weights[(o * inputs + i) * k * k + tap];
                        }
                    }
                    dst.push_back(sum);
                }
            }
        }
    }
    return dst;
}

inline std::vector<double> largest(const Layer& l, int64_t batch, const std::vector<double>& src) {
    std::vector<double> dst;
    const Side &h = l.height, &w = l.width;
    for (int64_t i = 0; i < batch * h.dst() * w.dst() * l.outputs; ++i) {
        const int64_t channel = i % l.outputs, x = i / l.outputs % w.dst(), row = i / l.outputs / w.dst();
        const int64_t y = row % h.dst(), n = row / h.dst();
        double most = -INFINITY;
        for (int64_t sy = h.seen_first(y); sy < h.seen_last(y + 1); ++sy) {
            for (int64_t sx = w.seen_first(x); sx < w.seen_last(x + 1); ++sx) {
                most = std::max(most, src[((n * h.src + sy) * w.src + sx) * l.inputs + channel]);
            }
        }
        dst.push_back(most);
    }
    return dst;
}

inline void activate(const Block& b, bool swishes, std::vector<double>& numbers) {
    if (!b.activated) return;
    for (double& x : numbers) {
        x = swishes ? x / (1 + std::exp(-kAlpha * x)) : std::clamp<double>(x, kLow, kHigh);
    }
}

struct Expected {
    std::vector<double> dst, mean;
};

inline Expected layer_by_layer(const Block& b) {
    std::vector<double> dst = convolve(b.expand, b.batch, {b.src.begin(), b.src.end()});
    activate(b, b.swish, dst);
    if (b.filtered()) {
        dst = b.pools ? largest(b.filter, b.batch, dst) : convolve(b.filter, b.batch, dst);
        if (!b.pools) activate(b, false, dst);
    }
    const int64_t channels = b.expand.outputs, pixels = b.rows() * b.last().width.dst();
    std::vector<double> mean(b.batch * channels);
    for (size_t i = 0; i < dst.size(); ++i) {
        const auto at = static_cast<int64_t>(i);
        mean[at / (pixels * channels) * channels + at % channels] += dst[i] / static_cast<double>(pixels);
    }
    if (b.projected()) dst = convolve(b.project, b.batch, dst);
    for (size_t i = 0; i < b.operand.size(); ++i) dst[i] += b.operand[i];
    return {dst, mean};
}

inline std::vector<float> whole_numbers(std::mt19937& random, int64_t count, int most) {
    std::uniform_int_distribution<int> draw(-most, most);
    std::vector<float> numbers(count);
    for (float& x : numbers) x = static_cast<float>(draw(random));
    return numbers;
}

inline Side side(std::mt19937& random, int64_t src, int64_t kernel, int64_t stride) {
    const auto pad = [&] { return static_cast<int64_t>(random() % (kernel / 2 + 1)); };
    const int64_t before = pad(), after = pad();
    // As much more as it takes for one element of dst.
    return {src, kernel, stride, before, std::max(after, std::min(kernel / 2, kernel - src - before))};
}

inline Layer layer(std::mt19937& random, Side height, Side width, int64_t inputs, int64_t outputs, bool depthwise) {
    Layer l{height, width, inputs, outputs, depthwise, {}, {}};
    const int64_t count = outputs * (depthwise ? 1 : inputs) * height.kernel * height.kernel;
    l.weights = whole_numbers(random, count, depthwise ? 1 : 2);
    if (random() % 2 == 0) l.bias = whole_numbers(random, outputs, 3);
    return l;
}

// Numbers so small that all sums are exact. One block in four begins with a layer of 3 channels and a window, one in
// five has no filter, and of those that have one a third pool.
inline Block drawn(int seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int64_t least, int64_t most) {
        return least + static_cast<int64_t>(random() % (most - least + 1));
    };
    const bool first = pick(0, 3) == 0, filtered = pick(0, 4) > 0;
    const int64_t few = first ? 3 : pick(1, 20), many = pick(1, 40);
    Block b{};
    b.seed = seed;
    b.batch = pick(1, 3);
    b.threads = pick(1, 4);
    const int64_t first_stride = pick(1, 2);
    const auto begin = [&] {
        return first ? side(random, pick(9, 40), 3, first_stride) : Side{pick(5, 24), 1, 1, 0, 0};
    };
    const Side height = begin(), width = begin();
    b.expand = layer(random, height, width, few, many, false);
    if (filtered) {
        const int64_t kernel = 3 + 2 * pick(0, 1), stride = pick(1, 2);
        const Side down = side(random, height.dst(), kernel, stride);
        const Side across = side(random, width.dst(), kernel, stride);
        b.pools = pick(0, 2) == 0;
        if (b.pools) b.filter = {down, across, many, many, false, {}, {}};
        else b.filter = layer(random, down, across, many, many, true);
    }
    if (!filtered || pick(0, 3) > 0) {
        const Layer& before = b.before_projection();
        const Side down{before.height.dst(), 1, 1, 0, 0}, across{before.width.dst(), 1, 1, 0, 0};
        b.project = layer(random, down, across, many, pick(1, 40), false);
        b.residual = static_cast<Residual>(pick(0, 2));
    }
    b.activated = pick(0, 2) > 0;
    b.swish = b.activated && pick(0, 3) == 0;
    b.mean = filtered && !b.pools && pick(0, 2) == 0;
    b.src = whole_numbers(random, b.batch * height.src * width.src * few, 3);
    if (b.residual != kNone) b.operand = whole_numbers(random, b.batch * b.rows() * b.dst_row(), 9);
    return b;
}

}  // namespace conv4j
