#include <algorithm>
#include <utility>

#include "fip.hpp"
#include "team.hpp"

namespace conv4j::fip {

namespace {

class Weights final : public Kernel {
  public:
    explicit Weights(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layouts_(p_) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        for (const Layout& layout : layouts_.all) {
            parallel_for(layout.vectors(), threads, [&](int64_t vector) {
                float* const to = packed + layout.first_weight + vector * layout.vector_floats();
                pack(weights, layout, vector, to + 2 * p_.isa->lanes);
                p_.isa->fip.finish({to, layout.runs.data(), static_cast<int64_t>(layout.runs.size()), Layout::kMagnitude, nullptr});
            });
        }
    }

  private:
    // In blocks, so that both what is read and what is written stay in the L1 cache.
    void pack(const float* weights, const Layout& layout, int64_t vector, float* to) const {
        const int64_t lanes = p_.isa->lanes, block = kFipParts * lanes;
        for (int64_t segment = 0; segment < layout.segments; ++segment) {
            for (int64_t first = 0; first < layout.length; first += block) {
                const Range elements{first, std::min(layout.length, first + block)};
                const int64_t steps = divide_up(elements.count(), kFipParts);
                for (int64_t lane = 0; lane < lanes; ++lane) pack_column(weights, layout, vector * lanes + lane, segment, elements, to + lane);
                to += steps * block;
            }
        }
    }

    // The weights of an output and of some elements of a segment, part by part, zeros where they do not exist.
    void pack_column(const float* weights, const Layout& layout, int64_t output, int64_t segment, Range elements, float* to) const {
        const int64_t lanes = p_.isa->lanes, steps = divide_up(elements.count(), kFipParts);
        const int64_t taps = p_.height.kernel * p_.width.kernel, channels = layout.channels.count();
        const int64_t output_step = p_.transposed ? taps : p_.src_channels * taps, channel_step = p_.transposed ? p_.dst_channels * taps : taps;
        const float* const column = weights + output * output_step + layout.channels.first * channel_step;
        const int64_t last = output < p_.dst_channels ? elements.last : elements.first;
        // Counted, as to divide for each would take most of the time.
        int64_t element = elements.first, channel = element % channels, of_segment = element / channels;
        int64_t tap = layout.tap(segment, of_segment);
        for (int64_t part = 0; part < kFipParts; ++part) {
            for (int64_t step = 0; step < steps; ++step, ++element) {
                to[(step * kFipParts + part) * lanes] = element < last ? column[channel * channel_step + tap] : 0;
                if (++channel < channels) continue;
                channel = 0;
                if (++of_segment < layout.columns_of_segment()) tap = layout.tap(segment, of_segment);
            }
        }
    }

    std::unique_ptr<const indirect::Problem> owned_;
    const indirect::Problem& p_;
    const Layouts layouts_;
};

}  // namespace

std::unique_ptr<Kernel> make_weights(Range rows, std::unique_ptr<const indirect::Problem> problem) {
    if (rows.first != 0 || rows.last != (problem->transposed ? problem->src_channels : problem->dst_channels)) return nullptr;
    return std::make_unique<Weights>(std::move(problem));
}

}  // namespace conv4j::fip
