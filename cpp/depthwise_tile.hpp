// The work of depthwise and grouped (grouped_tile.hpp) convolutions on rows of dst, over a vector type V (activation.hpp). Beyond that V has
//   Mask, first_lanes(n), load(p, mask) with zeros for the other lanes, store(p, mask), for f32 and bf16.
#pragma once

#include "activation.hpp"
#include "isa.hpp"

namespace conv4j {

// Applies the post-ops to vectors in memory: inlined into each block it would be too much code.
template <typename V>
[[gnu::noinline]] void apply_all(const DepthwiseRows& r, V* x, int count) {
    for (int k = 0; k < r.post_op_count; ++k) {
        const PostOp& op = r.post_ops[k];
        for (int i = 0; i < count; ++i) x[i] = applied(op, x[i]);
    }
}

// Which lanes of the columns that are seen exist, and where they are: at both ends kKernel / 2 columns may not exist. These
// are read, without any lane, from where one does, as a CPU takes long over an address that is no memory.
template <typename V, int kKernel, int kColumns>
struct SeenColumns {
    static constexpr int kEdge = kKernel / 2;
    typename V::Mask all, edges[2 * kEdge];
    int64_t step, edge_steps[2 * kEdge];

    [[gnu::always_inline]] SeenColumns(const DepthwiseRows& r, int64_t first, int64_t lanes)
        : all(V::first_lanes(lanes)), step(r.column_step) {
#pragma GCC unroll 4
        for (int i = 0; i < 2 * kEdge; ++i) {
            const int64_t column = i < kEdge ? i : kColumns - 2 * kEdge + i;
            const bool exists = first + column >= 0 && first + column < r.src_columns;
            edges[i] = V::first_lanes(exists ? lanes : 0);
            edge_steps[i] = (exists ? column : kEdge) * step;
        }
    }

    static constexpr bool inner(int column) { return column >= kEdge && column < kColumns - kEdge; }
    static constexpr int edge(int column) { return column < kEdge ? column : column - kColumns + 2 * kEdge; }

    template <typename T>
    [[gnu::always_inline]] V load(const T* row, int column) const {
        return inner(column) ? V::load(row + column * step, all) : V::load(row + edge_steps[edge(column)], edges[edge(column)]);
    }
};

template <typename V, typename T, int kKernel, int kStride, int kRows, int kColumns>
struct DepthwiseProduct {
    using Src = T;
    static constexpr int kSrcRows = (kRows - 1) * kStride + kKernel, kSrcColumns = (kColumns - 1) * kStride + kKernel;

