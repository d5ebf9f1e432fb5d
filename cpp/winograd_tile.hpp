// Winograd's work on a tile, over a vector type V (activation.hpp).
#pragma once

#include "activation.hpp"
#include "isa.hpp"
#include "winograd_transform.hpp"

namespace conv4j {

// The parts of a tile's elements that exist: all of them, all of the pixels but not of the channels, or some.
enum class Existing { kAll, kPixels, kSome };

// Does something with each number below `count`. For the largest tiles that stays a loop: unrolled, it would be more code than a
// CPU keeps decoded.
template <int M, typename Use>
[[gnu::always_inline]] inline void each(int count, Use use) {
    if constexpr (M < 6) {
#pragma GCC unroll 6
        for (int i = 0; i < count; ++i) use(i);
    } else {
#pragma GCC unroll 1
        for (int i = 0; i < count; ++i) use(i);
    }
}

template <typename V, typename T, int M, Existing kExisting>
[[gnu::always_inline]] inline void transform_chunk(const WinogradInput& in, int64_t channel, float* v) {
    constexpr int N = M + 2;
    const T* column = static_cast<const T*>(in.src) + channel;
    const int64_t n = in.channels - channel < V::lanes ? in.channels - channel : V::lanes;
    const int64_t shared = M * in.column_step;
    V columns[N * N];
    each<M>(N, [&](int x) {
        V d[N];
        const T* at = column;
#pragma GCC unroll 8
        for (int y = 0; y < N; ++y, at += in.row_step) {
            if (kExisting == Existing::kSome) {
                d[y] = (in.rows >> y & in.columns >> x & 1) != 0 ? V::load(at, n) : V::all(0);
                continue;
            }
            d[y] = kExisting == Existing::kAll ? V::load(at) : V::load(at, n);
            // What the next tile does not share with this one.
            if (x >= 2) __builtin_prefetch(at + shared);
        }
        WinogradTransform<M>::input(d, 1, columns + x * N);
        column += in.column_step;
    });
    each<M>(N, [&](int y) {
        V t[N];
        WinogradTransform<M>::input(columns + y, N, t);
#pragma GCC unroll 8
        for (int x = 0; x < N; ++x, v += in.position_step) t[x].store(v);
    });
}

template <typename V, typename T, int M>
void transform_input(const WinogradInput& in) {
    constexpr uint32_t kEvery = (1u << (M + 2)) - 1;
    const bool inside = in.rows == kEvery && in.columns == kEvery;
    float* v = in.v;
    for (int64_t c = 0; c < in.channels; c += V::lanes, v += in.chunk_step) {
        if (!inside) {
            transform_chunk<V, T, M, Existing::kSome>(in, c, v);
        } else if (c + V::lanes <= in.channels) {
            transform_chunk<V, T, M, Existing::kAll>(in, c, v);
        } else {
            transform_chunk<V, T, M, Existing::kPixels>(in, c, v);
        }
    }
}

template <typename V, int M>
void transform_kernels(const WinogradKernels& in) {
    constexpr int N = M + 2;
    const float* taps = in.taps;
    float* to = in.to;
    const int64_t tap_step = in.vectors * V::lanes;
    for (int64_t c = 0; c < in.channels; ++c, taps += 8 * tap_step) {
        for (int64_t i = 0; i < in.vectors; ++i, taps += V::lanes, to += V::lanes) {
            V columns[3 * N];
#pragma GCC unroll 3
            for (int x = 0; x < 3; ++x) {
                V k[3];
#pragma GCC unroll 3
                for (int y = 0; y < 3; ++y) k[y] = V::load(taps + (y * 3 + x) * tap_step);
                kernel_transform<M>(k, 1, columns + x * N);
            }
            float* position = to;
            each<M>(N, [&](int y) {
                V t[N];
                kernel_transform<M>(columns + y, N, t);
#pragma GCC unroll 8
                for (int x = 0; x < N; ++x, position += in.position_step) t[x].store(position);
            });
        }
    }
}

// Applies a post-op to a row of a tile's elements, which begin `at` elements from the first; what it does to those that do not
// exist is lost.
template <typename V, typename T, int M>
[[gnu::always_inline]] inline void apply(const PostOp& op, const WinogradOutput& out, int64_t at, int64_t n, V* y) {
    if (op.kind != kAddOperand && op.kind != kMultiplyOperand) {
        with_activation<V>(op, [&](auto activation) {
#pragma GCC unroll 6
            for (int j = 0; j < M; ++j) y[j] = activation(y[j]);
        });
        return;
    }
    const T* operand = static_cast<const T*>(op.operand) + at;
    for (int j = 0; j < out.columns; ++j, operand += out.column_step) {
        const V x = V::load(operand, n);
        y[j] = op.kind == kAddOperand ? y[j] + x : y[j] * x;
    }
}

template <typename V, typename T, int M>
void transform_output(const WinogradOutput& out) {
    constexpr int N = M + 2;
    const float* m = out.m;
    const int64_t next_tile = M * out.column_step;
    for (int64_t c = 0; c < out.channels; c += V::lanes, m += out.vector_step) {
        const int64_t n = out.channels - c < V::lanes ? out.channels - c : V::lanes;
        const V bias = out.bias == nullptr ? V::all(0) : V::load(out.bias + c, n);
        V columns[N * M];
        const float* column = m;
        each<M>(N, [&](int x) {
            V p[N];
            const float* at = column;
#pragma GCC unroll 8
            for (int y = 0; y < N; ++y, at += N * out.position_step) p[y] = V::load(at);
            WinogradTransform<M>::output(p, 1, columns + x * M);
            column += out.position_step;
        });
        const bool whole = n == V::lanes && out.columns == M;
#pragma GCC unroll 1
        for (int i = 0; i < out.rows; ++i) {
            V y[M];
            WinogradTransform<M>::output(columns + i, M, y);
#pragma GCC unroll 6
            for (int j = 0; j < M; ++j) y[j] = y[j] + bias;
            const int64_t at = c + i * out.row_step;
            for (int k = 0; k < out.post_op_count; ++k) apply<V, T, M>(out.post_ops[k], out, at, n, y);
            T* to = static_cast<T*>(out.dst) + at;
            if (whole) {
#pragma GCC unroll 6
                for (int j = 0; j < M; ++j, to += out.column_step) {
                    y[j].store(to);
                    __builtin_prefetch(to + next_tile, 1);
                }
            } else {
                for (int j = 0; j < out.columns; ++j, to += out.column_step) y[j].store(to, n);
            }
        }
    }
}

// The transforms of tensors of type T.
template <typename V, typename T>
constexpr void fill_transforms(void (*(&input)[3])(const WinogradInput&), void (*(&output)[3])(const WinogradOutput&)) {
    input[0] = transform_input<V, T, 2>;
    input[1] = transform_input<V, T, 4>;
    input[2] = transform_input<V, T, 6>;
    output[0] = transform_output<V, T, 2>;
    output[1] = transform_output<V, T, 4>;
    output[2] = transform_output<V, T, 6>;
}

template <typename V>
constexpr WinogradFunctions winograd_functions() {
    WinogradFunctions functions{};
    fill_transforms<V, float>(functions.input[0], functions.output[0]);
    fill_transforms<V, Bf16>(functions.input[1], functions.output[1]);
    functions.kernels[0] = transform_kernels<V, 2>;
    functions.kernels[1] = transform_kernels<V, 4>;
    functions.kernels[2] = transform_kernels<V, 6>;
    return functions;
}

}  // namespace conv4j
