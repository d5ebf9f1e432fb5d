#include "depthwise.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "parameters.hpp"
#include "range.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

constexpr int kFixedParameters = 16;
constexpr int64_t kMostLanes = 16;
constexpr int64_t kVectors = 8;  // of channels at a time: wide enough to stream, few enough that rows stay in the L1 cache
constexpr int64_t kGroupedWeights = 6 << 10;  // about as many at a time: they are read again for each block of dst
constexpr int64_t kCopyFloats = 4 << 10;  // so many, or a block's: two copies and the weights of a vector share the L1 cache

struct Axis {
    int64_t src, dst, pad;

    // How far the last window reaches beyond src.
    int64_t after(int64_t kernel, int64_t stride) const { return (dst - 1) * stride + kernel - pad - src; }
};

struct Problem {
    const Isa* isa = nullptr;
    bool reduced;
    int threads;
    int64_t batch, channels, kernel, stride, group;
    Axis height, width;
    bool bias, mean;
    int post_op_count;
    PostOp post_ops[kMostPostOps];

    int64_t element_bytes() const { return reduced ? sizeof(Bf16) : sizeof(float); }
    int64_t vectors() const { return divide_up(channels, isa->lanes); }
    // Whether groups hold vectors, not vectors groups.
    bool wide() const { return group % isa->lanes == 0; }
    // Channels of a group that are multiplied at a time in a lane, and how often that makes.
    int64_t part() const { return reduced && group > 1 ? isa->part_bf16 : 1; }
    int64_t parts() const { return group / part(); }
    // Weights of a vector, in units of 4 bytes.
    int64_t vector_weights() const { return parts() * kernel * kernel * isa->lanes; }
    int64_t weights_floats() const { return vectors() * vector_weights(); }
    // Vectors that are computed one after the other, at a time, and of which a thread has some or none.
    int64_t unit() const { return wide() ? group / isa->lanes : 1; }
    int64_t units() const { return vectors() / unit(); }
    // Rows are parted among threads, as pointwise convolutions before and after part them; channels only where there are
    // fewer rows than threads.
    int64_t row_parts() const { return std::min<int64_t>(threads, batch * row_blocks()); }
    int64_t channel_parts() const { return std::min(divide_up(threads, row_parts()), units()); }
    int64_t vectors_at_a_time() const {
        return group == 1 ? kVectors : std::clamp<int64_t>(kGroupedWeights / vector_weights(), 1, kVectors);
    }
    // Blocks of rows of an image, and floats of the sums of each.
    int64_t row_blocks() const { return divide_up(height.dst, kDepthwiseRows); }
    int64_t total_floats() const { return vectors() * isa->lanes; }
    int64_t totals_floats() const { return mean ? batch * row_blocks() * total_floats() : 0; }
    // Columns of dst of a copy: whole blocks, and as even as can be.
    int64_t copy_columns() const {
        const int64_t block = isa->depthwise_columns, of_column = unit() * copy_floats(2) - unit() * copy_floats(1);
        const int64_t most = std::max<int64_t>(block, kCopyFloats / of_column / block * block);
        return divide_up(divide_up(width.dst, divide_up(width.dst, most)), block) * block;
    }
    // Floats of what is seen of a vector by so many columns of dst.
    int64_t copy_floats(int64_t columns) const {
        return ((kDepthwiseRows - 1) * stride + kernel) * ((columns - 1) * stride + kernel) * isa->lanes / part();
    }
    int64_t copy_step() const { return copy_floats(std::min(copy_columns(), width.dst)); }
    // Of the copies that a part makes, one of them while it reads the other, and beyond which it may read a vector.
    int64_t copies_floats() const { return group == 1 ? 0 : 2 * unit() * copy_step() + isa->lanes; }

