// What an instruction set implements of products of rows and panels of weights: plain ones, Strassen's algorithm, the fast inner product,
// and those of few rows.
#pragma once

#include <cstdint>

#include "isa_post_op.hpp"

namespace conv4j {

// Products, m: [vector][pixel][lane], that become pixels of dst `step` elements apart.
struct ProductPixels {
    const float* m;
    int64_t m_vector_step;
    const float* bias;  // may be null
    float* dst;
    int64_t step, count, channels;
    int post_op_count;
    PostOp post_ops[kMostPostOps];
};

// Rows times a panel of weights, chunk by chunk of the rows: of the last one `last_length` elements, of the others `length`.
// v: [pass][chunk][row][lane], where a chunk is a vector and a pass the rows that are multiplied at a time, so that a pass reads
// one stretch of memory; weights: [element of a row][lane of the panel]; m: [vector of the panel][row][lane]. Or the rows lie
// anywhere: rows, chunks that are row_chunk_step apart, and which of those of m their products become.
struct Product {
    const float* v;
    const float* const* rows;
    const int64_t* places;
    int64_t row_chunk_step;
    const float* weights;
    int64_t chunks, length, last_length;
    float* m;
    int64_t m_vector_step;
    bool accumulate;  // to what m holds
    // Of rows that lie anywhere: whether the upper half of the panel's last vector is not wanted; and what their products, of
    // neighbouring places, become at once instead of going to m. May be null; its own m and count are not used, and its post-ops
    // are for_registers.
    bool half;
    const ProductPixels* out;
    // Weights that are wanted next, to be fetched, `ahead_step` bytes further with every element of a row. They may be none.
    const void* ahead;
    int64_t ahead_step;
};

constexpr int kMostPanelVectors = 4;
constexpr int kMostProductRows = 14;

struct ProductFunctions {
    int most_vectors;  // of a panel
    // By the vectors of the panel - 1: so many rows at a time, and what multiplies them, by rows - 1.
    int most_rows[kMostPanelVectors];
    void (*multiply[kMostPanelVectors][kMostProductRows])(const Product&);
    // The same of rows that lie anywhere, of whole panels and of those whose last vector is half one.
    void (*multiply_scattered[2][kMostPanelVectors][kMostProductRows])(const Product&);
    void (*write)(const ProductPixels&);
};

// A sum of so many rows, each times a factor (filtered.hpp).
constexpr int kMostRowsOfSum = 2;

struct RowSum {
    const float* rows[kMostRowsOfSum];
    float factors[kMostRowsOfSum];
    int64_t count, floats;
    float* to;
};

// What becomes of a product with a sum of rows, of two rows of dst: y0 = upper + both + opposite, y1 = lower + both - opposite.
enum FilterUse : int { kFilterBoth, kFilterOpposite, kFilterUpper, kFilterLower };
constexpr int kFilterUses = 4;

// Some neighbouring pixels of both rows and a panel of weights, use by use: of the sums what the first pixel's window sees, of the next
// one's pixel_step further; weights: [product][element of a window's row][lane of the panel].
struct FilterTile {
    const float* sums;
    int64_t sum_step, pixel_step, length;
    int64_t products[kFilterUses];
    const float* weights;
    // Where the rows' results go, of the tile's first pixel at `pixel`; the lower one may be null.
    const ProductPixels *upper, *lower;
    int64_t pixel;
};

struct FilterFunctions {
    void (*sum)(const RowSum&);
    // Of whole panels and of those whose last vector is half one; by vectors - 1 and pixels - 1, as in ProductFunctions.
    void (*multiply[2][kMostPanelVectors][kMostProductRows])(const FilterTile&);
};

// The rows of a tile, of an upper and a lower half as many, each of a left and a right half, and what Strassen's algorithm makes of
// them (strassen.hpp).
struct StrassenRows {
    const float *const *upper, *const *lower;
    int64_t rows, half;  // of each, and elements of half a row
    float* sums;         // [kStrassenSums][row], row_step apart
    int64_t row_step;
};

constexpr int kStrassenSums = 4;
constexpr int kStrassenProducts = 7;
constexpr int kStrassenHeld = 3;
// Rows of half a tile.
constexpr int kLeastStrassenRows = 3, kMostStrassenRows = 8;

// Memory that is fetched at an even pace.
struct Ahead {
    const char* at;
    int64_t step;
};

// The products fall into sets: from one to the next nothing stays in registers.
constexpr int kStrassenSets = 3;
constexpr int kStrassenSetBegins[kStrassenSets + 1] = {0, 2, 5, kStrassenProducts};

// What becomes of a tile with a panel of both halves of the columns: all products in order, one or more sets of them at a time.
struct StrassenTile {
    int first, last;           // products
    const float* const* rows;  // [product][row]
    int64_t length;            // of each
    const float* weights;      // of the first product: [product][element of a row][lane of the panel]
    float* held;               // the tile's own: room for kStrassenHeld times [row][lane of the panel]
    bool half;                 // whether the upper half of the panel's last vector is not wanted
    // What it becomes: the first pixel's columns of the left half, and how far the right ones are from there. Its own m and count are
    // not used, and its post-ops are for_registers.
    const ProductPixels* out;
    int64_t right;
    int64_t lower_rows;  // that exist: all or all but the last
    // What is wanted next, to be fetched during a product, so many bytes further with every element of a row. It may end where memory
    // does.
    Ahead ahead[kStrassenProducts];
};

struct StrassenFunctions {
    void (*sums)(const StrassenRows&);
    // By the vectors of a panel - 1: rows of half a tile.
    int most_rows[kMostPanelVectors];
    // By the vectors of the panel - 1 and the rows of half the tile - 1, of whole panels and of those whose last vector is half one;
    // null for fewer rows than the least.
    void (*multiply[2][kMostPanelVectors][kMostStrassenRows])(const StrassenTile&);
};

// Some elements of rows that are multiplied by the fast inner product (fip.hpp): `count` steps of three elements each, the first two
// of which are a pair. They lie in kFipParts parts, a vector of each row, or side by side in one, where `rest` elements follow that have
// no pair.
struct FipRun {
    int64_t parts, count, rest;
};

constexpr int kFipParts = 3;

// Rows of a tile, and vectors of columns that it meets at a time.
constexpr int kMostFipRows = 26;
constexpr int kMostFipVectors = 2;

// Rows in segments of `length` elements, which become runs of three parts, as many of the same number of elements as a vector has, and
// a shorter one, zeros after them.
struct FipSource {
    const float* const* segments;  // [segment][row]
    int64_t count, length;         // count: of segments
    const float* gates;            // what the elements of all segments are multiplied by first; may be null
};

// Rows of a tile, and what they are multiplied by one day has elements of about this magnitude.
struct FipRows {
    float* x;  // [run][part][row][lane]
    int64_t rows;
    const FipRun* runs;
    int64_t run_count;
    float magnitude;
    float *pairs, *scales;  // [row]: the sum of the products of its own pairs; what its products are to be multiplied by
};

// Columns, as many as a vector has lanes, which are to be of a magnitude, and the greatest magnitude of each so far, if that is known.
struct FipColumns {
    float* weights;  // [lane] pairs, [lane] scales, then by steps and elements of runs [lane]
    const FipRun* runs;
    int64_t run_count;
    float magnitude;
    const float* greatest;  // [lane]; may be null
};

// What becomes of a tile with some vectors of columns.
struct FipTile {
    const float *x, *pairs, *scales;  // as of FipRows
    const FipRun* runs;
    int64_t run_count;
    const float* weights;  // as of FipColumns, from one vector of them to the next
    int64_t weights_step;
    // What it becomes; its own m and count are not used, and its post-ops are for_registers. If null, products, [vector][row][lane],
    // that are added to what m holds or not.
    const ProductPixels* out;
    float* m;
    int64_t m_vector_step;
    bool accumulate;
    // What is wanted next, to be fetched, so many bytes further with every step: up to three lines, but one of the second for a single vector.
    Ahead ahead[2];
};

struct FipFunctions {
    // Copies rows, and prepares them.
    void (*gather)(const FipSource&, const FipRows&);
    // Finds the sums of the pairs, and scales rows that are far from the magnitude.
    void (*prepare)(const FipRows&);
    // The same of columns.
    void (*finish)(const FipColumns&);
    int most_rows[kMostFipVectors];  // by the vectors that are multiplied at a time - 1
    // By the vectors - 1 and the rows - 1; and where only the lower half of a single vector is wanted.
    void (*multiply[kMostFipVectors][kMostFipRows])(const FipTile&);
    void (*multiply_half[kMostFipRows])(const FipTile&);
};

// Rows of src times rows of weights, `count` products each, of as many rows as the function takes.
struct DotProducts {
    const float* src;
    int64_t src_step;  // from row to row
    const float* weights;
    int64_t weights_step, outputs;  // from row to row, and how many rows there are, at most kDotOutputs
    int64_t count;
    const float* ahead;  // as many floats that are wanted later, one after the other, to be fetched; they may be none
    // [vector][row of src][lane], of each row kDotOutputs numbers from this lane on; what lies beyond `outputs` is undefined.
    float* m;
    int64_t m_vector_step, first_lane;
    bool accumulate;  // to what m holds
};

constexpr int kMostDotRows = 2;
// Enough that no product waits long for the one before, and that some rows come from memory at the same time; of more the level-3 cache
// gives less in a time.
constexpr int kDotOutputs = 6;

struct DotFunctions {
    int most_rows;  // that fill the registers
    void (*multiply[kMostDotRows])(const DotProducts&);  // by the rows of src - 1
};

}  // namespace conv4j
