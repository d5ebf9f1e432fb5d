#include "depthwise.hpp"

#include <algorithm>

#include "depthwise_problem.hpp"
#include "grouped_pipeline.hpp"
#include "range.hpp"
#include "team.hpp"

namespace conv4j::depthwise {

namespace {

class Convolution final : public BandedKernel {
  public:
    explicit Convolution(const Problem& problem) : p_(problem) {
        if (p_.group == 1) return;
        for (int64_t i = 0; !p_.wide() && i < p_.parts() * p_.isa->lanes; ++i) {
            const int64_t lane = i % p_.isa->lanes;
            partners_[i] = static_cast<int32_t>(lane / p_.group * p_.parts() + i / p_.isa->lanes);
        }
        if (p_.direct()) return;
        copy_columns_ = p_.copy_columns();
        copy_step_ = p_.copy_step();
        const int64_t blocks = divide_up(std::min(copy_columns_, p_.width.dst), p_.isa->depthwise_columns);
        share_ = divide_up(copy_step_, p_.isa->lanes / p_.part() * p_.unit() * p_.parts() * blocks);
    }

    void run(void* const* buffers, int) const noexcept override {
        const Buffers b = named(buffers);
        const int64_t channel_parts = p_.channel_parts(), units = p_.units();
        parallel_for_cells(channel_parts, p_.batch * p_.row_blocks(), p_.threads, [&](int64_t thread) {
            Buffers own = b;
            own.copies = b.totals + p_.totals_floats() + thread * p_.copies_floats();
            return [this, own, channel_parts, units](int64_t channel_part, Range blocks) {
                run_part(own, blocks, share(units, channel_part, channel_parts));
            };
        });
        if (p_.mean) write_means(b);
    }

    RowWindows row_windows() const override {
        return {p_.batch, p_.height.src, p_.height.dst, p_.kernel, p_.stride, p_.height.pad};
    }

    int buffers() const override { return 3 + p_.bias + (p_.scratchpad_floats() > 0) + p_.mean; }

    void run_band(void* const* buffers, const RowBand& band) const noexcept override {
        Buffers b = named(buffers);
        b.src_row = band.src_row;
        b.dst_row = band.dst_row;
        const int64_t before = band.image * p_.row_blocks();
        run_part(b, {before + band.first / kDepthwiseRows, before + divide_up(band.last, kDepthwiseRows)},
                 {0, p_.vectors()});
    }

    void finish_bands(void* const* buffers) const noexcept override {
        if (p_.mean) write_means(named(buffers));
    }

  private:
    struct Buffers {
        const char* src;
        const float *weights, *bias;
        float *totals, *copies;
        char *mean, *dst;
        int64_t src_row, dst_row;  // of an image, that src and dst begin with; -1 if they hold all images
    };

    Buffers named(void* const* buffers) const {
        Buffers b{};
        int next = 0;
        b.src = static_cast<const char*>(buffers[next++]);
        b.weights = static_cast<const float*>(buffers[next++]);
        if (p_.bias) b.bias = static_cast<const float*>(buffers[next++]);
        if (p_.scratchpad_floats() > 0) b.totals = static_cast<float*>(buffers[next++]);
        if (p_.mean) b.mean = static_cast<char*>(buffers[next++]);
        b.dst = static_cast<char*>(buffers[next]);
        b.src_row = b.dst_row = -1;
        return b;
    }

    void run_part(const Buffers& b, Range blocks, Range units) const {
        if (p_.group == 1) {
            for_blocks(blocks, units, [&](int64_t block, Range some) { run_block(b, block, some); });
            return;
        }
        if (p_.direct()) {
            for_blocks(blocks, units, [&](int64_t block, Range some) { run_directly(b, block, some); });
            return;
        }
        const auto& of_type = p_.reduced ? p_.isa->grouped_bf16 : p_.isa->grouped;
        const auto& functions = (p_.winograd ? p_.isa->grouped_winograd : of_type)[p_.wide()];
        GroupedPipeline pipeline(functions[p_.stride - 1], b.copies, b.copies + p_.unit() * copy_step_);
        for_blocks(blocks, units, [&](int64_t block, Range some) { add_block(b, block, some, pipeline); });
        pipeline.finish();
    }

