// Convolutions by the fast inner product (Winograd 1968, "A new algorithm for inner product"; Pogue, Nicolici 2024, "Fast inner-product
// algorithms and architectures for deep neural network accelerators"): of two pairs of numbers
//
//   x1 y1 + x2 y2 = (x1 + y2) (x2 + y1) - x1 x2 - y1 y2
//
// so that one product and two sums stand for two products. What is taken off is added up once for every row and once for every column
// of a matrix product. Adders that are apart from multipliers, as in AMD's Zen 3 to 5, have nothing to do while products are summed
// up by the units that multiply: of every three products two are made in this way and one as it is, so that both work all the time, and
// three products take the time of two. Where one unit does both, there is nothing to gain. Where units are so wide that no more
// vectors are loaded than added, each number of a row that is loaded has to meet two vectors of weights.
//
// A transposed convolution is a product for each of its phases, the dst pixels that are a stride apart and see the same taps (indirect.hpp).
// What the windows of a tile of pixels see is copied, with zeros for padding, in blocks of three vectors, of which the first two are the
// pairs; the copy of a tile meets panels of one or two vectors of dst's channels.
//
// The error is bound by norms, not element by element: with n for the products of a result, u for half an epsilon and the largest
// element as norm, |error| <= (n + 4) n u (|x| + |y|)^2 / 4 or so (Higham 2002, "Accuracy and Stability of Numerical Algorithms", 23.2.1), which is
// as small as it gets, n^2 u |x| |y|, if both norms are alike. So columns of weights are multiplied by a power of two, for their
// largest elements to lie in [2, 4), and so is what a window sees unless the products of its pairs are about 1 on average, between 1/16
// and 16. What a window sees has nothing to do with any other pixel's result, and results do not depend on the number of threads.
// Channels of dst with the same weights are the same bits.
// Of infinite src NaN may come where a sum of products would be infinite.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "indirect_problem.hpp"
#include "kernels.hpp"
#include "range.hpp"

namespace conv4j::fip {

// One of the slices of what windows see, whose products are added up one slice after the other.
struct Slice {
    int64_t index, count;

    bool is_first() const { return index == 0; }
    bool is_last() const { return index + 1 == count; }
};

// How the work and the weights of a slice of a part of a problem that asks for this algorithm are cut.
class Layout {
  public:
    Layout(const indirect::Problem& problem, const indirect::Part& of, Slice of_windows, int64_t first_of_weights)
        : p_(problem),
          part(of),
          slice(of_windows),
          rows(some(along_src(*of.y), slices_rows(problem) ? of_windows : Slice{0, 1})),
          columns(along_src(*of.x)),
          columns_in_one(follow_each_other(columns)),
          channels(slices_rows(problem) ? Range{0, problem.src_channels} : share(problem.src_channels, of_windows.index, of_windows.count)),
          first_weight(first_of_weights),
          segments(count(rows) * (columns_in_one ? 1 : count(columns))),
          length((columns_in_one ? count(columns) : 1) * channels.count()),
          most_rows(problem.isa->fip.most_rows[problem.fip_vectors() - 1]) {
        tiles_ = divide_up(pixels(), most_rows);
        rows_of_tile_ = divide_up(pixels(), tiles_);
        const int64_t block = kFipParts * p_.isa->lanes;
        for (int64_t segment = 0; segment < segments; ++segment) {
            for (int64_t left = length; left > 0; left -= block) {
                const int64_t steps = std::min<int64_t>(p_.isa->lanes, divide_up(left, kFipParts));
                runs.push_back({kFipParts, steps, 0});
                steps_ += steps;
            }
        }
    }

    // False if there is no such kernel: post-ops must be those that are applied in registers, and each dst pixel must see something.
    static bool fits(const indirect::Problem& problem) {
        const auto all_see = [&](const indirect::Axis& axis) {
            return !problem.transposed || (axis.dilation == 1 && axis.kernel >= axis.stride);
        };
        return problem.in_registers() && all_see(problem.height) && all_see(problem.width);
    }

