// What a convolution by the indirect algorithm is, and how its work and its weights are cut (indirect.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "isa.hpp"
#include "join.hpp"
#include "max_pool.hpp"
#include "panels.hpp"
#include "parameters.hpp"
#include "post_ops.hpp"
#include "range.hpp"

namespace conv4j::indirect {

constexpr int64_t kBlockPixels = 64;
constexpr int64_t kMostPieceFloats = 1024;  // of a pixel at a time: those of a block stay in half of a small L2 cache

// Every so many-th dst element along an axis, and the taps that these see.
struct Phase {
    struct Tap {
        int64_t index, offset;  // dst element q of the phase sees src q * Axis::src_step + offset
    };
    int64_t first, count;
    std::vector<Tap> taps;
};

struct Axis {
    int64_t src, dst, kernel, stride, dilation, pad;
    int64_t src_step, dst_step;  // from an element of a phase to the next
    std::vector<Phase> phases;

    // Whether dst element i sees src element i and no other.
    bool is_identity() const { return kernel == 1 && stride == 1 && pad == 0 && src == dst; }

    // Whether each dst element sees one src element, which exists.
    bool is_pixel() const { return kernel == 1 && pad == 0 && (dst - 1) * stride < src; }

    void find_phases(bool transposed);
};

// Whether src is there, or by what it is made; or there with a factor for each channel.
enum SourceKind : int64_t { kThere = 0, kJoined = 1, kJoinedRelu = 2, kPooled = 3, kGated = 4 };

// How rows and weights are multiplied: as they are, by Strassen's algorithm (strassen.hpp), by the fast inner product (fip.hpp) of
// one vector of weights at a time or two, or by Winograd's filtering of rows (filtered.hpp).
enum Multiplication : int64_t { kPlain = 0, kStrassen = 1, kFip = 2, kFipOfTwo = 3, kFiltered = 4 };

// One phase of both axes: a product of its own.
struct Part {
    const Phase *y, *x;
    int64_t first_weight;

    int64_t taps() const { return static_cast<int64_t>(y->taps.size() * x->taps.size()); }
};

// What a run is given.
struct Buffers {
    const float* src;      // null if it is made
    const float* gates;    // of src; null if there are none
    void* const* made_of;  // what Problem::make_src takes
    const float *weights, *bias;
    PostOps post_ops;
    float *scratchpad, *dst;
};

struct Problem {
    const Isa* isa = nullptr;
    int threads;
    int64_t batch, src_channels, dst_channels;
    Axis height, width;
    bool transposed, bias;
    Multiplication multiplication = kPlain;
    SourceKind source = kThere;
    Join join;     // if it makes src
    MaxPool pool;  // if it makes src
    PostOps post_ops;

    // Whether the taps of a window are multiplied as one: of rows of src that are copied, with their padding.
    bool whole_windows;
    int64_t channel_chunks;
    std::vector<Part> parts;
    int64_t groups;  // of panels, as many as threads share the same pixels
    Panels panels;

    // False if there is no such kernel.
    bool parse(const int64_t* p, int count);
    // False if src cannot be made: each pixel must be wanted once, in order, and have its channels.
    bool parse_source(const int64_t* p, int count);
    void find_parts();

    // Whether all post-ops can be applied to sums while they are there.
    bool in_registers() const {
        return std::all_of(post_ops.all.begin(), post_ops.all.begin() + post_ops.count, [](const PostOp& op) { return for_registers(op.kind); });
    }

    // Vectors of weights that the fast inner product multiplies at a time; 0 if products are made otherwise.
    int fip_vectors() const { return multiplication == kFip ? 1 : multiplication == kFipOfTwo ? 2 : 0; }

