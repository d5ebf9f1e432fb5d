// What the instruction sets implement. The files that include this are compiled with flags of their own: nothing from
// the standard library may be called in them that the linker could share with code for lesser CPUs.
#pragma once

#include <cstdint>

namespace conv4j {

// Which instruction set is used.
enum IsaKind : int {
    kBestIsa = 0,
    kPortable = 1,
    kAvx2 = 2,
    kAvx512 = 3,
    kAvx512Bf16 = 4,
};

// What is done to a result, in order, after the bias was added. Operands are tensors of dst's shape and layout and may
// be dst itself.
enum PostOpKind : int {
    kAddOperand = 0,
    kMultiplyOperand = 1,
    kRelu = 2,       // x > 0 ? x : alpha x
    kClip = 3,       // min(max(x, alpha), beta)
    kHardSwish = 4,  // x min(max(alpha x + beta, 0), 1)
    kSwish = 5,      // x / (1 + exp(-alpha x))
    kSigmoid = 6,    // 1 / (1 + exp(-x))
};

constexpr int kMostPostOps = 8;

// The upper half of an f32.
struct Bf16 {
    uint16_t bits;
};

struct PostOp {
    int kind;
    float alpha, beta;
    const void* operand;  // of the first element of dst that is worked on
};

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

// Whether a post-op can be applied to sums while they are in registers.
constexpr bool for_registers(int kind) { return kind == kAddOperand || kind == kRelu || kind == kClip; }

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

// Rows of a tile.
constexpr int kMostFipRows = 26;

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

// The columns of a panel of one vector, which are to be of a magnitude, and the greatest magnitude of each so far, if that is known.
struct FipPanel {
    float* weights;  // [lane] pairs, [lane] scales, then by steps and elements of runs [lane]
    const FipRun* runs;
    int64_t run_count;
    float magnitude;
    const float* greatest;  // [lane]; may be null
};

// What becomes of a tile with a panel.
struct FipTile {
    const float *x, *pairs, *scales;  // as of FipRows
    const FipRun* runs;
    int64_t run_count;
    const float* weights;  // as of FipPanel
    bool half;             // whether the upper half of the vector is not wanted
    // What it becomes; its own m and count are not used, and its post-ops are for_registers. If null, products, [row][lane], that are
    // added to what m holds or not.
    const ProductPixels* out;
    float* m;
    bool accumulate;
    Ahead ahead[2];  // what is wanted next, to be fetched, so many bytes further with every step
};

struct FipFunctions {
    // Copies rows, and prepares them.
    void (*gather)(const FipSource&, const FipRows&);
    // Finds the sums of the pairs, and scales rows that are far from the magnitude.
    void (*prepare)(const FipRows&);
    // The same of the columns of a panel.
    void (*finish)(const FipPanel&);
    int most_rows;
    void (*multiply[2][kMostFipRows])(const FipTile&);  // of a whole vector, of half a one; by rows - 1
};

// Rows of src times rows of weights, `count` products each, of as many rows as the function takes.
struct DotProducts {
    const float* src;
    int64_t src_step;  // from row to row
    const float* weights;
    int64_t weights_step, outputs;  // from row to row, and how many rows there are, at most kDotOutputs
    int64_t count;
    const float* ahead;  // as many floats that are wanted later, one after the other, to be fetched; they may be none
    float* sums;  // [row of src][kDotOutputs]; what lies beyond `outputs` is undefined
};

constexpr int kMostDotRows = 2;
constexpr int kDotOutputs = 8;  // enough that no product waits for the one before

struct DotFunctions {
    int most_rows;  // that fill the registers
    void (*multiply[kMostDotRows])(const DotProducts&);  // by the rows of src - 1
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
    const float* weights;     // [vector][part][ky][kx][lane]
    int64_t weights_step;     // from vector to vector
    const float* bias;        // may be null
    void* dst;
    int64_t dst_row_step, dst_column_step, columns;
    int post_op_count;
    PostOp post_ops[kMostPostOps];
    float* total;  // [vector][lane]: the sums over rows and columns are added to it; may be null
};

// The pixel of a copy that is filled next.
struct Filled {
    int64_t row, column;
};

// The same of groups. Where they are not read directly it is those of one vector, or one group of vectors, and src is a copy,
// [vector][row][column][lane], of what is seen.
struct GroupedRows : DepthwiseRows {
    int64_t parts;  // of a group, that are taken one after the other
    const int32_t* partners;  // if a vector holds groups: which element of what it sees is meant for each [part][lane]
    int64_t ahead;  // if they are read directly: from what is seen to what is seen later, which is fetched
    // The others are of copies.
    int64_t copy_step;  // from vector to vector
    const void* copied;  // what src is a copy of
    int64_t copied_row_step, copied_column_step;
    // Whose src is filled meanwhile, by this call; and what is fetched, as the next call fills its src. They may have no rows.
    const GroupedRows *next, *later;
    Filled* filled;  // of next; set by the call
    int64_t share;   // pixels of next that are filled with each part
};

// By the fast inner product (fip.hpp), of groups that hold vectors in f32: the first two columns of a kernel are the pairs. Of a vector the
// weights are [rows of the kernel that exist, as bits][lane] pairs, [lane] scales, [channel][tap][lane].
constexpr int kGroupedPairs = 8, kGroupedMeta = kGroupedPairs + 1;
// Columns of dst that a copy has at most.
constexpr int kMostGroupedColumns = 256;

// For strides of 1, 2; one row of dst, two.
using DepthwiseFunctionsOfKernel = void (*[2][2])(const DepthwiseRows&);
// For kernels of 3, 5.
using DepthwiseFunctions = DepthwiseFunctionsOfKernel[2];

// For kernels of 3; where vectors hold groups, where groups hold vectors; strides of 1, 2; one row of dst, two.
using GroupedFunction = void (*)(const GroupedRows&);
using GroupedFunctions = GroupedFunction[2][2][2];
using GroupedFipFunctions = GroupedFunction[2][2];
using GroupedDirectFunctions = GroupedFunction[2][2];

// Applies x / (1 + exp(-alpha x)) to `count` elements; dst may be src.
template <typename T>
using SwishFunction = void (*)(const T* src, T* dst, int64_t count, float alpha);

// src / (bias + scale * the sum of squares of the two channels before, the channel and the two after)^0.75, of some pixels. dst may
// be src.
struct LocalResponse {
    const float* src;
    float* dst;
    int64_t pixels, channels;
    float scale, bias;
};

// Some channels of many pixels, each times its scale plus its shift, and at least 0 if `relu`; or, if scale is null, as they are.
// Steps are elements.
struct ScaleShift {
    const void* src;
    void* dst;
    const float *scale, *shift;
    int64_t pixels, channels, src_step, dst_step;
    bool relu;
};

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

struct Isa {
    int lanes;
    ProductFunctions product;
    StrassenFunctions strassen;
    FipFunctions fip;
    DotFunctions dot;
    int part_bf16;  // channels of bf16 that are multiplied and summed in one lane at a time: the part of a group
    WinogradFunctions winograd;
    int depthwise_columns;  // of dst that are computed together
    DepthwiseFunctions depthwise, depthwise_bf16;
    GroupedFunctions grouped, grouped_bf16;
    GroupedFipFunctions grouped_fip;
    GroupedDirectFunctions grouped_direct;  // for f32, of vectors that hold groups; null if there are none
    // Scales the weights of a vector for them, and finds the sums of the products of their pairs; of so many channels.
    void (*finish_grouped_fip)(float* weights, int64_t channels);
    // Writes `count` floats as f32, bf16.
    void (*write[2])(const float* from, int64_t count, void* to);
    SwishFunction<float> swish;
    SwishFunction<Bf16> swish_bf16;
    void (*local_response)(const LocalResponse&);
    void (*max_pixels)(const MaxPixels&);
    void (*scale_shift)(const ScaleShift&);
    void (*scale_shift_bf16)(const ScaleShift&);
};

// What an IsaKind asks for; null if this CPU or the compiler does not have it.
const Isa* isa_of(int64_t kind);

// Whether this CPU adds its vectors in units apart from those that multiply, and loads what both need.
bool adders_are_apart(const Isa& isa);

// Null if the compiler had no such target.
const Isa* isa_portable();
const Isa* isa_avx2();
const Isa* isa_avx512();
const Isa* isa_avx512_bf16();

}  // namespace conv4j
