#include "depthwise.hpp"

#include <initializer_list>

#include "depthwise_problem.hpp"

namespace conv4j::depthwise {

namespace {

class Weights final : public Kernel {
  public:
    explicit Weights(const Problem& problem) : p_(problem) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        const int64_t lanes = p_.isa->lanes, taps = p_.kernel * p_.kernel;
        for (int64_t c = 0; c < p_.vectors() * lanes; ++c) {
            for (int64_t i = 0; i < p_.group; ++i) {
                if (p_.winograd) {
                    const float* of = c < p_.channels ? weights + (c * p_.group + i) * taps : nullptr;
                    write_filter(of, static_cast<float*>(buffers[1]) + c / lanes * p_.vector_weights() + c % lanes, i);
                    continue;
                }
                for (int64_t tap = 0; tap < taps; ++tap) {
                    const float value = c < p_.channels ? weights[(c * p_.group + i) * taps + tap] : 0;
                    const int64_t at = c / lanes * p_.vector_weights() + (i / p_.part() * taps + tap) * lanes + c % lanes;
                    write(value, at * p_.part() + i % p_.part(), buffers[1]);
                }
            }
        }
    }

  private:
    // The rows for Winograd's filtering of a part of a vector, given the kernel, or null for one of 0.
    void write_filter(const float* kernel, float* vector, int64_t part) const {
        const int64_t lanes = p_.isa->lanes, k = p_.kernel, row = k * lanes, parts = p_.parts();
        for (int64_t x = 0; x < k; ++x) {
            float w[3] = {};
            for (int64_t y = 0; kernel != nullptr && y < k; ++y) w[y] = kernel[y * k + x];
            const float ends = w[0] + w[2];
            const auto write_rows = [&](std::initializer_list<float> rows, int64_t rows_before) {
                float* to = vector + (rows_before * parts + part * static_cast<int64_t>(rows.size())) * row + x * lanes;
                for (float value : rows) {
                    *to = value;
                    to += row;
                }
            };
            if (p_.stride == 2) {
                write_rows({w[0], w[1], w[2], ends}, 0);
                continue;
            }
            write_rows({(ends + w[1]) * 0.5f, (ends - w[1]) * 0.5f}, 0);
            write_rows({w[0], w[2]}, kFilterRows / 2);
            if (p_.weight_rows() > kFilterRows) write_rows({w[0], w[1], w[2]}, kFilterRows);
        }
    }

    void write(float value, int64_t index, void* packed) const {
        if (p_.part() == 1) {
            static_cast<float*>(packed)[index] = value;
        } else {
            p_.isa->write[1](&value, 1, static_cast<Bf16*>(packed) + index);
        }
    }

    Problem p_;
};

}  // namespace

}  // namespace conv4j::depthwise

namespace conv4j {

std::unique_ptr<Kernel> make_depthwise_weights(const int64_t* parameters, int count) {
    depthwise::Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<depthwise::Weights>(problem) : nullptr;
}

int64_t depthwise_weights_bytes(const int64_t* parameters, int count) noexcept {
    depthwise::Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.weights_floats() : -1;
}

}  // namespace conv4j
