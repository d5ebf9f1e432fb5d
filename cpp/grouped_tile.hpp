// Convolutions of groups with few channels, over a vector type V (depthwise_tile.hpp): every lane of dst takes the channels
// of its own group, one after the other, or two where the CPU multiplies pairs of bf16. The rows of src that are seen are
// copied first, with zeros beside them: windows read every element again and again, and pixels a power of two apart would
// drive one another out of the L1 cache. Beyond that V has
//   Partners, partners_at(p), picked(which): lane l is what lane which[l] was;
//   has_pairs, and if that is true copy_pairs(p, mask, to): `lanes` elements of bf16, zeros for the other lanes, and
//   fma_pairs(a, b, c): c + the sum of the products of the two elements of bf16 that each lane holds.
#pragma once

#include "depthwise_tile.hpp"

namespace conv4j {

// Whether two channels are multiplied and added in one lane at a time.
template <typename V, typename T>
constexpr bool takes_pairs() {
    return V::has_pairs && sizeof(T) == sizeof(Bf16);
}

// Elements of a vector of a pixel in the copy.
template <typename V, typename T>
constexpr int64_t copied_lanes() {
    return takes_pairs<V, T>() ? V::lanes / 2 : V::lanes;
}

// The sums of a vector of channels. kWide: a group has at least a vector of them.
template <typename V, typename T, bool kWide, int kKernel, int kStride, int kRows, int kColumns>
struct GroupedProduct {
    using Src = float;
    static constexpr int kSrcRows = (kRows - 1) * kStride + kKernel, kSrcColumns = (kColumns - 1) * kStride + kKernel;
    static constexpr int kTaps = kKernel * kKernel;

    [[gnu::always_inline]] static void add(const DepthwiseRows& r, const float* src, int64_t, int64_t, int64_t,
                                           const float* weights, V* sum) {
        constexpr int64_t kLanes = copied_lanes<V, T>();
        typename V::Partners partners{};
        for (int64_t part = 0; part < r.parts; ++part, weights += kTaps * V::lanes) {
            if constexpr (kWide) {
                add_part(r, src + part / kLanes * r.copy_step + part % kLanes, partners, weights, sum);
            } else {
                partners = V::partners_at(r.partners + part * V::lanes);
                add_part(r, src, partners, weights, sum);
            }
        }
    }