    bool parse(const int64_t* p, int count);
    bool parse_post_ops(const int64_t* p, int count);
};

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || !parse_post_ops(p + kFixedParameters, count - kFixedParameters)) return false;
    isa = isa_of(p[0]);
    if (isa == nullptr || p[1] < 0 || p[1] > 1) return false;
    for (int i : {2, 3, 4, 5, 6, 7, 8}) {
        if (p[i] < 1) return false;
    }
    reduced = p[1] == 1;
    threads = static_cast<int>(p[2]);
    batch = p[3];
    channels = p[4];
    kernel = p[9];
    stride = p[10];
    height = {p[5], p[7], p[11]};
    width = {p[6], p[8], p[12]};
    bias = p[13] != 0;
    mean = p[14] != 0;
    group = p[15];
    const bool grouped = group > 1 && channels % group == 0 && (isa->lanes % group == 0 || wide());
    const bool known = kernel == 3 || (kernel == 5 && group == 1);
    return known && (group == 1 || grouped) && (stride == 1 || stride == 2) && height.pad >= 0 && width.pad >= 0 && width.pad <= kernel / 2 &&
           width.after(kernel, stride) <= kernel / 2;
}

bool Problem::parse_post_ops(const int64_t* p, int count) {
    if (count % 3 != 0 || count / 3 > kMostPostOps) return false;
    post_op_count = count / 3;
    post_ops[0] = {};
    for (int i = 0; i < post_op_count; ++i, p += 3) {
        PostOp& op = post_ops[i];
        op = {static_cast<int>(p[0]), from_bits(p[1]), from_bits(p[2]), nullptr};
        if (op.kind < kRelu || op.kind > kSigmoid) return false;
        if (op.kind == kRelu && op.alpha == 0) op = {kClip, 0, std::numeric_limits<float>::infinity(), nullptr};
    }
    return true;
}

// Computes groups one after the other, while what the next one sees is copied and what the one after that sees is fetched.
class Pipeline {
  public:
    // Functions for one row of dst and two; where copies go, by turns.
    Pipeline(const GroupedFunction (&functions)[2], float* first, float* second) : functions_(functions), copies_{first, second} {}

    // Where to describe what is added next, and where it is copied to.
    GroupedRows& place() { return rows_[(added_ + 2) % 3]; }
    float* copy() const { return copies_[added_ % 2]; }
    // Adds what place() describes, so many rows of dst.
    void add(int64_t rows) {
        counts_[(added_ + 2) % 3] = rows;
        GroupedRows &now = rows_[added_ % 3], &next = rows_[(added_ + 1) % 3], &later = place();
        now.next = &next;
        now.later = later.rows == 0 ? &next : &later;
        now.filled = &filled_;
        functions_[counts_[added_ % 3] - 1](now);
        ++added_;
    }
    // Computes what was added last.
    void finish() {
        for (int i = 0; added_ > 0 && i < 2; ++i) {
            place().rows = 0;
            place().columns = 0;
            add(1);
        }
    }

  private:
    const GroupedFunction (&functions_)[2];
    float* copies_[2];
    // What is described with no rows and no columns is nothing to do.
    GroupedRows rows_[3]{};
    int64_t counts_[3] = {1, 1, 1};
    int64_t added_ = 0;
    Filled filled_{};
};

class Depthwise final : public BandedDepthwise {
  public:
    explicit Depthwise(const Problem& problem) : p_(problem) {
        if (p_.group == 1) return;
        copy_columns_ = p_.copy_columns();
        copy_step_ = p_.copy_step();
        const int64_t blocks = divide_up(std::min(copy_columns_, p_.width.dst), p_.isa->depthwise_columns);
        share_ = divide_up(copy_step_, p_.isa->lanes / p_.part() * p_.unit() * p_.parts() * blocks);
        const int64_t lanes = p_.isa->lanes;
        for (int64_t i = 0; !p_.wide() && i < p_.parts() * lanes; ++i) {
            const int64_t lane = i % lanes;
            partners_[i] = static_cast<int32_t>(lane / p_.group * p_.parts() + i / lanes);
        }
    }