    // Takes all blocks of as many units as there are at a time, then of the next ones.
    template <typename Use>
    void for_blocks(Range blocks, Range units, Use use) const {
        const int64_t times = divide_up(units.count() * p_.unit(), std::max(p_.unit(), p_.vectors_at_a_time()));
        for (int64_t i = 0; i < times; ++i) {
            const Range some = share(units.count(), i, times);
            for (int64_t block = blocks.first; block < blocks.last; ++block) {
                use(block, Range{units.first + some.first, units.first + some.last});
            }
        }
    }

    void run_block(const Buffers& b, int64_t block, Range units) const {
        DepthwiseRows r;
        const int64_t count = set_rows(b, block, units, r);
        const auto& functions = p_.reduced ? p_.isa->depthwise_bf16 : p_.isa->depthwise;
        functions[(p_.kernel - 3) / 2][p_.stride - 1][count - 1](r);
    }

    void run_directly(const Buffers& b, int64_t block, Range units) const {
        GroupedRows r;
        const int64_t count = set_rows(b, block, units, r);
        set_rows_of_group(count, r);
        // Nothing beyond an image: an address may be no memory there.
        r.ahead = block % p_.row_blocks() + 1 == p_.row_blocks() ? 0 : kDepthwiseRows * p_.stride * r.row_step;
        (p_.winograd ? p_.isa->grouped_direct_winograd : p_.isa->grouped_direct)[p_.stride - 1][count - 1](r);
    }

    void add_block(const Buffers& b, int64_t block, Range units, GroupedPipeline& pipeline) const {
        DepthwiseRows all;
        const int64_t count = set_rows(b, block, units, all);
        const auto* src = static_cast<const char*>(all.src);
        auto* dst = static_cast<char*>(all.dst);
        const int64_t unit = p_.unit() * p_.isa->lanes, lanes = p_.isa->lanes / p_.part();
        for (int64_t channel = 0; channel < all.channels; channel += unit) {
            for (int64_t first = 0; first < all.columns; first += copy_columns_) {
                GroupedRows& r = pipeline.place();
                static_cast<DepthwiseRows&>(r) = all;
                const int64_t src_x = first * p_.stride - p_.width.pad;
                r.columns = std::min(copy_columns_, all.columns - first);
                const int64_t seen = (r.columns - 1) * p_.stride + p_.kernel;
                r.before = std::max<int64_t>(0, -src_x);
                r.src_columns = std::min(p_.width.src - std::max<int64_t>(0, src_x), seen - r.before);
                r.channels = std::min(unit, all.channels - channel);
                r.weights += channel / p_.isa->lanes * all.weights_step;
                r.bias = all.bias == nullptr ? nullptr : all.bias + channel;
                r.total = all.total == nullptr ? nullptr : all.total + channel;
                r.copied = src + p_.element_bytes() * (first * p_.stride * all.column_step + channel);
                r.copied_row_step = all.row_step;
                r.copied_column_step = all.column_step;
                r.src = pipeline.copy();
                r.row_step = seen * lanes;
                r.column_step = lanes;
                r.dst = dst + p_.element_bytes() * (first * all.dst_column_step + channel);
                r.copy_step = copy_step_;
                set_rows_of_group(count, r);
                r.share = share_;
                pipeline.add(count);
            }
        }
    }

    // What so many rows of a group need beside what rows of any channels do.
    void set_rows_of_group(int64_t count, GroupedRows& r) const {
        r.parts = p_.parts();
        r.partners = partners_;
        r.copied_rows = r.rows;
        r.filters = p_.winograd && count == kDepthwiseRows;
        const int64_t row = p_.kernel * p_.isa->lanes;
        r.part_weights = p_.kernel * row;
        if (p_.winograd && p_.stride == 2) {
            r.part_weights = kFilterRows * row;
            // The first and the last row are made also where only the third exists.
            if (r.filters) r.rows |= (r.rows >> 2 & 1) * 0x11;
        } else if (r.filters) {
            r.part_weights = kFilterRows / 2 * row;
            // If any row exists all are made, of 0 if need be.
            if (r.rows != 0) r.rows = (1u << (p_.stride + p_.kernel)) - 1;
        } else if (p_.winograd) {
            r.weights += p_.parts() * kFilterRows * row;
        }
    }

