// Kernels on vectors of 8 lanes. Winograd's 6 tiles by two vectors take 12 of 16 registers for sums.
#include "isa.hpp"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

#include "activation.hpp"
#include "winograd_tile.hpp"

namespace conv4j {

namespace {

struct Vector {
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
};

inline Vector operator+(Vector a, Vector b) { return {_mm256_add_ps(a.value, b.value)}; }
inline Vector operator-(Vector a, Vector b) { return {_mm256_sub_ps(a.value, b.value)}; }
inline Vector operator*(Vector a, Vector b) { return {_mm256_mul_ps(a.value, b.value)}; }
inline Vector operator/(Vector a, Vector b) { return {_mm256_div_ps(a.value, b.value)}; }
inline Vector fma(Vector a, Vector b, Vector c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
inline Vector fma(float a, Vector b, Vector c) { return fma(Vector::all(a), b, c); }
inline Vector min(Vector a, Vector b) { return {_mm256_min_ps(a.value, b.value)}; }
inline Vector max(Vector a, Vector b) { return {_mm256_max_ps(a.value, b.value)}; }
inline Vector round(Vector a) { return {_mm256_round_ps(a.value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Vector times_power_of_two(Vector a, Vector power) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power.value), _mm256_set1_epi32(127));
    return {_mm256_mul_ps(a.value, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)))};
}

constexpr Isa kIsa = {Vector::lanes, winograd_functions<Vector, 6>(), swish<Vector>};

}  // namespace

const Isa* isa_avx2() { return &kIsa; }

}  // namespace conv4j

#else

namespace conv4j {
const Isa* isa_avx2() { return nullptr; }
}  // namespace conv4j

#endif
