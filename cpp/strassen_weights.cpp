#include <algorithm>
#include <utility>

#include "strassen.hpp"
#include "team.hpp"

namespace conv4j::strassen {

namespace {

class Weights final : public Kernel {
  public:
    explicit Weights(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layout_(p_) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        parallel_for(layout_.panels.count(), threads, [&](int64_t panel) { pack(weights, panel, packed + layout_.panel_weights(panel)); });
    }

  private:
    // Channels of src that are taken at a time, so that both what is read and what is written stay in the L1 cache.
    static constexpr int64_t kRun = 8;

    void pack(const float* weights, int64_t panel, float* to) const {
        const int64_t half = layout_.half_depth(), width = layout_.panels.width(panel), first = layout_.panels.first(panel);
        const int64_t exist = std::min(width, layout_.half_width() - first);
        for (int64_t k = 0; k < half; k += kRun) {
            const int64_t last = std::min(half, k + kRun);
            for (int64_t i = 0; i < width; ++i) {
                if (i < exist) pack_column(weights, {k, last}, first + i, to + i, width);
                else fill_column({k, last}, to + i, width);
            }
        }
    }

    // What is multiplied in a column of the panel, in the order of kStrassenSteps; rows are `width` apart.
    void pack_column(const float* weights, Range inputs, int64_t output, float* to, int64_t width) const {
        const int64_t half = layout_.half_depth();
        const float* left = weights + output * p_.src_channels;
        const float* right = left + layout_.half_width() * p_.src_channels;
        for (int64_t k = inputs.first; k < inputs.last; ++k) {
            const float b11 = left[k], b12 = right[k], b21 = left[k + half], b22 = right[k + half];
            const float t1 = b12 - b11, t2 = b22 - t1, t3 = b22 - b12, t4 = t2 - b21;
            const float all[kStrassenProducts] = {b11, b21, t2, t3, -t4, t1, b22};
            for (int64_t i = 0; i < kStrassenProducts; ++i) to[(i * half + k) * width] = all[i];
        }
    }

    void fill_column(Range inputs, float* to, int64_t width) const {
        for (int64_t i = 0; i < kStrassenProducts; ++i) {
            for (int64_t k = inputs.first; k < inputs.last; ++k) to[(i * layout_.half_depth() + k) * width] = 0;
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

}  // namespace conv4j::strassen
