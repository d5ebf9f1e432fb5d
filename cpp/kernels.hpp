// Kernels that oneDNN lacks, on f32 with channels last. Parameters are read once, when the kernel is made.
#pragma once

#include <cstdint>
#include <memory>

#include "conv4j.hpp"

namespace conv4j {

class Kernel {
  public:
    virtual ~Kernel() = default;
    // Computes into buffers, the destination last; uses up to `threads` threads.
    virtual void run(void* const* buffers, int threads) const noexcept = 0;
};

// kPixelShuffle, buffers src and dst. A group of `channels` channels at dst (n, z, y, x) is copied from src
// (n, (z + crop) / stride, …), channel block phase = ((z + crop) % stride, …) row-major. With groups, src channels are
// [groups][phases][channels] and dst channels [groups][channels].
//   parameters: batch, groups, channels, then for D, H, W: stride, crop, src extent, dst extent; bytes of an element
//
// kFill, buffer dst.
//   parameters: elements, bits of the f32 value
//
// kResize, buffers src, table, dst. Every dst element along an axis is a weighted sum of `taps` src elements along it;
// the table holds, per axis D, H, W, all indices (s32, [extent][taps]) and then all weights (f32, likewise).
//   parameters: batch, channels, then for D, H, W: src extent, dst extent, taps
//
// kSwishElements, buffers src, dst, which may be src: x / (1 + exp(-alpha x)) of every element. oneDNN's own, fused or not, takes
// twice as long.
//   parameters: elements, bits of the f32 alpha, bytes of an element: 4 for f32, 2 for bf16
//
// kJoinScaleShift, kJoin: join.hpp. kLocalResponse: local_response.hpp. kMaxPool: max_pool.hpp. kTranspose: transpose.hpp.
// kWinograd, kWinogradWeights: winograd.hpp. kDepthwise, kDepthwiseWeights: depthwise.hpp.
// kIndirect, kIndirectWeights, kIndirectGates: indirect.hpp. kGemv: gemv.hpp.
std::unique_ptr<Kernel> make_kernel(KernelKind kind, const int64_t* parameters, int count);

}  // namespace conv4j
