#include "indirect.hpp"

#include <algorithm>
#include <array>

#include "filtered.hpp"
#include "fip.hpp"
#include "indirect_problem.hpp"
#include "strassen.hpp"
#include "team.hpp"

namespace conv4j::indirect {

namespace {

class Convolution final : public Kernel {
  public:
    explicit Convolution(std::unique_ptr<const Problem> problem)
        : owned_(std::move(problem)), p_(*owned_), in_registers_(p_.in_registers()) {}

    void run(void* const* buffers, int) const noexcept override {
        const Buffers b = p_.named(buffers);
        const int64_t blocks = p_.blocks(), groups = p_.groups, parts = static_cast<int64_t>(p_.parts.size());
        parallel_for(parts * blocks * groups, p_.threads, [&](int64_t work, int64_t thread) {
            const Part& part = p_.parts[work / groups / blocks];
            const Range pixels = share(p_.pixels(part), work / groups % blocks, blocks);
            if (pixels.count() > 0) run_block(b, part, pixels, share(p_.panels.count(), work % groups, groups), thread);
        });
    }

  private:
    // A block of pixels, which of them meet src with a tap, and what, and the products of all.
    struct Block {
        Range pixels;
        int64_t meeting;
        std::array<const float*, kBlockPixels> rows;
        std::array<int64_t, kBlockPixels> places;
        float *m, *made;  // products; pixels of src, made or copied

        int64_t count() const { return pixels.count(); }
        void meet(int64_t i, const float* row) {
            rows[meeting] = row;
            places[meeting++] = i;
        }
    };

    struct Pixel {
        int64_t n, y, x;  // of a phase
    };

    void run_block(const Buffers& b, const Part& part, Range pixels, Range panels, int64_t thread) const {
        const int64_t pieces = p_.pieces(part);
        Block block;
        block.pixels = pixels;
        block.m = b.scratchpad + thread * (p_.m_floats() + p_.row_floats());
        block.made = block.m + p_.m_floats();
        if (b.src == nullptr) p_.make_src(b.made_of, pixels, block.made);
        for (int64_t i = 0; i < pieces; ++i) {
            const Range piece = p_.piece(part, i);
            block.meeting = 0;
            if (p_.whole_windows) {
                copy_windows(b, part, block);
            } else if (piece.count() > 0) {
                find_rows(b, part, piece, block);
            }
            const bool all = block.meeting == block.count(), set = i == 0 && all, last = i + 1 == pieces;
            const bool at_once = last && all && in_registers_ && !p_.transposed;
            for (int64_t panel = panels.first; panel < panels.last; ++panel) {
                if (i == 0 && !set) std::fill_n(products(block, panel), p_.panels.width(panel) * block.count(), 0.0f);
                Product product = product_of(b, part, piece, block, panel);
                product.accumulate = !set;
                ProductPixels out;
                if (at_once) {
                    out = pixels_of(b, panel, pixels.first);
                    product.out = &out;
                }
                // In memory the panels follow each other, and the pieces.
                const float* next = product.weights + piece.count() * p_.isa->lanes * p_.panels.width(panel);
                const int64_t vectors = p_.panels.vectors(panel).count();
                multiply_rows(*p_.isa, product, Passes(block.meeting, p_.isa->product.most_rows[vectors - 1]), vectors, next);
                if (last && !at_once) write(b, part, block, panel);
            }
        }
    }

    Pixel pixel_at(const Part& part, int64_t index) const {
        const int64_t row = index / part.x->count;
        return {row / part.y->count, row % part.y->count, index % part.x->count};
    }

    // Finds the pixels that meet src, not its padding, with the tap of a piece.
    void find_rows(const Buffers& b, const Part& part, Range piece, Block& block) const {
        const int64_t columns = static_cast<int64_t>(part.x->taps.size()), tap = piece.first / p_.channel_chunks;
        const int64_t channel = piece.first % p_.channel_chunks * p_.isa->lanes;
        const int64_t y_offset = part.y->taps[tap / columns].offset, x_offset = part.x->taps[tap % columns].offset;
        Pixel pixel = pixel_at(part, block.pixels.first);
        for (int64_t i = 0; i < block.count(); ++i) {
            const int64_t y = pixel.y * p_.height.src_step + y_offset, x = pixel.x * p_.width.src_step + x_offset;
            if (y >= 0 && y < p_.height.src && x >= 0 && x < p_.width.src) {
                const int64_t at = ((pixel.n * p_.height.src + y) * p_.width.src + x) * p_.src_channels;
                block.meet(i, (b.src == nullptr ? block.made + i * p_.row_step() : b.src + at) + channel);
            }
            if (++pixel.x < part.x->count) continue;
            pixel.x = 0;
            if (++pixel.y < part.y->count) continue;
            pixel.y = 0;
            ++pixel.n;
        }
    }

