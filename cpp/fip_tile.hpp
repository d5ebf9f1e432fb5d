// The fast inner product on tiles (fip.hpp), over a vector type V (product_tile.hpp) that has greatest() of the lanes, magnitude(x) of
// each, and sum_both(a, b, sums) of the lanes of two, too.
#pragma once

#include "product_tile.hpp"

namespace conv4j {

// Powers of two, for elements to be of a magnitude.
template <typename V>
struct FipScale {
    float up, down;  // up * down = 1

    // That brings the greatest of some numbers' magnitudes to two to four times the wanted one, or nearly so if it is far from 1, as powers
    // and their squares must be numbers, too; 1 for zeros.
    static FipScale of(float greatest, float wanted) {
        constexpr int kMostExponent = 60;
        if (greatest == 0) return {1, 1};
        const int up = exponent(wanted) + 1 - exponent(greatest);
        const int e = up < -kMostExponent ? -kMostExponent : up > kMostExponent ? kMostExponent : up;
        return {power(e), power(-e)};
    }

  private:
    static int exponent(float x) {
        uint32_t bits;
        __builtin_memcpy(&bits, &x, sizeof bits);
        return static_cast<int>(bits >> 23 & 255) - 127;
    }
    static float power(int e) {
        const uint32_t bits = static_cast<uint32_t>(e + 127) << 23;
        float value;
        __builtin_memcpy(&value, &bits, sizeof value);
        return value;
    }
};

// The factors that bring columns, whose greatest elements are these, to a magnitude; and what products are to be multiplied by then.
template <typename V>
[[gnu::always_inline]] inline V scales_of(V greatest, float wanted, float* down) {
    float up[V::lanes];
    greatest.store(up);
    for (int lane = 0; lane < V::lanes; ++lane) {
        const auto scale = FipScale<V>::of(up[lane], wanted);
        up[lane] = scale.up;
        down[lane] = scale.down;
    }
    return V::load(up);
}

// How far the products of a row's pairs may be on average from those of numbers of the magnitude: two bits of each.
constexpr float kFipFar = 16;

// What the products of a row's pairs add up to, and their magnitudes.
template <typename V>
struct FipPairs {
    V sum = V::all(0), magnitudes = V::all(0);

