// What an instruction set implements of windows over pixels: Winograd's transforms, depthwise and grouped convolutions, pooling.
#pragma once

#include <cstdint>

#include "isa_post_op.hpp"

namespace conv4j {

// One tile of src: the (m+2)^2 elements from `src` on, which may lie outside; the bits of rows and columns tell which do
// not. Chunk c of position p goes to v + p * position_step + c * chunk_step.
struct WinogradInput {
    const void* src;
    int64_t row_step, column_step;
    uint32_t rows, columns;
    int64_t channels;
    float* v;
    int64_t position_step, chunk_step;
};

// Kernels of some src channels, taps: [channel][tap][vector][lane]. Position p of a channel's goes, [vector][lane], to
// to + p * position_step + channel * vectors * lanes.
struct WinogradKernels {
    const float* taps;
    int64_t channels, vectors;
    float* to;
    int64_t position_step;
};

// One tile of dst: m^2 elements of `channels` channels, of which `rows` times `columns` exist.
struct WinogradOutput {
    const float* m;
    int64_t position_step, vector_step;
    const float* bias;  // may be null
    void* dst;
    int64_t row_step, column_step;
    int rows, columns;
    int64_t channels;
    int post_op_count;
    PostOp post_ops[kMostPostOps];
};

struct WinogradFunctions {
    // Of tensors in f32, bf16; for m = 2, 4, 6.
    void (*input[2][3])(const WinogradInput&);
    void (*output[2][3])(const WinogradOutput&);
    // For m = 2, 4, 6.
    void (*kernels[3])(const WinogradKernels&);
};

// A row of dst, or two, of some channels of a depthwise or grouped convolution. Rows, columns and steps are of pixels'
// elements, whatever their type.
struct DepthwiseRows {
    const void* src;  // what the first pixel of dst sees first; may lie outside
    int64_t row_step, column_step;
    uint32_t rows;   // bits: which of the rows of src that are seen exist
    int64_t before;  // columns that are seen and do not exist, before the `src_columns` that do
    int64_t src_columns;
    int64_t channels;
    const float* weights;     // [vector][part][row][kx][lane]
    int64_t weights_step;     // from vector to vector
    const float* bias;        // may be null
    void* dst;
    int64_t dst_row_step, dst_column_step, columns;
    int post_op_count;
    PostOp post_ops[kMostPostOps];
    float* total;  // [vector][lane]: the sums over rows and columns are added to it; may be null
};

// By Winograd's filtering of rows (grouped_winograd_tile.hpp) rows of weights of a part are four. With a stride of 2 they are the kernel's
// and the sum of the first and the last. With a stride of 1 those for both rows of dst, the sum of the kernel's rows, halved, and the
// same with the second one taken off, come first, of all parts, and then the first and the last of the kernel's; and if there is a row of
// dst to be computed alone, all of the kernel's.
constexpr int kFilterRows = 4;

// The pixel of a copy that is filled next.
struct Filled {
    int64_t row, column;
};

// The same of groups. Where they are not read directly it is those of one vector, or one group of vectors, and src is a copy,
// [vector][row][column][lane], of what is seen.
struct GroupedRows : DepthwiseRows {
    int64_t parts;  // of a group, that are taken one after the other
    int64_t part_weights;  // from part to part
    const int32_t* partners;  // if a vector holds groups: which element of what it sees is meant for each [part][lane]
    int64_t ahead;  // if they are read directly: from rows that are seen to those that are seen later, which are fetched, too
    // The others are of copies.
    int64_t copy_step;  // from vector to vector
    const void* copied;  // what src is a copy of
    int64_t copied_row_step, copied_column_step;
    bool filters;           // whether rows are copied as Winograd's filtering multiplies them, and not as they are
    uint32_t copied_rows;   // bits: which of those that are seen exist; `rows` are those of src
    // Whose src is filled meanwhile, by this call; and what is fetched, as the next call fills its src. They may have no rows.
    const GroupedRows *next, *later;
    Filled* filled;  // of next; set by the call
    int64_t share;   // pixels of next that are filled with each part
};

// For strides of 1, 2; one row of dst, two.
using DepthwiseFunctionsOfKernel = void (*[2][2])(const DepthwiseRows&);
// For kernels of 3, 5.
using DepthwiseFunctions = DepthwiseFunctionsOfKernel[2];

// For kernels of 3; strides of 1, 2; one row of dst, two.
using GroupedFunction = void (*)(const GroupedRows&);
using GroupedFunctions = GroupedFunction[2][2];

// The maxima over windows of neighbouring pixels of a row of dst. Steps are elements.
struct MaxPixels {
    const float* src;  // of the first column that exists, in the first row that is seen and exists
    int64_t rows, row_step;       // that exist
    int64_t before, src_columns;  // columns that are seen and do not exist, and then so many that exist
    int64_t kernel, stride;       // along columns, the kernel at most kMostMaxKernel
    int64_t pixels, channels;
    float* dst;
    int64_t dst_step;
};

constexpr int64_t kMostMaxKernel = 32;

}  // namespace conv4j