    // How many slices there are. One, unless weights are so heavy that a level-3 cache shared with others may not hold them: then so many
    // that the pixels of some tiles stay in a level-2 cache, and weights come from farther away once for all of these; by measurement of
    // layers of ResNet and ResNeXt, while another process uses the level-3 cache, an eighth faster. They do not depend on the number
    // of pixels, as bands of a layer have weights in common.
    static int64_t slices(const indirect::Problem& problem) {
        const int64_t window = problem.height.kernel * problem.window_row();
        if (problem.transposed || problem.makes_src() || window * problem.dst_channels < kHeavyFloats) return 1;
        const int64_t most_rows = problem.isa->fip.most_rows[problem.fip_vectors() - 1];
        const int64_t wanted = divide_up(kLeastPixels, most_rows) * most_rows * window;
        const bool pixels = problem.height.is_pixel() && problem.width.is_pixel();
        const int64_t most = slices_rows(problem) ? problem.height.kernel : pixels ? problem.src_channels : 1;
        return std::min(divide_up(wanted, kNearFloats), most);
    }

    // Whether windows are single pixels, all of which exist.
    bool is_pointwise() const { return !p_.transposed && p_.height.is_pixel() && p_.width.is_pixel(); }

    // Which of the kernel's taps a column of a segment meets.
    int64_t tap(int64_t segment, int64_t column) const {
        const int64_t across = count(columns), y = columns_in_one ? segment : segment / across;
        return rows[y].index * p_.width.kernel + columns[columns_in_one ? column : segment % across].index;
    }
    // Columns of a window that lie together.
    int64_t columns_of_segment() const { return columns_in_one ? count(columns) : 1; }

    int64_t steps() const { return steps_; }

    // Pixels of dst, of all images, that are the part's.
    int64_t pixels() const { return p_.pixels(part); }
    int64_t tiles() const { return tiles_; }
    Range tile(int64_t index) const { return share(pixels(), index, tiles()); }

    int64_t vectors() const { return divide_up(p_.dst_channels, p_.isa->lanes); }
    // Panels of so many vectors, the last of which may have fewer.
    int64_t panels() const { return divide_up(vectors(), p_.fip_vectors()); }
    Range panel(int64_t index) const { return {index * p_.fip_vectors(), std::min((index + 1) * p_.fip_vectors(), vectors())}; }
    // Of a vector: [lane] pairs, [lane] scales, [step][element][lane].
    int64_t vector_floats() const { return (2 + kFipParts * steps()) * p_.isa->lanes; }
    int64_t weights_floats() const { return vectors() * vector_floats(); }

    // Tiles that meet a panel in turn: weights that a level-2 cache does not hold come from farther away once for all of them.
    int64_t tiles_at_a_time() const {
        if (weights_floats() <= kNearFloats) return 1;
        return std::clamp<int64_t>(kNearFloats / tile_floats(), 1, kMostTilesAtATime);
    }
    // Of tiles: as many as threads share evenly, unless they share the panels evenly.
    int64_t tile_blocks() const {
        const int64_t least = divide_up(tiles(), tiles_at_a_time()), threads = p_.threads;
        return least * panels() % threads == 0 ? least : std::min(divide_up(least, threads) * threads, tiles());
    }

    // Whether src and dst are more than a level-2 cache holds, and pixels of both follow each other.
    bool pixels_are_far() const {
        return !p_.transposed &&
               p_.height.src * p_.width.src * p_.src_channels + p_.height.dst * p_.width.dst * p_.dst_channels > 2 * kNearFloats;
    }