    // One vector of channels, from c on, of kColumns columns of kRows rows: the sums in registers, every element of src loaded once.
    [[gnu::always_inline]] static void add(const DepthwiseRows& r, const T* src, int64_t c, int64_t first, int64_t lanes,
                                           const float* weights, V* sum) {
        const SeenColumns<V, kKernel, kSrcColumns> seen(r, first, lanes);
#pragma GCC unroll 8
        for (int y = 0; y < kSrcRows; ++y) {
            if ((r.rows >> y & 1) == 0) continue;
            const T* row = src + c + y * r.row_step;
#pragma GCC unroll 20
            for (int x = 0; x < kSrcColumns; ++x) {
                const V value = seen.load(row, x);
#pragma GCC unroll 2
                for (int i = 0; i < kRows; ++i) {
                    const int ky = y - i * kStride;
                    if (ky < 0 || ky >= kKernel) continue;
#pragma GCC unroll 8
                    for (int j = 0; j < kColumns; ++j) {
                        const int kx = x - j * kStride;
                        if (kx < 0 || kx >= kKernel) continue;
                        V& to = sum[i * kColumns + j];
                        to = fma(value, V::load(weights + (ky * kKernel + kx) * V::lanes), to);
                    }
                }
            }
        }
    }
};

// kColumns columns of kRows rows of dst from a column on, all channels. Product adds to the sums of a vector of channels.
template <typename V, typename T, int kStride, int kRows, int kColumns, typename Product, typename Rows>
void convolve_block(const Rows& r, int64_t column) {
    constexpr int kSums = kRows * kColumns;
    const auto* src = static_cast<const typename Product::Src*>(r.src) + column * kStride * r.column_step;
    T* dst = static_cast<T*>(r.dst) + column * r.dst_column_step;
    const bool clips = r.post_op_count == 1 && r.post_ops[0].kind == kClip;
    const V low = V::all(r.post_ops[0].alpha), high = V::all(r.post_ops[0].beta);
    const float* weights = r.weights;
    for (int64_t c = 0; c < r.channels; c += V::lanes, weights += r.weights_step) {
        const int64_t lanes = r.channels - c < V::lanes ? r.channels - c : V::lanes;
        const typename V::Mask mask = V::first_lanes(lanes);
        V sum[kSums];
        const V bias = r.bias == nullptr ? V::all(0) : V::load(r.bias + c, mask);
#pragma GCC unroll 16
        for (int i = 0; i < kSums; ++i) sum[i] = bias;
        Product::add(r, src, c, column * kStride - r.before, lanes, weights, sum);
        if (clips) {
#pragma GCC unroll 16
            for (int i = 0; i < kSums; ++i) sum[i] = min(high, max(low, sum[i]));
        } else if (r.post_op_count > 0) {
            V x[kSums];
#pragma GCC unroll 16
            for (int i = 0; i < kSums; ++i) x[i] = sum[i];
            apply_all(r, x, kSums);
#pragma GCC unroll 16
            for (int i = 0; i < kSums; ++i) sum[i] = x[i];
        }
#pragma GCC unroll 16
        for (int i = 0; i < kSums; ++i) {
            sum[i].store(dst + c + i / kColumns * r.dst_row_step + i % kColumns * r.dst_column_step, mask);
        }
        if (r.total != nullptr) {
            V total = sum[0];
#pragma GCC unroll 16
            for (int i = 1; i < kSums; ++i) total = total + sum[i];
            (V::load(r.total + c) + total).store(r.total + c);
        }
    }
}

// A block of so many columns, at most kColumns, from a column on.
template <typename V, typename T, template <typename, typename, int, int, int, int> class Product, int kKernel, int kStride,
          int kRows, int kColumns, typename Rows>
[[gnu::always_inline]] inline void convolve_columns(const Rows& r, int64_t column, int64_t count) {
    if (kColumns == 1 || count == kColumns) {
        using BlockProduct = Product<V, T, kKernel, kStride, kRows, kColumns>;
        convolve_block<V, T, kStride, kRows, kColumns, BlockProduct>(r, column);
    } else if constexpr (kColumns > 1) {
        convolve_columns<V, T, Product, kKernel, kStride, kRows, kColumns - 1>(r, column, count);
    }
}

// All columns, in as few blocks of at most kMostColumns as can be, and as even: the sums of narrow ones wait for each other.
template <typename V, typename T, template <typename, typename, int, int, int, int> class Product, int kKernel, int kStride,
          int kRows, int kMostColumns, typename Rows = DepthwiseRows>
void convolve_rows(const Rows& r) {
    const int64_t blocks = (r.columns + kMostColumns - 1) / kMostColumns;
    for (int64_t i = 0, column = 0, end; i < blocks; ++i, column = end) {
        end = r.columns * (i + 1) / blocks;
        convolve_columns<V, T, Product, kKernel, kStride, kRows, kMostColumns>(r, column, end - column);
    }
}

template <typename V, typename T, template <typename, typename, int, int, int, int> class Product, int kKernel, int kMostColumns>
constexpr void fill_kernel(DepthwiseFunctionsOfKernel& of) {
    of[0][0] = convolve_rows<V, T, Product, kKernel, 1, 1, kMostColumns>;
    of[0][1] = convolve_rows<V, T, Product, kKernel, 1, 2, kMostColumns>;
    of[1][0] = convolve_rows<V, T, Product, kKernel, 2, 1, kMostColumns>;
    of[1][1] = convolve_rows<V, T, Product, kKernel, 2, 2, kMostColumns>;
}

template <typename V, typename T, int kMostColumns>
constexpr void fill_depthwise(DepthwiseFunctions& functions) {
    fill_kernel<V, T, DepthwiseProduct, 3, kMostColumns>(functions[0]);
    fill_kernel<V, T, DepthwiseProduct, 5, kMostColumns>(functions[1]);
}

}  // namespace conv4j
