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

// Pixels [first, last), whatever their windows see. Some vectors of channels at a time: few enough that the maxima of a window's columns
// stay in the L1 cache, as many as make the src that is read of a pixel worth a visit.
template <typename V>
void max_of_any(const MaxPixels& p, int64_t first, int64_t last) {
    constexpr int64_t kVectors = 8, kChannels = kVectors * V::lanes;
    // Of the columns of the window, in no order.
    V columns[kMostMaxKernel][kVectors];
    for (int64_t c = 0; c < p.channels; c += kChannels) {
        const int64_t channels = p.channels - c < kChannels ? p.channels - c : kChannels;
        const int64_t last_vector = (channels - 1) / V::lanes;
        const auto mask = V::first_lanes(channels - last_vector * V::lanes);
        const auto load = [&](const float* from, int64_t i) {
            return i < last_vector ? V::load(from + i * V::lanes) : V::load(from + i * V::lanes, mask);
        };
        int64_t made = first * p.stride, place = 0;
        for (int64_t pixel = first; pixel < last; ++pixel) {
            const int64_t begin = pixel * p.stride, after = begin + p.kernel;
            for (int64_t x = made > begin ? made : begin; x < after; ++x, place = place + 1 < p.kernel ? place + 1 : 0) {
                const int64_t column = x - p.before;
                const int64_t rows = column < 0 || column >= p.src_columns ? 0 : p.rows;
                const float* src = p.src + column * p.channels + c;
                for (int64_t i = 0; i <= last_vector; ++i) {
                    columns[place][i] = max_of<V>(rows, [&](int64_t row) { return load(src + row * p.row_step, i); });
                }
            }
            made = after;
            float* dst = p.dst + pixel * p.dst_step + c;
            for (int64_t i = 0; i <= last_vector; ++i, dst += V::lanes) {
                const V most = max_of<V>(p.kernel, [&](int64_t k) { return columns[k][i]; });
                if (i < last_vector) most.store(dst);
                else most.store(dst, mask);
            }
        }
    }
}

// Pixels [first, last), whose windows see columns that all exist and at most kKernel rows: some vectors of channels from c on, the last
// of them masked or not. What columns have in common with the next window's stays in registers.
template <typename V, int kKernel, int kStride, int kVectors, bool kMasked>
void max_of_columns(const MaxPixels& p, int64_t first, int64_t last, int64_t c) {
    constexpr int kKept = kStride < kKernel ? kKernel - kStride : 0;
    const auto mask = V::first_lanes(kMasked ? p.channels - c : V::lanes);
    // Where there are fewer rows the last one counts more than once.
    const float* rows[kKernel];
    for (int64_t r = 0; r < kKernel; ++r) rows[r] = p.src + (r < p.rows ? r : p.rows - 1) * p.row_step + c;
    V columns[kKernel][kVectors];
    const auto find = [&](int k, int64_t pixel) {
        const int64_t at = (pixel * kStride + k - p.before) * p.channels;
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
            const auto load = [&](int r) {
                const float* const from = rows[r] + at + i * V::lanes;
                if constexpr (kMasked) return V::load(from, mask);
                else return V::load(from);
            };
            columns[k][i] = load(0);
#pragma GCC unroll 3
            for (int r = 1; r < kKernel; ++r) columns[k][i] = max(columns[k][i], load(r));
        }
    };
#pragma GCC unroll 3
    for (int k = 0; k < kKept; ++k) find(k, first);
    for (int64_t pixel = first; pixel < last; ++pixel) {
#pragma GCC unroll 3
        for (int k = kKept; k < kKernel; ++k) find(k, pixel);
        float* const dst = p.dst + pixel * p.dst_step + c;
#pragma GCC unroll 4
        for (int i = 0; i < kVectors; ++i) {
            V most = columns[0][i];
#pragma GCC unroll 3
            for (int k = 1; k < kKernel; ++k) most = max(most, columns[k][i]);
            if constexpr (kMasked) most.store(dst + i * V::lanes, mask);
            else most.store(dst + i * V::lanes);
#pragma GCC unroll 3
            for (int k = 0; k < kKept; ++k) columns[k][i] = columns[k + kStride][i];
        }
    }
}

template <typename V, int kKernel, int kStride>
void max_of_whole(const MaxPixels& p, int64_t first, int64_t last) {
    constexpr int kVectors = 4;
    int64_t c = 0;
    for (; c + kVectors * V::lanes <= p.channels; c += kVectors * V::lanes) max_of_columns<V, kKernel, kStride, kVectors, false>(p, first, last, c);
    for (; c + V::lanes <= p.channels; c += V::lanes) max_of_columns<V, kKernel, kStride, 1, false>(p, first, last, c);
    if (c < p.channels) max_of_columns<V, kKernel, kStride, 1, true>(p, first, last, c);
}

// Those that networks have; null of others.
template <typename V>
auto max_of_whole_windows(const MaxPixels& p) -> void (*)(const MaxPixels&, int64_t, int64_t) {
    if (p.rows > p.kernel) return nullptr;
    if (p.kernel == 2 && p.stride == 2) return max_of_whole<V, 2, 2>;
    if (p.kernel == 2 && p.stride == 1) return max_of_whole<V, 2, 1>;
    if (p.kernel == 3 && p.stride == 2) return max_of_whole<V, 3, 2>;
    if (p.kernel == 3 && p.stride == 1) return max_of_whole<V, 3, 1>;
    return nullptr;
}

template <typename V>
void max_pixels(const MaxPixels& p) {
    const auto whole = max_of_whole_windows<V>(p);
    // Windows begin at pixel * stride - before, and end within src_columns.
    const int64_t begin = (p.before + p.stride - 1) / p.stride, room = p.src_columns + p.before - p.kernel;
    const int64_t first = begin < p.pixels ? begin : p.pixels, end = room < 0 ? 0 : room / p.stride + 1;
    const int64_t last = end < first ? first : end < p.pixels ? end : p.pixels;
    if (whole == nullptr || first == last) {
        max_of_any<V>(p, 0, p.pixels);
        return;
    }
    max_of_any<V>(p, 0, first);
    whole(p, first, last);
    max_of_any<V>(p, last, p.pixels);
}

}  // namespace conv4j
