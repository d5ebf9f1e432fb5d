// Convolutions and transposed convolutions of few pixels and many weights as products of two matrices: the pixels' windows,
// gathered ("indirect": Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks for Document
// Processing"), and the weights, which are fetched ahead from L3 or memory while others are multiplied.
//
// A transposed convolution of stride s is one product for each of its phases, the dst pixels that are s apart: these see
// the same taps (Dumoulin, Visin 2016, "A guide to convolution arithmetic for deep learning", 4.6); no zeros are multiplied.
//
// Tensors are f32, with channels last; src is read as often as windows overlap.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.hpp"

namespace conv4j {

// Parameters of the functions below, and of indirect_weights_bytes and indirect_scratchpad_bytes: IsaKind, threads, batch, src height, width, channels, dst height, width, channels;
// kernel, stride, dilation, padding before, of height, of width; whether it is transposed, whether there is a bias (0 or
// 1), and for each post-op, at most eight: PostOpKind, bits of alpha, bits of beta.
//
// kIndirect, buffers src, packed weights, bias if there is one, operands of the post-ops in order, scratchpad, dst.
std::unique_ptr<Kernel> make_indirect(const int64_t* parameters, int count);

// kIndirectWeights, before the parameters two more: the rows from first to before last of the weights' first axis that are there;
// nothing is written for others. Buffers those rows of weights ([Cout][Cin][height][width], of a transposed one
// [Cin][Cout][height][width]), packed weights.
std::unique_ptr<Kernel> make_indirect_weights(const int64_t* parameters, int count);

}  // namespace conv4j
