// Tests of fully connected layers of few rows against a plain loop in double, on every instruction set of this CPU; also built
// with AddressSanitizer. Exit code 1 if a check fails.
#include "gemv.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "isa.hpp"

using namespace conv4j;

namespace {

int64_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

// relu(src · weightsᵀ + bias) + operand, or as much of it as is there.
struct Case {
    int64_t rows, inputs, outputs;
    bool bias, post_ops;
    int threads;
    int64_t offset;  // of the weights from where their memory begins, in floats

    std::vector<int64_t> parameters(int64_t isa) const {
        std::vector<int64_t> p = {isa, rows, inputs, outputs, bias};
        if (post_ops) {
            p.insert(p.end(), {kRelu, bits_of(0), bits_of(0), kAddOperand, 0, 0});
        }
        return p;
    }
};

[[noreturn]] void fail(const Case& c, int64_t isa, const char* what) {
    std::fprintf(stderr, "%s: %ld rows, %ld inputs, %ld outputs, bias %d, post-ops %d, %d threads, offset %ld, instruction set %ld\n", what,
                 static_cast<long>(c.rows), static_cast<long>(c.inputs), static_cast<long>(c.outputs), c.bias, c.post_ops,
                 c.threads, static_cast<long>(c.offset), static_cast<long>(isa));
    std::exit(1);
}

// Whole numbers, whose sums are exact in f32.
std::vector<float> numbers(int64_t count, std::mt19937& random) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 17) - 8);
    return values;
}

void check(const Case& c, int64_t isa, std::mt19937& random) {
    const auto p = c.parameters(isa);
    const auto kernel = make_gemv(p.data(), static_cast<int>(p.size()));
    if (!kernel) fail(c, isa, "no kernel");
    auto src = numbers(c.rows * c.inputs, random), memory = numbers(c.offset + c.outputs * c.inputs, random);
    float* const weights = memory.data() + c.offset;
    auto bias = numbers(c.outputs, random), dst = numbers(c.rows * c.outputs, random);
    const std::vector<float> operand = dst;
    if (!c.post_ops) dst.assign(dst.size(), std::numeric_limits<float>::quiet_NaN());
    std::vector<void*> buffers = {src.data(), weights};
    if (c.bias) buffers.push_back(bias.data());
    // What is added lies where dst is written.
    if (c.post_ops) buffers.push_back(dst.data());
    buffers.push_back(dst.data());
    kernel->run(buffers.data(), c.threads);
    for (int64_t row = 0; row < c.rows; ++row) {
        for (int64_t o = 0; o < c.outputs; ++o) {
            double want = c.bias ? bias[o] : 0;
            for (int64_t k = 0; k < c.inputs; ++k) want += static_cast<double>(src[row * c.inputs + k]) * weights[o * c.inputs + k];
            if (c.post_ops) want = std::fmax(want, 0) + operand[row * c.outputs + o];
            if (!(dst[row * c.outputs + o] == want)) fail(c, isa, "wrong number");
        }
    }
}

void refuses_nonsense() {
    for (std::vector<int64_t> p : {std::vector<int64_t>{}, {0, 1, 1, 1}, {0, 0, 1, 1, 0}, {0, 1, 0, 1, 0}, {0, 1, 1, -1, 0}, {99, 1, 1, 1, 0},
                                   {0, 1, 1, 1, 0, kRelu}}) {
        if (make_gemv(p.data(), static_cast<int>(p.size()))) {
            std::fprintf(stderr, "parameters that make no sense are taken\n");
            std::exit(1);
        }
    }
}

}  // namespace

int main() {
    std::mt19937 random(7);
    int cases = 0, sets = 0;
    refuses_nonsense();
    for (int isa : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        if (isa_of(isa) == nullptr) continue;
        ++sets;
        // Rows and outputs around blocks and tiles, inputs around vectors and pieces.
        for (int64_t rows : {1, 2, 3, 16, 17, 35}) {
            for (int64_t inputs : {1, 15, 16, 33, 2049, 4100}) {
                for (int64_t outputs : {1, 7, 16, 17, 75}) {
                    check({rows, inputs, outputs, cases % 2 == 0, cases % 3 == 0, 1 + cases % 4, cases % 16}, isa, random);
                    ++cases;
                }
            }
        }
        check({1, 3000, 300, true, true, 3, 5}, isa, random);
    }
    std::printf("gemv tests: %d cases passed on %d instruction sets\n", cases, sets);
}
