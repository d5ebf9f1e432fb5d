#include "max_pool.hpp"

#include <algorithm>

namespace conv4j {

void MaxPool::run(const Isa& isa, const float* src, int64_t first, int64_t last, float* dst, int64_t dst_step) const {
    for (int64_t i = first, count; i < last; i += count, dst += count * dst_step) {
        const int64_t row = i / width.dst, column = i % width.dst, n = row / height.dst;
        count = std::min(width.dst - column, last - i);
        const int64_t y = row % height.dst * height.stride - height.pad, x = column * width.stride - width.pad;
        const int64_t first_y = std::max<int64_t>(0, y);
        MaxPixels p;
        p.rows = std::min(y + height.kernel, height.src) - first_y;
        p.row_step = width.src * channels;
        p.before = std::max<int64_t>(0, -x);
        p.src_columns = width.src - std::max<int64_t>(0, x);
        p.src = src + (n * height.src + first_y) * p.row_step + std::max<int64_t>(0, x) * channels;
        p.kernel = width.kernel;
        p.stride = width.stride;
        p.pixels = count;
        p.channels = channels;
        p.dst = dst;
        p.dst_step = dst_step;
        isa.max_pixels(p);
    }
}

}  // namespace conv4j
