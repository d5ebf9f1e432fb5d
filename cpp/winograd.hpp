// Dense 3x3 convolutions of stride 1 by Winograd's minimal filtering F(m x m, 3x3), m = 2, 4 or 6 (Lavin, Gray 2015,
// "Fast Algorithms for Convolutional Neural Networks"): tiles of (m+2)^2 src elements and the kernels are transformed,
// multiplied position by position as matrices over the channels, and m^2 dst elements are transformed back. It takes
// (1 + 2/m)^2 / 9 of the direct algorithm's multiplications. A dilated convolution is one of interleaved sub-images.
//
// Tensors are f32 or bf16, with channels last; what is between is f32. src is read, dst written, once; tiles are worked off in
// blocks whose transforms stay in the L2 cache. The kernels' transform is done once, in double, or anew in every run, in f32:
// that takes some time, but only 9 numbers of a kernel are held instead of (m+2)^2.
#pragma once

#include <cstdint>
#include <memory>

#include "isa.hpp"
#include "kernels.hpp"

namespace conv4j {

// Parameters of all functions below: IsaKind, m, threads, batch, src height, width, channels, dst height, width, channels,
// top and left padding, dilation along height and width, whether there is a bias (0 or 1), bytes of an element of src,
// operands and dst (4 for f32, 2 for bf16), whether the kernels are transformed in every run, whether the products are made by the fast
// inner product (fip.hpp; 0 or 1 each), in how many tensors the src channels lie and how many in each, and for each post-op, at most eight: PostOpKind, bits of alpha, bits of beta.
//
// kWinograd, buffers the tensors of src, packed weights, bias if there is one, operands of the post-ops in order, scratchpad, dst.
std::unique_ptr<Kernel> make_winograd(const int64_t* parameters, int count);

// kWinogradWeights, buffers weights [Cout][Cin][3][3], packed weights.
std::unique_ptr<Kernel> make_winograd_weights(const int64_t* parameters, int count);

}  // namespace conv4j
