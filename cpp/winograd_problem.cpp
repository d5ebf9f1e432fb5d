#include "winograd_problem.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "parameters.hpp"
#include "winograd_kernel_transform.hpp"

namespace conv4j::winograd {

namespace {

constexpr int kFixedParameters = 19;

}  // namespace

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || p[18] < 1 || p[18] > count - kFixedParameters) return false;
    const int first_post_op = kFixedParameters + static_cast<int>(p[18]);
    if (!post_ops.parse(p + first_post_op, count - first_post_op)) return false;
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
    fip = p[17] != 0;
    src_channels = p[6];
    sources.assign(p + kFixedParameters, p + first_post_op);
    if (std::any_of(sources.begin(), sources.end(), [](int64_t channels) { return channels < 1; })) return false;
    if (std::accumulate(sources.begin(), sources.end(), int64_t{0}) != src_channels) return false;
    dst_channels = p[9];
    height = {p[4], p[7], p[10], p[12], divide_up(divide_up(p[7], p[12]), m)};
    width = {p[5], p[8], p[11], p[13], divide_up(divide_up(p[8], p[13]), m)};
    bias = p[14] != 0;
    positions = n() * n();
    chunks = 0;
    for (int64_t channels : sources) chunks += divide_up(channels, isa->lanes);
    tiles = batch * height.dilation * height.tiles * width.dilation * width.tiles;
    if (late) {
        cut_late();
    } else {
        cut();
    }
    if (fip) find_runs();
    return true;
}

void Problem::cut() {
    panels = Panels(*isa, dst_channels);
    slice = chunks;
    // The transformed tiles of a block stay in half of a small L2 cache; but a block reads all weights, so where these
    // come from L3 or memory, it is worth more to have many tiles share them.
    const int64_t tile_floats = positions * chunks * isa->lanes;
    const int64_t fitting = (256 << 10) / 4 / tile_floats;
    const int64_t weights = 4 * weights_floats();
    const int64_t pass = most_rows(), least = weights > (16 << 20) ? 4 * 14 : weights > (512 << 10) ? 2 * 14 : 14;
    block_tiles = std::clamp<int64_t>(fitting, least, 56);
    if (fip) block_tiles = std::max<int64_t>(1, block_tiles / pass) * pass;
    // Measured on two cores: with eight tiles a thread it is dearer to read all weights than to exchange tiles.
    by_position = threads > 1 && tiles <= 8 * threads;
    blocks = divide_up(tiles, block_tiles);
    if (!by_position) blocks = divide_up(blocks, threads) * threads;
    blocks = std::min(blocks, tiles);
    block_tiles = divide_up(tiles, blocks);
    v_floats = positions * tile_step(block_tiles);
    m_floats = positions * position_step((by_position ? panels.vectors() : panels.most_vectors()) * isa->lanes * block_tiles);
}

// Threads share the tiles of a block, and each has some panels. The transformed kernels of a slice, and what all slices of a
// panel add up to, stay in most of an L2 cache: the fewer slices, the less often it is added; so panels are narrow. Every
// panel reads all tiles of a block: more than so many are read faster if kernels are transformed once more for half of them.
void Problem::cut_late() {
    constexpr int64_t kLeastTiles = 16, kMostTileFloats = (6 << 20) / sizeof(float);
    constexpr int64_t kNarrow = 2, kCached = (768 << 10) / sizeof(float);
    const int64_t narrow = divide_up(divide_up(dst_channels, isa->lanes), kNarrow);
    panels = Panels(*isa, dst_channels, divide_up(narrow, threads) * threads);
    const int64_t most_tiles = fip ? 3 * most_rows() : 64;
    const int64_t most = std::clamp(kMostTileFloats / (positions * chunks * isa->lanes), std::min(kLeastTiles, most_tiles), most_tiles);
    blocks = divide_up(tiles, most);
    block_tiles = divide_up(tiles, blocks);
    m_floats = positions * position_step(panels.most_vectors() * isa->lanes * block_tiles);
    const int64_t chunk_floats = positions * isa->lanes * panels.most_vectors() * isa->lanes;
    const int64_t fitting = std::clamp<int64_t>((kCached - m_floats) / chunk_floats, 1, chunks);
    slice = divide_up(chunks, divide_up(chunks, fitting));
    if (fip) slice = divide_up(slice, kFipParts) * kFipParts;
    w_floats = positions * position_step(vector_floats(slice) * panels.most_vectors());
    v_floats = positions * tile_step(block_tiles);
}

// Three chunks are the parts of a run; those that are left, one or two, are a run each.
void Problem::find_runs() {
    const int64_t lanes = isa->lanes;
    for (int64_t chunk = 0; chunk < chunks; chunk += runs.back().parts) {
        if (chunk == slice) slice_runs = static_cast<int64_t>(runs.size());
        if (slice_of(chunk).last - chunk >= kFipParts) {
            runs.push_back({kFipParts, lanes, 0});
        } else {
            const int64_t exist = chunk + 1 == chunks ? last_lanes(sources.back(), lanes) : lanes;
            runs.push_back({1, exist / kFipParts, exist % kFipParts});
        }
    }
    // A position's numbers are sums of a tile's, whose factors are those of its transform of a tile that is 0 but for one element.
    const int tile = n();
    std::vector<float> src(positions * lanes), v(positions * lanes);
    magnitudes.assign(positions, 0);
    for (int i = 0; i < positions; ++i) {
        std::fill(src.begin(), src.end(), 0.0f);
        src[i * lanes] = 1;
        const uint32_t all = (1u << tile) - 1;
        isa->winograd.input[0][m / 2 - 1]({src.data(), tile * lanes, lanes, all, all, lanes, v.data(), lanes, 0});
        for (int p = 0; p < positions; ++p) magnitudes[p] += v[p * lanes] * v[p * lanes];
    }
    kernel_magnitudes.assign(positions, 0);
    std::vector<float> u(positions * kKernels);
    for (int tap = 0; tap < kTaps; ++tap) {
        KernelTaps taps{};
        taps[tap].fill(1);
        KernelTransform(m).run(taps, u.data(), kKernels);
        for (int p = 0; p < positions; ++p) kernel_magnitudes[p] += u[p * kKernels] * u[p * kKernels];
    }
    for (int p = 0; p < positions; ++p) {
        magnitudes[p] = std::sqrt(magnitudes[p]);
        kernel_magnitudes[p] = std::sqrt(kernel_magnitudes[p]);
    }
}

int64_t Problem::row_of(int64_t channel) const {
    if (!fip) return channel;
    const int64_t lanes = isa->lanes, chunk = channel / lanes, lane = channel % lanes;
    const Range some = slice_of(chunk);
    const int64_t first = some.first + (chunk - some.first) / kFipParts * kFipParts;
    if (some.last - first >= kFipParts) return first * lanes + lane * kFipParts + chunk - first;
    const int64_t exist = chunk + 1 == chunks ? last_lanes(sources.back(), lanes) : lanes, steps = exist / kFipParts;
    const int64_t row = lane < kFipParts * steps ? lane % steps * kFipParts + lane / steps : lane;
    // Runs of one chunk do not count what does not exist, but only the last chunk has that.
    return chunk * lanes + row;
}

}  // namespace conv4j::winograd
