#include "indirect.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "isa.hpp"
#include "join.hpp"
#include "max_pool.hpp"
#include "panels.hpp"
#include "parameters.hpp"
#include "post_ops.hpp"
#include "range.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

constexpr int kFixedParameters = 21;
constexpr int64_t kBlockPixels = 64;
constexpr int64_t kMostPieceFloats = 1024;  // of a pixel at a time: those of a block stay in half of a small L2 cache
constexpr int64_t kFewChannels = 4;         // so few that a tap's take longer to begin with than to multiply

// Every so many-th dst element along an axis, and the taps that these see.
struct Phase {
    struct Tap {
        int64_t index, offset;  // dst element q of the phase sees src q * Axis::src_step + offset
    };
    int64_t first, count;
    std::vector<Tap> taps;
};

struct Axis {
    int64_t src, dst, kernel, stride, dilation, pad;
    int64_t src_step, dst_step;  // from an element of a phase to the next
    std::vector<Phase> phases;

    // Whether dst element i sees src element i and no other.
    bool is_identity() const { return kernel == 1 && stride == 1 && pad == 0 && src == dst; }

    void find_phases(bool transposed) {
        src_step = transposed ? 1 : stride;
        dst_step = transposed ? stride : 1;
        for (int64_t first = 0; first < std::min(dst_step, dst); ++first) {
            Phase phase{first, divide_up(dst - first, dst_step), {}};
            for (int64_t tap = 0; tap < kernel; ++tap) {
                const int64_t reach = transposed ? first + pad - tap * dilation : tap * dilation - pad;
                if (reach % dst_step == 0) phase.taps.push_back({tap, reach / dst_step});
            }
            phases.push_back(std::move(phase));
        }
    }
};

// What src is made by, where it is not there.
enum SourceKind : int64_t { kThere = 0, kJoined = 1, kJoinedRelu = 2, kPooled = 3 };

// One phase of both axes: a product of its own.
struct Part {
    const Phase *y, *x;
    int64_t first_weight;

    int64_t taps() const { return static_cast<int64_t>(y->taps.size() * x->taps.size()); }
};

struct Problem {
    const Isa* isa = nullptr;
    int threads;
    int64_t batch, src_channels, dst_channels;
    Axis height, width;
    bool transposed, bias;
    SourceKind source = kThere;
    Join join;     // if it makes src
    MaxPool pool;  // if it makes src
    PostOps post_ops;

    // Whether the taps of a window are multiplied as one: of rows of src that are copied, with their padding.
    bool whole_windows;
    bool in_registers;  // whether all post-ops can be applied there
    int64_t channel_chunks;
    std::vector<Part> parts;
    int64_t groups;  // of panels, as many as threads share the same pixels
    Panels panels;

    bool parse(const int64_t* p, int count);
    bool parse_source(const int64_t* p, int count);
    void find_parts();

    bool makes_src() const { return source != kThere; }
    // Buffers that src is made of, or src itself.
    size_t src_buffers() const { return source == kJoined || source == kJoinedRelu ? join.channels.size() + 1 : 1; }
    // Makes pixels of src from these buffers, to rows that are row_step() apart.
    void make_src(void* const* buffers, Range pixels, float* made) const {
        if (source == kPooled) pool.run(static_cast<const float*>(buffers[0]), pixels.first, pixels.last, made, row_step());
        else join.run(buffers, pixels.first, pixels.last, made, row_step());
    }

