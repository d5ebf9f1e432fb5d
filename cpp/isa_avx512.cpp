// Kernels on vectors of 16 lanes, in 32 registers.
#include "isa.hpp"

// Compiled again, with more instructions, under another name.
#ifndef CONV4J_ISA
#define CONV4J_ISA isa_avx512
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__FMA__)

// GCC 12 warns of its own intrinsics, which leave what they mask out undefined (bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include "isa_functions.hpp"

namespace conv4j {

namespace {

// Where units of 256 bits do the work of 512 in two steps, it takes half as long as a whole one, and elsewhere not longer.
struct LowerHalf {
    static constexpr int lanes = 8;
    __m256 value;

    using Mask = __mmask8;
    static Mask first_lanes(int64_t n) { return static_cast<Mask>((1u << n) - 1); }
    static LowerHalf all(float x) { return {_mm256_set1_ps(x)}; }
    static LowerHalf load(const float* p) { return {_mm256_loadu_ps(p)}; }
    static LowerHalf load(const float* p, Mask mask) { return {_mm256_maskz_loadu_ps(mask, p)}; }
    void store(float* p) const { _mm256_storeu_ps(p, value); }
    void store(float* p, Mask mask) const { _mm256_mask_storeu_ps(p, mask, value); }
};

inline LowerHalf operator+(LowerHalf a, LowerHalf b) { return {_mm256_add_ps(a.value, b.value)}; }
inline LowerHalf operator-(LowerHalf a, LowerHalf b) { return {_mm256_sub_ps(a.value, b.value)}; }
inline LowerHalf operator*(LowerHalf a, LowerHalf b) { return {_mm256_mul_ps(a.value, b.value)}; }
inline LowerHalf fma(LowerHalf a, LowerHalf b, LowerHalf c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
inline LowerHalf min(LowerHalf a, LowerHalf b) { return {_mm256_min_ps(a.value, b.value)}; }
inline LowerHalf max(LowerHalf a, LowerHalf b) { return {_mm256_max_ps(a.value, b.value)}; }

struct Vector {
    static constexpr int lanes = 16;
    __m512 value;

    using Half = LowerHalf;
    explicit operator LowerHalf() const { return {_mm512_castps512_ps256(value)}; }

    static __mmask16 first(int64_t n) { return static_cast<__mmask16>((1u << n) - 1); }
    static Vector all(float x) { return {_mm512_set1_ps(x)}; }
    static Vector load(const float* p) { return {_mm512_loadu_ps(p)}; }
    static Vector load(const float* p, int64_t n) { return {_mm512_maskz_loadu_ps(first(n), p)}; }
    void store(float* p) const { _mm512_storeu_ps(p, value); }
    void store(float* p, int64_t n) const { _mm512_mask_storeu_ps(p, first(n), value); }

    static Vector load(const Bf16* p) {
        return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    static Vector load(const Bf16* p, int64_t n) { return widened(_mm256_maskz_loadu_epi16(first(n), p)); }
    void store(Bf16* p) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), rounded()); }
    void store(Bf16* p, int64_t n) const { _mm256_mask_storeu_epi16(p, first(n), rounded()); }

    float sum() const { return _mm512_reduce_add_ps(value); }
    float greatest() const { return _mm512_reduce_max_ps(value); }

    template <int k>
    Vector following(Vector next) const {
        return {_mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(next.value), _mm512_castps_si512(value), k))};
    }

    using Mask = __mmask16;
    static Mask first_lanes(int64_t n) { return first(n); }
    static Vector load(const float* p, Mask mask) { return {_mm512_maskz_loadu_ps(mask, p)}; }
    static Vector load(const Bf16* p, Mask mask) { return widened(_mm256_maskz_loadu_epi16(mask, p)); }
    void store(float* p, Mask mask) const { _mm512_mask_storeu_ps(p, mask, value); }
    void store(Bf16* p, Mask mask) const { _mm256_mask_storeu_epi16(p, mask, rounded()); }

    using Partners = __m512i;
    static Partners partners_at(const int32_t* p) { return _mm512_loadu_si512(p); }
    Vector picked(Partners which) const { return {_mm512_permutexvar_ps(which, value)}; }

#ifdef __AVX512BF16__
    static constexpr bool has_pairs = true;
    static void copy_pairs(const Bf16* p, Mask mask, float* to) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_maskz_loadu_epi16(mask, p));
    }
    __m512bh pairs() const { return reinterpret_cast<__m512bh>(value); }
#else
    static constexpr bool has_pairs = false;
#endif

  private:
    static Vector widened(__m256i halves) {
        return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16))};
    }

    // The upper half of what is nearest, ties to even; a NaN stays one.
    __m256i rounded() const {
#ifdef __AVX512BF16__
        return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value));
#else
        const __m512i bits = _mm512_castps_si512(value);
        const __m512i odd = _mm512_and_epi32(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i up = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
        const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
        const __m512i quiet = _mm512_or_epi32(bits, _mm512_set1_epi32(0x400000));
        return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(up, nan, quiet), 16));
#endif
    }
};

inline Vector operator+(Vector a, Vector b) { return {_mm512_add_ps(a.value, b.value)}; }
inline Vector operator-(Vector a, Vector b) { return {_mm512_sub_ps(a.value, b.value)}; }
inline Vector operator*(Vector a, Vector b) { return {_mm512_mul_ps(a.value, b.value)}; }
inline Vector operator/(Vector a, Vector b) { return {_mm512_div_ps(a.value, b.value)}; }
inline Vector fma(Vector a, Vector b, Vector c) { return {_mm512_fmadd_ps(a.value, b.value, c.value)}; }
inline Vector fma(float a, Vector b, Vector c) { return fma(Vector::all(a), b, c); }
#ifdef __AVX512BF16__
inline Vector fma_pairs(Vector a, Vector b, Vector c) { return {_mm512_dpbf16_ps(c.value, a.pairs(), b.pairs())}; }
#endif
inline Vector min(Vector a, Vector b) { return {_mm512_min_ps(a.value, b.value)}; }
inline Vector max(Vector a, Vector b) { return {_mm512_max_ps(a.value, b.value)}; }
inline Vector magnitude(Vector a) { return {_mm512_abs_ps(a.value)}; }
inline void sum_both(Vector a, Vector b, float* sums) {
    const __m512 four = _mm512_add_ps(_mm512_unpacklo_ps(a.value, b.value), _mm512_unpackhi_ps(a.value, b.value));
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(four), _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(four), 1)));
    const __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    _mm_storel_pi(reinterpret_cast<__m64*>(sums), _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter)));
}
inline Vector floor(Vector a) { return {_mm512_roundscale_ps(a.value, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
inline Vector square_root(Vector a) { return {_mm512_sqrt_ps(a.value)}; }
inline Vector reciprocal_root(Vector a) {
    const __m512 guess = _mm512_rsqrt14_ps(a.value), half = _mm512_mul_ps(a.value, _mm512_set1_ps(0.5f));
    const __m512 off = _mm512_fnmadd_ps(_mm512_mul_ps(half, guess), guess, _mm512_set1_ps(0.5f));
    return {_mm512_fmadd_ps(guess, off, guess)};
}
inline Vector times_power_of_two(Vector a, Vector power) { return {_mm512_scalef_ps(a.value, power.value)}; }

constexpr Isa kIsa = functions_of<Vector, 32, 7>();

}  // namespace

const Isa* CONV4J_ISA() { return &kIsa; }

}  // namespace conv4j

#else

namespace conv4j {
const Isa* CONV4J_ISA() { return nullptr; }
}  // namespace conv4j

#endif
