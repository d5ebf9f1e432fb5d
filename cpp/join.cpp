#include "join.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "isa.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

class JoinScaleShift final : public Kernel {
  public:
    JoinScaleShift(const int64_t* p, int count)
        : isa_(isa_of(kBestIsa)), pixels_(p[0]), bytes_(p[1]), relu_(p[2] != 0), channels_(p + 3, p + count) {
        total_ = std::accumulate(channels_.begin(), channels_.end(), int64_t{0});
    }

    void run(void* const* buffers, int threads) const noexcept override {
        // So many pixels that what a call costs is little beside its work, so few that dst stays in L1 between tensors.
        constexpr int64_t kBlock = 32;
        parallel_for((pixels_ + kBlock - 1) / kBlock, threads, [&](int64_t block) {
            join(buffers, block * kBlock, std::min(pixels_, (block + 1) * kBlock));
        });
    }

  private:
    void join(void* const* buffers, int64_t first, int64_t last) const {
        const size_t count = channels_.size();
        ScaleShift s;
        s.scale = static_cast<const float*>(buffers[count]);
        s.shift = s.scale + total_;
        s.dst = static_cast<char*>(buffers[count + 1]) + first * total_ * bytes_;
        s.pixels = last - first;
        s.dst_step = total_;
        s.relu = relu_;
        for (size_t i = 0; i < count; ++i) {
            s.channels = s.src_step = channels_[i];
            s.src = static_cast<const char*>(buffers[i]) + first * channels_[i] * bytes_;
            (bytes_ == sizeof(Bf16) ? isa_->scale_shift_bf16 : isa_->scale_shift)(s);
            s.scale += channels_[i];
            s.shift += channels_[i];
            s.dst = static_cast<char*>(s.dst) + channels_[i] * bytes_;
        }
    }

    const Isa* isa_;
    int64_t pixels_, bytes_;
    bool relu_;
    std::vector<int64_t> channels_;
    int64_t total_;
};

}  // namespace

std::unique_ptr<Kernel> make_join_scale_shift(const int64_t* parameters, int count) {
    const bool valid = count >= 4 && (parameters[1] == sizeof(float) || parameters[1] == sizeof(Bf16)) &&
                       std::all_of(parameters + 3, parameters + count, [](int64_t channels) { return channels > 0; });
    return valid ? std::make_unique<JoinScaleShift>(parameters, count) : nullptr;
}

}  // namespace conv4j
