// Tensors with channels last joined along the channels and normalised in one pass.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.hpp"

namespace conv4j {

// kJoinScaleShift, buffers: the tensors in order, scale and shift one after the other (f32, [2][channels]), dst. dst holds
// the channels of all tensors, each element times its channel's scale plus its shift, and at least 0 if that is asked for.
//   parameters: pixels, bytes of an element (4 for f32, 2 for bf16), whether relu follows (0 or 1), channels of each tensor
// Null if there are no such parameters.
std::unique_ptr<Kernel> make_join_scale_shift(const int64_t* parameters, int count);

}  // namespace conv4j
