// The order in which groups are copied and computed.
#pragma once

#include <cstdint>

#include "isa.hpp"

namespace conv4j::depthwise {

// Computes groups one after the other, while what the next one sees is copied and what the one after that sees is fetched.
class GroupedPipeline {
  public:
    // Functions for one row of dst and two; where copies go, by turns.
    GroupedPipeline(const GroupedFunction (&functions)[2], float* first, float* second) : functions_(functions), copies_{first, second} {}

    // Where to describe what is added next, and where it is copied to.
    GroupedRows& place() { return rows_[(added_ + 2) % 3]; }
    float* copy() const { return copies_[added_ % 2]; }
    // Adds what place() describes, so many rows of dst.
    void add(int64_t rows) {
        counts_[(added_ + 2) % 3] = rows;
        GroupedRows &now = rows_[added_ % 3], &next = rows_[(added_ + 1) % 3], &later = place();
        now.next = &next;
        now.later = later.rows == 0 ? &next : &later;
        now.filled = &filled_;
        functions_[counts_[added_ % 3] - 1](now);
        ++added_;
    }
    // Computes what was added last.
    void finish() {
        for (int i = 0; added_ > 0 && i < 2; ++i) {
            place().rows = 0;
            place().columns = 0;
            place().filters = false;
            add(1);
        }
    }

  private:
    const GroupedFunction (&functions_)[2];
    float* copies_[2];
    // What is described with no rows and no columns is nothing to do.
    GroupedRows rows_[3]{};
    int64_t counts_[3] = {1, 1, 1};
    int64_t added_ = 0;
    Filled filled_{};
};

}  // namespace conv4j::depthwise
