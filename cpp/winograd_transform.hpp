// The one-dimensional transforms of F(m, 3) for interpolation points in pairs +-a, +-b, +-c, beside 0 and infinity.
//
// With M(x) the product of (x - q) over the finite points, row p of the input transform holds the coefficients of
// M(x) / (x - p), that of infinity those of M(x). The output transform evaluates at the points: row i holds p^i. The rest,
// 1 / M'(p), goes into the kernels' transform. A pair shares its even and odd parts.
//
// The points were chosen by measured error: 3/4 and 3/2 give F(4, 3) a fifth of the error that 1 and 2 give.
#pragma once

#include <cstdint>

namespace conv4j {

template <int M>
struct WinogradTransform;

template <>
struct WinogradTransform<2> {
    static constexpr int kPairs = 1;
    static constexpr float kPoints[kPairs] = {1};

    template <typename V>
    [[gnu::always_inline]] static inline void input(const V* d, int s, V* t) {
        t[0] = d[2 * s] - d[0];
        t[1] = d[2 * s] + d[s];
        t[2] = d[2 * s] - d[s];
        t[3] = d[3 * s] - d[s];
    }

    template <typename V>
    [[gnu::always_inline]] static inline void output(const V* m, int s, V* y) {
        y[0] = m[0] + m[s] + m[2 * s];
        y[1] = m[s] - m[2 * s] + m[3 * s];
    }
};

template <>
struct WinogradTransform<4> {
    static constexpr int kPairs = 2;
    static constexpr float kPoints[kPairs] = {0.75f, 1.5f};
    static constexpr float a = kPoints[0], b = kPoints[1], a2 = a * a, b2 = b * b;

    template <typename V>
    [[gnu::always_inline]] static inline void input(const V* d, int s, V* t) {
        t[0] = fma(a2 * b2, d[0], fma(-(a2 + b2), d[2 * s], d[4 * s]));
        const V even_a = fma(-b2, d[2 * s], d[4 * s]), odd_a = fma(-b2, d[s], d[3 * s]);
        t[1] = fma(a, odd_a, even_a);
        t[2] = fma(-a, odd_a, even_a);
        const V even_b = fma(-a2, d[2 * s], d[4 * s]), odd_b = fma(-a2, d[s], d[3 * s]);
        t[3] = fma(b, odd_b, even_b);
        t[4] = fma(-b, odd_b, even_b);
        t[5] = fma(a2 * b2, d[s], fma(-(a2 + b2), d[3 * s], d[5 * s]));
    }

    template <typename V>
    [[gnu::always_inline]] static inline void output(const V* m, int s, V* y) {
        const V even_a = m[s] + m[2 * s], odd_a = m[s] - m[2 * s];
        const V even_b = m[3 * s] + m[4 * s], odd_b = m[3 * s] - m[4 * s];
        y[0] = m[0] + even_a + even_b;
        y[1] = fma(b, odd_b, V::all(a) * odd_a);
        y[2] = fma(b2, even_b, V::all(a2) * even_a);
        y[3] = fma(b2 * b, odd_b, fma(a2 * a, odd_a, m[5 * s]));
    }
};

template <>
struct WinogradTransform<6> {
    static constexpr int kPairs = 3;
    static constexpr float kPoints[kPairs] = {0.5f, 1, 2};
    static constexpr float a = kPoints[0], b = kPoints[1], c = kPoints[2];
    static constexpr float a2 = a * a, b2 = b * b, c2 = c * c;
    static constexpr float e1 = a2 + b2 + c2, e2 = a2 * b2 + a2 * c2 + b2 * c2, e3 = a2 * b2 * c2;

    // Of the points +-p, where x and y are the squares of the others.
    template <typename V>
    [[gnu::always_inline]] static inline void pair(float p, float x, float y, const V* d, int s, V* t) {
        const V even = fma(x * y, d[2 * s], fma(-(x + y), d[4 * s], d[6 * s]));
        const V odd = fma(x * y, d[s], fma(-(x + y), d[3 * s], d[5 * s]));
        t[0] = fma(p, odd, even);
        t[1] = fma(-p, odd, even);
    }

    template <typename V>
    [[gnu::always_inline]] static inline void input(const V* d, int s, V* t) {
        t[0] = fma(-e3, d[0], fma(e2, d[2 * s], fma(-e1, d[4 * s], d[6 * s])));
        pair(a, b2, c2, d, s, t + 1);
        pair(b, a2, c2, d, s, t + 3);
        pair(c, a2, b2, d, s, t + 5);
        t[7] = fma(-e3, d[s], fma(e2, d[3 * s], fma(-e1, d[5 * s], d[7 * s])));
    }

    template <typename V>
    [[gnu::always_inline]] static inline void output(const V* m, int s, V* y) {
        const V even_a = m[s] + m[2 * s], odd_a = m[s] - m[2 * s];
        const V even_b = m[3 * s] + m[4 * s], odd_b = m[3 * s] - m[4 * s];
        const V even_c = m[5 * s] + m[6 * s], odd_c = m[5 * s] - m[6 * s];
        y[0] = m[0] + even_a + even_b + even_c;
        y[1] = fma(c, odd_c, fma(b, odd_b, V::all(a) * odd_a));
        y[2] = fma(c2, even_c, fma(b2, even_b, V::all(a2) * even_a));
        y[3] = fma(c2 * c, odd_c, fma(b2 * b, odd_b, V::all(a2 * a) * odd_a));
        y[4] = fma(c2 * c2, even_c, fma(b2 * b2, even_b, V::all(a2 * a2) * even_a));
        y[5] = fma(c2 * c2 * c, odd_c, fma(b2 * b2 * b, odd_b, fma(a2 * a2 * a, odd_a, m[7 * s])));
    }
};

// M'(p) of F(m, 3): the product of p's distances from the other finite points.
template <int M>
constexpr double derivative(double p) {
    double product = p == 0 ? 1 : p;
    for (float q : WinogradTransform<M>::kPoints) {
        product *= p == q || p == -q ? 2 * p : (p - q) * (p + q);
    }
    return product;
}

// The transform of a row or column of a kernel: of point p the sum of its taps times 1, p, p^2, over M'(p); of infinity its
// last tap.
template <int M, typename V>
[[gnu::always_inline]] inline void kernel_transform(const V* k, int s, V* t) {
    using Transform = WinogradTransform<M>;
    constexpr float kZero = static_cast<float>(1 / derivative<M>(0));
    t[0] = V::all(kZero) * k[0];
#pragma GCC unroll 3
    for (int i = 0; i < Transform::kPairs; ++i) {
        const double p = Transform::kPoints[i], over = 1 / derivative<M>(p);
        const V even = fma(static_cast<float>(p * p * over), k[2 * s], V::all(static_cast<float>(over)) * k[0]);
        t[2 * i + 1] = fma(static_cast<float>(p * over), k[s], even);
        t[2 * i + 2] = fma(static_cast<float>(-p * over), k[s], even);
    }
    t[M + 1] = k[2 * s];
}

}  // namespace conv4j
