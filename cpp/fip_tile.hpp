// The fast inner product on tiles (fip.hpp), over a vector type V (product_tile.hpp) that has greatest() of the lanes, too.
#pragma once

#include "product_tile.hpp"

namespace conv4j {

// The power of two that brings the greatest of some numbers' magnitudes into [2, 4), or nearly so if it is far from 1, as powers and
// their squares must be numbers, too; 1 for zeros.
template <typename V>
struct FipScale {
    float up, down;  // up * down = 1

    static constexpr int kMostExponent = 60;

    static FipScale of(float greatest) {
        uint32_t bits;
        __builtin_memcpy(&bits, &greatest, sizeof bits);
        if (greatest == 0) return {1, 1};
        const int wanted = 1 - exponent(bits);
        const int e = wanted < -kMostExponent ? -kMostExponent : wanted > kMostExponent ? kMostExponent : wanted;
        return {power(e), power(-e)};
    }

    // Whether the greatest is so near already that scaling would gain two bits at most.
    static bool near(float greatest) { return greatest == 0 || (greatest >= 0.5f && greatest < 16); }

  private:
    static int exponent(uint32_t bits) { return static_cast<int>(bits >> 23 & 255) - 127; }
    static float power(int e) {
        const uint32_t bits = static_cast<uint32_t>(e + 127) << 23;
        float value;
        __builtin_memcpy(&value, &bits, sizeof value);
        return value;
    }
};

// The greatest and the least of the lanes.
template <typename V>
struct FipExtremes {
    V most = V::all(0), least = V::all(0);

