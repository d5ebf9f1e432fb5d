// Tests of maxima over windows against plain loops, on every instruction set of this CPU; also built with AddressSanitizer. Exit code 1
// if a check fails.
#include "max_pool.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "isa.hpp"

using namespace conv4j;

namespace {

struct Case {
    int64_t isa, batch, channels;
    MaxPool::Axis height, width;

    std::vector<int64_t> parameters() const {
        std::vector<int64_t> p = {isa, batch, channels};
        for (const MaxPool::Axis& axis : {height, width}) p.insert(p.end(), {axis.src, axis.dst, axis.kernel, axis.stride, axis.pad});
        return p;
    }
};

float expected(const Case& c, const std::vector<float>& src, int64_t n, int64_t y, int64_t x, int64_t channel) {
    float most = -std::numeric_limits<float>::infinity();
    for (int64_t ky = 0; ky < c.height.kernel; ++ky) {
        for (int64_t kx = 0; kx < c.width.kernel; ++kx) {
            const int64_t sy = y * c.height.stride - c.height.pad + ky, sx = x * c.width.stride - c.width.pad + kx;
            if (sy < 0 || sy >= c.height.src || sx < 0 || sx >= c.width.src) continue;
            most = std::max(most, src[((n * c.height.src + sy) * c.width.src + sx) * c.channels + channel]);
        }
    }
    return most;
}

void check(const Case& c, std::mt19937& random) {
    const auto p = c.parameters();
    const auto kernel = make_max_pool(p.data(), static_cast<int>(p.size()));
    CHECK(kernel != nullptr);
    std::vector<float> src(c.batch * c.height.src * c.width.src * c.channels);
    for (float& x : src) x = static_cast<float>(static_cast<int>(random() % 2001) - 1000);
    for (int threads : {1, 3}) {
        std::vector<float> dst(c.batch * c.height.dst * c.width.dst * c.channels, std::numeric_limits<float>::quiet_NaN());
        void* buffers[] = {src.data(), dst.data()};
        kernel->run(buffers, threads);
        for (int64_t i = 0; i < static_cast<int64_t>(dst.size()); ++i) {
            const int64_t pixel = i / c.channels, x = pixel % c.width.dst, row = pixel / c.width.dst;
            const float want = expected(c, src, row / c.height.dst, row % c.height.dst, x, i % c.channels);
            if (dst[i] == want) continue;
            std::fprintf(stderr, "parameters");
            for (int64_t value : p) std::fprintf(stderr, " %d", static_cast<int>(value));
            std::fprintf(stderr, ", %d threads, element %d: %g instead of %g\n", threads, static_cast<int>(i),
                         static_cast<double>(dst[i]), static_cast<double>(want));
            std::exit(1);
        }
    }
}

// An axis where each window sees something; the last ones may reach beyond the padding.
MaxPool::Axis draw(std::mt19937& random) {
    const auto up_to = [&](int64_t most) { return static_cast<int64_t>(random() % most) + 1; };
    const int64_t src = up_to(12), kernel = up_to(4), stride = up_to(3), pad = up_to(kernel) - 1;
    return {src, up_to((src + pad - 1) / stride + 1), kernel, stride, pad};
}

int windows_of_all_kinds(std::mt19937& random) {
    int cases = 0;
    for (int64_t isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        if (isa_of(isa) == nullptr) continue;
        // Channels around a vector's, four vectors' and eight's.
        for (int64_t channels : {1, 3, 4, 7, 8, 15, 16, 20, 32, 40, 64, 80, 130}) {
            for (int i = 0; i < 30; ++i, ++cases) check({isa, 1 + i % 2, channels, draw(random), draw(random)}, random);
            // As networks have them, and larger ones.
            for (const MaxPool::Axis& axis : {MaxPool::Axis{20, 10, 2, 2, 0}, {21, 11, 3, 2, 1}, {20, 10, 3, 2, 0}, {13, 13, 3, 1, 1},
                                              {13, 13, 2, 1, 0}, {40, 3, 32, 4, 20}, {9, 9, 5, 1, 2}}) {
                check({isa, 1, channels, axis, axis}, random);
                ++cases;
            }
        }
        check({isa, 2, 70, {33, 17, 3, 2, 1}, {70, 35, 2, 2, 0}}, random);
        ++cases;
    }
    return cases;
}

void refuses_nonsense() {
    const std::vector<int64_t> good = {0, 1, 4, 6, 3, 2, 2, 0, 6, 3, 2, 2, 0};
    CHECK(make_max_pool(good.data(), static_cast<int>(good.size())) != nullptr);
    CHECK(make_max_pool(good.data(), static_cast<int>(good.size()) - 1) == nullptr);
    const std::pair<int, int64_t> wrong[] = {{0, 99}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {4, 4}, {5, 0}, {5, kMostMaxKernel + 1},
                                             {6, 0},  {7, -1}, {7, 2}, {9, 5}, {10, -2}};
    for (const auto& [at, value] : wrong) {
        std::vector<int64_t> p = good;
        p[at] = value;
        CHECK(make_max_pool(p.data(), static_cast<int>(p.size())) == nullptr);
    }
}

}  // namespace

int main() {
    std::mt19937 random(11);
    refuses_nonsense();
    std::printf("max pooling tests: %d cases passed\n", windows_of_all_kinds(random));
}
