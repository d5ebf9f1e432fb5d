// For the tests of kernels: their post-ops as parameters, and what they are to do.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "isa.hpp"

namespace conv4j {

struct Op {
    int kind;
    float alpha, beta;

    bool combines() const { return kind == kAddOperand || kind == kMultiplyOperand; }
};

inline void append(const std::vector<Op>& ops, std::vector<int64_t>& parameters) {
    for (const Op& op : ops) {
        parameters.push_back(op.kind);
        for (float value : {op.alpha, op.beta}) {
            uint32_t bits;
            std::memcpy(&bits, &value, sizeof bits);
            parameters.push_back(bits);
        }
    }
}

inline double applied(const Op& op, double x, double operand = 0) {
    switch (op.kind) {
        case kAddOperand: return x + operand;
        case kMultiplyOperand: return x * operand;
        case kRelu: return x > 0 ? x : op.alpha * x;
        case kClip: return std::min<double>(op.beta, std::max<double>(op.alpha, x));
        case kHardSwish: return x * std::min(1.0, std::max(0.0, op.alpha * x + op.beta));
        case kSwish: return x / (1 + std::exp(-op.alpha * x));
        default: return 1 / (1 + std::exp(-x));
    }
}

}  // namespace conv4j
