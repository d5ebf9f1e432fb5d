// What the instruction sets implement. The files that include this are compiled with flags of their own: nothing from
// the standard library may be called in them that the linker could share with code for lesser CPUs.
#pragma once

#include <cstdint>

#include "isa_post_op.hpp"
#include "isa_products.hpp"
#include "isa_windows.hpp"

namespace conv4j {

// Which instruction set is used.
enum IsaKind : int {
    kBestIsa = 0,
    kPortable = 1,
    kAvx2 = 2,
    kAvx512 = 3,
    kAvx512Bf16 = 4,
};

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

struct Isa {
    int lanes;
    ProductFunctions product;
    FilterFunctions filter;
    StrassenFunctions strassen;
    FipFunctions fip;
    DotFunctions dot;
    int part_bf16;  // channels of bf16 that are multiplied and summed in one lane at a time: the part of a group
    WinogradFunctions winograd;
    int depthwise_columns;  // of dst that are computed together
    DepthwiseFunctions depthwise, depthwise_bf16;
    GroupedFunctions grouped[2], grouped_bf16[2];  // where vectors hold groups, where groups hold vectors
    GroupedFunctions grouped_direct;               // for f32, where vectors hold groups; null if there are none
    GroupedFunctions grouped_winograd[2], grouped_direct_winograd;  // the same of f32, two rows of dst by Winograd's filtering
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

// How many vectors of weights the fast inner product (fip.hpp) multiplies at a time on this CPU, if it pays: if vectors are added in units
// apart from those that multiply. 0 elsewhere.
int fip_vectors(const Isa& isa);

// Null if the compiler had no such target.
const Isa* isa_portable();
const Isa* isa_avx2();
const Isa* isa_avx512();
const Isa* isa_avx512_bf16();

}  // namespace conv4j
