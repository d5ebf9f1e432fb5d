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

// Rows [first, last) of dst of an image. The buffer src begins with the image's row src_row and holds all rows from there on that are seen
// and exist; dst begins with the row dst_row.
struct RowBand {
    int64_t image, first, last, src_row, dst_row;
};

// Windows along the height of images.
struct RowWindows {
    int64_t images, src, dst, kernel, stride, pad;
};

// A kernel that can be run in bands of rows, each in the calling thread, with the buffers of its kind.
class BandedKernel : public Kernel {
  public:
    virtual RowWindows row_windows() const = 0;
    virtual int buffers() const = 0;
    virtual void run_band(void* const* buffers, const RowBand& band) const noexcept = 0;
    // When all bands are done.
    virtual void finish_bands(void* const* buffers) const noexcept = 0;
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

// kDepthwise without groups, rows of a band beginning with whole kDepthwiseRows, and kMaxPool.
std::unique_ptr<BandedKernel> make_banded_kernel(int64_t kind, const int64_t* parameters, int count);

}  // namespace conv4j
