#include "winograd_kernel_transform.hpp"

#include "winograd_transform.hpp"

namespace conv4j {

namespace {

// The matrix G of the kernels' transform: row p holds 1, p, p^2 over M'(p); that of infinity 0, 0, 1.
template <int M>
std::vector<std::array<double, 3>> kernel_transform() {
    std::vector<double> points = {0};
    for (double point : WinogradTransform<M>::kPoints) {
        points.push_back(point);
        points.push_back(-point);
    }
    std::vector<std::array<double, 3>> rows;
    for (double p : points) {
        double derivative = 1;
        for (double q : points) derivative *= p == q ? 1 : p - q;
        rows.push_back({1 / derivative, p / derivative, p * p / derivative});
    }
    rows.push_back({0, 0, 1});
    return rows;
}

// Products and sums are rounded one by one, on every CPU: the functions that inline it have no fused multiply-add.
[[gnu::always_inline]] inline void transform(const std::array<double, 3>* rows, size_t count, const KernelTaps& taps,
                                             float* to, int64_t step) {
    for (size_t r = 0; r < count; ++r) {
        double part[3][kKernels];
        for (size_t x = 0; x < 3; ++x) {
            for (size_t i = 0; i < kKernels; ++i) {
                double sum = 0;
                for (size_t y = 0; y < 3; ++y) sum += rows[r][y] * taps[y * 3 + x][i];
                part[x][i] = sum;
            }
        }
        for (size_t c = 0; c < count; ++c, to += step) {
            for (size_t i = 0; i < kKernels; ++i) {
                to[i] = static_cast<float>(part[0][i] * rows[c][0] + part[1][i] * rows[c][1] + part[2][i] * rows[c][2]);
            }
        }
    }
}

}  // namespace

KernelTransform::KernelTransform(int m)
    : rows_(m == 2   ? kernel_transform<2>()
            : m == 4 ? kernel_transform<4>()
                     : kernel_transform<6>()),
      run_(run_portable) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") != 0) run_ = run_avx2;
#endif
}

void KernelTransform::run_portable(const Row* rows, size_t count, const KernelTaps& taps, float* to, int64_t step) {
    transform(rows, count, taps, to, step);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]]
#endif
void KernelTransform::run_avx2(const Row* rows, size_t count, const KernelTaps& taps, float* to, int64_t step) {
    transform(rows, count, taps, to, step);
}

}  // namespace conv4j
