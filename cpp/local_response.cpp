#include "local_response.hpp"

#include "isa.hpp"
#include "parameters.hpp"
#include "range.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

class LocalResponseKernel final : public Kernel {
  public:
    LocalResponseKernel(const Isa* isa, const int64_t* p)
        : isa_(isa), pixels_(p[1]), channels_(p[2]), scale_(from_bits(p[3])), bias_(from_bits(p[4])) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* src = static_cast<const float*>(buffers[0]);
        auto* dst = static_cast<float*>(buffers[1]);
        parallel_pieces(pixels_, threads, [&](int64_t) {
            return [&](Range some) {
                const int64_t at = some.first * channels_;
                isa_->local_response({src + at, dst + at, some.count(), channels_, scale_, bias_});
            };
        });
    }

  private:
    const Isa* isa_;
    int64_t pixels_, channels_;
    float scale_, bias_;
};

}  // namespace

std::unique_ptr<Kernel> make_local_response(const int64_t* p, int count) {
    if (count != 5 || isa_of(p[0]) == nullptr || p[1] < 1 || p[2] < 1) return nullptr;
    return std::make_unique<LocalResponseKernel>(isa_of(p[0]), p);
}

}  // namespace conv4j
