#include "depthwise.hpp"
#include "depthwise_problem.hpp"

namespace conv4j::depthwise {

namespace {

class Weights final : public Kernel {
  public:
    explicit Weights(const Problem& problem) : p_(problem) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        const int64_t lanes = p_.isa->lanes, taps = p_.kernel * p_.kernel, meta = p_.meta() * lanes;
        for (int64_t c = 0; c < p_.vectors() * lanes; ++c) {
            for (int64_t i = 0; i < p_.group; ++i) {
                for (int64_t tap = 0; tap < taps; ++tap) {
                    const float value = c < p_.channels ? weights[(c * p_.group + i) * taps + tap] : 0;
                    const int64_t at = c / lanes * p_.vector_weights() + meta + (i / p_.part() * taps + tap) * lanes + c % lanes;
                    write(value, at * p_.part() + i % p_.part(), buffers[1]);
                }
            }
        }
        for (int64_t vector = 0; p_.fip && vector < p_.vectors(); ++vector) {
            p_.isa->finish_grouped_fip(static_cast<float*>(buffers[1]) + vector * p_.vector_weights(), p_.group);
        }
    }

  private:
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
