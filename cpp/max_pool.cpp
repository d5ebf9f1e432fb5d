#include "max_pool.hpp"

#include <algorithm>

#include "range.hpp"
#include "team.hpp"

namespace conv4j {

void MaxPool::run(const Isa& isa, const float* src, int64_t first, int64_t last, float* dst, int64_t dst_step) const {
    for (int64_t i = first, count; i < last; i += count, dst += count * dst_step) {
        const int64_t row = i / width.dst, column = i % width.dst, n = row / height.dst;
        count = std::min(width.dst - column, last - i);
        const int64_t y = row % height.dst * height.stride - height.pad, x = column * width.stride - width.pad;
        const int64_t first_y = std::max<int64_t>(0, y);
        MaxPixels p;
        p.rows = std::min(y + height.kernel, height.src) - first_y;
        p.row_step = width.src * channels;
        p.before = std::max<int64_t>(0, -x);
        p.src_columns = width.src - std::max<int64_t>(0, x);
        p.src = src + (n * height.src + first_y) * p.row_step + std::max<int64_t>(0, x) * channels;
        p.kernel = width.kernel;
        p.stride = width.stride;
        p.pixels = count;
        p.channels = channels;
        p.dst = dst;
        p.dst_step = dst_step;
        isa.max_pixels(p);
    }
}

namespace {

class MaxPoolKernel final : public BandedKernel {
  public:
    MaxPoolKernel(const Isa* isa, int64_t batch, const MaxPool& pool) : isa_(isa), batch_(batch), pool_(pool) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* src = static_cast<const float*>(buffers[0]);
        auto* dst = static_cast<float*>(buffers[1]);
        const int64_t pixels = batch_ * pool_.height.dst * pool_.width.dst;
        const int64_t parts = std::clamp<int64_t>(pixels * pool_.channels / kLeastFloats, 1, pixels);
        parallel_for(parts, threads, [&](int64_t part) {
            const Range some = share(pixels, part, parts);
            pool_.run(*isa_, src, some.first, some.last, dst + some.first * pool_.channels, pool_.channels);
        });
    }

    RowWindows row_windows() const override {
        const MaxPool::Axis& h = pool_.height;
        return {batch_, h.src, h.dst, h.kernel, h.stride, h.pad};
    }

    int buffers() const override { return 2; }

    void run_band(void* const* buffers, const RowBand& band) const noexcept override {
        const int64_t src_row = pool_.width.src * pool_.channels, dst_row = pool_.width.dst * pool_.channels;
        const float* image = static_cast<const float*>(buffers[0]) - band.src_row * src_row;
        float* const dst = static_cast<float*>(buffers[1]) + (band.first - band.dst_row) * dst_row;
        pool_.run(*isa_, image, band.first * pool_.width.dst, band.last * pool_.width.dst, dst, pool_.channels);
    }

    void finish_bands(void* const*) const noexcept override {}

  private:
    static constexpr int64_t kLeastFloats = 1 << 12;  // of dst; a smaller part is done before another thread has begun

    const Isa* isa_;
    int64_t batch_;
    MaxPool pool_;
};

}  // namespace

std::unique_ptr<BandedKernel> make_max_pool(const int64_t* p, int count) {
    if (count != 13 || isa_of(p[0]) == nullptr || p[1] < 1 || p[2] < 1) return nullptr;
    const auto axis = [](const int64_t* of) { return MaxPool::Axis{of[0], of[1], of[2], of[3], of[4]}; };
    const MaxPool pool{p[2], axis(p + 3), axis(p + 8)};
    const bool makes_sense = pool.height.valid() && pool.width.valid() && pool.height.dst > 0 && pool.width.dst > 0;
    return makes_sense ? std::make_unique<MaxPoolKernel>(isa_of(p[0]), p[1], pool) : nullptr;
}

}  // namespace conv4j
