#include "kernels.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "depthwise.hpp"
#include "gemv.hpp"
#include "indirect.hpp"
#include "isa.hpp"
#include "join.hpp"
#include "local_response.hpp"
#include "max_pool.hpp"
#include "team.hpp"
#include "transpose.hpp"
#include "winograd.hpp"

namespace conv4j {

namespace {

class PixelShuffle final : public Kernel {
  public:
    explicit PixelShuffle(const int64_t* p) : batch_(p[0]), groups_(p[1]), bytes_(p[2] * p[15]) {
        for (int i = 0; i < 3; ++i) axes_[i] = {p[3 + 4 * i], p[4 + 4 * i], p[5 + 4 * i], p[6 + 4 * i]};
    }

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* src = static_cast<const char*>(buffers[0]);
        auto* dst = static_cast<char*>(buffers[1]);
        parallel_for(batch_ * axes_[0].dst * axes_[1].dst, threads, [&](int64_t row) { shuffle_row(src, dst, row); });
    }

  private:
    struct Axis {
        int64_t stride, crop, src, dst;
    };

    void shuffle_row(const char* src, char* dst, int64_t row) const {
        const Axis &depth = axes_[0], &height = axes_[1], &width = axes_[2];
        const int64_t phases = depth.stride * height.stride * width.stride;
        const int64_t y = row % height.dst + height.crop;
        const int64_t z = row / height.dst % depth.dst + depth.crop;
        const int64_t n = row / height.dst / depth.dst;
        const int64_t phase_row = (z % depth.stride * height.stride + y % height.stride) * width.stride;
        const int64_t src_row = ((n * depth.src + z / depth.stride) * height.src + y / height.stride) * width.src;
        const int64_t pixel = groups_ * phases * bytes_;
        char* to = dst + row * width.dst * groups_ * bytes_;
        const char* const to_end = to + width.dst * groups_ * bytes_;
        const char* from = src + (src_row + width.crop / width.stride) * pixel + phase_row * bytes_;
        const char* const from_end = src + (src_row + width.src) * pixel;
        // Phases along W lie side by side in both tensors unless groups come between them.
        const int64_t all = width.stride * bytes_, most = groups_ == 1 ? all : bytes_;
        for (int64_t first = width.crop % width.stride * bytes_; to < to_end; from += pixel, first = 0) {
            if (groups_ == 1 && first == 0) {
                const int64_t copied = copy_small(to, to_end, from, from_end, pixel);
                to += copied * all;
                from += copied * pixel;
            }
            while (first < all && to < to_end) {
                const int64_t count = std::min({most, all - first, to_end - to});
                const char* block = from + first;
                for (int64_t g = 0; g < groups_; ++g, to += count, block += phases * bytes_) std::memcpy(to, block, count);
                first += count;
            }
        }
    }

    // For few bytes a call costs more than the copy: copies whole vectors, whose rest the next copy overwrites, as long as
    // they lie within the rows, and returns of how many pixels. None if the phases of a pixel are longer than a vector.
    int64_t copy_small(char* to, const char* to_end, const char* from, const char* from_end, int64_t pixel) const {
        constexpr int64_t kVector = 16;
        const int64_t bytes = axes_[2].stride * bytes_;
        int64_t copied = 0;
        if (bytes > kVector) return copied;
        for (; to_end - to >= kVector + bytes && from_end - from >= kVector; to += bytes, from += pixel, ++copied) {
            std::memcpy(to, from, kVector);
        }
        return copied;
    }

    int64_t batch_, groups_, bytes_;
    std::array<Axis, 3> axes_;
};

class Fill final : public Kernel {
  public:
    explicit Fill(const int64_t* p) : elements_(p[0]) {
        const auto bits = static_cast<uint32_t>(p[1]);
        std::memcpy(&value_, &bits, sizeof value_);
    }

    void run(void* const* buffers, int threads) const noexcept override {
        constexpr int64_t kBlock = 1 << 14;
        auto* dst = static_cast<float*>(buffers[0]);
        parallel_for((elements_ + kBlock - 1) / kBlock, threads, [&](int64_t block) {
            std::fill(dst + block * kBlock, dst + std::min(elements_, (block + 1) * kBlock), value_);
        });
    }

  private:
    int64_t elements_;
    float value_ = 0;
};

class Swish final : public Kernel {
  public:
    explicit Swish(const int64_t* p) : elements_(p[0]), bf16_(p[2] == sizeof(Bf16)), isa_(isa_of(kBestIsa)) {
        const auto bits = static_cast<uint32_t>(p[1]);
        std::memcpy(&alpha_, &bits, sizeof alpha_);
    }

    void run(void* const* buffers, int threads) const noexcept override {
        if (bf16_) {
            run(isa_->swish_bf16, buffers, threads);
        } else {
            run(isa_->swish, buffers, threads);
        }
    }

