#include "winograd.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <vector>

#include "isa.hpp"
#include "panels.hpp"
#include "parameters.hpp"
#include "team.hpp"
#include "winograd_weights.hpp"

namespace conv4j {

namespace {

constexpr int kFixedParameters = 18;
constexpr int64_t kLine = 16;  // floats in a cache line
constexpr int64_t kTaps = 9;

struct Axis {
    int64_t src, dst, pad, dilation;
    int64_t tiles;  // of one sub-image

    // The src elements of a tile that exist, as bits.
    uint32_t inside(int64_t first, int count) const {
        if (first >= 0 && first + (count - 1) * dilation < src) return (1u << count) - 1;
        uint32_t bits = 0;
        for (int i = 0; i < count; ++i) {
            const int64_t at = first + i * dilation;
            bits |= static_cast<uint32_t>(at >= 0 && at < src) << i;
        }
        return bits;
    }
};

// A convolution's geometry, how it is cut into blocks, and where things lie in the scratchpad.
struct Problem {
    const Isa* isa = nullptr;
    int m, threads;
    int64_t batch, src_channels, dst_channels;
    int64_t bytes;  // of an element of src, operands and dst
    std::vector<int64_t> sources;  // the src channels of each tensor that they lie in; vectors begin anew in each
    Axis height, width;
    bool bias;
    bool late;  // whether the kernels are held as they are, and transformed, a slice of the src channels at a time, in every run
    std::vector<PostOp> post_ops;

    int positions;
    int64_t chunks;
    Panels panels;
    int64_t tiles, block_tiles, blocks;
    // Whether threads share a block, each with all weights of some positions, or work on blocks of their own, panel by panel.
    bool by_position = false;
    int64_t slice = 0;  // chunks whose kernels are transformed at a time
    int64_t v_floats, w_floats = 0, m_floats;

    int n() const { return m + 2; }
    int64_t held() const { return late ? kTaps : positions; }  // floats of a kernel
    int64_t weights_floats() const { return held() * chunks * isa->lanes * panels.vectors() * isa->lanes; }
    int64_t scratchpad_floats() const {
        if (late) return v_floats + threads * (w_floats + m_floats);
        return (by_position ? 1 : threads) * (v_floats + m_floats);
    }
    int64_t panel_offset(int64_t panel) const { return held() * chunks * isa->lanes * panels.first(panel); }
    int64_t matrix_floats(int64_t panel) const { return chunks * isa->lanes * panels.width(panel); }

    bool parse(const int64_t* p, int count);
    void cut();
    void cut_late();
};

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || p[17] < 1 || p[17] > count - kFixedParameters) return false;
    const int first_post_op = kFixedParameters + static_cast<int>(p[17]);
    if ((count - first_post_op) % 3 != 0 || (count - first_post_op) / 3 > kMostPostOps) return false;
    isa = isa_of(p[0]);
    if (isa == nullptr || (p[1] != 2 && p[1] != 4 && p[1] != 6)) return false;
    for (int i : {2, 3, 4, 5, 6, 7, 8, 9, 12, 13}) {
        if (p[i] < 1) return false;
    }
    m = static_cast<int>(p[1]);
    threads = static_cast<int>(p[2]);
    batch = p[3];
    bytes = p[15];
    if (bytes != sizeof(float) && bytes != sizeof(Bf16)) return false;
    late = p[16] != 0;
    src_channels = p[6];
    sources.assign(p + kFixedParameters, p + first_post_op);
    if (std::any_of(sources.begin(), sources.end(), [](int64_t channels) { return channels < 1; })) return false;
    if (std::accumulate(sources.begin(), sources.end(), int64_t{0}) != src_channels) return false;
    dst_channels = p[9];
    height = {p[4], p[7], p[10], p[12], divide_up(divide_up(p[7], p[12]), m)};
    width = {p[5], p[8], p[11], p[13], divide_up(divide_up(p[8], p[13]), m)};
    bias = p[14] != 0;
    for (int i = first_post_op; i < count; i += 3) {
        post_ops.push_back({static_cast<int>(p[i]), from_bits(p[i + 1]), from_bits(p[i + 2]), nullptr});
    }
    positions = n() * n();
    chunks = 0;
    for (int64_t channels : sources) chunks += divide_up(channels, isa->lanes);
    tiles = batch * height.dilation * height.tiles * width.dilation * width.tiles;
    if (late) {
        cut_late();
    } else {
        cut();
    }
    return true;
}

