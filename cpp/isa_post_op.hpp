// What is done to results, and the other type that they may have.
#pragma once

#include <cstdint>

namespace conv4j {

// What is done to a result, in order, after the bias was added. Operands are tensors of dst's shape and layout and may
// be dst itself.
enum PostOpKind : int {
    kAddOperand = 0,
    kMultiplyOperand = 1,
    kRelu = 2,       // x > 0 ? x : alpha x
    kClip = 3,       // min(max(x, alpha), beta)
    kHardSwish = 4,  // x min(max(alpha x + beta, 0), 1)
    kSwish = 5,      // x / (1 + exp(-alpha x))
    kSigmoid = 6,    // 1 / (1 + exp(-x))
};

constexpr int kMostPostOps = 8;

// The upper half of an f32.
struct Bf16 {
    uint16_t bits;
};

struct PostOp {
    int kind;
    float alpha, beta;
    const void* operand;  // of the first element of dst that is worked on
};

// Whether a post-op can be applied to sums while they are in registers.
constexpr bool for_registers(int kind) { return kind == kAddOperand || kind == kRelu || kind == kClip; }

}  // namespace conv4j
