// Maxima over windows of tensors with channels last, in f32.
#pragma once

#include <cstdint>
#include <memory>

#include "isa.hpp"
#include "kernels.hpp"

namespace conv4j {

// Windows over an image; what they see beyond it does not count.
struct MaxPool {
    struct Axis {
        int64_t src, dst, kernel, stride, pad;

        // Whether every window sees some element, and is not too large.
        bool valid() const {
            return src > 0 && kernel > 0 && kernel <= kMostMaxKernel && stride > 0 && pad >= 0 && pad < kernel &&
                   (dst - 1) * stride - pad < src;
        }
    };

    int64_t channels;
    Axis height, width;

    // Pixels [first, last) of dst, of all images, to rows of dst that are dst_step elements apart.
    void run(const Isa& isa, const float* src, int64_t first, int64_t last, float* dst, int64_t dst_step) const;
};

// kMaxPool, buffers src, dst. Parameters: IsaKind, batch, channels, then of height and width: src extent, dst extent, kernel, stride,
// padding before. Null if they make no sense.
std::unique_ptr<BandedKernel> make_max_pool(const int64_t* parameters, int count);

}  // namespace conv4j
