// Work that threads share as they get on with it.
//
// The threads of a region are seldom equally fast: another process or another guest of the machine takes a core for a
// while, or cores are of different kinds. With even shares all would wait for the slowest.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "range.hpp"

namespace conv4j {

// Pieces, counted from 0, for the parts of a region. Each part begins with an even share of its own, neighbours, since those
// often need the same data and since in the next region, shared alike, they are found in the same caches. It takes a quarter
// of what is left of it at a time; when nothing is, the same of another's share, from the end of it.
class Pieces {
  public:
    // Of which there is at least one of each.
    Pieces(int64_t count, int64_t parts) noexcept
        : count_(count), grain_((count - 1) / kMostGrains + 1), owners_(std::min(parts, kMostOwners)) {
        const int64_t grains = (count - 1) / grain_ + 1;
        for (int64_t i = 0; i < owners_; ++i) left_[i].grains.store(pack(share(grains, i, owners_)), std::memory_order_relaxed);
    }

    // Takes some pieces for a part. False if none are left. Any thread may call it at any time.
    bool take(int64_t part, Range& some) noexcept {
        for (int64_t i = 0; i < owners_; ++i) {
            if (take_of(left_[(part + i) % owners_].grains, i == 0, some)) return true;
        }
        return false;
    }

  private:
    static constexpr int64_t kMostGrains = UINT32_MAX;
    // More parts than so many have shares in common.
    static constexpr int64_t kMostOwners = 64;

    struct alignas(64) Left {
        std::atomic<uint64_t> grains;  // the first in the upper half, the end in the lower one
    };

    static uint64_t pack(Range grains) { return static_cast<uint64_t>(grains.first) << 32 | static_cast<uint64_t>(grains.last); }

    // What is left only becomes less, so that a word never comes back; who ends a region orders what was done in it.
    bool take_of(std::atomic<uint64_t>& left, bool own, Range& some) noexcept {
        uint64_t word = left.load(std::memory_order_relaxed);
        for (;;) {
            const auto first = static_cast<int64_t>(word >> 32), last = static_cast<int64_t>(word & UINT32_MAX);
            if (first == last) return false;
            const int64_t count = (last - first + 3) / 4;
            const Range taken = own ? Range{first, first + count} : Range{last - count, last};
            const Range rest = own ? Range{taken.last, last} : Range{first, taken.first};
            if (left.compare_exchange_weak(word, pack(rest), std::memory_order_relaxed)) {
                some = {taken.first * grain_, std::min(taken.last * grain_, count_)};
                return true;
            }
        }
    }

    int64_t count_, grain_, owners_;
    std::array<Left, kMostOwners> left_;
};

}  // namespace conv4j
