// Winograd's filtering of rows (filtered.hpp), over a vector type V as in product_tile.hpp.
#pragma once

#include "product_tile.hpp"

namespace conv4j {

template <typename V>
void sum_rows(const RowSum& s) {
    for (int64_t i = 0; i < s.floats; i += V::lanes) {
        const int64_t n = s.floats - i < V::lanes ? s.floats - i : V::lanes;
        V sum = V::all(0);
        for (int64_t row = 0; row < s.count; ++row) sum = fma(V::all(s.factors[row]), V::load(s.rows[row] + i, n), sum);
        sum.store(s.to + i, V::first_lanes(n));
    }
}

template <typename V, typename Last, int kRows, int kVectors>
void multiply_filtered(const FilterTile& f) {
    constexpr int64_t kWidth = kVectors * V::lanes;
    constexpr RowPlaces<kRows> kPlaces{kWidth, (kRows - 1) * kWidth};
    float both[kRows * kWidth], lower[kRows * kWidth];
    int64_t places[kRows];
    for (int t = 0; t < kRows; ++t) places[t] = t * f.pixel_step;
    TileSums<V, Last, kRows, kVectors> sums;
    const float *weights = f.weights, *row = f.sums;
    // The products of a use, which follow those of the uses before.
    const auto add = [&](FilterUse use) __attribute__((always_inline)) {
        for (int64_t i = 0; i < f.products[use]; ++i, row += f.sum_step) {
#pragma GCC unroll 1
            for (int64_t k = 0; k < f.length; ++k, weights += kWidth) {
                sums.add_products(weights, [&](int t) __attribute__((always_inline)) { return row[places[t] + k]; });
            }
        }
    };
    const auto zero = [](auto x, int, int) { return x.all(0); };
    sums.each(zero);
    add(kFilterBoth);
    sums.store(both, kPlaces, Last::lanes);
    if (f.products[kFilterOpposite] > 0) {
        sums.each(zero);
        add(kFilterOpposite);
        // y1 begins with the difference, y0 with the sum.
        auto upper = sums;
        sums.each_with(both, kPlaces, Last::lanes, [](auto x, auto y) { return y - x; });
        sums.store(lower, kPlaces, Last::lanes);
        sums = upper;
        sums.each_with(both, kPlaces, Last::lanes, [](auto x, auto y) { return y + x; });
    } else {
        sums.store(lower, kPlaces, Last::lanes);
    }
    add(kFilterUpper);
    write_sums(*f.upper, sums, f.pixel);
    if (f.lower == nullptr) return;
    sums.each_with(lower, kPlaces, Last::lanes, [](auto, auto y) { return y; });
    add(kFilterLower);
    write_sums(*f.lower, sums, f.pixel);
}

template <typename V, int kRegisters, int kVectors, int kRows = product_rows(kRegisters, kVectors)>
constexpr void fill_filters(FilterFunctions& functions) {
    functions.multiply[0][kVectors - 1][kRows - 1] = multiply_filtered<V, V, kRows, kVectors>;
    functions.multiply[1][kVectors - 1][kRows - 1] = multiply_filtered<V, typename V::Half, kRows, kVectors>;
    if constexpr (kRows > 1) {
        fill_filters<V, kRegisters, kVectors, kRows - 1>(functions);
    } else if constexpr (kVectors > 1) {
        fill_filters<V, kRegisters, kVectors - 1>(functions);
    }
}

template <typename V, int kRegisters>
constexpr FilterFunctions filter_functions() {
    FilterFunctions functions{};
    functions.sum = sum_rows<V>;
    fill_filters<V, kRegisters, most_panel_vectors(kRegisters)>(functions);
    return functions;
}

}  // namespace conv4j
