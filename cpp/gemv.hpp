// Products of few rows with a large matrix that is read once (GEMV: general matrix-vector product), as in fully connected
// layers of small batches: bound by the memory that weights come from. They stay as they are, [Cout][K], and are not packed.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.hpp"

namespace conv4j {

// kGemv, buffers src [rows][K], weights [Cout][K], bias [Cout] if there is one, operands of the post-ops in order, dst
// [rows][Cout]; f32. dst may be an operand, not src.
//   parameters: IsaKind, rows, K, Cout, whether there is a bias (0 or 1), and for each post-op, at most eight: PostOpKind,
//   bits of alpha, bits of beta
std::unique_ptr<Kernel> make_gemv(const int64_t* parameters, int count);

}  // namespace conv4j
