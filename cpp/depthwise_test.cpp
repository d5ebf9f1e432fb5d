// Tests of depthwise convolutions against a plain loop in double, on every instruction set of this CPU; also built with
// AddressSanitizer. Exit code 1 if a check fails.
#include "depthwise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "conv4j.hpp"
#include "isa.hpp"
#include "post_ops_case.hpp"

using namespace conv4j;

namespace {

struct Case {
    bool reduced;
    int64_t threads, batch, channels, height, width, kernel, stride;
    std::array<int64_t, 4> pads;  // top, left, bottom, right
    bool bias, mean;
    std::vector<Op> activations;
    int64_t group = 1;
    bool winograd = false;

    int64_t dst_height() const { return (height + pads[0] + pads[2] - kernel) / stride + 1; }
    int64_t dst_width() const { return (width + pads[1] + pads[3] - kernel) / stride + 1; }
    int64_t dst_elements() const { return batch * dst_height() * dst_width() * channels; }

    std::vector<int64_t> parameters(int64_t isa) const {
        std::vector<int64_t> p = {isa,          winograd ? 2 : reduced, threads, batch,  channels, height,  width, dst_height(),
                                  dst_width(),  kernel,      stride,  pads[0], pads[1],  bias,    mean,  group};
        append(activations, p);
        return p;
    }
};

[[noreturn]] void fail(const Case& c, int isa, const char* what) {
    std::fprintf(stderr, "depthwise, isa %d, parameters", isa);
    for (int64_t p : c.parameters(isa)) std::fprintf(stderr, " %lld,", static_cast<long long>(p));
    std::fprintf(stderr, ": %s\n", what);
    std::exit(1);
}

// Numbers of f32 or bf16 that end where their memory ends, so that AddressSanitizer sees what is beyond, and before it.
class Numbers {
  public:
    Numbers(bool reduced, int64_t count) : reduced_(reduced), floats_(reduced ? 0 : count), halves_(reduced ? count : 0) {
        std::fill(floats_.begin(), floats_.end(), std::numeric_limits<float>::quiet_NaN());
        std::fill(halves_.begin(), halves_.end(), static_cast<uint16_t>(0x7fc0));
    }
    // Whole numbers of bf16, whatever the type.
    void fill(std::mt19937& random, int most) {
        std::uniform_int_distribution<int> draw(-most, most);
        for (float& x : floats_) x = static_cast<float>(draw(random));
        for (uint16_t& x : halves_) x = upper(static_cast<float>(draw(random)));
    }
    void* data() { return reduced_ ? static_cast<void*>(halves_.data()) : floats_.data(); }
    double operator[](int64_t i) const {
        if (!reduced_) return floats_[i];
        const uint32_t bits = static_cast<uint32_t>(halves_[i]) << 16;
        float x;
        std::memcpy(&x, &bits, sizeof x);
        return x;
    }
    bool same(const Numbers& o) const {
        const bool none = floats_.empty();
        return (none || std::memcmp(floats_.data(), o.floats_.data(), floats_.size() * 4) == 0) && halves_ == o.halves_;
    }

  private:
    static uint16_t upper(float x) {
        uint32_t bits;
        std::memcpy(&bits, &x, sizeof bits);
        return static_cast<uint16_t>(bits >> 16);
    }

