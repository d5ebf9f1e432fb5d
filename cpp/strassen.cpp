#include "strassen.hpp"

#include <array>

#include "team.hpp"

namespace conv4j::strassen {

namespace {

class Convolution final : public Kernel {
  public:
    explicit Convolution(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layout_(p_) {}

    void run(void* const* buffers, int) const noexcept override {
        const indirect::Buffers b = p_.named(buffers);
        const int64_t blocks = layout_.blocks();
        parallel_for_cells(blocks, layout_.panels.count(), p_.threads, [&](int64_t thread) {
            Block held;
            held.scratchpad = b.scratchpad + thread * layout_.thread_floats();
            return [&b, this, blocks, held](int64_t block, Range panels) mutable {
                if (held.index != block) prepare(b, block, share(layout_.tiles(), block, blocks), held);
                for (int64_t panel = panels.first; panel < panels.last; ++panel) multiply(b, held, panel);
            };
        });
    }

  private:
    static constexpr int64_t kFloatBytes = sizeof(float);
    static constexpr int64_t kOwnAhead = 8 << 10;  // bytes, as far as memory is away in time

    // The pixels of a tile, of dst and of all images, and what the products multiply.
    struct Tile {
        int64_t pixel, upper, lower;
        const float* after;  // pixels of src that are there
        std::array<const float*, kStrassenProducts * kMostStrassenRows> rows;  // [product][row of a half]
    };

    // Some tiles that meet panels together. A thread holds one block at a time.
    struct Block {
        int64_t index = -1, tile_count = 0;
        std::array<Tile, Layout::kMostTilesAtATime> tiles;
        float* scratchpad;
    };

    void prepare(const indirect::Buffers& b, int64_t index, Range tiles, Block& held) const {
        held.index = index;
        held.tile_count = tiles.count();
        float* to = held.scratchpad;
        for (int64_t i = 0; i < tiles.count(); ++i, to += layout_.prepared_floats()) prepare(b, tiles.first + i, to, held.tiles[i]);
    }

    void multiply(const indirect::Buffers& b, const Block& held, int64_t panel) const {
        const int sets = layout_.sets_at_a_time(panel);
        for (int64_t first = 0; first < kStrassenSets; first += sets) {
            const Range products{kStrassenSetBegins[first], kStrassenSetBegins[first + sets]};
            multiply(b, held.tiles.data(), held.tile_count, panel, products, held.scratchpad + held.tile_count * layout_.prepared_floats());
        }
    }

    // Some products of tiles with a panel, and while they are made what is wanted after them is fetched.
    void multiply(const indirect::Buffers& b, const Tile* tiles, int64_t count, int64_t panel, Range products, float* scratchpad) const {
        StrassenTile t{};
        t.first = static_cast<int>(products.first);
        t.last = static_cast<int>(products.last);
        t.weights = b.weights + layout_.panel_weights(panel) + products.first * layout_.half_depth() * layout_.panels.width(panel);
        for (int64_t i = 0; i < count; ++i, scratchpad += layout_.held_floats()) {
            t.held = scratchpad;
            if (count == 1 && layout_.pixels_are_far()) fetch_pixels(b, t, tiles[i], panel);
            else fetch_weights(t, panel, {i, count});
            multiply(b, tiles[i], panel, t);
        }
    }

    // The first of several tiles fetches what it multiplies itself, the others share the weights that follow in memory.
    void fetch_weights(StrassenTile& t, int64_t panel, Range tile) const {
        const int64_t rows = layout_.half_depth(), row_bytes = layout_.panels.width(panel) * kFloatBytes;
        const bool own = tile.first == 0 && tile.last > 1;
        const int64_t step = own ? row_bytes : row_bytes / std::max<int64_t>(1, tile.last - 1);
        const char* at = reinterpret_cast<const char*>(t.weights);
        at += own ? kOwnAhead : (t.last - t.first) * rows * (row_bytes + std::max<int64_t>(0, tile.first - 1) * step);
        for (int i = t.first; i < t.last; ++i, at += rows * step) t.ahead[i] = {at, step};
    }

    // The panels share the pixels of src and of dst that follow this tile's.
    void fetch_pixels(const indirect::Buffers& b, StrassenTile& t, const Tile& tile, int64_t panel) const {
        const int64_t pixels = tile.upper + tile.lower, rows = layout_.half_depth(), panels = layout_.panels.count();
        const auto fetch = [&](const float* first, int64_t channels, Range products) {
            const int64_t some = products.count() * rows, step = divide_up(pixels * channels * kFloatBytes, some * panels);
            for (int64_t i = products.first; i < products.last; ++i) {
                t.ahead[i] = {reinterpret_cast<const char*>(first) + (panel * some + (i - products.first) * rows) * step, step};
            }
        };
        const int64_t of_src = b.src == nullptr ? 0 : kStrassenProducts / 2;
        if (of_src > 0) fetch(tile.after, p_.src_channels, {0, of_src});
        fetch(b.dst + (tile.pixel + pixels) * p_.dst_channels, p_.dst_channels, {of_src, kStrassenProducts});
    }

    // Finds a tile's pixels, or makes them, and their sums. The lower half may have one pixel less: its last one is there twice then.
    void prepare(const indirect::Buffers& b, int64_t index, float* scratchpad, Tile& tile) const {
        const int64_t image = index / layout_.image_tiles(), half = layout_.half_depth();
        const Range pixels = layout_.tile(index);
        tile.pixel = image * layout_.pixels() + pixels.first;
        tile.upper = divide_up(pixels.count(), 2);
        tile.lower = pixels.count() - tile.upper;
        float* const made = scratchpad + kStrassenSums * layout_.sum_floats();
        if (b.src == nullptr) p_.make_src(b.made_of, {tile.pixel, tile.pixel + pixels.count()}, made);
        std::array<const float*, kMostStrassenRows> upper, lower;
        for (int64_t t = 0; t < tile.upper; ++t) {
            upper[t] = b.src == nullptr ? made + t * p_.row_step() : pixel_of_src(b, image, pixels.first + t);
        }
        for (int64_t t = 0; t < tile.upper; ++t) {
            const int64_t i = tile.upper + std::min(t, tile.lower - 1);
            lower[t] = b.src == nullptr ? made + i * p_.row_step() : pixel_of_src(b, image, pixels.first + i);
        }
        tile.after = b.src == nullptr ? nullptr : lower[tile.lower - 1] + p_.src_channels;
        p_.isa->strassen.sums({upper.data(), lower.data(), tile.upper, half, scratchpad, layout_.sum_step()});
        const auto sum = [&](int64_t which, int64_t t) { return scratchpad + (which * tile.upper + t) * layout_.sum_step(); };
        // In the order of kStrassenSteps.
        for (int64_t t = 0; t < tile.upper; ++t) {
            const float* const rows[kStrassenProducts] = {upper[t], upper[t] + half, sum(1, t), sum(2, t), lower[t] + half, sum(0, t), sum(3, t)};
            for (int64_t i = 0; i < kStrassenProducts; ++i) tile.rows[i * tile.upper + t] = rows[i];
        }
    }

    const float* pixel_of_src(const indirect::Buffers& b, int64_t image, int64_t pixel) const {
        const int64_t y = pixel / p_.width.dst * p_.height.stride, x = pixel % p_.width.dst * p_.width.stride;
        return b.src + ((image * p_.height.src + y) * p_.width.src + x) * p_.src_channels;
    }

    // A tile with a panel; `t` tells where its weights are.
    void multiply(const indirect::Buffers& b, const Tile& tile, int64_t panel, StrassenTile t) const {
        const int64_t lanes = p_.isa->lanes, vectors = layout_.panels.vectors(panel).count(), right = layout_.half_width();
        const ProductPixels out = pixels_of(b, panel, tile.pixel);
        t.rows = tile.rows.data();
        t.length = layout_.half_depth();
        t.half = panel + 1 == layout_.panels.count() && last_lanes(right, lanes) <= lanes / 2;
        t.out = &out;
        t.right = right;
        t.lower_rows = tile.lower;
        p_.isa->strassen.multiply[t.half][vectors - 1][tile.upper - 1](t);
    }

    // Where the results of a panel go in the left half, from a pixel of dst on.
    ProductPixels pixels_of(const indirect::Buffers& b, int64_t panel, int64_t pixel) const {
        const int64_t channel = layout_.panels.first(panel);
        return p_.results(b, pixel, channel, std::min(layout_.panels.width(panel), layout_.half_width() - channel));
    }

    std::unique_ptr<const indirect::Problem> owned_;
    const indirect::Problem& p_;
    const Layout layout_;
};

}  // namespace

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem) {
    return std::make_unique<Convolution>(std::move(problem));
}

}  // namespace conv4j::strassen
