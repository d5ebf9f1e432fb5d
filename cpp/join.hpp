// Tensors with channels last joined along the channels, and normalised in the same pass.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "isa.hpp"
#include "kernels.hpp"

namespace conv4j {

// Tensors of some channels each, joined, and perhaps normalised, row by row of dst: pixel by pixel.
struct Join {
    int64_t bytes;  // of an element: 4 for f32, 2 for bf16
    bool normalises, relu;
    std::vector<int64_t> channels;  // of each tensor

    int64_t total() const;
    // Pixels [first, last), to rows of dst that are dst_step elements apart. Buffers: the tensors in order and, to normalise, scale
    // and shift.
    void run(const Isa& isa, void* const* buffers, int64_t first, int64_t last, void* dst, int64_t dst_step) const;
};

// kJoinScaleShift, buffers: the tensors in order, scale and shift one after the other (f32, [2][channels]), dst. dst holds
// the channels of all tensors, each element times its channel's scale plus its shift, and at least 0 if that is asked for.
//   parameters: pixels, bytes of an element (4 for f32, 2 for bf16), whether relu follows (0 or 1), channels of each tensor
// Null if there are no such parameters.
std::unique_ptr<Kernel> make_join_scale_shift(const int64_t* parameters, int count);

// kJoin, buffers: the tensors in order, dst, which holds the channels of all of them.
//   parameters: pixels, bytes of an element (4 for f32, 2 for bf16), channels of each tensor
// Null if there are no such parameters.
std::unique_ptr<Kernel> make_join(const int64_t* parameters, int count);

}  // namespace conv4j