    bool reduced_;
    std::vector<float> floats_;
    std::vector<uint16_t> halves_;
};

double expected(const Case& c, const Numbers& src, const std::vector<float>& weights, const std::vector<float>& bias,
                std::array<int64_t, 4> at) {
    const auto [n, y, x, channel] = at;
    double sum = c.bias ? bias[channel] : 0;
    for (int64_t ky = 0; ky < c.kernel; ++ky) {
        for (int64_t kx = 0; kx < c.kernel; ++kx) {
            const int64_t sy = y * c.stride + ky - c.pads[0], sx = x * c.stride + kx - c.pads[1];
            if (sy < 0 || sy >= c.height || sx < 0 || sx >= c.width) continue;
            const int64_t from = ((n * c.height + sy) * c.width + sx) * c.channels + channel / c.group * c.group;
            for (int64_t i = 0; i < c.group; ++i) {
                sum += src[from + i] * weights[((channel * c.group + i) * c.kernel + ky) * c.kernel + kx];
            }
        }
    }
    for (const Op& a : c.activations) sum = applied(a, sum);
    return sum;
}

struct Result {
    Numbers dst, mean;
};

Result run(const Case& c, int isa, Numbers& src, std::vector<float>& weights, std::vector<float>& bias) {
    const auto p = c.parameters(isa);
    const int count = static_cast<int>(p.size());
    auto prepare = make_depthwise_weights(p.data(), count);
    auto kernel = make_depthwise(p.data(), count);
    if (!prepare || !kernel) fail(c, isa, "refused");
    std::vector<float> packed(depthwise_weights_bytes(p.data(), count) / 4);
    std::vector<float> scratchpad(depthwise_scratchpad_bytes(p.data(), count) / 4, 7);
    Result result{Numbers(c.reduced, c.dst_elements()), Numbers(c.reduced, c.batch * c.channels)};
    void* pack[] = {weights.data(), packed.data()};
    prepare->run(pack, 1);
    std::vector<void*> buffers = {src.data(), packed.data()};
    if (c.bias) buffers.push_back(bias.data());
    if (!scratchpad.empty()) buffers.push_back(scratchpad.data());
    if (c.mean) buffers.push_back(result.mean.data());
    buffers.push_back(result.dst.data());
    kernel->run(buffers.data(), static_cast<int>(c.threads));
    return result;
}

void check_means(const Case& c, int isa, const Numbers& mean, const std::vector<double>& sums) {
    for (int64_t i = 0; i < c.batch * c.channels; ++i) {
        const double want = sums[i] / static_cast<double>(c.dst_height() * c.dst_width());
        if (!(std::fabs(mean[i] - want) <= (c.reduced ? 1.0 / 128 : 1e-5) * (1 + std::fabs(want)))) fail(c, isa, "mean");
    }
}

// Whole numbers must come out exactly, rounded once where dst is bf16; activations that round may be off a little.
void check_one(const Case& c, int isa, std::mt19937& random) {
    Numbers src(c.reduced, c.batch * c.height * c.width * c.channels);
    src.fill(random, 4);
    std::vector<float> weights(c.channels * c.group * c.kernel * c.kernel), bias(c.channels);
    std::uniform_int_distribution<int> draw(-4, 4);
    for (float& x : weights) x = static_cast<float>(draw(random));
    for (float& x : bias) x = static_cast<float>(draw(random));
    const Result result = run(c, isa, src, weights, bias);
    const bool rounds = std::any_of(c.activations.begin(), c.activations.end(),
                                    [](const Op& a) { return a.kind != kClip && !(a.kind == kRelu && a.alpha == 0); });
    std::vector<double> sums(c.batch * c.channels);
    int64_t i = 0;
    for (int64_t n = 0; n < c.batch; ++n) {
        for (int64_t y = 0; y < c.dst_height(); ++y) {
            for (int64_t x = 0; x < c.dst_width(); ++x) {
                for (int64_t channel = 0; channel < c.channels; ++channel, ++i) {
                    const double want = expected(c, src, weights, bias, {n, y, x, channel});
                    const double relative = c.reduced ? 1.0 / 256 : rounds ? 1e-6 : 0;
                    if (!(std::fabs(result.dst[i] - want) <= relative * std::fabs(want) + (rounds ? 1e-6 : 0))) {
                        fail(c, isa, "wrong number");
                    }
                    sums[n * c.channels + channel] += want;
                }
            }
        }
    }
    if (c.mean) check_means(c, isa, result.mean, sums);
    Case other = c;
    other.threads = c.threads == 1 ? 3 : 1;
    const Result again = run(other, isa, src, weights, bias);
    if (!again.dst.same(result.dst)) fail(c, isa, "depends on threads");
    if (c.mean && !again.mean.same(result.mean)) fail(c, isa, "mean depends on threads");
}

// Groups also by Winograd's filtering of rows, of which whole numbers come out exactly, too: halves do.
void check(Case c, int isa, std::mt19937& random) {
    std::mt19937 again = random;
    check_one(c, isa, random);
    if (c.reduced || c.group == 1) return;
    c.winograd = true;
    check_one(c, isa, again);
}

std::vector<int> isas() {
    std::vector<int> found;
    for (int isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        const auto p = Case{false, 1, 1, 1, 3, 3, 3, 1, {1, 1, 1, 1}, false, false, {}}.parameters(isa);
        if (make_depthwise(p.data(), static_cast<int>(p.size()))) found.push_back(isa);
    }
    return found;
}

int64_t lanes_of(int isa) { return isa_of(isa)->lanes; }

// Channels around the lanes and groups of every instruction set, maps around blocks, all pads.
int sizes(std::mt19937& random) {
    const std::vector<int64_t> channels = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 40, 72, 129, 160};
    const std::vector<int64_t> extents = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 17, 23};
    const auto pick = [&](const std::vector<int64_t>& from) { return from[random() % from.size()]; };
    int cases = 0;
    for (int isa : isas()) {
        for (int i = 0; i < 800;) {
            Case c{random() % 3 == 0, static_cast<int64_t>(random() % 3 + 1), static_cast<int64_t>(random() % 2 + 1),
                   pick(channels), pick(extents), pick(extents), random() % 2 == 0 ? 3 : 5,
                   static_cast<int64_t>(random() % 2 + 1), {}, random() % 2 == 0, random() % 2 == 0, {}};
            if (i % 2 == 1) {
                // Of groups as many as come near the channels drawn.
                c.kernel = 3;
                c.group = pick({2, 4, 8, 16, 32});
                c.channels = (c.channels + c.group - 1) / c.group * c.group;
                // More columns than are copied at a time.
                if (random() % 8 == 0) c.width = pick({61, 100, 131});
            }
            if (c.group % lanes_of(isa) != 0 && lanes_of(isa) % c.group != 0) continue;
            // Above and below more padding than the kernel is high may come; beside it half the kernel at most.
            for (int64_t side = 0; side < 4; ++side) {
                const int64_t most = side % 2 == 1 ? c.kernel / 2 : random() % 8 == 0 ? 7 : c.kernel - 1;
                c.pads[side] = static_cast<int64_t>(random() % (most + 1));
            }
            if (c.height + c.pads[0] + c.pads[2] < c.kernel || c.width + c.pads[1] + c.pads[3] < c.kernel) continue;
            if (i % 3 == 1) c.activations = {{kRelu, 0, 0}};
            if (i % 3 == 2) c.activations = {{kClip, -3, 6}};
            check(c, isa, random);
            ++i;
            ++cases;
        }
    }
    return cases;
}

