// The transform of 3x3 kernels for Winograd's algorithm: G k G^T, in double and rounded once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace conv4j {

// Transformed side by side: a vector of doubles. Divides the lanes of every instruction set.
constexpr int64_t kKernels = 4;

// The taps of some kernels, row by row.
using KernelTaps = std::array<std::array<double, kKernels>, 9>;

class KernelTransform {
  public:
    // For tiles of m x m.
    explicit KernelTransform(int m);

    // Writes the numbers of each position side by side, a position `step` floats after the one before.
    void run(const KernelTaps& taps, float* to, int64_t step) const { run_(rows_.data(), rows_.size(), taps, to, step); }

  private:
    using Row = std::array<double, 3>;
    using Function = void (*)(const Row* rows, size_t count, const KernelTaps& taps, float* to, int64_t step);

    static void run_portable(const Row* rows, size_t count, const KernelTaps& taps, float* to, int64_t step);
    static void run_avx2(const Row* rows, size_t count, const KernelTaps& taps, float* to, int64_t step);

    std::vector<Row> rows_;
    Function run_;
};

}  // namespace conv4j
