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
    bool fip;   // whether transformed tiles and kernels are multiplied by the fast inner product (fip.hpp)
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
    // By the fast inner product: the runs of all chunks of a tile, slice by slice, of which the first has slice_runs; and the magnitude
    // of what is multiplied at each position, if that of src is 1, and of the transformed kernels, if theirs is.
    std::vector<FipRun> runs;
    int64_t slice_runs = 0;
    std::vector<float> magnitudes, kernel_magnitudes;

    int n() const { return m + 2; }
    int64_t weights_floats() const { return panel_offset(panels.count()); }
    int64_t scratchpad_floats() const {
        if (late) return v_floats + threads * (w_floats + m_floats);
        return (by_position ? 1 : threads) * (v_floats + m_floats);
    }
    int64_t panel_offset(int64_t panel) const {
        const int64_t vectors = panels.vectors(panel).first;
        return vectors * (late ? held_floats() : positions * vector_floats(chunks));
    }
    Range slice_of(int64_t chunk) const {
        const int64_t first = chunk / slice * slice;
        return {first, std::min(first + slice, chunks)};
    }
    // The kernels of a vector of dst's channels as they are; by the fast inner product with the greatest magnitude of each lane.
    int64_t held_floats() const { return (kTaps * chunks * isa->lanes + (fip ? 1 : 0)) * isa->lanes; }
    // The transformed kernels of some chunks at a position, for a vector of dst's channels; by the fast inner product with pairs and scales.
    int64_t vector_floats(int64_t some) const { return (some * isa->lanes + (fip ? 2 : 0)) * isa->lanes; }
    int64_t matrix_floats(int64_t panel) const { return vector_floats(chunks) * panels.vectors(panel).count(); }
    // The transformed tiles of a block at a position, and by the fast inner product pairs and scales of each slice of them.
    int64_t tile_floats() const { return chunks * isa->lanes + (fip ? 2 * slices() : 0); }
    int64_t tile_step(int64_t count) const { return position_step(tile_floats() * count); }
    // Rows that are multiplied at a time.
    int most_rows() const { return fip ? isa->fip.most_rows[0] : isa->product.most_rows[panels.most_vectors() - 1]; }
    int64_t slices() const { return divide_up(chunks, slice); }
    // The runs of a slice.
    const FipRun* slice_begin(Range some) const { return runs.data() + some.first / slice * slice_runs; }
    int64_t slice_run_count(Range some) const { return some.last < chunks ? slice_runs : static_cast<int64_t>(runs.size()) - some.first / slice * slice_runs; }
    // Where a src channel, of those that fill chunks, lies among the rows of a matrix.
    int64_t row_of(int64_t channel) const;

    // False if there is no such kernel.
    bool parse(const int64_t* p, int count);
    void cut();
    void cut_late();
    void find_runs();
};

}  // namespace conv4j::winograd
