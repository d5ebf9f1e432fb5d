// Scale, shift and relu of some channels of many pixels, over a vector type V as in activation.hpp.
#pragma once

#include "isa.hpp"

namespace conv4j {

template <typename V, typename T>
void scale_shift(const ScaleShift& s) {
    const V least = V::all(s.relu ? 0 : -__builtin_inff());
    for (int64_t c = 0; c < s.channels; c += V::lanes) {
        const int64_t n = s.channels - c < V::lanes ? s.channels - c : V::lanes;
        const V scale = V::load(s.scale + c, n), shift = V::load(s.shift + c, n);
        const T* src = static_cast<const T*>(s.src) + c;
        T* dst = static_cast<T*>(s.dst) + c;
        if (n == V::lanes) {
            for (int64_t i = 0; i < s.pixels; ++i, src += s.src_step, dst += s.dst_step) {
                max(least, fma(V::load(src), scale, shift)).store(dst);
            }
        } else {
            for (int64_t i = 0; i < s.pixels; ++i, src += s.src_step, dst += s.dst_step) {
                max(least, fma(V::load(src, n), scale, shift)).store(dst, n);
            }
        }
    }
}

}  // namespace conv4j
