#include <algorithm>
#include <cmath>

#include "parameters.hpp"
#include "team.hpp"
#include "winograd.hpp"
#include "winograd_kernel_transform.hpp"
#include "winograd_problem.hpp"

namespace conv4j::winograd {

namespace {

class Weights final : public Kernel {
  public:
    explicit Weights(Problem problem) : p_(std::move(problem)), transform_(p_.m) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        parallel_for(p_.panels.count(), threads, [&](int64_t panel) { pack(weights, packed, panel); });
    }

  private:
    void pack(const float* weights, float* packed, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes, width = p_.panels.width(panel);
        float* const to = packed + p_.panel_offset(panel);
        int64_t channel = 0, next = 0;  // next: of those that fill chunks
        for (int64_t channels : p_.sources) {
            for (int64_t i = 0; i < divide_up(channels, lanes) * lanes; ++i, ++next) {
                if (p_.late) {
                    copy_taps(weights + (channel + i) * kTaps, panel, i < channels, p_.row_of(next), next == 0, to);
                    continue;
                }
                for (int64_t lane = 0; lane < width; lane += kKernels) {
                    const int64_t output = p_.panels.first(panel) + lane;
                    const int64_t exist = i < channels ? std::clamp<int64_t>(p_.dst_channels - output, 0, kKernels) : 0;
                    const float* kernel = weights + (output * p_.src_channels + channel + i) * kTaps;
                    transform_.run(taps(kernel, exist), to + place(panel, p_.row_of(next), lane), p_.matrix_floats(panel));
                }
            }
            channel += channels;
        }
        if (p_.fip && !p_.late) finish(panel, to);
    }

    // Where a row and a lane of a panel lie in a matrix: [row][lane], or by the fast inner product [vector] pairs, scales, [row][lane].
    int64_t place(int64_t panel, int64_t row, int64_t lane) const {
        const int64_t lanes = p_.isa->lanes;
        if (!p_.fip) return row * p_.panels.width(panel) + lane;
        return lane / lanes * p_.vector_floats(p_.chunks) + (2 + row) * lanes + lane % lanes;
    }

    void finish(int64_t panel, float* matrix) const {
        for (int position = 0; position < p_.positions; ++position) {
            for (int64_t vector = 0; vector < p_.panels.vectors(panel).count(); ++vector, matrix += p_.vector_floats(p_.chunks)) {
                p_.isa->fip.finish({matrix, p_.runs.data(), static_cast<int64_t>(p_.runs.size()), p_.magnitudes[position], nullptr});
            }
        }
    }

    // The kernels of a src channel and the outputs of a panel, tap by tap; zeros instead of kernels that do not exist.
    // Their rows are [tap][lane], in a panel or, by the fast inner product, in vectors of it, after the greatest magnitude of each lane.
    void copy_taps(const float* of_channel, int64_t panel, bool exists, int64_t row, bool first_row, float* to) const {
        const int64_t width = p_.panels.width(panel), first = p_.panels.first(panel), together = p_.fip ? p_.isa->lanes : width;
        for (int64_t lane = 0; lane < width; ++lane) {
            const bool there = exists && first + lane < p_.dst_channels;
            const float* kernel = of_channel + (first + lane) * p_.src_channels * kTaps;
            float* const vector = to + lane / together * p_.held_floats();
            float* const greatest = vector + lane % together;
            float* const at = greatest + (p_.fip ? together : 0) + row * kTaps * together;
            if (p_.fip && first_row) *greatest = 0;
            for (int64_t tap = 0; tap < kTaps; ++tap) {
                at[tap * together] = there ? kernel[tap] : 0;
                if (p_.fip) *greatest = std::max(*greatest, std::fabs(at[tap * together]));
            }
        }
    }

    // The taps of the kernels of the outputs from one on; zeros instead of kernels that do not exist.
    KernelTaps taps(const float* kernel, int64_t exist) const {
        KernelTaps taps;
        for (size_t i = 0; i < kKernels; ++i, kernel += p_.src_channels * kTaps) {
            for (size_t tap = 0; tap < taps.size(); ++tap) {
                taps[tap][i] = static_cast<int64_t>(i) < exist ? static_cast<double>(kernel[tap]) : 0;
            }
        }
        return taps;
    }

    Problem p_;
    KernelTransform transform_;
};

}  // namespace

}  // namespace conv4j::winograd

namespace conv4j {

std::unique_ptr<Kernel> make_winograd_weights(const int64_t* parameters, int count) {
    winograd::Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<winograd::Weights>(std::move(problem)) : nullptr;
}

int64_t winograd_weights_bytes(const int64_t* parameters, int count) noexcept {
    winograd::Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.weights_floats() : -1;
}

}  // namespace conv4j
