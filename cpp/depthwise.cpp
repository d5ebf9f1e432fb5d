#include "depthwise.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "parameters.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

constexpr int kFixedParameters = 15;
constexpr int64_t kVectors = 8;  // of channels at a time: wide enough to stream, few enough that rows stay in the L1 cache

struct Axis {
    int64_t src, dst, pad;

    // How far the last window reaches beyond src.
    int64_t after(int64_t kernel, int64_t stride) const { return (dst - 1) * stride + kernel - pad - src; }
};

struct Problem {
    const Isa* isa = nullptr;
    bool reduced;
    int threads;
    int64_t batch, channels, kernel, stride;
    Axis height, width;
    bool bias, mean;
    int post_op_count;
    PostOp post_ops[kMostPostOps];

    int64_t element_bytes() const { return reduced ? sizeof(Bf16) : sizeof(float); }
    int64_t vectors() const { return divide_up(channels, isa->lanes); }
    int64_t weights_floats() const { return vectors() * isa->lanes * kernel * kernel; }
    // Blocks of rows of an image, and floats of the sums of each.
    int64_t row_blocks() const { return divide_up(height.dst, kDepthwiseRows); }
    int64_t total_floats() const { return vectors() * isa->lanes; }

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
    const bool known = (kernel == 3 || kernel == 5) && (stride == 1 || stride == 2);
    return known && height.pad >= 0 && width.pad >= 0 && width.pad <= kernel / 2 &&
           width.after(kernel, stride) <= kernel / 2;
}

bool Problem::parse_post_ops(const int64_t* p, int count) {
    if (count % 3 != 0 || count / 3 > kMostPostOps) return false;
    post_op_count = count / 3;
    post_ops[0] = {};
    for (int i = 0; i < post_op_count; ++i, p += 3) {
        PostOp& op = post_ops[i];
        op = {static_cast<int>(p[0]), from_bits(p[1]), from_bits(p[2]), nullptr};
        if (op.kind < kRelu || op.kind > kSwish) return false;
        if (op.kind == kRelu && op.alpha == 0) op = {kClip, 0, std::numeric_limits<float>::infinity(), nullptr};
    }
    return true;
}

class Depthwise final : public BandedDepthwise {
  public:
    explicit Depthwise(const Problem& problem) : p_(problem) {}

    void run(void* const* buffers, int) const noexcept override {
        const Buffers b = named(buffers);
        // Rows are parted among threads, as pointwise convolutions before and after part them; channels only where there
        // are fewer rows than threads.
        const int64_t blocks = p_.batch * p_.row_blocks();
        const int64_t row_parts = std::min<int64_t>(p_.threads, blocks);
        const int64_t channel_parts = std::min(divide_up(p_.threads, row_parts), p_.vectors());
        parallel_for(row_parts * channel_parts, p_.threads, [&](int64_t part) {
            run_part(b, share(blocks, part / channel_parts, row_parts),
                     share(p_.vectors(), part % channel_parts, channel_parts));
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
        float* totals;
        char *mean, *dst;
        int64_t src_row, dst_row;  // of an image, that src and dst begin with; -1 if they hold all images
    };

    Buffers named(void* const* buffers) const {
        Buffers b{};
        int next = 0;
        b.src = static_cast<const char*>(buffers[next++]);
        b.weights = static_cast<const float*>(buffers[next++]);
        if (p_.bias) b.bias = static_cast<const float*>(buffers[next++]);
        if (p_.mean) b.totals = static_cast<float*>(buffers[next++]);
        if (p_.mean) b.mean = static_cast<char*>(buffers[next++]);
        b.dst = static_cast<char*>(buffers[next]);
        b.src_row = b.dst_row = -1;
        return b;
    }

    struct Range {
        int64_t first, last;

        int64_t count() const { return last - first; }
    };

    static Range share(int64_t count, int64_t part, int64_t parts) {
        return {count * part / parts, count * (part + 1) / parts};
    }

    void run_part(const Buffers& b, Range blocks, Range vectors) const {
        const int64_t groups = divide_up(vectors.count(), kVectors);
        for (int64_t group = 0; group < groups; ++group) {
            const Range some = share(vectors.count(), group, groups);
            const int64_t first = (vectors.first + some.first) * p_.isa->lanes;
            const int64_t last = std::min((vectors.first + some.last) * p_.isa->lanes, p_.channels);
            for (int64_t block = blocks.first; block < blocks.last; ++block) run_block(b, block, {first, last});
        }
    }

    void run_block(const Buffers& b, int64_t block, Range channels) const {
        const int64_t n = block / p_.row_blocks(), y = block % p_.row_blocks() * kDepthwiseRows;
        const int64_t count = std::min(kDepthwiseRows, p_.height.dst - y);
        const int64_t src_y = y * p_.stride - p_.height.pad;
        DepthwiseRows r;
        r.row_step = p_.width.src * p_.channels;
        r.column_step = p_.channels;
        r.dst_row_step = p_.width.dst * p_.channels;
        const int64_t src_row = b.src_row < 0 ? n * p_.height.src + src_y : src_y - b.src_row;
        const int64_t dst_row = b.dst_row < 0 ? n * p_.height.dst + y : y - b.dst_row;
        r.src = b.src + p_.element_bytes() * (src_row * r.row_step - p_.width.pad * p_.channels + channels.first);
        r.dst = b.dst + p_.element_bytes() * (dst_row * r.dst_row_step + channels.first);
        r.rows = 0;
        for (int64_t i = 0; i < (count - 1) * p_.stride + p_.kernel; ++i) {
            r.rows |= static_cast<uint32_t>(src_y + i >= 0 && src_y + i < p_.height.src) << i;
        }
        r.before = p_.width.pad;
        r.src_columns = p_.width.src;
        r.channels = channels.count();
        r.weights = b.weights + channels.first * p_.kernel * p_.kernel;
        r.bias = b.bias == nullptr ? nullptr : b.bias + channels.first;
        r.columns = p_.width.dst;
        r.post_op_count = p_.post_op_count;
        std::copy_n(p_.post_ops, std::max(1, p_.post_op_count), r.post_ops);
        r.total = b.totals == nullptr ? nullptr : b.totals + block * p_.total_floats() + channels.first;
        if (r.total != nullptr) std::fill_n(r.total, divide_up(channels.count(), p_.isa->lanes) * p_.isa->lanes, 0.0f);
        const auto& functions = p_.reduced ? p_.isa->depthwise_bf16 : p_.isa->depthwise;
        functions[(p_.kernel - 3) / 2][p_.stride - 1][count - 1](r, 0);
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
};

class DepthwiseWeights final : public Kernel {
  public:
    explicit DepthwiseWeights(const Problem& problem) : p_(problem) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        const int64_t lanes = p_.isa->lanes, taps = p_.kernel * p_.kernel;
        for (int64_t c = 0; c < p_.vectors() * lanes; ++c) {
            float* to = packed + c / lanes * taps * lanes + c % lanes;
            for (int64_t i = 0; i < taps; ++i) to[i * lanes] = c < p_.channels ? weights[c * taps + i] : 0;
        }
    }

  private:
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
    return problem.parse(parameters, count) ? 4 * problem.batch * problem.row_blocks() * problem.total_floats() : -1;
}

}  // namespace conv4j