int activations(std::mt19937& random) {
    const std::vector<std::vector<Op>> lists = {
        {{kRelu, 0.25f, 0}}, {{kHardSwish, 1.0f / 6, 0.5f}}, {{kSwish, 1, 0}}, {{kSigmoid, 0, 0}}, {{kRelu, 0, 0}, {kClip, -1, 1}, {kSwish, 2, 0}},
    };
    int cases = 0;
    for (int isa : isas()) {
        for (const auto& list : lists) {
            for (bool reduced : {false, true}) {
                check({reduced, 2, 1, 37, 9, 10, 5, 1, {2, 2, 2, 2}, true, true, list}, isa, random);
                check({reduced, 1, 2, 20, 8, 15, 3, 2, {0, 0, 1, 1}, false, true, list}, isa, random);
                check({reduced, 2, 2, 36, 8, 15, 3, 1, {0, 0, 1, 1}, true, true, list, 4}, isa, random);
                cases += 3;
            }
        }
    }
    return cases;
}

void bad_parameters_are_refused() {
    const Case good{false, 1, 1, 4, 7, 7, 3, 1, {1, 1, 1, 1}, false, false, {}};
    const auto refuses = [&](Case c) {
        const auto p = c.parameters(kBestIsa);
        return !make_depthwise(p.data(), static_cast<int>(p.size()));
    };
    if (refuses(good)) fail(good, kBestIsa, "refused");
    for (int i = 0; i < 10; ++i) {
        Case bad = good;
        if (i == 0) bad.kernel = 4;
        if (i == 1) bad.stride = 3;
        if (i == 2) bad.pads[1] = 2;
        if (i == 3) bad.pads[3] = 2;
        if (i == 4) bad.channels = 0;
        if (i == 5) bad.activations = {{kAddOperand, 0, 0}};
        if (i == 6) bad.group = 3;
        if (i == 7) bad.group = 8;
        if (i == 8) bad.group = 0;
        if (i == 9) bad.winograd = true;
        if (!refuses(bad)) fail(bad, kBestIsa, "not refused");
    }
    Case grouped = good;
    grouped.group = 2;
    if (refuses(grouped)) fail(grouped, kBestIsa, "refused");
    const auto of_groups = grouped.parameters(kBestIsa);
    if (make_banded_depthwise(of_groups.data(), static_cast<int>(of_groups.size()))) fail(grouped, kBestIsa, "bands of groups not refused");
    auto p = good.parameters(kBestIsa);
    p.pop_back();
    if (depthwise_weights_bytes(p.data(), static_cast<int>(p.size())) != -1) fail(good, kBestIsa, "too few not refused");
}

}  // namespace

int main() {
    std::mt19937 random(20240607);
    const int cases = sizes(random) + activations(random);
    bad_parameters_are_refused();
    std::printf("depthwise tests: %d cases passed on %zu instruction sets\n", cases, isas().size());
    return 0;
}
