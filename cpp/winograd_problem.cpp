#include "winograd_problem.hpp"

#include <algorithm>
#include <numeric>

#include "parameters.hpp"

namespace conv4j::winograd {

namespace {

constexpr int kFixedParameters = 18;

}  // namespace

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || p[17] < 1 || p[17] > count - kFixedParameters) return false;
    const int first_post_op = kFixedParameters + static_cast<int>(p[17]);
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
    const int64_t least = weights > (16 << 20) ? 56 : weights > (512 << 10) ? 28 : 14;
    block_tiles = std::clamp<int64_t>(fitting, least, 56);
    // Measured on two cores: with eight tiles a thread it is dearer to read all weights than to exchange tiles.
    by_position = threads > 1 && tiles <= 8 * threads;
    blocks = divide_up(tiles, block_tiles);
    if (!by_position) blocks = divide_up(blocks, threads) * threads;
    blocks = std::min(blocks, tiles);
    block_tiles = divide_up(tiles, blocks);
    v_floats = positions * position_step(chunks * isa->lanes * block_tiles);
    m_floats = positions * position_step((by_position ? panels.vectors() : panels.most_vectors()) * isa->lanes * block_tiles);
}

// Threads share the tiles of a block, and each has some panels. The transformed kernels of a slice, and what all slices of a
// panel add up to, stay in most of an L2 cache: the fewer slices, the less often it is added; so panels are narrow. Every
// panel reads all tiles of a block: more than so many are read faster if kernels are transformed once more for half of them.
void Problem::cut_late() {
    constexpr int64_t kLeastTiles = 16, kMostTiles = 64, kMostTileFloats = (6 << 20) / sizeof(float);
    constexpr int64_t kNarrow = 2, kCached = (768 << 10) / sizeof(float);
    const int64_t narrow = divide_up(divide_up(dst_channels, isa->lanes), kNarrow);
    panels = Panels(*isa, dst_channels, divide_up(narrow, threads) * threads);
    const int64_t most = std::clamp(kMostTileFloats / (positions * chunks * isa->lanes), kLeastTiles, kMostTiles);
    blocks = divide_up(tiles, most);
    block_tiles = divide_up(tiles, blocks);
    v_floats = positions * position_step(chunks * isa->lanes * block_tiles);
    m_floats = positions * position_step(panels.most_vectors() * isa->lanes * block_tiles);
    const int64_t chunk_floats = positions * isa->lanes * panels.most_vectors() * isa->lanes;
    const int64_t fitting = std::clamp<int64_t>((kCached - m_floats) / chunk_floats, 1, chunks);
    slice = divide_up(chunks, divide_up(chunks, fitting));
    w_floats = positions * position_step(slice * chunk_floats / positions);
}

}  // namespace conv4j::winograd