    // Channels that meet the weights of a tap; of whole windows, all their elements.
    int64_t depth() const { return whole_windows ? height.kernel * window_row() : src_channels; }
    int64_t window_row() const { return width.kernel * src_channels; }
    int64_t chunks(const Part& part) const { return part.taps() * channel_chunks; }
    // What a tap meets is multiplied in so many pieces; a part without taps has one, of nothing.
    int64_t pieces_of_tap() const { return divide_up(channel_chunks * isa->lanes, kMostPieceFloats); }
    int64_t pieces(const Part& part) const { return std::max<int64_t>(1, part.taps() * pieces_of_tap()); }
    Range piece(const Part& part, int64_t i) const {
        if (part.taps() == 0) return {0, 0};
        const Range within = share(channel_chunks, i % pieces_of_tap(), pieces_of_tap());
        const int64_t tap = i / pieces_of_tap() * channel_chunks;
        return {tap + within.first, tap + within.last};
    }
    int64_t pixels(const Part& part) const { return batch * part.y->count * part.x->count; }
    // Blocks of the largest phase, which is the first.
    int64_t blocks() const { return divide_up(pixels(parts[0]), kBlockPixels); }
    int64_t chunk_floats() const { return isa->lanes * divide_up(dst_channels, isa->lanes) * isa->lanes; }
    int64_t weights_floats() const { return parts.back().first_weight + chunks(parts.back()) * chunk_floats(); }
    int64_t m_floats() const { return kBlockPixels * panels.vectors() * isa->lanes; }
    // Pixels that are made; rows a power of two apart would drive one another out of the L1 cache.
    int64_t row_step() const { return src_channels + isa->lanes; }
    // Of a copied row of src, what the windows of a block see at most: that of pixels which all begin a row of dst.
    int64_t copy_step() const { return kBlockPixels * (width.stride + width.kernel) * src_channels; }
    int64_t row_floats() const {
        if (whole_windows) return height.kernel * copy_step();
        return makes_src() ? kBlockPixels * row_step() : 0;
    }
    int64_t scratchpad_floats() const { return threads * (m_floats() + row_floats()); }
    // The weights of a panel for some chunks.
    int64_t matrix(const Part& part, Range piece, int64_t panel) const {
        return part.first_weight + piece.first * chunk_floats() + piece.count() * isa->lanes * panels.first(panel);
    }
};

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || p[20] < 0 || p[20] > count - kFixedParameters) return false;
    const int first_post_op = kFixedParameters + static_cast<int>(p[20]);
    if (!post_ops.parse(p + first_post_op, count - first_post_op)) return false;
    isa = isa_of(p[0]);
    for (int i : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15}) {
        if (p[i] < 1) return false;
    }
    if (isa == nullptr || p[12] < 0 || p[16] < 0) return false;
    threads = static_cast<int>(p[1]);
    batch = p[2];
    src_channels = p[5];
    dst_channels = p[8];
    height = {p[3], p[6], p[9], p[10], p[11], p[12], 0, 0, {}};
    width = {p[4], p[7], p[13], p[14], p[15], p[16], 0, 0, {}};
    transposed = p[17] != 0;
    bias = p[18] != 0;
    return p[19] == kThere ? p[20] == 0 : parse_source(p + 19, first_post_op - 19);
}

// Whether src can be made: each pixel is wanted once, in order, and the tensors have its channels.
bool Problem::parse_source(const int64_t* p, int count) {
    if (!height.is_identity() || !width.is_identity() || p[0] < kThere || p[0] > kPooled) return false;
    source = static_cast<SourceKind>(p[0]);
    const int64_t *first = p + 2, *last = p + count;
    if (source == kPooled) {
        if (last - first != 8) return false;
        pool = {src_channels, {first[0], height.src, first[1], first[2], first[3]}, {first[4], width.src, first[5], first[6], first[7]}};
        return pool.height.valid() && pool.width.valid();
    }
    join = {sizeof(float), true, source == kJoinedRelu, {first, last}};
    return first != last && std::all_of(first, last, [](int64_t channels) { return channels > 0; }) && join.total() == src_channels;
}

void Problem::find_parts() {
    height.find_phases(transposed);
    width.find_phases(transposed);
    whole_windows = !transposed && src_channels <= kFewChannels && width.kernel > 1 && width.dilation == 1 &&
                    !makes_src() && height.kernel * window_row() <= kMostPieceFloats;
    if (whole_windows) height.phases[0].taps = width.phases[0].taps = {{0, 0}};
    in_registers = std::all_of(post_ops.all.begin(), post_ops.all.begin() + post_ops.count,
                               [](const PostOp& op) { return for_registers(op.kind); });
    channel_chunks = divide_up(depth(), isa->lanes);
    int64_t weight = 0;
    for (const Phase& y : height.phases) {
        for (const Phase& x : width.phases) {
            parts.push_back({&y, &x, weight});
            weight += chunks(parts.back()) * chunk_floats();
        }
    }
    groups = divide_up(threads, blocks() * static_cast<int64_t>(parts.size()));
    panels = Panels(*isa, dst_channels, groups);
    groups = std::min(groups, panels.count());
}

