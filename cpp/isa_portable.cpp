// Kernels on vectors of 4 lanes, in what every GCC target has.
#include <cmath>
#include <cstring>

#include "isa.hpp"
#include "isa_functions.hpp"

namespace conv4j {

namespace {

struct Vector {
    using Half = Vector;
    static constexpr int lanes = 4;
    using Lanes = float __attribute__((vector_size(16)));
    Lanes value;

    static Vector all(float x) { return {Lanes{x, x, x, x}}; }
    static Vector load(const float* p) {
        Vector v;
        std::memcpy(&v.value, p, sizeof v.value);
        return v;
    }
    static Vector load(const float* p, int64_t n) {
        Vector v = all(0);
        for (int64_t i = 0; i < n; ++i) v.value[i] = p[i];
        return v;
    }
    void store(float* p) const { std::memcpy(p, &value, sizeof value); }
    void store(float* p, int64_t n) const {
        for (int64_t i = 0; i < n; ++i) p[i] = value[i];
    }

    static Vector load(const Bf16* p) { return load(p, lanes); }
    static Vector load(const Bf16* p, int64_t n) {
        Vector v = all(0);
        for (int64_t i = 0; i < n; ++i) {
            v.value[i] = widened(p[i]);
        }
        return v;
    }
    void store(Bf16* p) const { store(p, lanes); }
    void store(Bf16* p, int64_t n) const {
        for (int64_t i = 0; i < n; ++i) p[i].bits = rounded(value[i]);
    }

    float sum() const {
        float all = 0;
        for (int i = 0; i < lanes; ++i) all += value[i];
        return all;
    }
    float greatest() const {
        float most = value[0];
        for (int i = 1; i < lanes; ++i) most = value[i] > most ? value[i] : most;
        return most;
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

    template <int k>
    Vector following(Vector next) const {
        Vector v = all(0);
        for (int i = 0; i < lanes; ++i) v.value[i] = i + k < lanes ? value[i + k] : next.value[i + k - lanes];
        return v;
    }

    using Partners = int32_t __attribute__((vector_size(16)));
    static Partners partners_at(const int32_t* p) {
        Partners which;
        std::memcpy(&which, p, sizeof which);
        return which;
    }
    Vector picked(Partners which) const { return {__builtin_shuffle(value, which)}; }
    static constexpr bool has_pairs = false;

  private:
    static float widened(Bf16 x) {
        const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
        float wide;
        std::memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    // The upper half of what is nearest, ties to even; a NaN stays one.
    static uint16_t rounded(float x) {
        uint32_t bits;
        std::memcpy(&bits, &x, sizeof bits);
        const uint32_t up = x != x ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
        return static_cast<uint16_t>(up >> 16);
    }
};

inline Vector operator+(Vector a, Vector b) { return {a.value + b.value}; }
inline Vector operator-(Vector a, Vector b) { return {a.value - b.value}; }
inline Vector operator*(Vector a, Vector b) { return {a.value * b.value}; }
inline Vector operator/(Vector a, Vector b) { return {a.value / b.value}; }
inline Vector fma(Vector a, Vector b, Vector c) { return {a.value * b.value + c.value}; }
inline Vector fma(float a, Vector b, Vector c) { return fma(Vector::all(a), b, c); }
inline Vector min(Vector a, Vector b) { return {a.value < b.value ? a.value : b.value}; }
inline Vector max(Vector a, Vector b) { return {a.value > b.value ? a.value : b.value}; }
inline Vector magnitude(Vector a) { return {a.value < 0 ? -a.value : a.value}; }
inline void sum_both(Vector a, Vector b, float* sums) {
    sums[0] = a.sum();
    sums[1] = b.sum();
}
inline Vector floor(Vector a) {
    for (int i = 0; i < Vector::lanes; ++i) a.value[i] = std::floor(a.value[i]);
    return a;
}
inline Vector square_root(Vector a) {
    for (int i = 0; i < Vector::lanes; ++i) a.value[i] = std::sqrt(a.value[i]);
    return a;
}
inline Vector reciprocal_root(Vector a) { return Vector::all(1) / square_root(a); }
inline Vector times_power_of_two(Vector a, Vector power) {
    const Vector held = floor(min(Vector::all(127), max(Vector::all(-126), power)));
    for (int i = 0; i < Vector::lanes; ++i) a.value[i] = std::ldexp(a.value[i], static_cast<int>(held.value[i]));
    return a;
}

constexpr Isa kIsa = functions_of<Vector, 16, 2>();

}  // namespace

const Isa* isa_portable() { return &kIsa; }

}  // namespace conv4j