    void run(void* const* buffers, int) const noexcept override {
        const Buffers b = named(buffers);
        const int64_t row_parts = p_.row_parts(), channel_parts = p_.channel_parts();
        const int64_t blocks = p_.batch * p_.row_blocks(), units = p_.units();
        parallel_for(row_parts * channel_parts, p_.threads, [&](int64_t part) {
            Buffers own = b;
            own.copies = b.totals + p_.totals_floats() + part * p_.copies_floats();
            run_part(own, share(blocks, part / channel_parts, row_parts), share(units, part % channel_parts, channel_parts));
        });
        if (p_.mean) write_means(b);
    }

    void run_band(void* const* buffers, const DepthwiseBand& band) const noexcept override {
        Buffers b = named(buffers);
        b.src_row = band.src_row;
        b.dst_row = band.dst_row;
        const int64_t before = band.image * p_.row_blocks();
        run_part(b, {before + band.first / kDepthwiseRows, before + divide_up(band.last, kDepthwiseRows)},
                 {0, p_.vectors()});
    }

    void write_means(void* const* buffers) const noexcept override {
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
        if (p_.mean || p_.group > 1) b.totals = static_cast<float*>(buffers[next++]);
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
        const auto& functions = p_.reduced ? p_.isa->grouped_bf16 : p_.isa->grouped;
        Pipeline pipeline(functions[p_.wide()][p_.stride - 1], b.copies, b.copies + p_.unit() * copy_step_);
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
        functions[(p_.kernel - 3) / 2][p_.stride - 1][count - 1](r, 0);
    }

    void add_block(const Buffers& b, int64_t block, Range units, Pipeline& pipeline) const {
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
                r.parts = p_.parts();
                r.partners = partners_;
                r.share = share_;
                pipeline.add(count);
            }
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
        r.post_op_count = p_.post_op_count;
        std::copy_n(p_.post_ops, std::max(1, p_.post_op_count), r.post_ops);
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

class DepthwiseWeights final : public Kernel {
  public:
    explicit DepthwiseWeights(const Problem& problem) : p_(problem) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        const int64_t lanes = p_.isa->lanes, taps = p_.kernel * p_.kernel;
        for (int64_t c = 0; c < p_.vectors() * lanes; ++c) {
            for (int64_t i = 0; i < p_.group; ++i) {
                for (int64_t tap = 0; tap < taps; ++tap) {
                    const float value = c < p_.channels ? weights[(c * p_.group + i) * taps + tap] : 0;
                    const int64_t at = c / lanes * p_.vector_weights() + (i / p_.part() * taps + tap) * lanes + c % lanes;
                    write(value, at * p_.part() + i % p_.part(), buffers[1]);
                }
            }
        }
    }

  private:
    void write(float value, int64_t index, void* packed) const {
        if (p_.part() == 1) {
            static_cast<float*>(packed)[index] = value;
        } else {
            p_.isa->write[1](&value, 1, static_cast<Bf16*>(packed) + index);
        }
    }

    Problem p_;
};

}  // namespace

std::unique_ptr<Kernel> make_depthwise(const int64_t* parameters, int count) {
    Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<Depthwise>(problem) : nullptr;
}

std::unique_ptr<BandedDepthwise> make_banded_depthwise(const int64_t* parameters, int count) {
    Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<Depthwise>(problem) : nullptr;
}

std::unique_ptr<Kernel> make_depthwise_weights(const int64_t* parameters, int count) {
    Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<DepthwiseWeights>(problem) : nullptr;
}

int64_t depthwise_weights_bytes(const int64_t* parameters, int count) noexcept {
    Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.weights_floats() : -1;
}

int64_t depthwise_scratchpad_bytes(const int64_t* parameters, int count) noexcept {
    Problem problem;
    return problem.parse(parameters, count) ? 4 * (problem.totals_floats() + problem.row_parts() * problem.channel_parts() * problem.copies_floats()) : -1;
}

}  // namespace conv4j
