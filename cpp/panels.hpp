// How the channels of products are cut into vectors and weights into panels, and how rows are multiplied by a panel.
#pragma once

#include <algorithm>

#include "isa.hpp"
#include "parameters.hpp"
#include "range.hpp"

namespace conv4j {

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

// Of channels in vectors, how many lie in the last one.
inline int64_t last_lanes(int64_t channels, int64_t lanes) { return channels - (divide_up(channels, lanes) - 1) * lanes; }

// Rows in passes, as many in each as the registers hold with a panel, and as even as can be.
class Passes {
  public:
    // Divisions of 32 bits, and few of them: a product of few channels takes less time than a dozen wide ones.
    Passes(int64_t rows, int most) : count_((static_cast<uint32_t>(rows) + most - 1) / most) {
        if (count_ == 0) return;
        least_ = static_cast<uint32_t>(rows) / count_;
        longer_ = static_cast<uint32_t>(rows) % count_;
    }

    uint32_t count() const { return count_; }
    int64_t rows(uint32_t pass) const { return least_ + (pass < longer_); }
    int64_t first(uint32_t pass) const { return int64_t{pass} * least_ + std::min(pass, longer_); }
    uint32_t of(int64_t row) const {
        const int64_t in_longer = int64_t{longer_} * (least_ + 1);
        return static_cast<uint32_t>(row < in_longer ? row / (least_ + 1) : longer_ + (row - in_longer) / least_);
    }

  private:
    uint32_t count_, least_ = 0, longer_ = 0;
};

// All rows, pass by pass, by a panel of `vectors` vectors. `product` tells where those of the first pass lie; `next` is what is
// wanted after this matrix: `ahead_bytes` for each of its rows.
inline void multiply_rows(const Isa& isa, Product product, const Passes& passes, int64_t vectors, const float* next,
                          int64_t ahead_bytes) {
    if (passes.count() == 0) return;
    product.ahead_step = static_cast<uint32_t>(ahead_bytes) / passes.count();
    product.ahead = next;
    for (uint32_t pass = 0; pass < passes.count(); ++pass) {
        const int64_t here = passes.rows(pass);
        if (product.rows == nullptr) {
            isa.product.multiply[vectors - 1][here - 1](product);
            product.v += here * product.chunks * isa.lanes;
            product.m += here * isa.lanes;
        } else {
            isa.product.multiply_scattered[product.half][vectors - 1][here - 1](product);
            product.rows += here;
            product.places += here;
        }
        product.ahead = static_cast<const char*>(product.ahead) + product.chunks * product.length * product.ahead_step;
    }
}

// The same where what is wanted next is a matrix as large as this one.
inline void multiply_rows(const Isa& isa, const Product& product, const Passes& passes, int64_t vectors, const float* next) {
    multiply_rows(isa, product, passes, vectors, next, vectors * isa.lanes * static_cast<int64_t>(sizeof(float)));
}

}  // namespace conv4j
