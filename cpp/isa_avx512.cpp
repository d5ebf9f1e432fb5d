// Kernels on vectors of 16 lanes. Winograd's 14 tiles by two vectors take 28 of 32 registers for sums.
#include "isa.hpp"

#ifdef __AVX512F__

// GCC 12 warns of its own intrinsics, which leave what they mask out undefined (bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include "activation.hpp"
#include "winograd_tile.hpp"

namespace conv4j {

namespace {

struct Vector {
    static constexpr int lanes = 16;
    __m512 value;

    static __mmask16 first(int64_t n) { return static_cast<__mmask16>((1u << n) - 1); }
    static Vector all(float x) { return {_mm512_set1_ps(x)}; }
    static Vector load(const float* p) { return {_mm512_loadu_ps(p)}; }
    static Vector load(const float* p, int64_t n) { return {_mm512_maskz_loadu_ps(first(n), p)}; }
    void store(float* p) const { _mm512_storeu_ps(p, value); }
    void store(float* p, int64_t n) const { _mm512_mask_storeu_ps(p, first(n), value); }
};

inline Vector operator+(Vector a, Vector b) { return {_mm512_add_ps(a.value, b.value)}; }
inline Vector operator-(Vector a, Vector b) { return {_mm512_sub_ps(a.value, b.value)}; }
inline Vector operator*(Vector a, Vector b) { return {_mm512_mul_ps(a.value, b.value)}; }
inline Vector operator/(Vector a, Vector b) { return {_mm512_div_ps(a.value, b.value)}; }
inline Vector fma(Vector a, Vector b, Vector c) { return {_mm512_fmadd_ps(a.value, b.value, c.value)}; }
inline Vector fma(float a, Vector b, Vector c) { return fma(Vector::all(a), b, c); }
inline Vector min(Vector a, Vector b) { return {_mm512_min_ps(a.value, b.value)}; }
inline Vector max(Vector a, Vector b) { return {_mm512_max_ps(a.value, b.value)}; }
inline Vector round(Vector a) { return {_mm512_roundscale_ps(a.value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Vector times_power_of_two(Vector a, Vector power) { return {_mm512_scalef_ps(a.value, power.value)}; }

constexpr Isa kIsa = {Vector::lanes, winograd_functions<Vector, 14>(), swish<Vector>};

}  // namespace

const Isa* isa_avx512() { return &kIsa; }

}  // namespace conv4j

#else

namespace conv4j {
const Isa* isa_avx512() { return nullptr; }
}  // namespace conv4j

#endif