    // Describes a block of rows and the channels of units, which the buffers hold; returns how many rows of dst they are.
    int64_t set_rows(const Buffers& b, int64_t block, Range units, DepthwiseRows& r) const {
        const int64_t n = block / p_.row_blocks(), y = block % p_.row_blocks() * kDepthwiseRows;
        const int64_t count = std::min(kDepthwiseRows, p_.height.dst - y);
        const int64_t src_y = y * p_.stride - p_.height.pad;
        const int64_t vector = units.first * p_.unit(), channel = vector * p_.isa->lanes;
        r.row_step = p_.width.src * p_.channels;
        r.column_step = p_.channels;
        r.dst_row_step = p_.width.dst * p_.channels;
        r.dst_column_step = p_.channels;
        const int64_t src_row = b.src_row < 0 ? n * p_.height.src + src_y : src_y - b.src_row;
        const int64_t dst_row = b.dst_row < 0 ? n * p_.height.dst + y : y - b.dst_row;
        r.src = b.src + p_.element_bytes() * (src_row * r.row_step - p_.width.pad * p_.channels + channel);
        r.dst = b.dst + p_.element_bytes() * (dst_row * r.dst_row_step + channel);
        r.rows = 0;
        for (int64_t i = 0; i < (count - 1) * p_.stride + p_.kernel; ++i) {
            r.rows |= static_cast<uint32_t>(src_y + i >= 0 && src_y + i < p_.height.src) << i;
        }
        r.before = p_.width.pad;
        r.src_columns = p_.width.src;
        r.channels = std::min(units.count() * p_.unit() * p_.isa->lanes, p_.channels - channel);
        r.weights = b.weights + vector * p_.vector_weights();
        r.weights_step = p_.vector_weights();
        r.bias = b.bias == nullptr ? nullptr : b.bias + channel;
        r.columns = p_.width.dst;
        r.post_op_count = p_.post_ops.at(0, r.post_ops);
        r.total = !p_.mean ? nullptr : b.totals + block * p_.total_floats() + channel;
        if (r.total != nullptr) std::fill_n(r.total, divide_up(r.channels, p_.isa->lanes) * p_.isa->lanes, 0.0f);
        return count;
    }

    // Adds the sums of blocks of rows in their order, whichever threads made them.
    void write_means(const Buffers& b) const {
        const float share = 1 / static_cast<float>(p_.height.dst * p_.width.dst);
        for (int64_t n = 0; n < p_.batch; ++n) {
            float* sum = b.totals + n * p_.row_blocks() * p_.total_floats();
            for (int64_t block = 1; block < p_.row_blocks(); ++block) {
                const float* more = sum + block * p_.total_floats();
                for (int64_t c = 0; c < p_.channels; ++c) sum[c] += more[c];
            }
            for (int64_t c = 0; c < p_.channels; ++c) sum[c] *= share;
            p_.isa->write[p_.reduced](sum, p_.channels, b.mean + p_.element_bytes() * n * p_.channels);
        }
    }

    Problem p_;
    int32_t partners_[kMostLanes * kMostLanes];
    int64_t copy_columns_ = 0, copy_step_ = 0, share_ = 0;
};

}  // namespace

}  // namespace conv4j::depthwise

namespace conv4j {

std::unique_ptr<Kernel> make_depthwise(const int64_t* parameters, int count) {
    depthwise::Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<depthwise::Convolution>(problem) : nullptr;
}

std::unique_ptr<BandedKernel> make_banded_depthwise(const int64_t* parameters, int count) {
    depthwise::Problem problem;
    return problem.parse(parameters, count) && problem.group == 1 ? std::make_unique<depthwise::Convolution>(problem) : nullptr;
}

int64_t depthwise_scratchpad_bytes(const int64_t* parameters, int count) noexcept {
    depthwise::Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.scratchpad_floats() : -1;
}

}  // namespace conv4j
