#include "filtered.hpp"

#include <algorithm>

#include "team.hpp"

namespace conv4j::filtered {

namespace {

constexpr int64_t kMostTaps = 3;

// F(2, r) for r taps that follow each other in a phase.
std::vector<RowProduct> filter(int64_t taps) {
    switch (taps) {
        case 1: return {{kFilterUpper, {{0, 1}}, {{0, 1}}}, {kFilterLower, {{1, 1}}, {{0, 1}}}};
        case 2:
            return {{kFilterUpper, {{0, 1}, {1, -1}}, {{0, 1}}},
                    {kFilterBoth, {{1, 1}}, {{0, 1}, {1, 1}}},
                    {kFilterLower, {{2, 1}, {1, -1}}, {{1, 1}}}};
        default:
            return {{kFilterUpper, {{0, 1}, {2, -1}}, {{0, 1}}},
                    {kFilterBoth, {{1, 1}, {2, 1}}, {{0, 0.5f}, {1, 0.5f}, {2, 0.5f}}},
                    {kFilterOpposite, {{2, 1}, {1, -1}}, {{0, 0.5f}, {1, -0.5f}, {2, 0.5f}}},
                    {kFilterLower, {{3, 1}, {1, -1}}, {{2, 1}}}};
    }
}

class Convolution final : public Kernel {
  public:
    explicit Convolution(std::unique_ptr<const indirect::Problem> problem) : owned_(std::move(problem)), p_(*owned_), layout_(p_) {}

    void run(void* const* buffers, int) const noexcept override {
        const indirect::Buffers b = p_.named(buffers);
        const int64_t columns = layout_.column_blocks(), pairs = layout_.row_pairs();
        parallel_for(p_.batch * pairs * columns, p_.threads, [&](int64_t i, int64_t thread) {
            const int64_t x = i % columns * layout_.columns(), y = i / columns % pairs * 2;
            run_block(b, {i / columns / pairs, y, x, std::min(layout_.columns(), p_.width.dst - x)},
                      b.scratchpad + thread * layout_.thread_floats());
        });
    }

  private:
    // Some columns of two rows of dst, from the upper one's first on.
    struct Block {
        int64_t n, y, x, columns;
    };

    void run_block(const indirect::Buffers& b, const Block& block, float* sums) const {
        for (int64_t i = 0; i < count(); ++i) sum(b, block, layout_.products[i].src, sums + i * layout_.sum_step());
        for (int64_t panel = 0; panel < layout_.panels.count(); ++panel) multiply(b, block, panel, sums);
    }

    // A sum of rows of src, of what the block's windows see; zeros where that does not exist.
    void sum(const indirect::Buffers& b, const Block& block, const std::vector<Term>& terms, float* to) const {
        const int64_t left = block.x * p_.width.stride - p_.width.pad, seen = (block.columns - 1) * p_.width.stride + p_.width.kernel;
        const int64_t first = std::clamp<int64_t>(0, left, left + seen), last = std::clamp<int64_t>(p_.width.src, first, left + seen);
        const int64_t channels = p_.src_channels;
        RowSum rows;
        rows.count = 0;
        for (const Term& term : terms) {
            const int64_t y = block.y * p_.height.stride - p_.height.pad + term.row;
            if (y < 0 || y >= p_.height.src) continue;
            rows.rows[rows.count] = b.src + ((block.n * p_.height.src + y) * p_.width.src + first) * channels;
            rows.factors[rows.count++] = term.factor;
        }
        rows.to = to + (first - left) * channels;
        rows.floats = (last - first) * channels;
        std::fill(to, rows.to, 0.0f);
        if (rows.floats > 0) p_.isa->filter.sum(rows);
        std::fill(rows.to + rows.floats, to + seen * channels, 0.0f);
    }

    void multiply(const indirect::Buffers& b, const Block& block, int64_t panel, const float* sums) const {
        const int64_t lanes = p_.isa->lanes, vectors = layout_.panels.vectors(panel).count(), channel = layout_.panels.first(panel);
        const int64_t channels = std::min(layout_.panels.width(panel), p_.dst_channels - channel);
        const bool half = panel + 1 == layout_.panels.count() && last_lanes(p_.dst_channels, lanes) <= lanes / 2;
        const int64_t pixel = (block.n * p_.height.dst + block.y) * p_.width.dst + block.x;
        const ProductPixels upper = p_.results(b, pixel, channel, channels);
        ProductPixels lower;
        FilterTile t{};
        t.upper = &upper;
        if (block.y + 1 < p_.height.dst) {
            lower = p_.results(b, pixel + p_.width.dst, channel, channels);
            t.lower = &lower;
        }
        for (const RowProduct& product : layout_.products) ++t.products[product.use];
        t.sum_step = layout_.sum_step();
        t.pixel_step = p_.width.stride * p_.src_channels;
        t.length = p_.window_row();
        t.weights = b.weights + layout_.panel_weights(panel);
        const Passes passes(block.columns, p_.isa->product.most_rows[vectors - 1]);
        for (uint32_t pass = 0; pass < passes.count(); ++pass) {
            t.pixel = passes.first(pass);
            t.sums = sums + t.pixel * t.pixel_step;
            p_.isa->filter.multiply[half][vectors - 1][passes.rows(pass) - 1](t);
        }
    }

    int64_t count() const { return static_cast<int64_t>(layout_.products.size()); }

    std::unique_ptr<const indirect::Problem> owned_;
    const indirect::Problem& p_;
    const Layout layout_;
};

}  // namespace

Layout::Layout(const indirect::Problem& problem) : p_(problem), panels(*problem.isa, problem.dst_channels) {
    const int64_t stride = p_.height.stride;
    for (int64_t phase = 0; phase < stride; ++phase) {
        const int64_t taps = divide_up(p_.height.kernel - phase, stride), filters = divide_up(taps, kMostTaps);
        for (int64_t i = 0; i < filters; ++i) {
            const Range some = share(taps, i, filters);
            for (RowProduct product : filter(some.count())) {
                for (std::vector<Term>* terms : {&product.src, &product.kernel}) {
                    for (Term& term : *terms) term.row = phase + (some.first + term.row) * stride;
                }
                products.push_back(product);
            }
        }
    }
    std::stable_sort(products.begin(), products.end(), [](const auto& a, const auto& b) { return a.use < b.use; });
}

bool Layout::fits(const indirect::Problem& problem) {
    return !problem.transposed && problem.in_registers() && problem.height.dilation == 1 && problem.width.dilation == 1 &&
           problem.height.kernel > problem.height.stride;
}

std::unique_ptr<Kernel> make(std::unique_ptr<const indirect::Problem> problem) { return std::make_unique<Convolution>(std::move(problem)); }

}  // namespace conv4j::filtered