    // One part of a group: its weights in registers, too.
    [[gnu::always_inline]] static void add_part(const DepthwiseRows& r, const float* src, const typename V::Partners& partners,
                                                const float* weights, V* sum) {
        V w[kTaps];
#pragma GCC unroll 9
        for (int i = 0; i < kTaps; ++i) w[i] = V::load(weights + i * V::lanes);
#pragma GCC unroll 8
        for (int y = 0; y < kSrcRows; ++y) {
            if ((r.rows >> y & 1) == 0) continue;
            const float* row = src + y * r.row_step;
#pragma GCC unroll 20
            for (int x = 0; x < kSrcColumns; ++x) {
                const float* p = row + x * copied_lanes<V, T>();
                V value;
                if constexpr (kWide) value = V::all(*p);
                else value = V::load(p).picked(partners);
#pragma GCC unroll 2
                for (int i = 0; i < kRows; ++i) {
                    const int ky = y - i * kStride;
                    if (ky < 0 || ky >= kKernel) continue;
#pragma GCC unroll 8
                    for (int j = 0; j < kColumns; ++j) {
                        const int kx = x - j * kStride;
                        if (kx < 0 || kx >= kKernel) continue;
                        V& to = sum[i * kColumns + j];
                        if constexpr (takes_pairs<V, T>()) to = fma_pairs(value, w[ky * kKernel + kx], to);
                        else to = fma(value, w[ky * kKernel + kx], to);
                    }
                }
            }
        }
    }
};

template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
using NarrowProduct = GroupedProduct<V, T, false, kKernel, kStride, kRows, kColumns>;
template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
using WideProduct = GroupedProduct<V, T, true, kKernel, kStride, kRows, kColumns>;

// Copies a vector of each of the pixels that are seen, of the channels that the mask has. Those `ahead` elements further are fetched:
// a vector of a pixel is a line, and the CPU does not see that the next pixel's, often a power of two away, is wanted too.
template <typename V, typename T>
void copy_vector(const DepthwiseRows& r, const T* src, typename V::Mask mask, int64_t seen_columns, int64_t ahead, float* copy) {
    constexpr int64_t kLanes = copied_lanes<V, T>();
    const int64_t after = seen_columns - r.before, here = after < r.src_columns ? after : r.src_columns;
    const auto zero = [](float* to, int64_t columns) {
        for (int64_t i = 0; i < columns * kLanes; ++i) to[i] = 0;
    };
    src += r.before * r.column_step;
    for (int64_t y = 0; r.rows >> y != 0; ++y, src += r.row_step, copy += seen_columns * kLanes) {
        if ((r.rows >> y & 1) == 0) continue;
        zero(copy, r.before);
        const T* from = src;
        float* to = copy + r.before * kLanes;
        for (int64_t x = 0; x < here; ++x, from += r.column_step, to += kLanes) {
            __builtin_prefetch(from + ahead, 0, 2);
            if constexpr (takes_pairs<V, T>()) V::copy_pairs(from, mask, to);
            else V::load(from, mask).store(to);
        }
        zero(to, after - here);
    }
}

// The same as convolve_rows, for the channels of each vector, or of each group of vectors, in turn.
template <typename V, typename T, bool kWide, int kStride, int kRows, int kMostColumns>
void convolve_groups(const DepthwiseRows& r, int64_t column) {
    constexpr int kKernel = 3;
    constexpr int64_t kLanes = copied_lanes<V, T>();
    const int64_t channels = kWide ? r.parts / kLanes * V::lanes : V::lanes;
    const int64_t seen_columns = (r.columns - 1) * kStride + kKernel;
    DepthwiseRows one = r;
    one.src = r.copy;
    one.column_step = kLanes;
    one.row_step = seen_columns * kLanes;
    for (int64_t c = 0; c < r.channels; c += channels) {
        one.channels = r.channels - c < channels ? r.channels - c : channels;
        for (int64_t i = 0; i < one.channels; i += V::lanes) {
            const int64_t lanes = one.channels - i < V::lanes ? one.channels - i : V::lanes;
            copy_vector<V, T>(r, static_cast<const T*>(r.src) + c + i, V::first_lanes(lanes), seen_columns, kRows * kStride * r.row_step,
                              r.copy + i / V::lanes * r.copy_step);
        }
        one.dst = static_cast<T*>(r.dst) + c;
        one.bias = r.bias == nullptr ? nullptr : r.bias + c;
        one.weights = r.weights + c / V::lanes * r.weights_step;
        one.total = r.total == nullptr ? nullptr : r.total + c;
        if constexpr (kWide) convolve_rows<V, T, WideProduct, kKernel, kStride, kRows, kMostColumns>(one, column);
        else convolve_rows<V, T, NarrowProduct, kKernel, kStride, kRows, kMostColumns>(one, column);
    }
}

template <typename V, typename T, bool kWide, int kMostColumns>
constexpr void fill_groups(DepthwiseFunctionsOfKernel& of) {
    of[0][0] = convolve_groups<V, T, kWide, 1, 1, kMostColumns>;
    of[0][1] = convolve_groups<V, T, kWide, 1, 2, kMostColumns>;
    of[1][0] = convolve_groups<V, T, kWide, 2, 1, kMostColumns>;
    of[1][1] = convolve_groups<V, T, kWide, 2, 2, kMostColumns>;
}

template <typename V, typename T, int kMostColumns>
constexpr void fill_depthwise(DepthwiseFunctions& functions) {
    fill_kernel<V, T, DepthwiseProduct, 3, kMostColumns>(functions[0]);
    fill_kernel<V, T, DepthwiseProduct, 5, kMostColumns>(functions[1]);
    fill_groups<V, T, false, kMostColumns>(functions[2]);
    fill_groups<V, T, true, kMostColumns>(functions[3]);
}

}  // namespace conv4j
