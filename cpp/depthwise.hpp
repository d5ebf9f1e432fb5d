// Depthwise convolutions of kernels 3x3 and 5x5 and grouped ones of 3x3, strides 1 and 2, channels last, f32 or bf16 with
// sums in f32: a block of dst that fills the registers is computed at a time, vector of channels by vector of channels, so
// that every element of src is loaded once for all rows and columns of the block, and for each channel of a group.
// Activations are applied, and the mean over each image taken, before dst is written.
#pragma once

#include <cstdint>
#include <memory>

#include "isa.hpp"
#include "kernels.hpp"

namespace conv4j {

// Parameters of all functions below: IsaKind, 0 for f32, 1 for bf16 or 2 for f32 and groups by Winograd's filtering of rows
// (grouped_winograd_tile.hpp); threads, batch, channels, src height, width, dst
// height, width, kernel, stride, top and left padding (at the left and at the right at most half the kernel), whether there
// is a bias and whether there is a mean (0 or 1), the channels of a group: 1, or of src and dst alike and either part of a
// vector of the ISA or several whole ones, and for each post-op, at most eight and none with an operand: PostOpKind,
// bits of alpha, bits of beta.
//
// kDepthwise, buffers src, packed weights, bias (f32) if there is one, scratchpad if it has bytes, mean
// [batch][channels] if there is one, dst.
std::unique_ptr<Kernel> make_depthwise(const int64_t* parameters, int count);

// Rows of dst that are computed together.
constexpr int64_t kDepthwiseRows = 2;

// The same without groups, in bands, which begin with whole kDepthwiseRows and end with them but at the end of an image.
std::unique_ptr<BandedKernel> make_banded_depthwise(const int64_t* parameters, int count);

// kDepthwiseWeights, buffers weights [C][channels of a group][k][k] in f32, packed weights.
std::unique_ptr<Kernel> make_depthwise_weights(const int64_t* parameters, int count);

}  // namespace conv4j
