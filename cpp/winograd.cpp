#include "winograd.hpp"

#include <algorithm>

#include "parameters.hpp"
#include "team.hpp"
#include "winograd_problem.hpp"

namespace conv4j::winograd {

namespace {

struct Tile {
    int64_t n, y, x;  // the first dst element
};

class Convolution final : public Kernel {
  public:
    explicit Convolution(Problem problem) : p_(std::move(problem)), type_(p_.bytes == sizeof(Bf16) ? 1 : 0), index_(p_.m / 2 - 1) {}

    void run(void* const* buffers, int) const noexcept override {
        Buffers b{};
        b.src = buffers;
        buffers += p_.sources.size();
        b.weights = static_cast<const float*>(*buffers++);
        b.bias = p_.bias ? static_cast<const float*>(*buffers++) : nullptr;
        b.post_ops = p_.post_ops;
        buffers = b.post_ops.take_operands(buffers);
        b.scratchpad = static_cast<float*>(*buffers++);
        b.dst = static_cast<char*>(*buffers);
        if (p_.late) {
            for (int64_t block = 0; block < p_.blocks; ++block) run_late(b, block);
        } else if (p_.by_position) {
            for (int64_t block = 0; block < p_.blocks; ++block) run_by_position(b, block);
        } else {
            parallel_for(p_.blocks, p_.threads, [&](int64_t block, int64_t thread) { run_by_panel(b, block, thread); });
        }
    }

  private:
    struct Buffers {
        void* const* src;
        const float *weights, *bias;
        PostOps post_ops;
        float* scratchpad;
        char* dst;
    };

    // A block's transformed tiles, v: [position][slice][pass][chunk][row][lane], of which a product reads one stretch of memory
    // after the other; and their products.
    struct Block {
        int64_t first, count;
        Passes passes;
        float *v, *m;

        int64_t v_step(const Problem& p) const { return p.tile_step(count); }
        // Of the products of so many columns.
        int64_t m_step(int64_t width) const { return position_step(width * count); }
    };

    const float* matrix(const Buffers& b, int64_t panel, int64_t position) const {
        return b.weights + p_.panel_offset(panel) + position * p_.matrix_floats(panel);
    }

    Block block_at(int64_t index, float* v) const {
        const int64_t first = p_.tiles * index / p_.blocks, last = p_.tiles * (index + 1) / p_.blocks;
        const Passes passes(last - first, p_.most_rows());
        return {first, last - first, passes, v, v + p_.v_floats};
    }

    // A panel's products at all positions become results at once and need little memory.
    void run_by_panel(const Buffers& b, int64_t index, int64_t thread) const {
        float* v = b.scratchpad + thread * (p_.v_floats + p_.m_floats);
        const Block block = block_at(index, v);
        for (int64_t i = 0; i < block.count; ++i) read_tile(b, block, i);
        for (int position = 0; position < p_.positions; ++position) prepare(block, position);
        for (int64_t panel = 0; panel < p_.panels.count(); ++panel) {
            const int64_t step = block.m_step(p_.panels.width(panel));
            for (int position = 0; position < p_.positions; ++position) {
                // In memory the positions of a panel follow each other, and the panels.
                const float* next = matrix(b, panel, position) + p_.matrix_floats(panel);
                multiply(b, block, position, panel, next, block.m + position * step);
            }
            for (int64_t i = 0; i < block.count; ++i) write_tile(b, block, i, panel, block.m + i * p_.isa->lanes, step);
        }
    }

    // No thread reads what another one does, of the weights and, while it multiplies, of the tiles.
    void run_by_position(const Buffers& b, int64_t index) const {
        const Block block = block_at(index, b.scratchpad);
        const int64_t step = block.m_step(p_.panels.vectors() * p_.isa->lanes);
        parallel_for(block.count, p_.threads, [&](int64_t i) { read_tile(b, block, i); });
        parallel_for(p_.positions, p_.threads, [&](int64_t position) {
            prepare(block, position);
            for (int64_t panel = 0; panel < p_.panels.count(); ++panel) {
                const bool last = panel + 1 == p_.panels.count();
                const float* next = last ? matrix(b, 0, position + 1) : matrix(b, panel + 1, position);
                multiply(b, block, position, panel, next, block.m + position * step + p_.panels.first(panel) * block.count);
            }
        });
        parallel_for(block.count, p_.threads, [&](int64_t i) {
            for (int64_t panel = 0; panel < p_.panels.count(); ++panel) {
                write_tile(b, block, i, panel, block.m + p_.panels.first(panel) * block.count + i * p_.isa->lanes, step);
            }
        });
    }