    [[gnu::always_inline]] void add(V x) {
        most = max(most, x);
        least = min(least, x);
    }
    V magnitude() const { return max(most, V::all(0) - least); }
};

template <typename V, bool kGated>
[[gnu::always_inline]] inline void gather_rows(const FipRows& r) {
    constexpr int64_t kLanes = V::lanes;
    const int64_t part = r.rows * kLanes;
    for (int64_t t = 0; t < r.rows; ++t) {
        FipExtremes<V> extremes;
        V pairs = V::all(0);
        float* x = r.x + t * kLanes;
        for (int64_t s = 0; s < r.count; ++s) {
            const float *from = r.segments[s * r.rows + t], *gate = r.gates;
            int64_t left = r.length;
            const auto load = [&](int64_t at) {
                if constexpr (kGated) return V::load(from + at) * V::load(gate + at);
                return V::load(from + at);
            };
            const auto load_some = [&](int64_t at, int64_t lanes) {
                if constexpr (kGated) return V::load(from + at, lanes) * V::load(gate + at, lanes);
                return V::load(from + at, lanes);
            };
            const auto take = [&](V a, V b, V c) {
                a.store(x);
                b.store(x + part);
                c.store(x + 2 * part);
                pairs = fma(a, b, pairs);
                extremes.add(a);
                extremes.add(b);
                extremes.add(c);
                x += kFipParts * part;
            };
            for (; left >= kFipParts * kLanes; left -= kFipParts * kLanes, from += kFipParts * kLanes, gate += kFipParts * kLanes) {
                take(load(0), load(kLanes), load(2 * kLanes));
            }
            if (left == 0) continue;
            const int64_t lanes = (left + kFipParts - 1) / kFipParts;
            const int64_t of_b = left < 2 * lanes ? left - lanes : lanes, of_c = left < 2 * lanes ? 0 : left - 2 * lanes;
            take(load_some(0, lanes), load_some(lanes, of_b), load_some(2 * lanes, of_c));
        }
        const float greatest = extremes.magnitude().greatest();
        FipScale<V> scale{1, 1};
        if (!FipScale<V>::near(greatest)) {
            scale = FipScale<V>::of(greatest);
            const V up = V::all(scale.up);
            pairs = V::all(0);
            for (float* y = r.x + t * kLanes; y < x; y += kFipParts * part) {
                const V a = V::load(y) * up, b = V::load(y + part) * up;
                a.store(y);
                b.store(y + part);
                (V::load(y + 2 * part) * up).store(y + 2 * part);
                pairs = fma(a, b, pairs);
            }
        }
        r.pairs[t] = pairs.sum();
        r.scales[t] = scale.down;
    }
}

template <typename V>
void gather_fip(const FipRows& r) {
    if (r.gates == nullptr) gather_rows<V, false>(r);
    else gather_rows<V, true>(r);
}

template <typename V>
void finish_fip(float* panel, int64_t steps) {
    constexpr int kLanes = V::lanes;
    float* const weights = panel + 2 * kLanes;
    FipExtremes<V> extremes;
    for (int64_t i = 0; i < steps * kFipParts; ++i) extremes.add(V::load(weights + i * kLanes));
    float up[kLanes];
    extremes.magnitude().store(up);
    for (int lane = 0; lane < kLanes; ++lane) {
        const FipScale scale = FipScale<V>::of(up[lane]);
        up[lane] = scale.up;
        panel[kLanes + lane] = scale.down;
    }
    const V scale = V::load(up);
    // Zeros of src give just this, so that what is left of them after it is taken off is 0.
    V pairs = V::all(0);
    float* w = weights;
    for (int64_t i = 0; i < steps; ++i, w += kFipParts * kLanes) {
        const V y1 = V::load(w) * scale, y2 = V::load(w + kLanes) * scale;
        y1.store(w);
        y2.store(w + kLanes);
        (V::load(w + 2 * kLanes) * scale).store(w + 2 * kLanes);
        pairs = fma(y2, y1, pairs);
    }
    pairs.store(panel);
}

template <typename V, typename Last, int kRows>
void multiply_fip(const FipTile& p) {
    constexpr int kLanes = V::lanes, kPart = kRows * kLanes;
    constexpr int kLine = 64, kStepBytes = kRows * kFipParts * static_cast<int>(sizeof(float));
    TileSums<V, Last, kRows, 1> sums;
    sums.each([](auto x, int, int) { return x.all(0); });
    const float *x = p.x, *w = p.weights + 2 * kLanes;
    const char *ahead = p.ahead[0].at, *later = p.ahead[1].at;
    const int64_t ahead_step = p.ahead[0].step / kFipParts, later_step = p.ahead[1].step;
#pragma GCC unroll 1
    for (int64_t segment = 0; segment < p.segments; ++segment) {
#pragma GCC unroll 1
        for (int64_t block = 0; block < p.blocks; ++block, x += kFipParts * kPart) {
            const int64_t count = block + 1 < p.blocks ? kLanes : p.last;
            const char* next = reinterpret_cast<const char*>(x + kFipParts * kPart);
#pragma GCC unroll 1
            for (int64_t k = 0; k < count; ++k, w += kFipParts * kLanes) {
                // The rows of the next block, and what the caller wants.
#pragma GCC unroll 5
                for (int i = 0; i < kStepBytes; i += kLine) __builtin_prefetch(next + i);
                next += kStepBytes;
#pragma GCC unroll 3
                for (int i = 0; i < kFipParts; ++i) {
                    __builtin_prefetch(ahead, 0, 2);
                    ahead += ahead_step;
                }
                __builtin_prefetch(later, 0, 2);
                later += later_step;
                const Last y1 = Last::load(w), y2 = Last::load(w + kLanes), y3 = Last::load(w + 2 * kLanes);
                const float* row = x + k;
#pragma GCC unroll 26
                for (int t = 0; t < kRows; ++t) {
                    sums.last[t] = fma(Last::all(row[t * kLanes]) + y2, Last::all(row[kPart + t * kLanes]) + y1, sums.last[t]);
                }
#pragma GCC unroll 26
                for (int t = 0; t < kRows; ++t) sums.last[t] = fma(Last::all(row[2 * kPart + t * kLanes]), y3, sums.last[t]);
            }
        }
    }
    const Last pairs = Last::load(p.weights), scales = Last::load(p.weights + kLanes);
#pragma GCC unroll 26
    for (int t = 0; t < kRows; ++t) sums.last[t] = (sums.last[t] - Last::all(p.pairs[t]) - pairs) * (Last::all(p.scales[t]) * scales);
    write_sums(*p.out, sums, 0);
}

// As many rows as there are registers beside two vectors of weights and two of their sums with rows.
constexpr int fip_rows(int registers) { return registers - 6 < kMostFipRows ? registers - 6 : kMostFipRows; }

template <typename V, int kRows>
constexpr void fill_fip(FipFunctions& functions) {
    functions.multiply[0][kRows - 1] = multiply_fip<V, V, kRows>;
    functions.multiply[1][kRows - 1] = multiply_fip<V, typename V::Half, kRows>;
    if constexpr (kRows > 1) fill_fip<V, kRows - 1>(functions);
}

template <typename V, int kRegisters>
constexpr FipFunctions fip_functions() {
    FipFunctions functions{};
    functions.gather = gather_fip<V>;
    functions.finish = finish_fip<V>;
    functions.most_rows = fip_rows(kRegisters);
    fill_fip<V, fip_rows(kRegisters)>(functions);
    return functions;
}

}  // namespace conv4j
