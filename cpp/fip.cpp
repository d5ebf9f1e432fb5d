#include "fip.hpp"

#include <array>

#include "team.hpp"

namespace conv4j::fip {

namespace {

class Convolution final : public Kernel {
  public:
    explicit Convolution(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layout_(p_) {}

    void run(void* const* buffers, int) const noexcept override {
        const indirect::Buffers b = p_.named(buffers);
        // Threads share out the panels of all blocks of tiles.
        const int64_t blocks = layout_.tile_blocks(), panels = layout_.panels();
        const int64_t parts = std::min<int64_t>(p_.threads, blocks * panels);
        parallel_for(parts, p_.threads, [&](int64_t part) {
            const Range mine = share(blocks * panels, part, parts);
            float* const scratchpad = b.scratchpad + part * layout_.thread_floats();
            for (int64_t first = mine.first, last; first < mine.last; first = last) {
                const int64_t block = first / panels;
                last = std::min(mine.last, (block + 1) * panels);
                const Range some{first - block * panels, last - block * panels};
                run_block(b, share(layout_.tiles(), block, blocks), some, first == mine.first, scratchpad);
            }
        });
    }

  private:
    static constexpr int64_t kFloatBytes = sizeof(float);

    struct Tile {
        Range pixels;  // of dst and of all images
        const float* x;
        const float *pairs, *scales;
        const float* after;  // pixels of src that are there
    };

    struct Pixel {
        int64_t n, y, x;
    };

    // Some tiles with some panels, the first of a thread's or not.
    void run_block(const indirect::Buffers& b, Range tiles, Range panels, bool first, float* scratchpad) const {
        std::array<Tile, Layout::kMostTilesAtATime> all;
        float* const rest = scratchpad + layout_.tiles_at_a_time() * layout_.prepared_floats();
        for (int64_t i = 0; i < tiles.count(); ++i, scratchpad += layout_.prepared_floats()) {
            all[i] = prepare(b, layout_.tile(tiles.first + i), scratchpad, rest);
        }
        for (int64_t panel = panels.first; panel < panels.last; ++panel) {
            for (int64_t i = 0; i < tiles.count(); ++i) multiply(b, all[i], panel, {i, tiles.count()}, first);
        }
    }

    // Copies what the windows of a tile see.
    Tile prepare(const indirect::Buffers& b, Range pixels, float* scratchpad, float* rest) const {
        const int64_t rows = pixels.count();
        float* const x = scratchpad;
        float *const pairs = x + layout_.tile_floats(), *const scales = pairs + Layout::kRowFloats;
        auto* const segments = reinterpret_cast<const float**>(rest);
        float* const made = rest + layout_.address_floats();
        const float* after = nullptr;
        if (b.src == nullptr) {
            p_.make_src(b.made_of, pixels, made);
            for (int64_t i = 0; i < rows; ++i) segments[i] = made + i * p_.row_step();
        } else {
            after = find(b, pixels, segments, made);
        }
        p_.isa->fip.gather({segments, layout_.segments, layout_.length, b.gates},
                           {x, rows, layout_.runs.data(), run_count(), Layout::kMagnitude, pairs, scales});
        return {pixels, x, pairs, scales, after};
    }

    // Finds the segments of all windows in src, or copies what exists of them. Returns where the pixels after them are.
    const float* find(const indirect::Buffers& b, Range pixels, const float** segments, float* copies) const {
        const int64_t rows = pixels.count(), width = p_.width.dst, height = p_.height.dst;
        if (p_.height.is_identity() && p_.width.is_identity()) {
            for (int64_t i = 0; i < rows; ++i) segments[i] = b.src + (pixels.first + i) * p_.src_channels;
            return b.src + pixels.last * p_.src_channels;
        }
        Pixel pixel{pixels.first / width / height, pixels.first / width % height, pixels.first % width};
        for (int64_t i = 0; i < rows; ++i) {
            find(b, pixel, i, rows, segments, copies);
            if (++pixel.x < width) continue;
            pixel.x = 0;
            if (++pixel.y < height) continue;
            pixel.y = 0;
            ++pixel.n;
        }
        return layout_.is_pointwise() ? segments[rows - 1] + layout_.length : b.src;
    }

    void find(const indirect::Buffers& b, Pixel pixel, int64_t row, int64_t rows, const float** segments, float* copies) const {
        const int64_t columns = layout_.columns(), channels = p_.src_channels;
        const int64_t top = pixel.y * p_.height.stride - p_.height.pad, left = pixel.x * p_.width.stride - p_.width.pad;
        if (sees_all(p_.height, top) && sees_all(p_.width, left)) {
            const int64_t row_step = p_.height.dilation * p_.width.src * channels, column_step = p_.width.dilation * channels;
            const float* line = b.src + ((pixel.n * p_.height.src + top) * p_.width.src + left) * channels;
            segments += row;
            for (int64_t ky = 0; ky < p_.height.kernel; ++ky, line += row_step) {
                const float* at = line;
                for (int64_t kx = 0; kx < p_.width.kernel; kx += columns, at += column_step, segments += rows) *segments = at;
            }
            return;
        }
        int64_t segment = 0;
        for (int64_t ky = 0; ky < p_.height.kernel; ++ky) {
            const int64_t y = top + ky * p_.height.dilation;
            for (int64_t kx = 0; kx < p_.width.kernel; kx += columns, ++segment) {
                const Range x{left + kx * p_.width.dilation, left + kx * p_.width.dilation + columns};
                const int64_t at = segment * rows + row;
                if (y >= 0 && y < p_.height.src && x.first >= 0 && x.last <= p_.width.src) {
                    segments[at] = b.src + ((pixel.n * p_.height.src + y) * p_.width.src + x.first) * channels;
                    continue;
                }
                float* const to = copies + at * layout_.length;
                segments[at] = to;
                p_.copy_row(b.src, pixel.n, y, x, to);
            }
        }
    }

    // Whether all that a window sees from an element on exists.
    static bool sees_all(const indirect::Axis& axis, int64_t first) {
        return first >= 0 && first + (axis.kernel - 1) * axis.dilation < axis.src;
    }

    // A tile, one of several, with a panel.
    void multiply(const indirect::Buffers& b, const Tile& tile, int64_t panel, Range of, bool first) const {
        const int64_t lanes = p_.isa->lanes, channel = panel * lanes;
        const ProductPixels out = p_.results(b, tile.pixels.first, channel, std::min(lanes, p_.dst_channels - channel));
        FipTile t{};
        t.x = tile.x;
        t.pairs = tile.pairs;
        t.scales = tile.scales;
        t.runs = layout_.runs.data();
        t.run_count = run_count();
        t.weights = b.weights + panel * layout_.panel_floats();
        t.half = out.channels <= lanes / 2;
        t.out = &out;
        fetch(b, tile, panel, of, first, t);
        p_.isa->fip.multiply[t.half][tile.pixels.count() - 1](t);
    }

    // The first tile, or several, fetch the panel that follows; or panels share the pixels of src and of dst that follow this tile's.
    void fetch(const indirect::Buffers& b, const Tile& tile, int64_t panel, Range of, bool first, FipTile& t) const {
        const int64_t steps = layout_.steps(), rows = tile.pixels.count(), panels = layout_.panels();
        const auto share_of = [&](const float* first, int64_t floats, Range part) {
            const int64_t step = divide_up(floats * kFloatBytes, steps * part.last);
            return Ahead{reinterpret_cast<const char*>(first) + part.first * steps * step, step};
        };
        if (of.last > 1 || first) {
            t.ahead[0] = share_of(t.weights + layout_.panel_floats(), layout_.panel_floats(), of);
        } else if (layout_.pixels_are_far()) {
            if (tile.after != nullptr) t.ahead[0] = share_of(tile.after, rows * p_.src_channels, {panel, panels});
            t.ahead[1] = share_of(b.dst + tile.pixels.last * p_.dst_channels, rows * p_.dst_channels, {panel, panels});
        }
    }

    int64_t run_count() const { return static_cast<int64_t>(layout_.runs.size()); }

    std::unique_ptr<const indirect::Problem> owned_;
    const indirect::Problem& p_;
    const Layout layout_;
};

}  // namespace

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem) {
    return std::make_unique<Convolution>(std::move(problem));
}

}  // namespace conv4j::fip
