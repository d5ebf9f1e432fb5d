// Convolutions by Winograd's filtering of rows (Winograd 1980, "Arithmetic complexity of computations"; Lavin, Gray 2016, "Fast algorithms
// for convolutional neural networks"): two rows of dst at a time, each column of them as it is. Of r taps F(2, r) makes r + 1 products
// for 2 r:
//
//   F(2, 2): y0 = (d0 - d1) g0 + d1 (g0 + g1), y1 = d1 (g0 + g1) + (d2 - d1) g1
//   F(2, 3): y0 = (d0 - d2) g0 + s + t, y1 = s - t + (d3 - d1) g2,
//            s = (d1 + d2) (g0 + g1 + g2) / 2, t = (d2 - d1) (g0 - g1 + g2) / 2
//
// With a stride the rows of src are parted into phases, and the rows of a kernel with them; of each phase so many as make F(2, 3) or less are
// filtered together. A kernel of 7 rows and stride 2 takes 10 rows of products for 14 so, one of 5 rows 7 for 10.
//
// First layers are what this is for: what a window sees of a row is one stretch of few elements, and sums of rows of few channels
// cost next to nothing beside the products with many. Only sums and differences of rows are taken: whole numbers come out exactly, and
// |error| <= (n + 8) u (2 |x|) (2 |w|) or so where a direct convolution has n u |x| |w|, with n for the products of a result, u for half
// an epsilon, |x| for the largest element and |w| for the sum of those of a kernel. Of infinite src NaN may come, in rows that see it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "indirect_problem.hpp"
#include "kernels.hpp"
#include "panels.hpp"

namespace conv4j::filtered {

// A row times a factor, of src or of a kernel.
struct Term {
    int64_t row;
    float factor;
};

// A sum of rows of src, counted from the first that the window of y0 sees, by a sum of rows of a kernel.
struct RowProduct {
    FilterUse use;
    std::vector<Term> src, kernel;
};

// How the work and the weights of a problem that asks for this algorithm are cut.
class Layout {
  public:
    explicit Layout(const indirect::Problem& problem);

    // False if there is no such kernel: windows without dilation, of rows that overlap, and post-ops that are applied in registers.
    static bool fits(const indirect::Problem& problem);

    // Columns of dst at a time, whose sums of rows stay in the L1 cache.
    int64_t columns() const { return kPasses * p_.isa->product.most_rows[panels.most_vectors() - 1]; }
    int64_t column_blocks() const { return divide_up(p_.width.dst, columns()); }
    int64_t row_pairs() const { return divide_up(p_.height.dst, 2); }

    // Floats of a sum of rows, of what the windows of so many columns see.
    int64_t sum_floats() const { return ((columns() - 1) * p_.width.stride + p_.width.kernel) * p_.src_channels; }
    // From one to the next; a power of two would have them drive one another out of the L1 cache.
    int64_t sum_step() const { return divide_up(sum_floats(), kLine) * kLine + kLine; }
    int64_t thread_floats() const { return static_cast<int64_t>(products.size()) * sum_step(); }
    int64_t scratchpad_floats() const { return p_.threads * thread_floats(); }

    // Of the weights: [panel][product][element of a window's row][column].
    int64_t panel_weights(int64_t panel) const { return panels.first(panel) * p_.window_row() * static_cast<int64_t>(products.size()); }
    int64_t weights_floats() const { return panels.vectors() * p_.isa->lanes * p_.window_row() * static_cast<int64_t>(products.size()); }

    static constexpr int64_t kPasses = 4;

  private:
    static constexpr int64_t kLine = 16;

    const indirect::Problem& p_;

  public:
    const Panels panels;
    std::vector<RowProduct> products;  // use by use
};

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem);

// Null unless all rows of the weights are there.
std::unique_ptr<Kernel> make_weights(Range rows, std::unique_ptr<const indirect::Problem> problem);

}  // namespace conv4j::filtered