class Indirect final : public Kernel {
  public:
    explicit Indirect(std::unique_ptr<const Problem> problem) : owned_(std::move(problem)), p_(*owned_) {}

    void run(void* const* buffers, int) const noexcept override {
        Buffers b{};
        b.made_of = buffers;
        b.src = p_.makes_src() ? nullptr : static_cast<const float*>(*buffers);
        buffers += p_.src_buffers();
        b.weights = static_cast<const float*>(*buffers++);
        b.bias = p_.bias ? static_cast<const float*>(*buffers++) : nullptr;
        b.post_ops = p_.post_ops;
        buffers = b.post_ops.take_operands(buffers);
        b.scratchpad = static_cast<float*>(*buffers++);
        b.dst = static_cast<float*>(*buffers);
        const int64_t blocks = p_.blocks(), groups = p_.groups, parts = static_cast<int64_t>(p_.parts.size());
        parallel_for(parts * blocks * groups, p_.threads, [&](int64_t work, int64_t thread) {
            const Part& part = p_.parts[work / groups / blocks];
            const Range pixels = share(p_.pixels(part), work / groups % blocks, blocks);
            if (pixels.count() > 0) run_block(b, part, pixels, share(p_.panels.count(), work % groups, groups), thread);
        });
    }

  private:
    struct Buffers {
        const float* src;      // null if it is made
        void* const* made_of;  // what make_src takes
        const float *weights, *bias;
        PostOps post_ops;
        float *scratchpad, *dst;
    };

    // A block of pixels, which of them meet src with a tap, and what, and the products of all.
    struct Block {
        Range pixels;
        int64_t meeting;
        std::array<const float*, kBlockPixels> rows;
        std::array<int64_t, kBlockPixels> places;
        float *m, *made;  // products; pixels of src, made or copied

        int64_t count() const { return pixels.count(); }
        void meet(int64_t i, const float* row) {
            rows[meeting] = row;
            places[meeting++] = i;
        }
    };

    struct Pixel {
        int64_t n, y, x;  // of a phase
    };

    void run_block(const Buffers& b, const Part& part, Range pixels, Range panels, int64_t thread) const {
        const int64_t pieces = p_.pieces(part);
        Block block;
        block.pixels = pixels;
        block.m = b.scratchpad + thread * (p_.m_floats() + p_.row_floats());
        block.made = block.m + p_.m_floats();
        if (b.src == nullptr) p_.make_src(b.made_of, pixels, block.made);
        for (int64_t i = 0; i < pieces; ++i) {
            const Range piece = p_.piece(part, i);
            block.meeting = 0;
            if (p_.whole_windows) {
                copy_windows(b, part, block);
            } else if (piece.count() > 0) {
                find_rows(b, part, piece, block);
            }
            const bool all = block.meeting == block.count(), set = i == 0 && all, last = i + 1 == pieces;
            const bool at_once = last && all && p_.in_registers && !p_.transposed;
            for (int64_t panel = panels.first; panel < panels.last; ++panel) {
                if (i == 0 && !set) std::fill_n(products(block, panel), p_.panels.width(panel) * block.count(), 0.0f);
                Product product = product_of(b, part, piece, block, panel);
                product.accumulate = !set;
                ProductPixels out;
                if (at_once) {
                    out = pixels_of(b, panel, pixels.first);
                    product.out = &out;
                }
                // In memory the panels follow each other, and the pieces.
                const float* next = product.weights + piece.count() * p_.isa->lanes * p_.panels.width(panel);
                multiply_rows(*p_.isa, product, block.meeting, p_.panels.vectors(panel).count(), next);
                if (last && !at_once) write(b, part, block, panel);
            }
        }
    }

