// Pointwise convolutions by Strassen's algorithm (Strassen 1969, "Gaussian elimination is not optimal"), in Winograd's form with
// fifteen additions: of two matrices of 2x2 blocks seven products of blocks are made instead of eight.
//
//   S1 = A21 + A22   T1 = B12 - B11   P1 = A11 B11   P5 = S1 T1   U2 = P1 + P6   C11 = P1 + P2
//   S2 = S1 - A11    T2 = B22 - T1    P2 = A12 B21   P6 = S2 T2   U3 = U2 + P7   C12 = U2 + P5 + P3
//   S3 = A11 - A21   T3 = B22 - B12   P3 = S4 B22    P7 = S3 T3                  C21 = U3 - P4
//   S4 = A12 - S2    T4 = T2 - B21    P4 = A22 T4                                C22 = U3 + P5
//
// A is made of the pixels of a tile, an upper and a lower half of them, by the two halves of their channels; B of the weights, with the
// two halves of dst's channels. What is added of the weights is added once, when they are packed, and takes 7/4 of the memory; what is
// added of pixels is added tile by tile; and what is added of products is added while it is in registers, or between there and the L1
// cache, as the order of the products is one in which each quarter of the result ends with a product. So dst is written once, with its
// post-ops.
//
// The error is bound by norms, not element by element: with h for half the channels of src, u for half an epsilon and the largest
// element as norm it is at most (18 (h^2 + 6 h) - 12 h) u |A| |B| (Higham 2002, "Accuracy and Stability of Numerical Algorithms", theorem
// 23.3), where sums of products alone have 4 h^2 u |A| |B|. A tile's pixels are of one image, so that images have nothing to do with each
// other. Results do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "indirect_problem.hpp"
#include "kernels.hpp"
#include "panels.hpp"
#include "range.hpp"

namespace conv4j::strassen {

// How the work and the weights of a problem that asks for this algorithm are cut.
class Layout {
  public:
    explicit Layout(const indirect::Problem& problem)
        : p_(problem), panels(*problem.isa, problem.dst_channels / 2), most_rows(problem.isa->strassen.most_rows[panels.most_vectors() - 1]) {}

    // False if there is no such kernel: windows must be pixels of src, which are there, channels even, pixels not too few, and post-ops
    // those that are applied in registers.
    static bool fits(const indirect::Problem& problem) {
        return !problem.transposed && problem.in_registers() && problem.height.is_pixel() && problem.width.is_pixel() && problem.src_channels % 2 == 0 &&
               problem.dst_channels % 2 == 0 && Layout(problem).pixels() >= 2 * kMostStrassenRows;
    }

    int64_t half_depth() const { return p_.src_channels / 2; }
    int64_t half_width() const { return p_.dst_channels / 2; }
    int64_t pixels() const { return p_.height.dst * p_.width.dst; }  // of an image
    int64_t pairs() const { return divide_up(pixels(), 2); }
    // An even number, which two threads can share: of eight pairs and more, of which half a tile holds six or eight, so that no tile has
    // less than kLeastStrassenRows.
    int64_t image_tiles() const { return divide_up(divide_up(pairs(), most_rows), 2) * 2; }
    int64_t tiles() const { return p_.batch * image_tiles(); }
    // Pixels of an image, an even number but in the last tile.
    Range tile(int64_t index) const {
        const Range some = share(pairs(), index % image_tiles(), image_tiles());
        return {2 * some.first, std::min(2 * some.last, pixels())};
    }

    // Tiles that are multiplied with a panel in turn: weights that a level-2 cache does not hold come from farther away once for all of
    // them.
    int64_t tiles_at_a_time() const {
        const int64_t most = weights_floats() <= kNearFloats ? 1 : kNearFloats / (kStrassenSums * sum_floats());
        return std::clamp<int64_t>(most, 1, kMostTilesAtATime);
    }

    // Of tiles: as many as threads share evenly, unless they share the panels evenly.
    int64_t blocks() const {
        const int64_t least = divide_up(tiles(), tiles_at_a_time()), threads = p_.threads;
        const bool even = least * panels.count() % threads == 0 && panels.vectors() % panels.count() == 0;
        return even ? least : std::min(divide_up(least, threads) * threads, tiles());
    }

    // Sets of products that these tiles make in turn: so many weights stay in a level-2 cache until the last tile has met them.
    int sets_at_a_time(int64_t panel) const {
        const int64_t floats = kStrassenProducts * half_depth() * panels.width(panel);
        return tiles_at_a_time() > 1 && floats > kNearFloats * 3 / 4 ? 1 : kStrassenSets;
    }

    // Whether src and dst are more than a level-2 cache holds.
    bool pixels_are_far() const { return pixels() * (p_.src_channels + p_.dst_channels) > 2 * kNearFloats; }

    // Of a panel: [product][half of the channels of src][lane].
    int64_t panel_weights(int64_t panel) const { return kStrassenProducts * half_depth() * panels.first(panel); }
    int64_t weights_floats() const { return kStrassenProducts * half_depth() * panels.vectors() * p_.isa->lanes; }

    // Rows a power of two apart would drive one another out of the L1 cache.
    int64_t sum_step() const { return (divide_up(half_depth(), p_.isa->lanes) + 1) * p_.isa->lanes; }
    int64_t sum_floats() const { return most_rows * sum_step(); }
    int64_t tile_floats() const { return most_rows * panels.most_vectors() * p_.isa->lanes; }
    int64_t made_floats() const { return p_.makes_src() ? 2 * most_rows * p_.row_step() : 0; }
    // What a thread needs for each of the tiles: sums and pixels that are made; and sums of products.
    int64_t prepared_floats() const { return kStrassenSums * sum_floats() + made_floats(); }
    int64_t held_floats() const { return kStrassenHeld * tile_floats(); }
    int64_t thread_floats() const { return tiles_at_a_time() * (prepared_floats() + held_floats()); }
    int64_t scratchpad_floats() const { return p_.threads * thread_floats(); }

    static constexpr int64_t kMostTilesAtATime = 8;

  private:
    static constexpr int64_t kNearFloats = 128 << 10;  // half a megabyte

    const indirect::Problem& p_;

  public:
    const Panels panels;      // of either half of dst's channels
    const int64_t most_rows;  // of half a tile
};

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem);

// Null unless all rows of the weights are there.
std::unique_ptr<Kernel> make_weights(Range rows, std::unique_ptr<const indirect::Problem> problem);

}  // namespace conv4j::strassen
