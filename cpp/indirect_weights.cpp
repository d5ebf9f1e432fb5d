#include <algorithm>

#include "filtered.hpp"
#include "fip.hpp"
#include "indirect.hpp"
#include "indirect_problem.hpp"
#include "strassen.hpp"
#include "team.hpp"

namespace conv4j::indirect {

namespace {

class Weights final : public Kernel {
  public:
    Weights(Range rows, std::unique_ptr<const Problem> problem)
        : rows_(rows), owned_(std::move(problem)), p_(*owned_) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        for (const Part& part : p_.parts) {
            for (int64_t i = 0; i < p_.pieces(part); ++i) {
                const Range piece = p_.piece(part, i);
                parallel_for(p_.panels.count(), threads, [&](int64_t panel) { pack(weights, packed, part, piece, panel); });
            }
        }
    }

  private:
    // Columns of a chunk at a time, so that both what is read and what is written stay in the L1 cache.
    void pack(const float* weights, float* packed, const Part& part, Range piece, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes, width = p_.panels.width(panel);
        const int64_t columns = static_cast<int64_t>(part.x->taps.size());
        float* to = packed + p_.matrix(part, piece, panel);
        for (int64_t chunk = piece.first; chunk < piece.last; ++chunk, to += lanes * width) {
            const int64_t tap = chunk / p_.channel_chunks, input = chunk % p_.channel_chunks * lanes;
            const int64_t place = part.y->taps[tap / columns].index * p_.width.kernel + part.x->taps[tap % columns].index;
            for (int64_t i = 0; i < width; ++i) pack_column(weights + place, input, p_.panels.first(panel) + i, to + i, width);
        }
    }

    // The weights of an output and a vector of inputs, of one tap, so many elements apart; zeros for what does not exist.
    void pack_column(const float* weights, int64_t input, int64_t output, float* to, int64_t apart) const {
        const bool exists = output < p_.dst_channels;
        if (exists && !p_.transposed && !is_there(output)) return;
        const int64_t inputs = exists ? std::min<int64_t>(p_.isa->lanes, p_.depth() - input) : 0;
        for (int64_t lane = inputs; lane < p_.isa->lanes; ++lane) to[lane * apart] = 0;
        const int64_t taps = p_.height.kernel * p_.width.kernel, channels = p_.src_channels;
        if (p_.transposed) {
            const Range some{std::max<int64_t>(0, rows_.first - input), std::min(inputs, rows_.last - input)};
            for (int64_t lane = some.first; lane < some.last; ++lane) {
                to[lane * apart] = weights[((input + lane - rows_.first) * p_.dst_channels + output) * taps];
            }
            return;
        }
        const float* row = weights + (output - rows_.first) * channels * taps;
        for (int64_t lane = 0; lane < inputs; ++lane) {
            const int64_t i = input + lane;
            to[lane * apart] = p_.whole_windows ? row[i % channels * taps + i / channels] : row[i * taps];
        }
    }

    bool is_there(int64_t row) const { return row >= rows_.first && row < rows_.last; }

    Range rows_;
    std::unique_ptr<const Problem> owned_;  // its parts point into it
    const Problem& p_;
};

class Gates final : public Kernel {
  public:
    explicit Gates(std::unique_ptr<const Problem> problem) : owned_(std::move(problem)), p_(*owned_) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto *packed = static_cast<const float*>(buffers[0]), *gates = static_cast<const float*>(buffers[1]);
        auto* gated = static_cast<float*>(buffers[2]);
        parallel_for(p_.panels.count(), threads, [&](int64_t panel) {
            for (const Part& part : p_.parts) {
                for (int64_t i = 0; i < p_.pieces(part); ++i) {
                    const Range piece = p_.piece(part, i);
                    const int64_t at = p_.matrix(part, piece, panel);
                    gate(packed + at, gates, piece, p_.panels.width(panel), gated + at);
                }
            }
        });
    }

  private:
    // The rows of a piece, each an element of the source's pixels; those that fill the last vector hold zeros.
    void gate(const float* packed, const float* gates, Range piece, int64_t width, float* gated) const {
        for (int64_t row = piece.first * p_.isa->lanes; row < piece.last * p_.isa->lanes; ++row) {
            const int64_t i = row % (p_.channel_chunks * p_.isa->lanes);
            const float factor = i < p_.depth() ? gates[i % p_.src_channels] : 0;
            for (int64_t lane = 0; lane < width; ++lane) *gated++ = *packed++ * factor;
        }
    }

    std::unique_ptr<const Problem> owned_;  // its parts point into it
    const Problem& p_;
};

}  // namespace

}  // namespace conv4j::indirect

namespace conv4j {

std::unique_ptr<Kernel> make_indirect_weights(const int64_t* parameters, int count) {
    auto problem = count < 2 ? nullptr : indirect::parse(parameters + 2, count - 2);
    if (problem == nullptr) return nullptr;
    const Range rows{parameters[0], parameters[1]};
    if (rows.first < 0 || rows.last > (problem->transposed ? problem->src_channels : problem->dst_channels)) return nullptr;
    switch (problem->multiplication) {
        case indirect::kStrassen: return strassen::make_weights(rows, std::move(problem));
        case indirect::kFip:
        case indirect::kFipOfTwo: return fip::make_weights(rows, std::move(problem));
        case indirect::kFiltered: return filtered::make_weights(rows, std::move(problem));
        default: return std::make_unique<indirect::Weights>(rows, std::move(problem));
    }
}

std::unique_ptr<Kernel> make_indirect_gates(const int64_t* parameters, int count) {
    auto problem = indirect::parse(parameters, count);
    return problem == nullptr || problem->multiplication != indirect::kPlain ? nullptr : std::make_unique<indirect::Gates>(std::move(problem));
}

int64_t indirect_weights_bytes(const int64_t* parameters, int count) noexcept {
    const auto problem = indirect::parse(parameters, count);
    if (problem == nullptr) return -1;
    switch (problem->multiplication) {
        case indirect::kStrassen: return 4 * strassen::Layout(*problem).weights_floats();
        case indirect::kFip:
        case indirect::kFipOfTwo: return 4 * fip::Layouts(*problem).weights_floats();
        case indirect::kFiltered: return 4 * filtered::Layout(*problem).weights_floats();
        default: return 4 * problem->weights_floats();
    }
}

}  // namespace conv4j
