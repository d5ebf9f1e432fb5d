// Kernels on vectors of 8 lanes, in 16 registers.
#include "isa.hpp"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

#include "isa_functions.hpp"

namespace conv4j {

namespace {

struct Vector {
    using Half = Vector;
    static constexpr int lanes = 8;
    __m256 value;

    static __m256i first(int64_t n) {
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
    }
    static Vector all(float x) { return {_mm256_set1_ps(x)}; }
    static Vector load(const float* p) { return {_mm256_loadu_ps(p)}; }
    static Vector load(const float* p, int64_t n) { return {_mm256_maskload_ps(p, first(n))}; }
    void store(float* p) const { _mm256_storeu_ps(p, value); }
    void store(float* p, int64_t n) const { _mm256_maskstore_ps(p, first(n), value); }

    static Vector load(const Bf16* p) {
        const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        return {_mm256_castsi256_ps(_mm256_slli_epi32(wide, 16))};
    }
    static Vector load(const Bf16* p, int64_t n) {
        Bf16 all[lanes] = {};
        for (int64_t i = 0; i < n; ++i) all[i] = p[i];
        return load(all);
    }
    void store(Bf16* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), rounded()); }
    void store(Bf16* p, int64_t n) const {
        Bf16 all[lanes];
        store(all);
        for (int64_t i = 0; i < n; ++i) p[i] = all[i];
    }

    // A whole vector is better moved without one.
    struct Mask {
        int64_t lanes;
    };
    static Mask first_lanes(int64_t n) { return {n}; }
    template <typename T>
    static Vector load(const T* p, Mask mask) {
        return mask.lanes == lanes ? load(p) : load(p, mask.lanes);
    }
    template <typename T>
    void store(T* p, Mask mask) const {
        if (mask.lanes == lanes) {
            store(p);
        } else {
            store(p, mask.lanes);
        }
    }

    float sum() const {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
    float greatest() const {
        const __m128 four = _mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
        const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
    }

    template <int k>
    Vector following(Vector next) const {
        const __m256i low = _mm256_castps_si256(value), high = _mm256_castps_si256(next.value);
        const __m256i middle = _mm256_permute2x128_si256(low, high, 0x21);
        const __m256i all = k < 4 ? _mm256_alignr_epi8(middle, low, 4 * (k % 4)) : _mm256_alignr_epi8(high, middle, 4 * (k % 4));
        return {_mm256_castsi256_ps(all)};
    }

    using Partners = __m256i;
    static Partners partners_at(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    Vector picked(Partners which) const { return {_mm256_permutevar8x32_ps(value, which)}; }
    static constexpr bool has_pairs = false;

  private:
    // The upper half of what is nearest, ties to even; a NaN stays one.
    __m128i rounded() const {
        const __m256i bits = _mm256_castps_si256(value);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        const __m256i up = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
        const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
        const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
        const __m256i half = _mm256_srli_epi32(_mm256_blendv_epi8(up, quiet, nan), 16);
        return _mm_packus_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    }
};

inline Vector operator+(Vector a, Vector b) { return {_mm256_add_ps(a.value, b.value)}; }
inline Vector operator-(Vector a, Vector b) { return {_mm256_sub_ps(a.value, b.value)}; }
inline Vector operator*(Vector a, Vector b) { return {_mm256_mul_ps(a.value, b.value)}; }
inline Vector operator/(Vector a, Vector b) { return {_mm256_div_ps(a.value, b.value)}; }
inline Vector fma(Vector a, Vector b, Vector c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
inline Vector fma(float a, Vector b, Vector c) { return fma(Vector::all(a), b, c); }
inline Vector min(Vector a, Vector b) { return {_mm256_min_ps(a.value, b.value)}; }
inline Vector max(Vector a, Vector b) { return {_mm256_max_ps(a.value, b.value)}; }
inline Vector square_root(Vector a) { return {_mm256_sqrt_ps(a.value)}; }
inline Vector reciprocal_root(Vector a) { return Vector::all(1) / square_root(a); }
inline Vector magnitude(Vector a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.value)}; }
inline void sum_both(Vector a, Vector b, float* sums) {
    sums[0] = a.sum();
    sums[1] = b.sum();
}
inline Vector floor(Vector a) { return {_mm256_floor_ps(a.value)}; }
inline Vector times_power_of_two(Vector a, Vector power) {
    const Vector held = floor(min(Vector::all(127), max(Vector::all(-126), power)));
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(held.value), _mm256_set1_epi32(127));
    return {_mm256_mul_ps(a.value, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)))};
}

constexpr Isa kIsa = functions_of<Vector, 16, 7>();

}  // namespace

const Isa* isa_avx2() { return &kIsa; }

}  // namespace conv4j

#else

namespace conv4j {
const Isa* isa_avx2() { return nullptr; }
}  // namespace conv4j

#endif
