// How kernels read their parameters.
#pragma once

#include <cstdint>
#include <cstring>

namespace conv4j {

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The f32 whose bits a parameter holds.
inline float from_bits(int64_t bits) {
    const auto narrow = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &narrow, sizeof value);
    return value;
}

}  // namespace conv4j
