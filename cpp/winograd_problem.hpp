// What a convolution by Winograd's algorithm is, and how its work and its weights are cut (winograd.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "isa.hpp"
#include "panels.hpp"
#include "post_ops.hpp"

namespace conv4j::winograd {

constexpr int64_t kLine = 16;  // floats in a cache line
constexpr int64_t kTaps = 9;

// What lies at one position, and how far it is to the next: an odd number of lines, lest positions fall into few sets of the cache.
inline int64_t position_step(int64_t floats) { return (divide_up(floats, kLine) | 1) * kLine; }

struct Axis {
    int64_t src, dst, pad, dilation;
    int64_t tiles;  // of one sub-image

    // The src elements of a tile that exist, as bits.
    uint32_t inside(int64_t first, int count) const {
        if (first >= 0 && first + (count - 1) * dilation < src) return (1u << count) - 1;
        uint32_t bits = 0;
        for (int i = 0; i < count; ++i) {
            const int64_t at = first + i * dilation;
            bits |= static_cast<uint32_t>(at >= 0 && at < src) << i;
        }
        return bits;
    }
};

// A convolution's geometry, how it is cut into blocks, and where things lie in the scratchpad.
struct Problem {
    const Isa* isa = nullptr;
    int m, threads;
    int64_t batch, src_channels, dst_channels;
    int64_t bytes;  // of an element of src, operands and dst
    std::vector<int64_t> sources;  // the src channels of each tensor that they lie in; vectors begin anew in each
    Axis height, width;
    bool bias;
    bool late;  // whether the kernels are held as they are, and transformed, a slice of the src channels at a time, in every run
    PostOps post_ops;

    int positions;
    int64_t chunks;
    Panels panels;
    int64_t tiles, block_tiles, blocks;
    // Whether threads share a block, each with all weights of some positions, or work on blocks of their own, panel by panel.
    bool by_position = false;
    int64_t slice;  // chunks that are multiplied at a time: all, or those whose kernels are transformed together
    int64_t v_floats, w_floats = 0, m_floats;

    int n() const { return m + 2; }
    int64_t held() const { return late ? kTaps : positions; }  // floats of a kernel
    int64_t weights_floats() const { return held() * chunks * isa->lanes * panels.vectors() * isa->lanes; }
    int64_t scratchpad_floats() const {
        if (late) return v_floats + threads * (w_floats + m_floats);
        return (by_position ? 1 : threads) * (v_floats + m_floats);
    }
    int64_t panel_offset(int64_t panel) const { return held() * chunks * isa->lanes * panels.first(panel); }
    Range slice_of(int64_t chunk) const {
        const int64_t first = chunk / slice * slice;
        return {first, std::min(first + slice, chunks)};
    }
    int64_t matrix_floats(int64_t panel) const { return chunks * isa->lanes * panels.width(panel); }

    // False if there is no such kernel.
    bool parse(const int64_t* p, int count);
    void cut();
    void cut_late();
};

}  // namespace conv4j::winograd