void Problem::cut() {
    panels = Panels(*isa, dst_channels);
    // The transformed tiles of a block stay in half of a small L2 cache; but a block reads all weights, so where these
    // come from L3 or memory, it is worth more to have many tiles share them.
    const int64_t tile_floats = positions * chunks * isa->lanes;
    const int64_t fitting = (256 << 10) / 4 / tile_floats;
    const int64_t weights = 4 * weights_floats();
    const int64_t least = weights > (16 << 20) ? 56 : weights > (512 << 10) ? 28 : 14;
    block_tiles = std::clamp<int64_t>(fitting, least, 56);
    // Measured on two cores: with eight tiles a thread it is dearer to read all weights than to exchange tiles.
    by_position = threads > 1 && tiles <= 8 * threads;
    blocks = divide_up(tiles, block_tiles);
    if (!by_position) blocks = divide_up(blocks, threads) * threads;
    blocks = std::min(blocks, tiles);
    block_tiles = divide_up(tiles, blocks);
    // One line more than a block takes, lest the positions fall into the same sets of the cache.
    v_floats = positions * (chunks * isa->lanes * block_tiles + kLine);
    m_floats = positions * ((by_position ? panels.vectors() : panels.most_vectors()) * isa->lanes * block_tiles + kLine);
}

// Threads share the tiles of a block, and each has some panels. The transformed kernels of a slice, and what all slices of a
// panel add up to, stay in most of an L2 cache: the fewer slices, the less often it is added; so panels are narrow.
void Problem::cut_late() {
    constexpr int64_t kMostTiles = 64, kNarrow = 2, kCached = (768 << 10) / sizeof(float);
    const int64_t narrow = divide_up(divide_up(dst_channels, isa->lanes), kNarrow);
    panels = Panels(*isa, dst_channels, divide_up(narrow, threads) * threads);
    blocks = divide_up(tiles, kMostTiles);
    block_tiles = divide_up(tiles, blocks);
    v_floats = positions * (chunks * isa->lanes * block_tiles + kLine);
    m_floats = positions * (panels.most_vectors() * isa->lanes * block_tiles + kLine);
    const int64_t chunk_floats = positions * isa->lanes * panels.most_vectors() * isa->lanes;
    const int64_t fitting = std::clamp<int64_t>((kCached - m_floats) / chunk_floats, 1, chunks);
    slice = divide_up(chunks, divide_up(chunks, fitting));
    w_floats = slice * chunk_floats + positions * kLine;
}

struct Tile {
    int64_t n, y, x;  // the first dst element
};

class Winograd final : public Kernel {
  public:
    explicit Winograd(Problem problem) : p_(std::move(problem)), type_(p_.bytes == sizeof(Bf16) ? 1 : 0), index_(p_.m / 2 - 1) {}

    void run(void* const* buffers, int) const noexcept override {
        Buffers b;
        int next = 0;
        b.src = buffers;
        next += static_cast<int>(p_.sources.size());
        b.weights = static_cast<const float*>(buffers[next++]);
        b.bias = p_.bias ? static_cast<const float*>(buffers[next++]) : nullptr;
        for (size_t i = 0; i < p_.post_ops.size(); ++i) {
            const int kind = p_.post_ops[i].kind;
            const bool combines = kind == kAddOperand || kind == kMultiplyOperand;
            b.operands[i] = combines ? static_cast<const char*>(buffers[next++]) : nullptr;
        }
        b.scratchpad = static_cast<float*>(buffers[next++]);
        b.dst = static_cast<char*>(buffers[next]);
        if (p_.late) {
            for (int64_t block = 0; block < p_.blocks; ++block) run_late(b, block);
        } else if (p_.by_position) {
            for (int64_t block = 0; block < p_.blocks; ++block) run_by_position(b, block);
        } else {
            parallel_for(p_.blocks, p_.threads, [&](int64_t block, int64_t thread) { run_by_panel(b, block, thread); });
        }
    }

  private:
    struct Buffers {
        void* const* src;
        const float *weights, *bias;
        std::array<const char*, kMostPostOps> operands;
        float* scratchpad;
        char* dst;
    };

