#include <utility>

#include "filtered.hpp"
#include "team.hpp"

namespace conv4j::filtered {

namespace {

class Weights final : public Kernel {
  public:
    explicit Weights(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layout_(p_) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        parallel_for(layout_.panels.count(), threads, [&](int64_t panel) {
            float* to = packed + layout_.panel_weights(panel);
            const int64_t width = layout_.panels.width(panel), first = layout_.panels.first(panel);
            for (const RowProduct& product : layout_.products) {
                for (int64_t column = 0; column < width; ++column) pack(weights, product, first + column, to + column, width);
                to += p_.window_row() * width;
            }
        });
    }

  private:
    // A sum of rows of the kernel of an output, zeros if that does not exist; its elements are so far apart.
    void pack(const float* weights, const RowProduct& product, int64_t output, float* to, int64_t apart) const {
        const int64_t channels = p_.src_channels, width = p_.width.kernel, taps = p_.height.kernel * width;
        for (int64_t element = 0; element < p_.window_row(); ++element, to += apart) {
            const float* const column = weights + (output * channels + element % channels) * taps + element / channels;
            double sum = 0;
            for (const Term& term : product.kernel) {
                if (output < p_.dst_channels) sum += double{term.factor} * column[term.row * width];
            }
            *to = static_cast<float>(sum);
        }
    }

    std::unique_ptr<const indirect::Problem> owned_;
    const indirect::Problem& p_;
    const Layout layout_;
};

}  // namespace

std::unique_ptr<Kernel> make_weights(Range rows, std::unique_ptr<const indirect::Problem> problem) {
    if (rows.first != 0 || rows.last != problem->dst_channels) return nullptr;
    return std::make_unique<Weights>(std::move(problem));
}

}  // namespace conv4j::filtered
