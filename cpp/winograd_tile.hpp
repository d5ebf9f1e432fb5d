// Winograd's work on a tile, over a vector type V (activation.hpp).
#pragma once

#include "activation.hpp"
#include "isa.hpp"
#include "winograd_transform.hpp"

namespace conv4j {

// The parts of a tile's elements that exist: all of them, all of the pixels but not of the channels, or some.
enum class Existing { kAll, kPixels, kSome };

template <typename V, typename T, int M, Existing kExisting>
[[gnu::always_inline]] inline void transform_chunk(const WinogradInput& in, int64_t channel, float* v) {
    constexpr int N = M + 2;
    const T* src = static_cast<const T*>(in.src) + channel;
    const int64_t n = in.channels - channel < V::lanes ? in.channels - channel : V::lanes;
    V columns[N * N];
#pragma GCC unroll 8
    for (int x = 0; x < N; ++x) {
        V d[N];
#pragma GCC unroll 8
        for (int y = 0; y < N; ++y) {
            const T* at = src + y * in.row_step + x * in.column_step;
            if (kExisting == Existing::kSome) {
                d[y] = (in.rows >> y & in.columns >> x & 1) != 0 ? V::load(at, n) : V::all(0);
                continue;
            }
            d[y] = kExisting == Existing::kAll ? V::load(at) : V::load(at, n);
            // What the next tile does not share with this one.
            if (x >= 2) __builtin_prefetch(at + M * in.column_step);
        }
        WinogradTransform<M>::input(d, 1, columns + x * N);
    }
#pragma GCC unroll 8
    for (int y = 0; y < N; ++y) {
        V t[N];
        WinogradTransform<M>::input(columns + y, N, t);
#pragma GCC unroll 8
        for (int x = 0; x < N; ++x) t[x].store(v + (y * N + x) * in.position_step);
    }
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
    const int64_t tap_step = in.vectors * V::lanes, position_step = in.position_step;
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
#pragma GCC unroll 8
            for (int y = 0; y < N; ++y) {
                V t[N];
                kernel_transform<M>(columns + y, N, t);
#pragma GCC unroll 8
                for (int x = 0; x < N; ++x) t[x].store(to + (y * N + x) * position_step);
            }
        }
    }
}

// Applies a post-op to the elements of a tile, whose rows lie M apart; what it does to those that do not exist is lost.
template <typename V, typename T, int M>
void apply(const PostOp& op, const WinogradOutput& out, int64_t channel, int64_t n, V* y) {
    if (op.kind != kAddOperand && op.kind != kMultiplyOperand) {
        with_activation<V>(op, [&](auto activation) {
#pragma GCC unroll 6
            for (int i = 0; i < M * M; ++i) y[i] = activation(y[i]);
        });
        return;
    }
    for (int i = 0; i < out.rows; ++i) {
        for (int j = 0; j < out.columns; ++j) {
            V& at = y[i * M + j];
            const V operand = V::load(static_cast<const T*>(op.operand) + channel + i * out.row_step + j * out.column_step, n);
            at = op.kind == kAddOperand ? at + operand : at * operand;
        }
    }
}

template <typename V, typename T, int M>
void transform_output(const WinogradOutput& out) {
    constexpr int N = M + 2;
    const float* m = out.m;
    for (int64_t c = 0; c < out.channels; c += V::lanes, m += out.vector_step) {
        const int64_t n = out.channels - c < V::lanes ? out.channels - c : V::lanes;
        const V bias = out.bias == nullptr ? V::all(0) : V::load(out.bias + c, n);
        V columns[N * M];
#pragma GCC unroll 8
        for (int x = 0; x < N; ++x) {
            V p[N];
#pragma GCC unroll 8
            for (int y = 0; y < N; ++y) p[y] = V::load(m + (y * N + x) * out.position_step);
            WinogradTransform<M>::output(p, 1, columns + x * M);
        }
        V y[M * M];
#pragma GCC unroll 8
        for (int i = 0; i < M; ++i) {
            WinogradTransform<M>::output(columns + i, M, y + i * M);
#pragma GCC unroll 8
            for (int j = 0; j < M; ++j) y[i * M + j] = y[i * M + j] + bias;
        }
        for (int i = 0; i < out.post_op_count; ++i) apply<V, T, M>(out.post_ops[i], out, c, n, y);
        const bool whole = n == V::lanes && out.columns == M;
        for (int i = 0; i < out.rows; ++i) {
            T* to = static_cast<T*>(out.dst) + c + i * out.row_step;
            for (int j = 0; j < out.columns; ++j, to += out.column_step) {
                if (whole) {
                    y[i * M + j].store(to);
                    __builtin_prefetch(to + M * out.column_step, 1);
                } else {
                    y[i * M + j].store(to, n);
                }
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