    // A block's transformed tiles, and their products.
    struct Block {
        int64_t first, count;
        float *v, *m;

        int64_t position_step(const Problem& p) const { return p.chunks * count * p.isa->lanes + kLine; }
    };

    const float* matrix(const Buffers& b, int64_t panel, int64_t position) const {
        return b.weights + p_.panel_offset(panel) + position * p_.matrix_floats(panel);
    }

    Block block_at(int64_t index, float* v) const {
        const int64_t first = p_.tiles * index / p_.blocks, last = p_.tiles * (index + 1) / p_.blocks;
        return {first, last - first, v, v + p_.v_floats};
    }

    // A panel's products at all positions become results at once and need little memory.
    void run_by_panel(const Buffers& b, int64_t index, int64_t thread) const {
        float* v = b.scratchpad + thread * (p_.v_floats + p_.m_floats);
        const Block block = block_at(index, v);
        for (int64_t i = 0; i < block.count; ++i) read_tile(b, block, i);
        for (int64_t panel = 0; panel < p_.panels.count(); ++panel) {
            const int64_t step = p_.panels.width(panel) * block.count + kLine;
            for (int position = 0; position < p_.positions; ++position) {
                // In memory the positions of a panel follow each other, and the panels.
                const float* next = matrix(b, panel, position) + p_.matrix_floats(panel);
                multiply(b, block, position, panel, next, block.m + position * step);
            }
            for (int64_t i = 0; i < block.count; ++i) write_tile(b, block, i, panel, block.m + i * p_.isa->lanes, step);
        }
    }

    // No thread reads what another one does, of the weights and, while it multiplies, of the tiles.
    void run_by_position(const Buffers& b, int64_t index) const {
        const Block block = block_at(index, b.scratchpad);
        const int64_t step = p_.panels.vectors() * p_.isa->lanes * block.count + kLine;
        parallel_for(block.count, p_.threads, [&](int64_t i) { read_tile(b, block, i); });
        parallel_for(p_.positions, p_.threads, [&](int64_t position) {
            for (int64_t panel = 0; panel < p_.panels.count(); ++panel) {
                const bool last = panel + 1 == p_.panels.count();
                const float* next = last ? matrix(b, 0, position + p_.threads) : matrix(b, panel + 1, position);
                multiply(b, block, position, panel, next, block.m + position * step + p_.panels.first(panel) * block.count);
            }
        });
        parallel_for(block.count, p_.threads, [&](int64_t i) {
            for (int64_t panel = 0; panel < p_.panels.count(); ++panel) {
                write_tile(b, block, i, panel, block.m + p_.panels.first(panel) * block.count + i * p_.isa->lanes, step);
            }
        });
    }

    // Each thread transforms the kernels of some panels, and multiplies all tiles with them.
    void run_late(const Buffers& b, int64_t index) const {
        const Block block = block_at(index, b.scratchpad);
        parallel_for(block.count, p_.threads, [&](int64_t i) { read_tile(b, block, i); });
        parallel_for(p_.panels.count(), p_.threads, [&](int64_t panel, int64_t thread) {
            float* w = b.scratchpad + p_.v_floats + thread * (p_.w_floats + p_.m_floats);
            float* m = w + p_.w_floats;
            const int64_t step = p_.panels.width(panel) * block.count + kLine;
            for (int64_t chunk = 0; chunk < p_.chunks; chunk += p_.slice) multiply_slice(b, block, panel, chunk, w, m);
            for (int64_t i = 0; i < block.count; ++i) write_tile(b, block, i, panel, m + i * p_.isa->lanes, step);
        });
    }