    // Each thread transforms the kernels of some panels, and multiplies all tiles with them.
    void run_late(const Buffers& b, int64_t index) const {
        const Block block = block_at(index, b.scratchpad);
        parallel_for(block.count, p_.threads, [&](int64_t i) { read_tile(b, block, i); });
        if (p_.fip) parallel_for(p_.positions, p_.threads, [&](int64_t position) { prepare(block, position); });
        parallel_for(p_.panels.count(), p_.threads, [&](int64_t panel, int64_t thread) {
            float* w = b.scratchpad + p_.v_floats + thread * (p_.w_floats + p_.m_floats);
            float* m = w + p_.w_floats;
            const int64_t step = block.m_step(p_.panels.width(panel));
            for (int64_t chunk = 0; chunk < p_.chunks; chunk += p_.slice) {
                multiply_slice(b, block, panel, p_.slice_of(chunk), w, m);
            }
            for (int64_t i = 0; i < block.count; ++i) write_tile(b, block, i, panel, m + i * p_.isa->lanes, step);
        });
    }

    // The products of a slice of the src channels, added to those of the slices before.
    void multiply_slice(const Buffers& b, const Block& block, int64_t panel, Range slice, float* w, float* m) const {
        const int64_t width = p_.panels.width(panel), channels = slice.count() * p_.isa->lanes;
        if (p_.fip) {
            multiply_slice_fip(b, block, panel, slice, w, m);
            return;
        }
        const float* taps = b.weights + p_.panel_offset(panel) + slice.first * p_.isa->lanes * kTaps * width;
        const float* next = taps + channels * kTaps * width;
        WinogradKernels kernels{taps, channels, p_.panels.vectors(panel).count(), w, position_step(channels * width)};
        p_.isa->winograd.kernels[index_](kernels);
        Product product{};
        product.chunks = slice.count();
        product.length = p_.isa->lanes;
        product.last_length = slice.last == p_.chunks ? last_lanes(p_.sources.back(), p_.isa->lanes) : p_.isa->lanes;
        product.m_vector_step = block.count * p_.isa->lanes;
        product.accumulate = slice.first > 0;
        // The taps that come next are fetched by all positions, each a share of them.
        const int64_t share = kTaps * width / p_.positions;
        for (int64_t position = 0; position < p_.positions; ++position, next += channels * share) {
            product.v = block.v + position * block.v_step(p_) + slice.first * block.count * p_.isa->lanes;
            product.weights = w + position * kernels.position_step;
            product.m = m + position * block.m_step(width);
            multiply_rows(*p_.isa, product, block.passes, kernels.vectors, next, 4 * share);
        }
    }

    // The same by the fast inner product, vector by vector of the panel.
    void multiply_slice_fip(const Buffers& b, const Block& block, int64_t panel, Range slice, float* w, float* m) const {
        const int64_t lanes = p_.isa->lanes, channels = slice.count() * lanes, vectors = p_.panels.vectors(panel).count();
        const int64_t of_vector = p_.vector_floats(slice.count()), step = position_step(of_vector * vectors);
        const float* held = b.weights + p_.panel_offset(panel);
        const float* next = held + lanes + slice.last * lanes * kTaps * lanes;
        for (int64_t vector = 0; vector < vectors; ++vector, held += p_.held_floats()) {
            float* const to = w + vector * of_vector;
            p_.isa->winograd.kernels[index_]({held + lanes + slice.first * lanes * kTaps * lanes, channels, 1, to + 2 * lanes, step});
            for (int position = 0; position < p_.positions; ++position) {
                // What the transform makes of the greatest of the taps is left out of the magnitude instead.
                const float magnitude = p_.magnitudes[position] / p_.kernel_magnitudes[position];
                p_.isa->fip.finish({to + position * step, p_.slice_begin(slice), p_.slice_run_count(slice), magnitude, held});
            }
        }
        // The taps that come next are fetched by all positions, each a share of them.
        const int64_t share = kTaps * lanes / p_.positions;
        for (int position = 0; position < p_.positions; ++position, next += channels * share) {
            float* const products = m + position * block.m_step(p_.panels.width(panel));
            multiply_fip(block, position, slice, {w + position * step, vectors, next, share, p_.held_floats()}, products);
        }
    }