  private:
    template <typename T>
    void run(SwishFunction<T> function, void* const* buffers, int threads) const {
        // Smaller parts are done before another thread has begun.
        constexpr int64_t kLeast = 1 << 14;
        const auto* src = static_cast<const T*>(buffers[0]);
        auto* dst = static_cast<T*>(buffers[1]);
        const int64_t parts = std::max<int64_t>(1, elements_ / kLeast);
        parallel_for(parts, threads, [&](int64_t part) {
            const Range some = share(elements_, part, parts);
            function(src + some.first, dst + some.first, some.count(), alpha_);
        });
    }

    int64_t elements_;
    bool bf16_;
    const Isa* isa_;
    float alpha_ = 1;
};

class Resize final : public Kernel {
  public:
    explicit Resize(const int64_t* p) : batch_(p[0]), channels_(p[1]) {
        for (int i = 0; i < 3; ++i) axes_[i] = {p[2 + 3 * i], p[3 + 3 * i], p[4 + 3 * i]};
    }

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* src = static_cast<const float*>(buffers[0]);
        auto* dst = static_cast<float*>(buffers[2]);
        std::array<Table, 3> tables;
        const auto* at = static_cast<const char*>(buffers[1]);
        for (int i = 0; i < 3; ++i) {
            const int64_t entries = axes_[i].dst * axes_[i].taps;
            tables[i].index = reinterpret_cast<const int32_t*>(at);
            tables[i].weight = reinterpret_cast<const float*>(at + 4 * entries);
            at += 8 * entries;
        }
        parallel_for(batch_ * axes_[0].dst * axes_[1].dst, threads,
                     [&](int64_t row) { resize_row(src, dst, tables, row); });
    }

  private:
    struct Axis {
        int64_t src, dst, taps;
    };
    struct Table {
        const int32_t* index;
        const float* weight;
    };

    void resize_row(const float* src, float* dst, const std::array<Table, 3>& tables, int64_t row) const {
        const Axis &depth = axes_[0], &height = axes_[1], &width = axes_[2];
        const int64_t y = row % height.dst, z = row / height.dst % depth.dst, n = row / height.dst / depth.dst;
        float* to_row = dst + row * width.dst * channels_;
        std::fill(to_row, to_row + width.dst * channels_, 0.0f);
        for (int64_t i = 0; i < depth.taps; ++i) {
            const int64_t sz = tables[0].index[z * depth.taps + i];
            for (int64_t j = 0; j < height.taps; ++j) {
                const int64_t sy = tables[1].index[y * height.taps + j];
                const float weight = tables[0].weight[z * depth.taps + i] * tables[1].weight[y * height.taps + j];
                const float* from_row = src + ((n * depth.src + sz) * height.src + sy) * width.src * channels_;
                if (weight != 0) add_row(from_row, weight, tables[2], to_row);
            }
        }
    }

    void add_row(const float* from_row, float row_weight, const Table& table, float* to) const {
        const Axis& width = axes_[2];
        for (int64_t x = 0; x < width.dst; ++x, to += channels_) {
            for (int64_t k = 0; k < width.taps; ++k) {
                const float weight = row_weight * table.weight[x * width.taps + k];
                const float* from = from_row + table.index[x * width.taps + k] * channels_;
                for (int64_t c = 0; c < channels_; ++c) to[c] += weight * from[c];
            }
        }
    }

    int64_t batch_, channels_;
    std::array<Axis, 3> axes_;
};

}  // namespace

std::unique_ptr<BandedKernel> make_banded_kernel(int64_t kind, const int64_t* parameters, int count) {
    if (kind == kMaxPool) return make_max_pool(parameters, count);
    if (kind == kDepthwise) return make_banded_depthwise(parameters, count);
    return nullptr;
}

std::unique_ptr<Kernel> make_kernel(KernelKind kind, const int64_t* parameters, int count) {
    if (kind == kPixelShuffle && count == 16) return std::make_unique<PixelShuffle>(parameters);
    if (kind == kFill && count == 2) return std::make_unique<Fill>(parameters);
    if (kind == kSwishElements && count == 3) return std::make_unique<Swish>(parameters);
    if (kind == kResize && count == 11) return std::make_unique<Resize>(parameters);
    if (kind == kJoinScaleShift) return make_join_scale_shift(parameters, count);
    if (kind == kJoin) return make_join(parameters, count);
    if (kind == kMaxPool) return make_max_pool(parameters, count);
    if (kind == kLocalResponse) return make_local_response(parameters, count);
    if (kind == kTranspose) return make_transpose(parameters, count);
    if (kind == kWinograd) return make_winograd(parameters, count);
    if (kind == kDepthwise) return make_depthwise(parameters, count);
    if (kind == kGemv) return make_gemv(parameters, count);
    if (kind == kIndirect) return make_indirect(parameters, count);
    if (kind == kIndirectGates) return make_indirect_gates(parameters, count);
    if (kind == kIndirectWeights) return make_indirect_weights(parameters, count);
    if (kind == kDepthwiseWeights) return make_depthwise_weights(parameters, count);
    if (kind == kWinogradWeights) return make_winograd_weights(parameters, count);
    return nullptr;
}

}  // namespace conv4j
