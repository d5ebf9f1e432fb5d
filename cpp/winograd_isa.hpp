// What the instruction sets implement. The files that include this are compiled with flags of their own: nothing from
// the standard library may be called in them that the linker could share with code for lesser CPUs.
#pragma once

#include <cstdint>

namespace conv4j {

constexpr int kMostPostOps = 8;

// One tile of src: the (m+2)^2 elements from `src` on, which may lie outside; the bits of rows and columns tell which do
// not. Chunk c of position p goes to v + p * position_step + c * chunk_step.
struct WinogradInput {
    const float* src;
    int64_t row_step, column_step;
    uint32_t rows, columns;
    int64_t channels;
    float* v;
    int64_t position_step, chunk_step;
};

// The products of up to most_tiles tiles with a panel of the weights at one position. All lanes of all chunks are there,
// padded with zeros. v: [chunk][tile][lane]; weights: [channel][lane of the panel]; m: [vector of the panel][tile][lane].
struct WinogradProduct {
    const float* v;
    int64_t v_chunk_step;
    const float* weights;
    int64_t chunks;
    float* m;
    int64_t m_vector_step;
};

struct WinogradPostOp {
    int kind;
    float alpha, beta;
    const float* operand;  // of the same element as WinogradOutput::dst
};

// One tile of dst: m^2 elements of `channels` channels, of which `rows` times `columns` exist.
struct WinogradOutput {
    const float* m;
    int64_t position_step, vector_step;
    const float* bias;  // may be null
    float* dst;
    int64_t row_step, column_step;
    int rows, columns;
    int64_t channels;
    int post_op_count;
    WinogradPostOp post_ops[kMostPostOps];
};

// A panel of the weights is two vectors wide, the last one may be one.
struct WinogradIsa {
    int lanes;
    int most_tiles;
    // For m = 2, 4, 6.
    void (*input[3])(const WinogradInput&);
    void (*output[3])(const WinogradOutput&);
    // By the vectors of the panel - 1, by tiles - 1.
    void (*product[2][14])(const WinogradProduct&);
    // Applies x / (1 + exp(-alpha x)) to `count` elements in place.
    void (*swish)(float* at, int64_t count, float alpha);
};

// The best that this CPU and the compiler have.
const WinogradIsa* best_isa();

// Null if the compiler had no such target.
const WinogradIsa* winograd_portable();
const WinogradIsa* winograd_avx2();
const WinogradIsa* winograd_avx512();

}  // namespace conv4j