    // Copies what the windows of a block see, run by run of neighbouring pixels, and finds each window in the copy.
    void copy_windows(const Buffers& b, const Part& part, Block& block) const {
        float* to = block.made;
        for (int64_t i = 0, count; i < block.count(); i += count) {
            const Pixel pixel = pixel_at(part, block.pixels.first + i);
            count = std::min(part.x->count - pixel.x, block.count() - i);
            const int64_t y = pixel.y * p_.height.stride - p_.height.pad, x = pixel.x * p_.width.stride - p_.width.pad;
            const int64_t columns = (count - 1) * p_.width.stride + p_.width.kernel;
            for (int64_t row = 0; row < p_.height.kernel; ++row) {
                p_.copy_row(b.src, pixel.n, y + row * p_.height.dilation, {x, x + columns}, to + row * p_.copy_step());
            }
            for (int64_t j = 0; j < count; ++j) block.meet(i + j, to + j * p_.width.stride * p_.src_channels);
            to += columns * p_.src_channels;
        }
    }

    float* products(const Block& block, int64_t panel) const { return block.m + p_.panels.first(panel) * block.count(); }

    Product product_of(const Buffers& b, const Part& part, Range piece, const Block& block, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes, first = piece.first % p_.channel_chunks * lanes;
        Product product{};
        product.rows = block.rows.data();
        product.places = block.places.data();
        product.weights = b.weights + p_.matrix(part, piece, panel);
        product.chunks = p_.whole_windows ? p_.height.kernel : 1;
        product.length = p_.whole_windows ? p_.window_row() : std::min(piece.count() * lanes, p_.src_channels - first);
        product.last_length = product.length;
        product.row_chunk_step = p_.copy_step();
        product.m = products(block, panel);
        product.m_vector_step = block.count() * lanes;
        product.half = panel + 1 == p_.panels.count() && last_lanes(p_.dst_channels, lanes) <= lanes / 2;
        return product;
    }

    // Where the results of a panel go, from a pixel of dst on.
    ProductPixels pixels_of(const Buffers& b, int64_t panel, int64_t pixel) const {
        const int64_t channel = p_.panels.first(panel);
        return p_.results(b, pixel, channel, std::min(p_.panels.width(panel), p_.dst_channels - channel));
    }

    // A panel's results, row by row.
    void write(const Buffers& b, const Part& part, const Block& block, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes;
        const Range pixels = block.pixels;
        for (int64_t i = pixels.first, count; i < pixels.last; i += count) {
            const Pixel pixel = pixel_at(part, i);
            const int64_t y = part.y->first + pixel.y * p_.height.dst_step, x = part.x->first + pixel.x * p_.width.dst_step;
            count = p_.transposed ? std::min(part.x->count - pixel.x, pixels.last - i) : pixels.count();
            ProductPixels out = pixels_of(b, panel, (pixel.n * p_.height.dst + y) * p_.width.dst + x);
            out.count = count;
            out.m = products(block, panel) + (i - pixels.first) * lanes;
            out.m_vector_step = block.count() * lanes;
            p_.isa->product.write(out);
        }
    }

    std::unique_ptr<const Problem> owned_;  // its parts point into it
    const Problem& p_;
    const bool in_registers_;
};

}  // namespace

}  // namespace conv4j::indirect

namespace conv4j {

std::unique_ptr<Kernel> make_indirect(const int64_t* parameters, int count) {
    auto problem = indirect::parse(parameters, count);
    if (problem == nullptr) return nullptr;
    switch (problem->multiplication) {
        case indirect::kStrassen: return strassen::make(std::move(problem));
        case indirect::kFip:
        case indirect::kFipOfTwo: return fip::make(std::move(problem));
        case indirect::kFiltered: return filtered::make(std::move(problem));
        default: return std::make_unique<indirect::Convolution>(std::move(problem));
    }
}

int64_t indirect_scratchpad_bytes(const int64_t* parameters, int count) noexcept {
    const auto problem = indirect::parse(parameters, count);
    if (problem == nullptr) return -1;
    switch (problem->multiplication) {
        case indirect::kStrassen: return 4 * strassen::Layout(*problem).scratchpad_floats();
        case indirect::kFip:
        case indirect::kFipOfTwo: return 4 * fip::Layouts(*problem).scratchpad_floats();
        case indirect::kFiltered: return 4 * filtered::Layout(*problem).scratchpad_floats();
        default: return 4 * problem->scratchpad_floats();
    }
}

}  // namespace conv4j