    Pixel pixel_at(const Part& part, int64_t index) const {
        const int64_t row = index / part.x->count;
        return {row / part.y->count, row % part.y->count, index % part.x->count};
    }

    // Finds the pixels that meet src, not its padding, with the tap of a piece.
    void find_rows(const Buffers& b, const Part& part, Range piece, Block& block) const {
        const int64_t columns = static_cast<int64_t>(part.x->taps.size()), tap = piece.first / p_.channel_chunks;
        const int64_t channel = piece.first % p_.channel_chunks * p_.isa->lanes;
        const int64_t y_offset = part.y->taps[tap / columns].offset, x_offset = part.x->taps[tap % columns].offset;
        Pixel pixel = pixel_at(part, block.pixels.first);
        for (int64_t i = 0; i < block.count(); ++i) {
            const int64_t y = pixel.y * p_.height.src_step + y_offset, x = pixel.x * p_.width.src_step + x_offset;
            if (y >= 0 && y < p_.height.src && x >= 0 && x < p_.width.src) {
                const int64_t at = ((pixel.n * p_.height.src + y) * p_.width.src + x) * p_.src_channels;
                block.meet(i, (b.src == nullptr ? block.made + i * p_.row_step() : b.src + at) + channel);
            }
            if (++pixel.x < part.x->count) continue;
            pixel.x = 0;
            if (++pixel.y < part.y->count) continue;
            pixel.y = 0;
            ++pixel.n;
        }
    }

    // Copies what the windows of a block see, run by run of neighbouring pixels, and finds each window in the copy.
    void copy_windows(const Buffers& b, const Part& part, Block& block) const {
        float* to = block.made;
        for (int64_t i = 0, count; i < block.count(); i += count) {
            const Pixel pixel = pixel_at(part, block.pixels.first + i);
            count = std::min(part.x->count - pixel.x, block.count() - i);
            const int64_t y = pixel.y * p_.height.stride - p_.height.pad, x = pixel.x * p_.width.stride - p_.width.pad;
            const int64_t columns = (count - 1) * p_.width.stride + p_.width.kernel;
            for (int64_t row = 0; row < p_.height.kernel; ++row) {
                copy_row(b, pixel.n, y + row * p_.height.dilation, {x, x + columns}, to + row * p_.copy_step());
            }
            for (int64_t j = 0; j < count; ++j) block.meet(i + j, to + j * p_.width.stride * p_.src_channels);
            to += columns * p_.src_channels;
        }
    }

    // Columns of a row of src, zeros where they do not exist.
    void copy_row(const Buffers& b, int64_t n, int64_t y, Range x, float* to) const {
        const bool exists = y >= 0 && y < p_.height.src;
        const int64_t first = exists ? std::clamp<int64_t>(0, x.first, x.last) : x.last;
        const int64_t last = exists ? std::clamp<int64_t>(p_.width.src, first, x.last) : x.last;
        to = std::fill_n(to, (first - x.first) * p_.src_channels, 0.0f);
        if (last > first) {
            const float* src = b.src + ((n * p_.height.src + y) * p_.width.src + first) * p_.src_channels;
            to = std::copy_n(src, (last - first) * p_.src_channels, to);
        }
        std::fill_n(to, (x.last - last) * p_.src_channels, 0.0f);
    }

    float* products(const Block& block, int64_t panel) const { return block.m + p_.panels.first(panel) * block.count(); }

    Product product_of(const Buffers& b, const Part& part, Range piece, const Block& block, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes, first = piece.first % p_.channel_chunks * lanes;
        Product product{};
        product.rows = block.rows.data();
        product.places = block.places.data();
        product.weights = b.weights + p_.matrix(part, piece, panel);
        product.chunks = p_.whole_windows ? p_.height.kernel : 1;
        product.length = p_.whole_windows ? p_.window_row() : std::min(piece.count() * lanes, p_.src_channels - first);
        product.last_length = product.length;
        product.row_chunk_step = p_.copy_step();
        product.m = products(block, panel);
        product.m_vector_step = block.count() * lanes;
        product.half = panel + 1 == p_.panels.count() && last_lanes(p_.dst_channels, lanes) <= lanes / 2;
        return product;
    }

