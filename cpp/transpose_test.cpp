// Tests of matrices turned over; also built with AddressSanitizer. Exit code 1 if a check fails.
#include "transpose.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "check.hpp"

using namespace conv4j;

namespace {

void check(int64_t batch, int64_t rows, int64_t columns) {
    const int64_t p[] = {batch, rows, columns};
    const auto kernel = make_transpose(p, 3);
    CHECK(kernel != nullptr);
    std::vector<float> src(batch * rows * columns);
    for (size_t i = 0; i < src.size(); ++i) src[i] = static_cast<float>(i + 1);
    for (int threads : {1, 2, 3}) {
        std::vector<float> dst(src.size());
        void* buffers[] = {src.data(), dst.data()};
        kernel->run(buffers, threads);
        for (int64_t i = 0; i < static_cast<int64_t>(dst.size()); ++i) {
            const int64_t n = i / (rows * columns), column = i / rows % columns, row = i % rows;
            if (dst[i] == src[(n * rows + row) * columns + column]) continue;
            std::fprintf(stderr, "%d x %d x %d, %d threads: element %d is wrong\n", int(batch), int(rows), int(columns), threads, int(i));
            std::exit(1);
        }
    }
}

}  // namespace

int main() {
    int cases = 0;
    // Around blocks, cache lines and runs.
    for (int64_t rows = 1; rows <= 20; ++rows) {
        for (int64_t columns = 1; columns <= 20; ++columns, ++cases) check(1 + cases % 2, rows, columns);
    }
    // So many that threads share them, some of which with few rows or columns, and a power of two apart.
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{3, 9001}, {9001, 3}, {2, 9002}, {9002, 2}, {255, 169}, {64, 1024},
                                        {1024, 64}, {67, 1031}, {5, 10007}, {10007, 5}, {1, 20000}, {20000, 1}}) {
        for (int64_t batch : {1, 3}) {
            check(batch, rows, columns);
            ++cases;
        }
    }
    for (const std::vector<int64_t>& p : {std::vector<int64_t>{1, 2}, {0, 1, 1}, {1, 0, 1}, {1, 1, -1}, {1, 1, 1, 1}}) {
        CHECK(make_transpose(p.data(), static_cast<int>(p.size())) == nullptr);
    }
    std::printf("transpose tests: %d cases passed\n", cases);
}
