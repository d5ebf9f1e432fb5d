#include "fip.hpp"

#include <array>

#include "team.hpp"

namespace conv4j::fip {

namespace {

class Convolution final : public Kernel {
  public:
    explicit Convolution(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layouts_(p_) {}

    void run(void* const* buffers, int) const noexcept override {
        const indirect::Buffers b = p_.named(buffers);
        for (const Layout& layout : layouts_.all) run_part(b, layout);
    }

  private:
    static constexpr int64_t kFloatBytes = sizeof(float);

    struct Tile {
        int64_t index;
        Range pixels;   // of the part and of all images
        int64_t first;  // where the first one is in dst
        bool evenly;    // whether they become pixels of dst at once: of the only slice and as far apart there, those of a phase within a row
        const float* x;
        const float *pairs, *scales;
        const float* after;  // pixels of src that are there
    };

    struct Pixel {
        int64_t n, y, x;  // of the part
    };

    void run_part(const indirect::Buffers& b, const Layout& layout) const {
        const int64_t blocks = layout.tile_blocks();
        parallel_for_cells(blocks, layout.panels(), p_.threads, [&](int64_t thread) {
            Block held;
            held.scratchpad = b.scratchpad + layout.sums_floats() + thread * layout.thread_floats();
            held.m = held.scratchpad + layout.thread_floats() - layout.m_floats();
            return [&b, &layout, this, blocks, held](int64_t block, Range panels) mutable {
                if (held.index != block) prepare(b, layout, block, share(layout.tiles(), block, blocks), held);
                multiply(b, layout, held, panels);
            };
        });
    }

    // Some tiles that meet panels together. A thread holds one block at a time.
    struct Block {
        int64_t index = -1, tile_count = 0;
        bool first = true;  // of its thread
        std::array<Tile, Layout::kMostTilesAtATime> tiles;
        float *scratchpad, *m;
    };

    void prepare(const indirect::Buffers& b, const Layout& layout, int64_t index, Range tiles, Block& held) const {
        held.first = held.index < 0;
        held.index = index;
        held.tile_count = tiles.count();
        float *to = held.scratchpad, *const rest = to + layout.tiles_at_a_time() * layout.prepared_floats();
        for (int64_t i = 0; i < tiles.count(); ++i, to += layout.prepared_floats()) {
            held.tiles[i] = prepare(b, layout, tiles.first + i, to, rest);
        }
    }

    void multiply(const indirect::Buffers& b, const Layout& layout, const Block& held, Range panels) const {
        for (int64_t panel = panels.first; panel < panels.last; ++panel) {
            for (int64_t i = 0; i < held.tile_count; ++i) {
                const Tile& tile = held.tiles[i];
                float* const m = layout.has_sums() ? b.scratchpad + (tile.index * layout.panels() + panel) * layout.m_floats() : held.m;
                multiply(b, layout, tile, panel, {i, held.tile_count}, held.first, m);
            }
        }
    }

    // Copies what the windows of a tile see.
    Tile prepare(const indirect::Buffers& b, const Layout& layout, int64_t index, float* scratchpad, float* rest) const {
        const Range pixels = layout.tile(index);
        const int64_t rows = pixels.count();
        float* const x = scratchpad;
        float *const pairs = x + layout.tile_floats(), *const scales = pairs + Layout::kRowFloats;
        auto* const segments = reinterpret_cast<const float**>(rest);
        float* const made = rest + layout.address_floats();
        const float* after = nullptr;
        if (b.src == nullptr) {
            p_.make_src(b.made_of, pixels, made);
            for (int64_t i = 0; i < rows; ++i) segments[i] = made + i * p_.row_step();
        } else {
            after = find(b, layout, pixels, segments, made);
        }
        const float* const gates = b.gates == nullptr ? nullptr : b.gates + layout.channels.first;
        p_.isa->fip.gather({segments, layout.segments, layout.length, gates},
                           {x, rows, layout.runs.data(), run_count(layout), Layout::kMagnitude, pairs, scales});
        if (!p_.transposed) return {index, pixels, pixels.first, !layout.has_sums(), x, pairs, scales, after};
        const Pixel first = pixel_at(layout, pixels.first);
        return {index, pixels, place(layout, first), first.x + rows <= layout.part.x->count, x, pairs, scales, after};
    }

    // Finds the segments of all windows in src, or copies what exists of them. Returns where the pixels after them are.
    const float* find(const indirect::Buffers& b, const Layout& layout, Range pixels, const float** segments, float* copies) const {
        const int64_t rows = pixels.count();
        if (p_.height.is_identity() && p_.width.is_identity()) {
            for (int64_t i = 0; i < rows; ++i) segments[i] = b.src + (pixels.first + i) * p_.src_channels + layout.channels.first;
            return b.src + pixels.last * p_.src_channels;
        }
        Pixel pixel = pixel_at(layout, pixels.first);
        for (int64_t i = 0; i < rows; ++i) {
            find(b, layout, pixel, i, rows, segments, copies);
            if (++pixel.x < layout.part.x->count) continue;
            pixel.x = 0;
            if (++pixel.y < layout.part.y->count) continue;
            pixel.y = 0;
            ++pixel.n;
        }
        return layout.is_pointwise() ? segments[rows - 1] + layout.length : b.src;
    }

    static Pixel pixel_at(const Layout& layout, int64_t index) {
        const int64_t width = layout.part.x->count, height = layout.part.y->count;
        return {index / width / height, index / width % height, index % width};
    }

    void find(const indirect::Buffers& b, const Layout& layout, Pixel pixel, int64_t row, int64_t rows, const float** segments,
              float* copies) const {
        const int64_t columns = layout.columns_of_segment(), channels = p_.src_channels;
        const int64_t top = pixel.y * p_.height.src_step, left = pixel.x * p_.width.src_step;
        const bool whole = sees_all(p_.height, layout.rows, top) && sees_all(p_.width, layout.columns, left);
        int64_t at = row;
        for (const auto& y : layout.rows) {
            const float* const line = b.src + (pixel.n * p_.height.src + top + y.offset) * p_.width.src * channels;
            for (size_t i = 0; i < layout.columns.size(); i += columns, at += rows) {
                const Range x{left + layout.columns[i].offset, left + layout.columns[i].offset + columns};
                if (whole || (exists(p_.height, top + y.offset) && x.first >= 0 && x.last <= p_.width.src)) {
                    segments[at] = line + x.first * channels + layout.channels.first;
                    continue;
                }
                segments[at] = copies + at * layout.length;
                p_.copy_row(b.src, pixel.n, top + y.offset, x, copies + at * layout.length);
            }
        }
    }

    static bool exists(const indirect::Axis& axis, int64_t at) { return at >= 0 && at < axis.src; }

    // Whether all that a window sees, by taps in order, exists.
    template <typename Taps>
    static bool sees_all(const indirect::Axis& axis, const Taps& taps, int64_t at) {
        return at + taps.front().offset >= 0 && at + taps.back().offset < axis.src;
    }

    // A tile, one of several, with a panel.
    void multiply(const indirect::Buffers& b, const Layout& layout, const Tile& tile, int64_t panel, Range of, bool first, float* m) const {
        const Range vectors = layout.panel(panel);
        const int64_t lanes = p_.isa->lanes, channel = vectors.first * lanes, rows = tile.pixels.count();
        const int64_t channels = std::min(vectors.count() * lanes, p_.dst_channels - channel);
        const ProductPixels out = p_.results(b, tile.first, channel, channels);
        FipTile t{};
        t.x = tile.x;
        t.pairs = tile.pairs;
        t.scales = tile.scales;
        t.runs = layout.runs.data();
        t.run_count = run_count(layout);
        t.weights = b.weights + layout.first_weight + vectors.first * layout.vector_floats();
        t.weights_step = layout.vector_floats();
        if (tile.evenly) {
            t.out = &out;
        } else {
            t.m = m;
            t.m_vector_step = rows * lanes;
            t.accumulate = !layout.slice.is_first();
        }
        fetch(b, layout, tile, panel, of, first, t);
        if (channels <= lanes / 2) p_.isa->fip.multiply_half[rows - 1](t);
        else p_.isa->fip.multiply[vectors.count() - 1][rows - 1](t);
        if (!tile.evenly && layout.slice.is_last()) write(b, layout, tile.pixels, {channel, channel + channels}, m);
    }

    // Of a pixel of a part, where it is in dst.
    int64_t place(const Layout& layout, Pixel pixel) const {
        const int64_t y = layout.part.y->first + pixel.y * p_.height.dst_step, x = layout.part.x->first + pixel.x * p_.width.dst_step;
        return (pixel.n * p_.height.dst + y) * p_.width.dst + x;
    }

    // Products of pixels of a phase and some channels, row by row.
    void write(const indirect::Buffers& b, const Layout& layout, Range pixels, Range channels, const float* m) const {
        const int64_t m_vector_step = pixels.count() * p_.isa->lanes;
        for (int64_t i = pixels.first, count; i < pixels.last; i += count, m += count * p_.isa->lanes) {
            const Pixel pixel = pixel_at(layout, i);
            count = std::min(layout.part.x->count - pixel.x, pixels.last - i);
            ProductPixels out = p_.results(b, place(layout, pixel), channels.first, channels.count());
            out.count = count;
            out.m = m;
            out.m_vector_step = m_vector_step;
            p_.isa->product.write(out);
        }
    }

    // The first tile, or several, fetch the panel that follows; or panels share the pixels of src and of dst that follow this tile's.
    void fetch(const indirect::Buffers& b, const Layout& layout, const Tile& tile, int64_t panel, Range of, bool first, FipTile& t) const {
        const int64_t steps = layout.steps(), rows = tile.pixels.count(), panels = layout.panels();
        const auto share_of = [&](const float* first, int64_t floats, Range part) {
            const int64_t step = divide_up(floats * kFloatBytes, steps * part.last);
            return Ahead{reinterpret_cast<const char*>(first) + part.first * steps * step, step};
        };
        if (of.last > 1 || first) {
            const int64_t vectors = layout.panel(panel).count(), floats = layout.vector_floats();
            for (int64_t i = 0; i < vectors; ++i) t.ahead[i] = share_of(t.weights + (vectors + i) * floats, floats, of);
        } else if (layout.pixels_are_far()) {
            if (tile.after != nullptr) t.ahead[0] = share_of(tile.after, rows * p_.src_channels, {panel, panels});
            t.ahead[1] = share_of(b.dst + tile.pixels.last * p_.dst_channels, rows * p_.dst_channels, {panel, panels});
        }
    }

    static int64_t run_count(const Layout& layout) { return static_cast<int64_t>(layout.runs.size()); }

    std::unique_ptr<const indirect::Problem> owned_;
    const indirect::Problem& p_;
    const Layouts layouts_;
};

}  // namespace

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem) {
    return std::make_unique<Convolution>(std::move(problem));
}

}  // namespace conv4j::fip
