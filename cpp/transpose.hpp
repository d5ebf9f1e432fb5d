// Matrices turned over, as where channels come to lie first or last.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels.hpp"

namespace conv4j {

// kTranspose, buffers src, dst, which may not overlap: dst (n, column, row) is src (n, row, column), f32.
//   parameters: batch, rows, columns. Null if they make no sense.
std::unique_ptr<Kernel> make_transpose(const int64_t* parameters, int count);

}  // namespace conv4j