    // The products of a slice of the src channels, from a chunk on, added to those of the slices before.
    void multiply_slice(const Buffers& b, const Block& block, int64_t panel, int64_t chunk, float* w, float* m) const {
        const int64_t width = p_.panels.width(panel), chunks = std::min(p_.slice, p_.chunks - chunk);
        const int64_t channels = chunks * p_.isa->lanes;
        const float* taps = b.weights + p_.panel_offset(panel) + chunk * p_.isa->lanes * kTaps * width;
        const float* next = taps + channels * kTaps * width;
        WinogradKernels kernels{taps, channels, p_.panels.vectors(panel).count(), w, channels * width + kLine};
        p_.isa->winograd.kernels[index_](kernels);
        Product product{};
        product.v_chunk_step = block.count * p_.isa->lanes;
        product.chunks = chunks;
        product.length = p_.isa->lanes;
        product.last_length = chunk + chunks == p_.chunks ? last_lanes(p_.sources.back(), p_.isa->lanes) : p_.isa->lanes;
        product.m_vector_step = block.count * p_.isa->lanes;
        product.accumulate = chunk > 0;
        // The taps that come next are fetched by all positions, each a share of them.
        const int64_t share = kTaps * width / p_.positions;
        for (int64_t position = 0; position < p_.positions; ++position, next += channels * share) {
            product.v = block.v + position * block.position_step(p_) + chunk * product.v_chunk_step;
            product.weights = w + position * kernels.position_step;
            product.m = m + position * (width * block.count + kLine);
            multiply_rows(*p_.isa, product, block.count, kernels.vectors, next, 4 * share);
        }
    }

    // What is left of an index when a dimension's is taken off it. Most are of 32 bits, by which to divide takes half the time.
    static int64_t take(int64_t& index, int64_t count) {
        if (count == 1) return 0;
        int64_t taken;
        if (index <= UINT32_MAX && count <= UINT32_MAX) {
            taken = static_cast<uint32_t>(index) % static_cast<uint32_t>(count);
            index = static_cast<uint32_t>(index) / static_cast<uint32_t>(count);
        } else {
            taken = index % count;
            index /= count;
        }
        return taken;
    }

    Tile tile_at(int64_t index) const {
        const int64_t x = take(index, p_.width.tiles), x_phase = take(index, p_.width.dilation);
        const int64_t y = take(index, p_.height.tiles), y_phase = take(index, p_.height.dilation);
        return {index, y * p_.m * p_.height.dilation + y_phase, x * p_.m * p_.width.dilation + x_phase};
    }

    void read_tile(const Buffers& b, const Block& block, int64_t i) const {
        const Tile tile = tile_at(block.first + i);
        const int64_t y = tile.y - p_.height.pad, x = tile.x - p_.width.pad;
        WinogradInput in;
        in.rows = p_.height.inside(y, p_.n());
        in.columns = p_.width.inside(x, p_.n());
        in.v = block.v + i * p_.isa->lanes;
        in.position_step = block.position_step(p_);
        in.chunk_step = block.count * p_.isa->lanes;
        for (size_t i = 0; i < p_.sources.size(); ++i) {
            in.channels = p_.sources[i];
            in.src = static_cast<const char*>(b.src[i]) +
                     ((tile.n * p_.height.src + y) * p_.width.src + x) * in.channels * p_.bytes;
            in.row_step = p_.height.dilation * p_.width.src * in.channels;
            in.column_step = p_.width.dilation * in.channels;
            p_.isa->winograd.input[type_][index_](in);
            in.v += divide_up(in.channels, p_.isa->lanes) * in.chunk_step;
        }
    }

    // All tiles of a block with a matrix of the weights; `next` is the one that is wanted after it.
    void multiply(const Buffers& b, const Block& block, int64_t position, int64_t panel, const float* next, float* m) const {
        Product product{};
        product.v = block.v + position * block.position_step(p_);
        product.v_chunk_step = block.count * p_.isa->lanes;
        product.weights = matrix(b, panel, position);
        product.chunks = p_.chunks;
        product.length = p_.isa->lanes;
        product.last_length = last_lanes(p_.sources.back(), p_.isa->lanes);
        product.m = m;
        product.m_vector_step = block.count * p_.isa->lanes;
        multiply_rows(*p_.isa, product, block.count, p_.panels.vectors(panel).count(), next);
    }

