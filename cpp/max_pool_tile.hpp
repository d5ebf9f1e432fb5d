// Maxima over windows, over a vector type V as in activation.hpp.
#pragma once

#include "isa.hpp"

namespace conv4j {

// The maximum of so many vectors, most often two or three; of none, minus infinity.
template <typename V, typename At>
[[gnu::always_inline]] inline V max_of(int64_t count, At at) {
    if (count == 3) return max(max(at(0), at(1)), at(2));
    if (count == 2) return max(at(0), at(1));
    V most = V::all(-__builtin_inff());
    for (int64_t i = 0; i < count; ++i) most = max(most, at(i));
    return most;
}

// Some vectors of channels at a time: few enough that the maxima of a window's columns stay in the L1 cache, as many as make
// the src that is read of a pixel worth a visit.
template <typename V>
void max_pixels(const MaxPixels& p) {
    constexpr int64_t kVectors = 8, kChannels = kVectors * V::lanes;
    // Of the columns of the window, in no order.
    V columns[kMostMaxKernel][kVectors];
    for (int64_t c = 0; c < p.channels; c += kChannels) {
        const int64_t channels = p.channels - c < kChannels ? p.channels - c : kChannels;
        const int64_t last = (channels - 1) / V::lanes;
        const auto mask = V::first_lanes(channels - last * V::lanes);
        const auto load = [&](const float* from, int64_t i) { return i < last ? V::load(from + i * V::lanes) : V::load(from + i * V::lanes, mask); };
        int64_t made = 0, place = 0;
        for (int64_t pixel = 0; pixel < p.pixels; ++pixel) {
            const int64_t first = pixel * p.stride, after = first + p.kernel;
            for (int64_t x = made > first ? made : first; x < after; ++x, place = place + 1 < p.kernel ? place + 1 : 0) {
                const int64_t column = x - p.before;
                const int64_t rows = column < 0 || column >= p.src_columns ? 0 : p.rows;
                const float* src = p.src + column * p.channels + c;
                for (int64_t i = 0; i <= last; ++i) {
                    columns[place][i] = max_of<V>(rows, [&](int64_t row) { return load(src + row * p.row_step, i); });
                }
            }
            made = after;
            float* dst = p.dst + pixel * p.dst_step + c;
            for (int64_t i = 0; i <= last; ++i, dst += V::lanes) {
                const V most = max_of<V>(p.kernel, [&](int64_t k) { return columns[k][i]; });
                if (i < last) most.store(dst);
                else most.store(dst, mask);
            }
        }
    }
}

}  // namespace conv4j
