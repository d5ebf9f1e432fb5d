// Scale, shift and relu of some channels of many pixels, or their copies, over a vector type V as in activation.hpp.
#pragma once

#include "isa.hpp"

namespace conv4j {

// Pixel by pixel: there is nothing to keep for the next one, and what lies together is fetched together.
template <typename V, typename T>
void copy_pixels(const ScaleShift& s) {
    const int64_t whole = s.channels / V::lanes * V::lanes;
    const T* src = static_cast<const T*>(s.src);
    T* dst = static_cast<T*>(s.dst);
    for (int64_t i = 0; i < s.pixels; ++i, src += s.src_step, dst += s.dst_step) {
        for (int64_t c = 0; c < whole; c += V::lanes) V::load(src + c).store(dst + c);
        if (whole < s.channels) V::load(src + whole, s.channels - whole).store(dst + whole, s.channels - whole);
    }
}

template <typename V, typename T>
void scale_shift(const ScaleShift& s) {
    if (s.scale == nullptr) {
        copy_pixels<V, T>(s);
        return;
    }
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
