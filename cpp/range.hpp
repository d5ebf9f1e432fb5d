// Parts of what is counted.
#pragma once

#include <cstdint>

namespace conv4j {

struct Range {
    int64_t first, last;

    int64_t count() const { return last - first; }
};

// One of so many parts, as even as can be.
inline Range share(int64_t count, int64_t part, int64_t parts) {
    return {count * part / parts, count * (part + 1) / parts};
}

}  // namespace conv4j