    // Finds what the fast inner product takes off the products of a position's tiles.
    void prepare(const Block& block, int64_t position) const {
        if (!p_.fip) return;
        for (int64_t chunk = 0; chunk < p_.chunks; chunk += p_.slice) {
            const Range slice = p_.slice_of(chunk);
            for (uint32_t pass = 0; pass < block.passes.count(); ++pass) {
                const FipPass of = pass_of(block, position, slice, pass);
                p_.isa->fip.prepare({of.x, block.passes.rows(pass), p_.slice_begin(slice), p_.slice_run_count(slice),
                                     p_.magnitudes[position], of.pairs, of.scales});
            }
        }
    }

    // Where the rows of a pass lie, and what belongs to them.
    struct FipPass {
        float *x, *pairs, *scales;
    };

    FipPass pass_of(const Block& block, int64_t position, Range slice, uint32_t pass) const {
        const int64_t first = block.passes.first(pass), lanes = p_.isa->lanes;
        float* const v = block.v + position * block.v_step(p_);
        float* const pairs = v + p_.chunks * block.count * lanes + 2 * slice.first / p_.slice * block.count;
        return {v + (slice.first * block.count + first * slice.count()) * lanes, pairs + first, pairs + block.count + first};
    }

    // A matrix, vector by vector; and what is wanted after it, so many floats for each row of a vector, and how far it is to what is
    // wanted after the next one.
    struct FipMatrix {
        const float* weights;
        int64_t vectors;
        const float* next;
        int64_t next_floats, next_vector;
    };

    // A slice of all tiles of a block by a matrix.
    void multiply_fip(const Block& block, int64_t position, Range slice, FipMatrix matrix, float* m) const {
        const int64_t lanes = p_.isa->lanes, passes = block.passes.count(), steps = slice.count() * lanes / kFipParts;
        FipTile tile{};
        tile.runs = p_.slice_begin(slice);
        tile.run_count = p_.slice_run_count(slice);
        tile.accumulate = slice.first > 0;
        const int64_t ahead_step = kFipParts * static_cast<int64_t>(sizeof(float)) * matrix.next_floats / passes;
        for (int64_t vector = 0; vector < matrix.vectors; ++vector, m += block.count * lanes) {
            tile.weights = matrix.weights;
            tile.ahead[0] = {reinterpret_cast<const char*>(matrix.next), ahead_step};
            matrix.weights += p_.vector_floats(slice.count());
            matrix.next += matrix.next_vector;
            for (uint32_t pass = 0; pass < passes; ++pass) {
                const FipPass of = pass_of(block, position, slice, pass);
                tile.x = of.x;
                tile.pairs = of.pairs;
                tile.scales = of.scales;
                tile.m = m + block.passes.first(pass) * lanes;
                p_.isa->fip.multiply[0][block.passes.rows(pass) - 1](tile);
                tile.ahead[0].at += steps * ahead_step;
            }
        }
    }

    // What is left of an index when a dimension's is taken off it. Most are of 32 bits, by which to divide takes half the time.
    static int64_t take(int64_t& index, int64_t count) {
        if (count == 1) return 0;
        int64_t taken;
        if (index <= UINT32_MAX && count <= UINT32_MAX) {
            taken = static_cast<uint32_t>(index) % static_cast<uint32_t>(count);
            index = static_cast<uint32_t>(index) / static_cast<uint32_t>(count);
        } else {
            taken = index % count;
            index /= count;
        }
        return taken;
    }

    Tile tile_at(int64_t index) const {
        const int64_t x = take(index, p_.width.tiles), x_phase = take(index, p_.width.dilation);
        const int64_t y = take(index, p_.height.tiles), y_phase = take(index, p_.height.dilation);
        return {index, y * p_.m * p_.height.dilation + y_phase, x * p_.m * p_.width.dilation + x_phase};
    }

