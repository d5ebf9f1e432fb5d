#include "join.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "team.hpp"

namespace conv4j {

int64_t Join::total() const { return std::accumulate(channels.begin(), channels.end(), int64_t{0}); }

void Join::run(const Isa& isa, void* const* buffers, int64_t first, int64_t last, void* dst, int64_t dst_step) const {
    ScaleShift s;
    s.scale = normalises ? static_cast<const float*>(buffers[channels.size()]) : nullptr;
    s.shift = normalises ? s.scale + total() : nullptr;
    s.dst = dst;
    s.pixels = last - first;
    s.dst_step = dst_step;
    s.relu = relu;
    for (size_t i = 0; i < channels.size(); ++i) {
        s.channels = s.src_step = channels[i];
        s.src = static_cast<const char*>(buffers[i]) + first * channels[i] * bytes;
        (bytes == sizeof(Bf16) ? isa.scale_shift_bf16 : isa.scale_shift)(s);
        if (normalises) {
            s.scale += channels[i];
            s.shift += channels[i];
        }
        s.dst = static_cast<char*>(s.dst) + channels[i] * bytes;
    }
}

namespace {

class JoinKernel final : public Kernel {
  public:
    JoinKernel(int64_t pixels, Join join) : pixels_(pixels), join_(std::move(join)) {}

    void run(void* const* buffers, int threads) const noexcept override {
        // So many pixels that what a call costs is little beside its work, so few that dst stays in L1 between tensors.
        constexpr int64_t kBlock = 32;
        const int64_t total = join_.total();
        const Isa& isa = *isa_of(kBestIsa);
        auto* const dst = static_cast<char*>(buffers[join_.channels.size() + join_.normalises]);
        parallel_for((pixels_ + kBlock - 1) / kBlock, threads, [&](int64_t block) {
            const int64_t first = block * kBlock;
            join_.run(isa, buffers, first, std::min(pixels_, first + kBlock), dst + first * total * join_.bytes, total);
        });
    }

  private:
    int64_t pixels_;
    Join join_;
};

// Of so many pixels and such elements, with the channels given; null if these make no sense.
std::unique_ptr<Kernel> make(int64_t pixels, Join join) {
    const bool valid = (join.bytes == sizeof(float) || join.bytes == sizeof(Bf16)) && !join.channels.empty() &&
                       std::all_of(join.channels.begin(), join.channels.end(), [](int64_t channels) { return channels > 0; });
    return valid ? std::make_unique<JoinKernel>(pixels, std::move(join)) : nullptr;
}

}  // namespace

std::unique_ptr<Kernel> make_join_scale_shift(const int64_t* p, int count) {
    return count < 4 ? nullptr : make(p[0], {p[1], true, p[2] != 0, {p + 3, p + count}});
}

std::unique_ptr<Kernel> make_join(const int64_t* p, int count) {
    return count < 3 ? nullptr : make(p[0], {p[1], false, false, {p + 2, p + count}});
}

}  // namespace conv4j