    // The results of tile i of the block, of whose first position and panel the first lies at m.
    void write_tile(const Buffers& b, const Block& block, int64_t i, int64_t panel, const float* m, int64_t step) const {
        const Tile tile = tile_at(block.first + i);
        const int64_t channel = p_.panels.first(panel);
        const int64_t at = ((tile.n * p_.height.dst + tile.y) * p_.width.dst + tile.x) * p_.dst_channels + channel;
        WinogradOutput out;
        out.m = m;
        out.position_step = step;
        out.vector_step = block.count * p_.isa->lanes;
        out.bias = b.bias == nullptr ? nullptr : b.bias + channel;
        out.dst = b.dst + at * p_.bytes;
        out.row_step = p_.height.dilation * p_.width.dst * p_.dst_channels;
        out.column_step = p_.width.dilation * p_.dst_channels;
        out.rows = existing(p_.height, tile.y);
        out.columns = existing(p_.width, tile.x);
        out.channels = std::min(p_.panels.width(panel), p_.dst_channels - channel);
        out.post_op_count = static_cast<int>(p_.post_ops.size());
        for (int i = 0; i < out.post_op_count; ++i) {
            out.post_ops[i] = p_.post_ops[i];
            if (b.operands[i] != nullptr) out.post_ops[i].operand = b.operands[i] + at * p_.bytes;
        }
        p_.isa->winograd.output[type_][index_](out);
    }

    int existing(const Axis& axis, int64_t first) const {
        const int64_t left = axis.dst - first;
        if (left >= p_.m * axis.dilation) return p_.m;
        return static_cast<int>(std::clamp<int64_t>(divide_up(left, axis.dilation), 0, p_.m));
    }

    Problem p_;
    int type_, index_;
};

class WinogradWeights final : public Kernel {
  public:
    explicit WinogradWeights(Problem problem) : p_(std::move(problem)), transform_(p_.m) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        parallel_for(p_.panels.count(), p_.threads, [&](int64_t panel) { pack(weights, packed, panel); });
    }

  private:
    void pack(const float* weights, float* packed, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes, width = p_.panels.width(panel), depth = p_.chunks * lanes;
        float* to = packed + p_.panel_offset(panel);
        int64_t channel = 0;
        for (int64_t channels : p_.sources) {
            for (int64_t i = 0; i < divide_up(channels, lanes) * lanes; ++i, to += p_.late ? kTaps * width : width) {
                if (p_.late) {
                    copy_taps(weights + (channel + i) * kTaps, panel, i < channels, to);
                    continue;
                }
                for (int64_t lane = 0; lane < width; lane += kKernels) {
                    const int64_t output = p_.panels.first(panel) + lane;
                    const int64_t exist = i < channels ? std::clamp<int64_t>(p_.dst_channels - output, 0, kKernels) : 0;
                    const float* kernel = weights + (output * p_.src_channels + channel + i) * 9;
                    transform_.run(taps(kernel, exist), to + lane, depth * width);
                }
            }
            channel += channels;
        }
    }

    // The kernels of a src channel and the outputs of a panel, tap by tap; zeros instead of kernels that do not exist.
    void copy_taps(const float* of_channel, int64_t panel, bool exists, float* to) const {
        const int64_t width = p_.panels.width(panel), first = p_.panels.first(panel);
        for (int64_t lane = 0; lane < width; ++lane) {
            const bool there = exists && first + lane < p_.dst_channels;
            const float* kernel = of_channel + (first + lane) * p_.src_channels * kTaps;
            for (int64_t tap = 0; tap < kTaps; ++tap) to[tap * width + lane] = there ? kernel[tap] : 0;
        }
    }

    // The taps of the kernels of the outputs from one on; zeros instead of kernels that do not exist.
    KernelTaps taps(const float* kernel, int64_t exist) const {
        KernelTaps taps;
        for (size_t i = 0; i < kKernels; ++i, kernel += p_.src_channels * 9) {
            for (size_t tap = 0; tap < taps.size(); ++tap) {
                taps[tap][i] = static_cast<int64_t>(i) < exist ? static_cast<double>(kernel[tap]) : 0;
            }
        }
        return taps;
    }

    Problem p_;
    KernelTransform transform_;
};

}  // namespace

std::unique_ptr<Kernel> make_winograd(const int64_t* parameters, int count) {
    Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<Winograd>(std::move(problem)) : nullptr;
}

std::unique_ptr<Kernel> make_winograd_weights(const int64_t* parameters, int count) {
    Problem problem;
    return problem.parse(parameters, count) ? std::make_unique<WinogradWeights>(std::move(problem)) : nullptr;
}

int64_t winograd_weights_bytes(const int64_t* parameters, int count) noexcept {
    Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.weights_floats() : -1;
}

int64_t winograd_scratchpad_bytes(const int64_t* parameters, int count) noexcept {
    Problem problem;
    return problem.parse(parameters, count) ? 4 * problem.scratchpad_floats() : -1;
}

}  // namespace conv4j
