// Normalisation across neighbouring channels, over a vector type V (activation.hpp). Beyond that V has
//   reciprocal_root(a): 1 / sqrt(a) to about a unit in the last place, for finite a > 0;
//   square_root(a);
//   template <int k> following(next): the lanes from k on, then the first k of next.
#pragma once

#include "isa.hpp"

namespace conv4j {

template <typename V>
void local_response(const LocalResponse& p) {
    const V scale = V::all(p.scale), bias = V::all(p.bias), most = V::all(__FLT_MAX__), zero = V::all(0);
    for (int64_t i = 0; i < p.pixels; ++i) {
        const float* src = p.src + i * p.channels;
        float* dst = p.dst + i * p.channels;
        const auto load = [&](int64_t c) {
            const int64_t left = p.channels - c;
            return left >= V::lanes ? V::load(src + c) : left > 0 ? V::load(src + c, left) : zero;
        };
        V x = load(0), before = zero, squares = x * x;
        for (int64_t c = 0; c < p.channels; c += V::lanes) {
            const V next_x = load(c + V::lanes), next = next_x * next_x;
            const V left = before.template following<V::lanes - 2>(squares) + before.template following<V::lanes - 1>(squares);
            const V right = squares.template following<1>(next) + squares.template following<2>(next);
            // b^(-3/4) = r sqrt(r) with r = b^(-1/2): one root by multiplications, the other by the unit that divides meanwhile.
            const V root = reciprocal_root(min(most, fma(left + squares + right, scale, bias)));
            const V y = x * root * square_root(root);
            if (p.channels - c >= V::lanes) {
                y.store(dst + c);
            } else {
                y.store(dst + c, p.channels - c);
            }
            before = squares;
            squares = next;
            x = next_x;
        }
    }
}

}  // namespace conv4j