    // Where the results of a panel go, from a pixel of dst on.
    ProductPixels pixels_of(const Buffers& b, int64_t panel, int64_t pixel) const {
        const int64_t channel = p_.panels.first(panel), at = pixel * p_.dst_channels + channel;
        ProductPixels out;
        out.bias = b.bias == nullptr ? nullptr : b.bias + channel;
        out.dst = b.dst + at;
        out.step = p_.width.dst_step * p_.dst_channels;
        out.channels = std::min(p_.panels.width(panel), p_.dst_channels - channel);
        out.post_op_count = b.post_ops.count;
        for (int j = 0; j < out.post_op_count; ++j) {
            out.post_ops[j] = b.post_ops.all[j];
            if (b.post_ops.has_operand(j)) out.post_ops[j].operand = static_cast<const float*>(out.post_ops[j].operand) + at;
        }
        return out;
    }

    // A panel's results, row by row.
    void write(const Buffers& b, const Part& part, const Block& block, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes;
        const Range pixels = block.pixels;
        for (int64_t i = pixels.first, count; i < pixels.last; i += count) {
            const Pixel pixel = pixel_at(part, i);
            const int64_t y = part.y->first + pixel.y * p_.height.dst_step, x = part.x->first + pixel.x * p_.width.dst_step;
            count = p_.transposed ? std::min(part.x->count - pixel.x, pixels.last - i) : pixels.count();
            ProductPixels out = pixels_of(b, panel, (pixel.n * p_.height.dst + y) * p_.width.dst + x);
            out.count = count;
            out.m = products(block, panel) + (i - pixels.first) * lanes;
            out.m_vector_step = block.count() * lanes;
            p_.isa->product.write(out);
        }
    }

    std::unique_ptr<const Problem> owned_;  // its parts point into it
    const Problem& p_;
};

class IndirectWeights final : public Kernel {
  public:
    IndirectWeights(Range rows, std::unique_ptr<const Problem> problem)
        : rows_(rows), owned_(std::move(problem)), p_(*owned_) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto* weights = static_cast<const float*>(buffers[0]);
        auto* packed = static_cast<float*>(buffers[1]);
        for (const Part& part : p_.parts) {
            for (int64_t i = 0; i < p_.pieces(part); ++i) {
                const Range piece = p_.piece(part, i);
                parallel_for(p_.panels.count(), p_.threads, [&](int64_t panel) { pack(weights, packed, part, piece, panel); });
            }
        }
    }

  private:
    // Columns of a chunk at a time, so that both what is read and what is written stay in the L1 cache.
    void pack(const float* weights, float* packed, const Part& part, Range piece, int64_t panel) const {
        const int64_t lanes = p_.isa->lanes, width = p_.panels.width(panel);
        const int64_t columns = static_cast<int64_t>(part.x->taps.size());
        float* to = packed + p_.matrix(part, piece, panel);
        for (int64_t chunk = piece.first; chunk < piece.last; ++chunk, to += lanes * width) {
            const int64_t tap = chunk / p_.channel_chunks, input = chunk % p_.channel_chunks * lanes;
            const int64_t place = part.y->taps[tap / columns].index * p_.width.kernel + part.x->taps[tap % columns].index;
            for (int64_t i = 0; i < width; ++i) pack_column(weights + place, input, p_.panels.first(panel) + i, to + i, width);
        }
    }

    // The weights of an output and a vector of inputs, of one tap, so many elements apart; zeros for what does not exist.
    void pack_column(const float* weights, int64_t input, int64_t output, float* to, int64_t apart) const {
        const bool exists = output < p_.dst_channels;
        if (exists && !p_.transposed && !is_there(output)) return;
        const int64_t inputs = exists ? std::min<int64_t>(p_.isa->lanes, p_.depth() - input) : 0;
        for (int64_t lane = inputs; lane < p_.isa->lanes; ++lane) to[lane * apart] = 0;
        const int64_t taps = p_.height.kernel * p_.width.kernel, channels = p_.src_channels;
        if (p_.transposed) {
            const Range some{std::max<int64_t>(0, rows_.first - input), std::min(inputs, rows_.last - input)};
            for (int64_t lane = some.first; lane < some.last; ++lane) {
                to[lane * apart] = weights[((input + lane - rows_.first) * p_.dst_channels + output) * taps];
            }
            return;
        }
        const float* row = weights + (output - rows_.first) * channels * taps;
        for (int64_t lane = 0; lane < inputs; ++lane) {
            const int64_t i = input + lane;
            to[lane * apart] = p_.whole_windows ? row[i % channels * taps + i / channels] : row[i * taps];
        }
    }

    bool is_there(int64_t row) const { return row >= rows_.first && row < rows_.last; }

    Range rows_;
    std::unique_ptr<const Problem> owned_;  // its parts point into it
    const Problem& p_;
};