    // Of a tile: the copy of what its windows see, pairs and scales.
    int64_t tile_floats() const { return rows_of_tile_ * static_cast<int64_t>(runs.size()) * kFipParts * p_.isa->lanes; }
    int64_t prepared_floats() const { return tile_floats() + 2 * kRowFloats; }
    // What is needed to make it: addresses of the segments, and pixels that are made or segments that are not whole.
    int64_t address_floats() const { return most_rows * segments * kAddressFloats; }
    int64_t made_floats() const {
        if (p_.makes_src()) return most_rows * p_.row_step();
        return is_pointwise() ? 0 : most_rows * segments * length;
    }
    // Products of a tile and a panel that do not become pixels of dst at once: where these do not follow each other, or of a slice.
    int64_t m_floats() const { return most_rows * p_.fip_vectors() * p_.isa->lanes; }
    // Those that wait for the next slice, of all tiles and panels.
    bool has_sums() const { return slice.count > 1; }
    int64_t sums_floats() const { return has_sums() ? tiles() * panels() * m_floats() : 0; }
    int64_t thread_floats() const {
        const int64_t m = p_.transposed ? m_floats() : 0;
        return divide_up(tiles_at_a_time() * prepared_floats() + address_floats() + made_floats() + m, kLine) * kLine;
    }
    int64_t scratchpad_floats() const { return sums_floats() + p_.threads * thread_floats(); }

    static constexpr int64_t kMostTilesAtATime = 8;
    static constexpr int64_t kRowFloats = 32;  // room for one of each row
    static_assert(kRowFloats >= kMostFipRows);

  private:
    static constexpr int64_t kNearFloats = 96 << 10, kLine = 16, kAddressFloats = 2;
    static constexpr int64_t kLeastPixels = 48, kHeavyFloats = 3 << 19;

    using Taps = std::vector<indirect::Phase::Tap>;

    static int64_t count(const Taps& taps) { return static_cast<int64_t>(taps.size()); }

    // The taps of a phase in the order of what they see.
    static Taps along_src(const indirect::Phase& phase) {
        Taps taps = phase.taps;
        std::sort(taps.begin(), taps.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
        return taps;
    }

    // Whether slices are rows of windows, not channels of them.
    static bool slices_rows(const indirect::Problem& problem) { return problem.height.kernel > 1; }

    static Taps some(const Taps& taps, Slice slice) {
        const Range range = share(count(taps), slice.index, slice.count);
        return {taps.begin() + range.first, taps.begin() + range.last};
    }

    static bool follow_each_other(const Taps& taps) { return taps.back().offset - taps.front().offset + 1 == count(taps); }

    const indirect::Problem& p_;
    int64_t steps_ = 0, tiles_ = 0, rows_of_tile_ = 0;

  public:
    const indirect::Part& part;
    const Slice slice;
    const Taps rows, columns;   // of windows, in the order of what they see
    const bool columns_in_one;  // whether the columns of a window lie together
    const Range channels;       // of src
    const int64_t first_weight;
    const int64_t segments, length;  // what a window sees: so many runs of so many elements
    const int64_t most_rows;         // of a tile
    std::vector<FipRun> runs;        // of a row
    static constexpr float kMagnitude = 1;
};

// Those of all parts of a problem and their slices, which are multiplied one after the other.
struct Layouts {
    explicit Layouts(const indirect::Problem& problem) {
        const int64_t slices = Layout::slices(problem);
        for (const indirect::Part& part : problem.parts) {
            for (int64_t i = 0; i < slices; ++i) all.emplace_back(problem, part, Slice{i, slices}, all.empty() ? 0 : weights_floats());
        }
    }

    int64_t weights_floats() const { return all.back().first_weight + all.back().weights_floats(); }
    int64_t scratchpad_floats() const {
        int64_t most = 0;
        for (const Layout& layout : all) most = std::max(most, layout.scratchpad_floats());
        return most;
    }

    std::vector<Layout> all;
};

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem);

// Null unless all rows of the weights are there.
std::unique_ptr<Kernel> make_weights(Range rows, std::unique_ptr<const indirect::Problem> problem);

}  // namespace conv4j::fip
