// Normalisation across five neighbouring channels by the power 3/4, as AlexNet (Krizhevsky et al. 2012) and those after it take it, of
// f32 with channels last: by reciprocal roots of about a unit in the last place instead of the roots and divisions that bound others.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.hpp"

namespace conv4j {

// kLocalResponse, buffers src, dst, which may be src: src / (bias + scale * the sum of squares of the two channels before, the
// channel and the two after)^0.75. Parameters: IsaKind, pixels, channels, bits of scale, bits of bias. Null if they make no sense.
std::unique_ptr<Kernel> make_local_response(const int64_t* parameters, int count);

}  // namespace conv4j
