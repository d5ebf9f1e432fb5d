// What a depthwise or grouped convolution is, and how its work and its weights are cut (depthwise.hpp).
#pragma once

#include <algorithm>
#include <cstdint>

#include "depthwise.hpp"
#include "isa.hpp"
#include "parameters.hpp"
#include "post_ops.hpp"

namespace conv4j::depthwise {

constexpr int64_t kMostLanes = 16;
constexpr int64_t kVectors = 8;  // of channels at a time: wide enough to stream, few enough that rows stay in the L1 cache
constexpr int64_t kGroupedWeights = 64 << 10;  // of groups, at a time: read again for each block of dst, from the L2 cache
constexpr int64_t kCopyFloats = 4 << 10;  // so many, or a block's: two copies and the weights of a vector share the L1 cache

struct Axis {
    int64_t src, dst, pad;

    // How far the last window reaches beyond src.
    int64_t after(int64_t kernel, int64_t stride) const { return (dst - 1) * stride + kernel - pad - src; }
};

struct Problem {
    const Isa* isa = nullptr;
    bool reduced;
    bool winograd;  // whether groups are multiplied by Winograd's filtering of rows (grouped_winograd_tile.hpp)
    int threads;
    int64_t batch, channels, kernel, stride, group;
    Axis height, width;
    bool bias, mean;
    PostOps post_ops;

    int64_t element_bytes() const { return reduced ? sizeof(Bf16) : sizeof(float); }
    int64_t vectors() const { return divide_up(channels, isa->lanes); }
    // Whether groups hold vectors, not vectors groups.
    bool wide() const { return group % isa->lanes == 0; }
    // Whether groups are read from src, not from copies.
    bool direct() const { return group > 1 && !wide() && !reduced && isa->grouped_direct[0][0] != nullptr; }
    // Channels of a group that are multiplied at a time in a lane, and how often that makes.
    int64_t part() const { return reduced && group > 1 ? isa->part_bf16 : 1; }
    int64_t parts() const { return group / part(); }
    // Weights of a vector, in units of 4 bytes.
    int64_t vector_weights() const { return parts() * weight_rows() * kernel * isa->lanes; }
    // Of each part and column of a kernel.
    int64_t weight_rows() const { return !winograd ? kernel : stride == 2 || height.dst % kDepthwiseRows == 0 ? kFilterRows : kFilterRows + kernel; }
    int64_t weights_floats() const { return vectors() * vector_weights(); }
    // Vectors that are computed one after the other, at a time, and of which a thread has some or none.
    int64_t unit() const { return wide() ? group / isa->lanes : 1; }
    int64_t units() const { return vectors() / unit(); }
    // Rows are parted among threads, as pointwise convolutions before and after part them; channels only where there are
    // fewer rows than threads.
    int64_t row_parts() const { return std::min<int64_t>(threads, batch * row_blocks()); }
    int64_t channel_parts() const { return std::min(divide_up(threads, row_parts()), units()); }
    int64_t vectors_at_a_time() const {
        return group == 1 ? kVectors : std::max<int64_t>(1, kGroupedWeights / vector_weights());
    }
    // Blocks of rows of an image, and floats of the sums of each.
    int64_t row_blocks() const { return divide_up(height.dst, kDepthwiseRows); }
    int64_t total_floats() const { return vectors() * isa->lanes; }
    int64_t totals_floats() const { return mean ? batch * row_blocks() * total_floats() : 0; }
    // Columns of dst of a copy: whole blocks, and as even as can be.
    int64_t copy_columns() const {
        const int64_t block = isa->depthwise_columns, of_column = unit() * (copy_floats(2) - copy_floats(1));
        const int64_t most = std::max<int64_t>(block, kCopyFloats / of_column / block * block);
        return divide_up(divide_up(width.dst, divide_up(width.dst, most)), block) * block;
    }
    // Floats of what is seen of a vector by so many columns of dst.
    int64_t copy_floats(int64_t columns) const {
        return ((kDepthwiseRows - 1) * stride + kernel) * ((columns - 1) * stride + kernel) * isa->lanes / part();
    }
    int64_t copy_step() const { return copy_floats(std::min(copy_columns(), width.dst)); }
    // Of the copies that a part makes, one of them while it reads the other, and beyond which it may read a vector.
    int64_t copies_floats() const { return group == 1 || direct() ? 0 : 2 * unit() * copy_step() + isa->lanes; }

    int64_t scratchpad_floats() const { return totals_floats() + row_parts() * channel_parts() * copies_floats(); }

    // False if there is no such kernel.
    bool parse(const int64_t* p, int count);
};

}  // namespace conv4j::depthwise
