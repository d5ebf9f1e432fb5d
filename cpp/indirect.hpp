// Convolutions and transposed convolutions of few pixels and many weights by the indirect algorithm (Dukhan 2019, "The Indirect
// Convolution Algorithm"): for each tap a product of two matrices, of which one is given by pointers to the src pixels that the
// tap meets, so that nothing is copied and padding is not multiplied; weights are fetched ahead from L3 or memory while others
// are multiplied.
//
// A transposed convolution of stride s is one product for each of its phases, the dst pixels that are s apart: these see
// the same taps (Dumoulin, Visin 2016, "A guide to convolution arithmetic for deep learning", 4.6); no zeros are multiplied.
//
// Of few channels, as first layers have, a tap would be over before it began: the rows that a block's windows see are copied, with
// their padding, and all taps multiplied at once. Where a block's products are whole when they are made, their post-ops are applied in
// registers, and they are never stored in between.
//
// Tensors are f32, with channels last. Where windows are single pixels, src may be what a concatenation and a normalisation
// make of several tensors, or max pooling of one: of a block of pixels at a time, just before they are multiplied.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.hpp"

namespace conv4j {

// Parameters of the functions below, and of indirect_weights_bytes and indirect_scratchpad_bytes: IsaKind, threads, batch, src
// height, width, channels, dst height, width, channels; kernel, stride, dilation, padding before, of height, of width; whether
// it is transposed, whether there is a bias (0 or 1 each); how rows and weights are multiplied
// (0 as they are, 1 by Strassen's algorithm, strassen.hpp, 2 by the fast inner product, fip.hpp, 3 by that of two vectors of weights
// at a time, 4 by Winograd's filtering of rows, filtered.hpp); what src is, and
// how many parameters of that follow; and for each post-op, at most eight: PostOpKind, bits of alpha, bits of beta.
//
// src is there (0, no parameters), or made, for windows of 1x1, stride 1 and no padding: joined and normalised (join.hpp; 1, or
// 2 if relu follows) of tensors, parameters the channels of each; or pooled (max_pool.hpp; 3), parameters source extent, kernel,
// stride, padding before, of height, of width; or there, with a factor for each channel, which only the fast inner product takes (4, no
// parameters).
//
// kIndirect, buffers src, and its factors if there are any, or what it is made of: the tensors that are joined, and scale and shift in
// one, or the tensor that is pooled; packed weights, bias if there is one, operands of the post-ops in order, scratchpad, dst.
std::unique_ptr<Kernel> make_indirect(const int64_t* parameters, int count);

// kIndirectWeights, before the parameters two more: the rows from first to before last of the weights' first axis that are there;
// nothing is written for others. Buffers those rows of weights ([Cout][Cin][height][width], of a transposed one
// [Cin][Cout][height][width]), packed weights.
std::unique_ptr<Kernel> make_indirect_weights(const int64_t* parameters, int count);

// kIndirectGates, the same parameters as of kIndirect; buffers packed weights, a factor for each channel of src, and the packed
// weights times these.
std::unique_ptr<Kernel> make_indirect_gates(const int64_t* parameters, int count);

}  // namespace conv4j
