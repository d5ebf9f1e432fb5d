#include "gemv.hpp"

#include <algorithm>

#include "isa.hpp"
#include "panels.hpp"
#include "parameters.hpp"
#include "post_ops.hpp"
#include "range.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

constexpr int kFixedParameters = 5;
constexpr int64_t kBlockOutputs = 24;    // a multiple of the tiles'
constexpr int64_t kBlockFloats = 32;     // of a row: whole vectors, of all instruction sets
static_assert(kBlockOutputs % kDotOutputs == 0 && kBlockOutputs <= kBlockFloats);
constexpr int64_t kBlockRows = 16;       // of src, multiplied while some rows of weights lie in L1
constexpr int64_t kMostProducts = 2048;  // of a sum at a time: a tile's rows of weights and of src fit into a small L2
constexpr int64_t kLeastWeights = 1 << 15;  // a smaller share is done before another thread has begun

class Gemv final : public Kernel {
  public:
    // False if the parameters make no sense.
    bool parse(const int64_t* p, int count) {
        if (count < kFixedParameters || !post_ops_.parse(p + kFixedParameters, count - kFixedParameters)) return false;
        isa_ = isa_of(p[0]);
        rows_ = p[1];
        inputs_ = p[2];
        outputs_ = p[3];
        bias_ = p[4] != 0;
        return isa_ != nullptr && rows_ > 0 && inputs_ > 0 && outputs_ > 0;
    }

    void run(void* const* buffers, int threads) const noexcept override {
        Buffers b{};
        b.src = static_cast<const float*>(*buffers++);
        b.weights = static_cast<const float*>(*buffers++);
        b.bias = bias_ ? static_cast<const float*>(*buffers++) : nullptr;
        b.post_ops = post_ops_;
        buffers = b.post_ops.take_operands(buffers);
        b.dst = static_cast<float*>(*buffers);
        const int64_t blocks = divide_up(outputs_, kBlockOutputs);
        const int64_t together = std::clamp(divide_up(kLeastWeights, kBlockOutputs * inputs_), int64_t{1}, blocks);
        parallel_for(divide_up(blocks, together), threads, [&](int64_t part) {
            const int64_t last = std::min((part + 1) * together, blocks);
            for (int64_t block = part * together; block < last; ++block) {
                for (int64_t row = 0; row < rows_; row += kBlockRows) {
                    run_block(b, row, std::min(rows_ - row, kBlockRows), block * kBlockOutputs);
                }
            }
        });
    }

  private:
    struct Buffers {
        const float *src, *weights, *bias;
        PostOps post_ops;
        float* dst;
    };

    // Products of a block, [vector][row][lane].
    struct Block {
        int64_t first_row, rows, first_output, outputs;
        float* m;
    };

    void run_block(const Buffers& b, int64_t first_row, int64_t rows, int64_t first_output) const {
        float m[kBlockRows * kBlockFloats];
        const Block block{first_row, rows, first_output, std::min(outputs_ - first_output, kBlockOutputs), m};
        // All products of a tile's sums, one piece after the other, so that its weights are read in order.
        for (int64_t o = 0; o < block.outputs; o += kDotOutputs) {
            for (int64_t k = 0; k < inputs_; k += kMostProducts) multiply(b, block, o, k);
        }
        write(b, block);
    }

    // A piece of the products of a tile's outputs, from the o-th of the block on, with all rows.
    void multiply(const Buffers& b, const Block& block, int64_t o, int64_t k) const {
        const int64_t lanes = isa_->lanes, passes = divide_up(block.rows, isa_->dot.most_rows);
        DotProducts p{};
        p.src_step = p.weights_step = inputs_;
        p.weights = b.weights + (block.first_output + o) * inputs_ + k;
        p.outputs = std::min(block.outputs - o, int64_t{kDotOutputs});
        p.count = std::min(inputs_ - k, kMostProducts);
        // The next tile's rows follow this one's in memory.
        p.ahead = b.weights + (block.first_output + o + kDotOutputs) * inputs_ + k * kDotOutputs;
        p.m_vector_step = block.rows * lanes;
        p.first_lane = o;
        p.accumulate = k > 0;
        for (int64_t pass = 0; pass < passes; ++pass) {
            const Range rows = share(block.rows, pass, passes);
            p.src = b.src + (block.first_row + rows.first) * inputs_ + k;
            p.m = block.m + rows.first * lanes;
            isa_->dot.multiply[rows.count() - 1](p);
        }
    }

    void write(const Buffers& b, const Block& block) const {
        const int64_t at = block.first_row * outputs_ + block.first_output;
        ProductPixels out;
        out.m = block.m;
        out.m_vector_step = block.rows * isa_->lanes;
        out.bias = b.bias == nullptr ? nullptr : b.bias + block.first_output;
        out.dst = b.dst + at;
        out.step = outputs_;
        out.count = block.rows;
        out.channels = block.outputs;
        out.post_op_count = b.post_ops.count;
        for (int i = 0; i < out.post_op_count; ++i) {
            out.post_ops[i] = b.post_ops.all[i];
            if (b.post_ops.has_operand(i)) out.post_ops[i].operand = static_cast<const float*>(out.post_ops[i].operand) + at;
        }
        isa_->product.write(out);
    }

    const Isa* isa_ = nullptr;
    int64_t rows_ = 0, inputs_ = 0, outputs_ = 0;
    bool bias_ = false;
    PostOps post_ops_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemv(const int64_t* parameters, int count) {
    auto kernel = std::make_unique<Gemv>();
    return kernel->parse(parameters, count) ? std::move(kernel) : nullptr;
}

}  // namespace conv4j