class IndirectGates final : public Kernel {
  public:
    explicit IndirectGates(std::unique_ptr<const Problem> problem) : owned_(std::move(problem)), p_(*owned_) {}

    void run(void* const* buffers, int) const noexcept override {
        const auto *packed = static_cast<const float*>(buffers[0]), *gates = static_cast<const float*>(buffers[1]);
        auto* gated = static_cast<float*>(buffers[2]);
        parallel_for(p_.panels.count(), p_.threads, [&](int64_t panel) {
            for (const Part& part : p_.parts) {
                for (int64_t i = 0; i < p_.pieces(part); ++i) {
                    const Range piece = p_.piece(part, i);
                    const int64_t at = p_.matrix(part, piece, panel);
                    gate(packed + at, gates, piece, p_.panels.width(panel), gated + at);
                }
            }
        });
    }

  private:
    // The rows of a piece, each an element of the source's pixels; those that fill the last vector hold zeros.
    void gate(const float* packed, const float* gates, Range piece, int64_t width, float* gated) const {
        for (int64_t row = piece.first * p_.isa->lanes; row < piece.last * p_.isa->lanes; ++row) {
            const int64_t i = row % (p_.channel_chunks * p_.isa->lanes);
            const float factor = i < p_.depth() ? gates[i % p_.src_channels] : 0;
            for (int64_t lane = 0; lane < width; ++lane) *gated++ = *packed++ * factor;
        }
    }

    std::unique_ptr<const Problem> owned_;  // its parts point into it
    const Problem& p_;
};

// Null if there are no such kernels.
std::unique_ptr<const Problem> parse(const int64_t* parameters, int count) {
    auto problem = std::make_unique<Problem>();
    if (!problem->parse(parameters, count)) return nullptr;
    problem->find_parts();
    return problem;
}

}  // namespace

std::unique_ptr<Kernel> make_indirect(const int64_t* parameters, int count) {
    auto problem = parse(parameters, count);
    return problem == nullptr ? nullptr : std::make_unique<Indirect>(std::move(problem));
}

std::unique_ptr<Kernel> make_indirect_weights(const int64_t* parameters, int count) {
    auto problem = count < 2 ? nullptr : parse(parameters + 2, count - 2);
    if (problem == nullptr) return nullptr;
    const Range rows{parameters[0], parameters[1]};
    if (rows.first < 0 || rows.last > (problem->transposed ? problem->src_channels : problem->dst_channels)) return nullptr;
    return std::make_unique<IndirectWeights>(rows, std::move(problem));
}

std::unique_ptr<Kernel> make_indirect_gates(const int64_t* parameters, int count) {
    auto problem = parse(parameters, count);
    return problem == nullptr ? nullptr : std::make_unique<IndirectGates>(std::move(problem));
}

int64_t indirect_weights_bytes(const int64_t* parameters, int count) noexcept {
    const auto problem = parse(parameters, count);
    return problem == nullptr ? -1 : 4 * problem->weights_floats();
}

int64_t indirect_scratchpad_bytes(const int64_t* parameters, int count) noexcept {
    const auto problem = parse(parameters, count);
    return problem == nullptr ? -1 : 4 * problem->scratchpad_floats();
}

}  // namespace conv4j