    void read_tile(const Buffers& b, const Block& block, int64_t i) const {
        const Tile tile = tile_at(block.first + i);
        const int64_t y = tile.y - p_.height.pad, x = tile.x - p_.width.pad, lanes = p_.isa->lanes;
        const uint32_t pass = block.passes.of(i);
        const int64_t before = block.passes.first(pass), rows = block.passes.rows(pass);
        WinogradInput in;
        in.rows = p_.height.inside(y, p_.n());
        in.columns = p_.width.inside(x, p_.n());
        in.position_step = block.v_step(p_);
        in.chunk_step = rows * lanes;
        int64_t chunk = 0;
        for (size_t s = 0; s < p_.sources.size(); ++s) {
            const int64_t channels = p_.sources[s];
            const int64_t at = ((tile.n * p_.height.src + y) * p_.width.src + x) * channels;
            in.row_step = p_.height.dilation * p_.width.src * channels;
            in.column_step = p_.width.dilation * channels;
            for (int64_t channel = 0; channel < channels; channel += in.channels) {
                const Range slice = p_.slice_of(chunk);
                in.channels = std::min((slice.last - chunk) * lanes, channels - channel);
                in.src = static_cast<const char*>(b.src[s]) + (at + channel) * p_.bytes;
                const int64_t first = slice.first * block.count + before * slice.count();
                in.v = block.v + (first + (chunk - slice.first) * rows + i - before) * lanes;
                p_.isa->winograd.input[type_][index_](in);
                chunk += divide_up(in.channels, lanes);
            }
        }
    }

    // All tiles of a block with a matrix of the weights; `next` is the one that is wanted after it.
    void multiply(const Buffers& b, const Block& block, int64_t position, int64_t panel, const float* next, float* m) const {
        if (p_.fip) {
            const int64_t vectors = p_.panels.vectors(panel).count();
            multiply_fip(block, position, {0, p_.chunks}, {matrix(b, panel, position), vectors, next, p_.isa->lanes, p_.vector_floats(p_.chunks)}, m);
            return;
        }
        Product product{};
        product.v = block.v + position * block.v_step(p_);
        product.weights = matrix(b, panel, position);
        product.chunks = p_.chunks;
        product.length = p_.isa->lanes;
        product.last_length = last_lanes(p_.sources.back(), p_.isa->lanes);
        product.m = m;
        product.m_vector_step = block.count * p_.isa->lanes;
        multiply_rows(*p_.isa, product, block.passes, p_.panels.vectors(panel).count(), next);
    }

    // The results of tile i of the block, of whose first position and panel the first lies at m.
    void write_tile(const Buffers& b, const Block& block, int64_t i, int64_t panel, const float* m, int64_t step) const {
        const Tile tile = tile_at(block.first + i);
        const int64_t channel = p_.panels.first(panel);
        const int64_t at = ((tile.n * p_.height.dst + tile.y) * p_.width.dst + tile.x) * p_.dst_channels + channel;
        WinogradOutput out;
        out.m = m;
        out.position_step = step;
        out.vector_step = block.count * p_.isa->lanes;
        out.bias = b.bias == nullptr ? nullptr : b.bias + channel;
        out.dst = b.dst + at * p_.bytes;
        out.row_step = p_.height.dilation * p_.width.dst * p_.dst_channels;
        out.column_step = p_.width.dilation * p_.dst_channels;
        out.rows = existing(p_.height, tile.y);
        out.columns = existing(p_.width, tile.x);
        out.channels = std::min(p_.panels.width(panel), p_.dst_channels - channel);
        out.post_op_count = b.post_ops.at(at * p_.bytes, out.post_ops);
        p_.isa->winograd.output[type_][index_](out);
    }

    int existing(const Axis& axis, int64_t first) const {
        const int64_t left = axis.dst - first;
        if (left >= p_.m * axis.dilation) return p_.m;
        return static_cast<int>(std::clamp<int64_t>(divide_up(left, axis.dilation), 0, p_.m));
    }

    Problem p_;
    int type_, index_;
};

}  // namespace

}  // namespace conv4j::winograd

namespace conv4j {

std::unique_ptr<Kernel> make_winograd(const int64_t* parameters, int count) {
    winograd::Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<winograd::Convolution>(std::move(problem)) : nullptr;
}

int64_t winograd_scratchpad_bytes(const int64_t* parameters, int count) noexcept {
    winograd::Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.scratchpad_floats() : -1;
}

}  // namespace conv4j
