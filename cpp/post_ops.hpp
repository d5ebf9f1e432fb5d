// The post-ops among a kernel's parameters.
#pragma once

#include <array>
#include <cstdint>

#include "isa.hpp"
#include "parameters.hpp"

namespace conv4j {

struct PostOps {
    int count = 0;
    std::array<PostOp, kMostPostOps> all{};

    // From three numbers each: PostOpKind, bits of alpha, bits of beta. Returns false if there are too many.
    bool parse(const int64_t* p, int numbers) {
        if (numbers < 0 || numbers % 3 != 0 || numbers / 3 > kMostPostOps) return false;
        count = numbers / 3;
        for (int i = 0; i < count; ++i, p += 3) all[i] = {static_cast<int>(p[0]), from_bits(p[1]), from_bits(p[2]), nullptr};
        return true;
    }

    bool has_operand(int i) const { return i < count && (all[i].kind == kAddOperand || all[i].kind == kMultiplyOperand); }

    // Takes the operands from the buffers that follow, in order; returns the one after them.
    void* const* take_operands(void* const* buffers) {
        for (int i = 0; i < count; ++i) {
            if (has_operand(i)) all[i].operand = *buffers++;
        }
        return buffers;
    }

    // Writes them for the elements so many bytes after those that the operands begin with; returns how many there are. The first one is
    // written even if there is none.
    int at(int64_t bytes, PostOp (&to)[kMostPostOps]) const {
        for (int i = 0; i == 0 || i < count; ++i) {
            to[i] = all[i];
            if (has_operand(i)) to[i].operand = static_cast<const char*>(to[i].operand) + bytes;
        }
        return count;
    }
};

}  // namespace conv4j
