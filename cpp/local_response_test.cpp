// Tests of local response normalisation against its definition in double, on every instruction set of this CPU; also built with
// AddressSanitizer. Exit code 1 if a check fails.
#include "local_response.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "isa.hpp"

using namespace conv4j;

namespace {

struct Case {
    int64_t isa, pixels, channels;
    float scale, bias;

    std::vector<int64_t> parameters() const {
        const auto bits = [](float x) {
            uint32_t bits;
            std::memcpy(&bits, &x, sizeof bits);
            return int64_t{bits};
        };
        return {isa, pixels, channels, bits(scale), bits(bias)};
    }
};

double expected(const Case& c, const std::vector<float>& src, int64_t i) {
    const int64_t first = i / c.channels * c.channels, channel = i % c.channels;
    double sum = 0;
    for (int64_t k = std::max<int64_t>(0, channel - 2); k <= std::min(c.channels - 1, channel + 2); ++k) {
        sum += static_cast<double>(src[first + k]) * src[first + k];
    }
    return src[i] / std::pow(c.bias + c.scale * sum, 0.75);
}

void check(const Case& c, const std::vector<float>& src, bool in_place) {
    const auto p = c.parameters();
    const auto kernel = make_local_response(p.data(), static_cast<int>(p.size()));
    CHECK(kernel != nullptr);
    for (int threads : {1, 3}) {
        std::vector<float> from = src, to(src.size(), std::numeric_limits<float>::quiet_NaN());
        std::vector<float>& dst = in_place ? from : to;
        void* buffers[] = {from.data(), dst.data()};
        kernel->run(buffers, threads);
        for (size_t i = 0; i < src.size(); ++i) {
            const double want = expected(c, src, static_cast<int64_t>(i));
            // A sum of five, two roots and two products round.
            if (std::fabs(dst[i] - want) <= 6e-7 * std::fabs(want)) continue;
            std::fprintf(stderr, "isa %d, %d x %d, element %d: %.9g instead of %.9g\n", int(c.isa), int(c.pixels), int(c.channels),
                         int(i), static_cast<double>(dst[i]), want);
            std::exit(1);
        }
    }
}

int sizes(std::mt19937& random) {
    std::normal_distribution<float> draw(0, 50);
    int cases = 0;
    for (int isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        if (isa_of(isa) == nullptr) continue;
        for (int64_t channels : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 64, 100, 1500}) {
            for (int64_t pixels : {1, 2, 7}) {
                std::vector<float> src(pixels * channels);
                for (float& x : src) x = draw(random);
                check({isa, pixels, channels, 2e-5f, 1}, src, false);
                check({isa, pixels, channels, 0.2f, 2}, src, true);
                cases += 2;
            }
        }
        // Sums that overflow make zeros, or nearly so, and not what is no number.
        std::vector<float> large(20, 3e38f), dst(20);
        const auto p = Case{isa, 1, 20, 1, 1}.parameters();
        void* buffers[] = {large.data(), dst.data()};
        make_local_response(p.data(), 5)->run(buffers, 1);
        CHECK(std::all_of(dst.begin(), dst.end(), [](float x) { return x >= 0 && x < 1e12f; }));
    }
    return cases;
}

void bad_parameters_are_refused() {
    const auto good = Case{kBestIsa, 3, 4, 1, 1}.parameters();
    CHECK(make_local_response(good.data(), 5) != nullptr && make_local_response(good.data(), 4) == nullptr);
    for (int i : {0, 1, 2}) {
        auto bad = good;
        bad[i] = i == 0 ? 99 : 0;
        CHECK(make_local_response(bad.data(), 5) == nullptr);
    }
}

}  // namespace

int main() {
    std::mt19937 random(20261128);
    const int cases = sizes(random);
    bad_parameters_are_refused();
    std::printf("local response tests: %d cases passed\n", cases);
    return 0;
}