    [[gnu::always_inline]] void add(V a, V b) {
        const V product = a * b;
        sum = sum + product;
        magnitudes = magnitudes + magnitude(product);
    }
};

template <typename V>
[[gnu::always_inline]] inline FipPairs<V> pairs_of(const FipRows& r, const float* x) {
    const int64_t part = r.rows * V::lanes;
    FipPairs<V> pairs;
    for (int64_t i = 0; i < r.run_count; ++i) {
        const FipRun& run = r.runs[i];
        if (run.parts == kFipParts) pairs.add(V::load(x), V::load(x + part));
        else pairs.add(V::load(x, run.count), V::load(x + run.count, run.count));
        x += run.parts * part;
    }
    return pairs;
}

// Scales a row by its greatest element. Returns what its pairs add up to then.
template <typename V>
V scale_row(const FipRows& r, float* row, FipScale<V>& scale) {
    constexpr int64_t kLanes = V::lanes;
    const int64_t part = r.rows * kLanes;
    const auto each_vector = [&](auto use) {
        float* x = row;
        for (int64_t i = 0; i < r.run_count; ++i) {
            const FipRun& run = r.runs[i];
            const int64_t lanes = run.parts == kFipParts ? kLanes : kFipParts * run.count + run.rest;
            for (int64_t p = 0; p < run.parts; ++p, x += part) use(x, lanes);
        }
    };
    V most = V::all(0);
    each_vector([&](const float* x, int64_t lanes) { most = max(magnitude(V::load(x, lanes)), most); });
    scale = FipScale<V>::of(most.greatest(), r.magnitude);
    each_vector([&](float* x, int64_t lanes) { (V::load(x, lanes) * V::all(scale.up)).store(x); });
    return pairs_of<V>(r, row).sum;
}

// Finds for each row what `pairs_of_row` tells, and scales it if it is far from the magnitude.
template <typename V, typename PairsOfRow>
[[gnu::always_inline]] inline void prepare_rows(const FipRows& r, PairsOfRow pairs_of_row) {
    int64_t count = 0;
    for (int64_t i = 0; i < r.run_count; ++i) count += r.runs[i].count;
    const float wanted = static_cast<float>(count) * r.magnitude * r.magnitude, least = wanted / kFipFar, most = wanted * kFipFar;
    for (int64_t t = 0; t < r.rows; ++t) {
        float* const row = r.x + t * V::lanes;
        const FipPairs<V> pairs = pairs_of_row(t, row);
        float sums[2];
        sum_both(pairs.sum, pairs.magnitudes, sums);
        FipScale<V> scale{1, 1};
        // Where pairs are few and small, other elements tell.
        if (!(sums[1] >= least && sums[1] <= most)) sums[0] = scale_row<V>(r, row, scale).sum();
        r.pairs[t] = sums[0];
        r.scales[t] = scale.down;
    }
}

template <typename V>
void prepare_fip(const FipRows& r) {
    prepare_rows<V>(r, [&](int64_t, const float* row) { return pairs_of<V>(r, row); });
}

// Copies a row's segments.
template <typename V, bool kGated>
[[gnu::always_inline]] inline FipPairs<V> gather_row(const FipSource& s, const FipRows& r, int64_t t, float* x) {
    constexpr int64_t kLanes = V::lanes, kBlock = kFipParts * kLanes;
    const int64_t part = r.rows * kLanes;
    FipPairs<V> pairs;
    for (int64_t segment = 0; segment < s.count; ++segment) {
        const float *from = s.segments[segment * r.rows + t], *gate = s.gates;
        const auto load = [&](int64_t at, auto... lanes) {
            if constexpr (kGated) return V::load(from + at, lanes...) * V::load(gate + at, lanes...);
            else return V::load(from + at, lanes...);
        };
        const auto put = [&](V a, V b, V c) {
            a.store(x);
            b.store(x + part);
            c.store(x + 2 * part);
            pairs.add(a, b);
            x += kFipParts * part;
        };
        int64_t left = s.length;
        for (; left >= kBlock; left -= kBlock, from += kBlock, gate += kBlock) put(load(0), load(kLanes), load(2 * kLanes));
        if (left == 0) continue;
        const int64_t lanes = (left + kFipParts - 1) / kFipParts;
        const int64_t of_b = left < 2 * lanes ? left - lanes : lanes, of_c = left < 2 * lanes ? 0 : left - 2 * lanes;
        put(load(0, lanes), load(lanes, of_b), load(2 * lanes, of_c));
    }
    return pairs;
}

template <typename V>
void gather_fip(const FipSource& s, const FipRows& r) {
    if (s.gates == nullptr) prepare_rows<V>(r, [&](int64_t t, float* row) { return gather_row<V, false>(s, r, t, row); });
    else prepare_rows<V>(r, [&](int64_t t, float* row) { return gather_row<V, true>(s, r, t, row); });
}

template <typename V>
void finish_fip(const FipColumns& p) {
    constexpr int kLanes = V::lanes;
    float* w = p.weights + 2 * kLanes;
    V most = V::all(0);
    if (p.greatest != nullptr) {
        most = V::load(p.greatest);
    } else {
        int64_t vectors = 0;
        for (int64_t i = 0; i < p.run_count; ++i) vectors += kFipParts * p.runs[i].count + p.runs[i].rest;
        for (int64_t i = 0; i < vectors; ++i) most = max(magnitude(V::load(w + i * kLanes)), most);
    }
    const V scale = scales_of(most, p.magnitude, p.weights + kLanes);
    const auto scaled = [&](float* at) {
        const V y = V::load(at) * scale;
        y.store(at);
        return y;
    };
    // Zeros of src give just this, so that what is left of them after it is taken off is 0.
    V pairs = V::all(0);
    for (int64_t i = 0; i < p.run_count; ++i) {
        for (int64_t k = 0; k < p.runs[i].count; ++k, w += kFipParts * kLanes) {
            pairs = fma(scaled(w + kLanes), scaled(w), pairs);
            scaled(w + 2 * kLanes);
        }
        for (int64_t k = 0; k < p.runs[i].rest; ++k, w += kLanes) scaled(w);
    }
    pairs.store(p.weights);
}

// An element of a row, in all lanes: of two vectors loaded once, of one where it is used, from memory.
template <typename V, typename Last, int kVectors>
struct FipElement {
    V whole;
    Last last;
    explicit FipElement(const float* x) : whole(V::all(*x)), last(kVectors > 1 ? static_cast<Last>(whole) : Last::all(*x)) {}
};

// One element of each column of a panel.
template <typename V, typename Last, int kVectors>
struct FipWeights {
    V whole[kVectors];  // but for the last one
    Last last;
    FipWeights(const float* at, int64_t step) : last(Last::load(at + (kVectors - 1) * step)) {
        for (int i = 0; i + 1 < kVectors; ++i) whole[i] = V::load(at + i * step);
    }
};

template <typename V, typename Last, int kRows, int kVectors>
void multiply_fip(const FipTile& p) {
    constexpr int kLanes = V::lanes, kPart = kRows * kLanes;
    constexpr int kLine = 64, kStepBytes = kRows * kFipParts * static_cast<int>(sizeof(float)), kLater = kVectors > 1 ? kFipParts : 1;
    using Element = FipElement<V, Last, kVectors>;
    using Weights = FipWeights<V, Last, kVectors>;
    TileSums<V, Last, kRows, kVectors> sums;
    sums.each([](auto x, int, int) { return x.all(0); });
    const float *x = p.x, *w = p.weights + 2 * kLanes;
    const char *ahead = p.ahead[0].at, *later = p.ahead[1].at;
    const int64_t ahead_step = p.ahead[0].step / kFipParts, later_step = p.ahead[1].step / kLater, weights_step = p.weights_step;
    const auto add_pair = [&](int t, const float* first, const float* second, const Weights& y1, const Weights& y2) {
        const Element x1(first + t * kLanes), x2(second + t * kLanes);
#pragma GCC unroll 2
        for (int i = 0; i + 1 < kVectors; ++i) sums.whole[t][i] = fma(x1.whole + y2.whole[i], x2.whole + y1.whole[i], sums.whole[t][i]);
        sums.last[t] = fma(x1.last + y2.last, x2.last + y1.last, sums.last[t]);
    };
    const auto add_product = [&](int t, const float* rows, const Weights& y) {
        const Element x(rows + t * kLanes);
#pragma GCC unroll 2
        for (int i = 0; i + 1 < kVectors; ++i) sums.whole[t][i] = fma(x.whole, y.whole[i], sums.whole[t][i]);
        sums.last[t] = fma(x.last, y.last, sums.last[t]);
    };
    const auto add_products = [&](const float* rows, const Weights& y) {
#pragma GCC unroll 26
        for (int t = 0; t < kRows; ++t) add_product(t, rows, y);
    };
    // By measurement: of two vectors row by row, of one all pairs first.
    constexpr bool kRowByRow = kVectors > 1;
    const FipRun* const end = p.runs + p.run_count;
#pragma GCC unroll 1
    for (const FipRun* run = p.runs; run < end; ++run) {
        const int64_t apart = run->parts == kFipParts ? kPart : run->count;
        const float *first = x, *second = x + apart, *third = second + apart;
        x += run->parts * kPart;
        const char* next = reinterpret_cast<const char*>(x);
#pragma GCC unroll 1
        for (int64_t k = run->count; k > 0; --k, ++first, ++second, ++third, w += kFipParts * kLanes) {
            // The rows of the next run, and what the caller wants.
#pragma GCC unroll 5
            for (int i = 0; i < kStepBytes; i += kLine) __builtin_prefetch(next + i);
            next += kStepBytes;
#pragma GCC unroll 3
            for (int i = 0; i < kFipParts; ++i) {
                __builtin_prefetch(ahead, 0, 2);
                ahead += ahead_step;
            }
#pragma GCC unroll 3
            for (int i = 0; i < kLater; ++i) {
                __builtin_prefetch(later, 0, 2);
                later += later_step;
            }
            const Weights y1(w, weights_step), y2(w + kLanes, weights_step), y3(w + 2 * kLanes, weights_step);
#pragma GCC unroll 26
            for (int t = 0; t < kRows; ++t) {
                add_pair(t, first, second, y1, y2);
                if constexpr (kRowByRow) add_product(t, third, y3);
            }
            if constexpr (!kRowByRow) add_products(third, y3);
        }
#pragma GCC unroll 1
        for (int64_t k = run->rest; k > 0; --k, ++third, w += kLanes) add_products(third, Weights(w, weights_step));
    }
    const Weights pairs(p.weights, weights_step), scales(p.weights + kLanes, weights_step);
#pragma GCC unroll 26
    for (int t = 0; t < kRows; ++t) {
        const Element of(p.pairs + t), scale(p.scales + t);
#pragma GCC unroll 2
        for (int i = 0; i + 1 < kVectors; ++i) sums.whole[t][i] = (sums.whole[t][i] - of.whole - pairs.whole[i]) * (scale.whole * scales.whole[i]);
        sums.last[t] = (sums.last[t] - of.last - pairs.last) * (scale.last * scales.last);
    }
    if (p.out != nullptr) {
        write_sums(*p.out, sums, 0);
        return;
    }
    sums.each([&](auto sum, int t, int i) {
        float* const m = p.m + i * p.m_vector_step + t * kLanes;
        (p.accumulate ? sum + sum.load(m) : sum).store(m);
        return sum;
    });
}

// As many rows as there are registers beside, for each vector, its weights, two sums of them with a row and one more.
constexpr int fip_rows(int registers, int vectors) {
    const int rows = registers / vectors - 6;
    return rows < kMostFipRows ? rows : kMostFipRows;
}

template <typename V, int kVectors, int kRows>
constexpr void fill_fip(FipFunctions& functions) {
    functions.multiply[kVectors - 1][kRows - 1] = multiply_fip<V, V, kRows, kVectors>;
    if constexpr (kVectors == 1) functions.multiply_half[kRows - 1] = multiply_fip<V, typename V::Half, kRows, 1>;
    if constexpr (kRows > 1) fill_fip<V, kVectors, kRows - 1>(functions);
}

template <typename V, int kRegisters>
constexpr FipFunctions fip_functions() {
    FipFunctions functions{};
    functions.gather = gather_fip<V>;
    functions.prepare = prepare_fip<V>;
    functions.finish = finish_fip<V>;
    functions.most_rows[0] = fip_rows(kRegisters, 1);
    functions.most_rows[1] = fip_rows(kRegisters, 2);
    fill_fip<V, 1, fip_rows(kRegisters, 1)>(functions);
    fill_fip<V, 2, fip_rows(kRegisters, 2)>(functions);
    return functions;
}

}  // namespace conv4j
