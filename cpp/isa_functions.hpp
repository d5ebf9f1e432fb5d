// What an instruction set fills its table with.
#pragma once

#include "activation.hpp"
#include "depthwise_tile.hpp"
#include "dot_tile.hpp"
#include "filtered_tile.hpp"
#include "fip_tile.hpp"
#include "grouped_direct_tile.hpp"
#include "grouped_tile.hpp"
#include "grouped_winograd_tile.hpp"
#include "isa.hpp"
#include "local_response_tile.hpp"
#include "max_pool_tile.hpp"
#include "product_tile.hpp"
#include "scale_shift.hpp"
#include "strassen_tile.hpp"
#include "winograd_tile.hpp"

namespace conv4j {

template <typename V, typename T>
void write(const float* from, int64_t count, void* to) {
    for (int64_t i = 0; i < count; i += V::lanes) {
        const int64_t n = count - i < V::lanes ? count - i : V::lanes;
        V::load(from + i, n).store(static_cast<T*>(to) + i, V::first_lanes(n));
    }
}

// All functions over V, with tiles that fill its registers: products take them all, depthwise convolutions so many columns.
template <typename V, int kRegisters, int kMostColumns>
constexpr Isa functions_of() {
    Isa isa{};
    isa.lanes = V::lanes;
    isa.product = product_functions<V, kRegisters>();
    isa.filter = filter_functions<V, kRegisters>();
    isa.strassen = strassen_functions<V, kRegisters>();
    isa.fip = fip_functions<V, kRegisters>();
    isa.dot = dot_functions<V, kRegisters>();
    isa.winograd = winograd_functions<V>();
    isa.part_bf16 = takes_pairs<V, Bf16>() ? 2 : 1;
    isa.depthwise_columns = kMostColumns;
    fill_depthwise<V, float, kMostColumns>(isa.depthwise);
    fill_depthwise<V, Bf16, kMostColumns>(isa.depthwise_bf16);
    fill_grouped<V, float, kMostColumns>(isa.grouped);
    fill_grouped<V, Bf16, kMostColumns>(isa.grouped_bf16);
    fill_grouped_direct<V, kRegisters, kMostColumns>(isa.grouped_direct);
    fill_grouped_winograd<V, kRegisters, kMostColumns>(isa);
    isa.write[0] = write<V, float>;
    isa.write[1] = write<V, Bf16>;
    isa.swish = swish<V, float>;
    isa.swish_bf16 = swish<V, Bf16>;
    isa.local_response = local_response<V>;
    isa.max_pixels = max_pixels<V>;
    isa.scale_shift = scale_shift<V, float>;
    isa.scale_shift_bf16 = scale_shift<V, Bf16>;
    return isa;
}

}  // namespace conv4j
