// How the weights of products are cut into panels, and rows multiplied by one.
#pragma once

#include <algorithm>

#include "isa.hpp"
#include "parameters.hpp"

namespace conv4j {

struct Range {
    int64_t first, last;

    int64_t count() const { return last - first; }
};

inline Range share(int64_t count, int64_t part, int64_t parts) {
    return {count * part / parts, count * (part + 1) / parts};
}

// Some vectors of columns, in panels as wide as the instruction set takes, and as even as can be: narrow ones are slow. There
// are a multiple of `groups` of them if so many can be made, so that as many threads have the same to do.
class Panels {
  public:
    Panels() = default;
    Panels(const Isa& isa, int64_t channels, int64_t groups = 1) : lanes_(isa.lanes), vectors_(divide_up(channels, isa.lanes)) {
        count_ = std::min(divide_up(divide_up(vectors_, isa.product.most_vectors), groups) * groups, vectors_);
    }

    int64_t count() const { return count_; }
    int64_t vectors() const { return vectors_; }
    int64_t most_vectors() const { return divide_up(vectors_, count_); }
    Range vectors(int64_t panel) const { return share(vectors_, panel, count_); }
    // Of columns, whether they exist or fill the last vector.
    int64_t width(int64_t panel) const { return vectors(panel).count() * lanes_; }
    int64_t first(int64_t panel) const { return vectors(panel).first * lanes_; }

  private:
    int64_t lanes_, vectors_, count_;
};

// All rows by a panel of `vectors` vectors, as many at a time as the registers hold. `product` tells where those of the first
// pass lie; `next` is the matrix, as large as this one, that is wanted after it.
inline void multiply_rows(const Isa& isa, Product product, int64_t rows, int64_t vectors, const float* next) {
    const int64_t passes = divide_up(rows, isa.product.most_rows[vectors - 1]);
    const int64_t floats = product.chunks * isa.lanes * vectors * isa.lanes;
    const float* v = product.v;
    float* m = product.m;
    product.ahead_step = vectors * isa.lanes * static_cast<int64_t>(sizeof(float)) / passes;
    for (int64_t pass = 0; pass < passes; ++pass) {
        const Range range = share(rows, pass, passes);
        product.v = v + range.first * isa.lanes;
        product.m = m + range.first * isa.lanes;
        product.ahead = next + floats * pass / passes;
        isa.product.multiply[vectors - 1][range.count() - 1](product);
    }
}

}  // namespace conv4j