    bool makes_src() const { return source != kThere && source != kGated; }
    // Buffers that src is made of, or src itself.
    size_t src_buffers() const { return source == kJoined || source == kJoinedRelu ? join.channels.size() + 1 : source == kGated ? 2 : 1; }
    Buffers named(void* const* buffers) const {
        Buffers b{};
        b.made_of = buffers;
        b.src = makes_src() ? nullptr : static_cast<const float*>(*buffers);
        b.gates = source == kGated ? static_cast<const float*>(buffers[1]) : nullptr;
        buffers += src_buffers();
        b.weights = static_cast<const float*>(*buffers++);
        b.bias = bias ? static_cast<const float*>(*buffers++) : nullptr;
        b.post_ops = post_ops;
        buffers = b.post_ops.take_operands(buffers);
        b.scratchpad = static_cast<float*>(*buffers++);
        b.dst = static_cast<float*>(*buffers);
        return b;
    }
    // Where results go, from a pixel and a channel of dst on, of so many channels.
    ProductPixels results(const Buffers& b, int64_t pixel, int64_t channel, int64_t channels) const;
    // Copies columns of a row of src, zeros where they do not exist.
    void copy_row(const float* src, int64_t n, int64_t y, Range x, float* to) const;
    // Makes pixels of src from these buffers, to rows that are row_step() apart.
    void make_src(void* const* buffers, Range pixels, float* made) const {
        if (source == kPooled) pool.run(*isa, static_cast<const float*>(buffers[0]), pixels.first, pixels.last, made, row_step());
        else join.run(*isa, buffers, pixels.first, pixels.last, made, row_step());
    }

    // Channels that meet the weights of a tap; of whole windows, all their elements.
    int64_t depth() const { return whole_windows ? height.kernel * window_row() : src_channels; }
    int64_t window_row() const { return width.kernel * src_channels; }
    int64_t chunks(const Part& part) const { return part.taps() * channel_chunks; }
    // What a tap meets is multiplied in so many pieces; a part without taps has one, of nothing.
    int64_t pieces_of_tap() const { return divide_up(channel_chunks * isa->lanes, kMostPieceFloats); }
    int64_t pieces(const Part& part) const { return std::max<int64_t>(1, part.taps() * pieces_of_tap()); }
    Range piece(const Part& part, int64_t i) const {
        if (part.taps() == 0) return {0, 0};
        const Range within = share(channel_chunks, i % pieces_of_tap(), pieces_of_tap());
        const int64_t tap = i / pieces_of_tap() * channel_chunks;
        return {tap + within.first, tap + within.last};
    }
    int64_t pixels(const Part& part) const { return batch * part.y->count * part.x->count; }
    // Blocks of the largest phase, which is the first.
    int64_t blocks() const { return divide_up(pixels(parts[0]), kBlockPixels); }
    int64_t chunk_floats() const { return isa->lanes * divide_up(dst_channels, isa->lanes) * isa->lanes; }
    int64_t weights_floats() const { return parts.back().first_weight + chunks(parts.back()) * chunk_floats(); }
    int64_t m_floats() const { return kBlockPixels * panels.vectors() * isa->lanes; }
    // Pixels that are made; rows a power of two apart would drive one another out of the L1 cache.
    int64_t row_step() const { return src_channels + isa->lanes; }
    // Of a copied row of src, what the windows of a block see at most: that of pixels which all begin a row of dst.
    int64_t copy_step() const { return kBlockPixels * (width.stride + width.kernel) * src_channels; }
    int64_t row_floats() const {
        if (whole_windows) return height.kernel * copy_step();
        return makes_src() ? kBlockPixels * row_step() : 0;
    }
    int64_t scratchpad_floats() const { return threads * (m_floats() + row_floats()); }
    // The weights of a panel for some chunks.
    int64_t matrix(const Part& part, Range piece, int64_t panel) const {
        return part.first_weight + piece.first * chunk_floats() + piece.count() * isa->lanes * panels.first(panel);
    }
};

// Null if there are no such kernels.
std::unique_ptr<const Problem> parse(const int64_t* parameters, int count);

}  // namespace conv4j::indirect
