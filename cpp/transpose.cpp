#include "transpose.hpp"

#include <algorithm>

#include "parameters.hpp"
#include "range.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

constexpr int64_t kSide = 4;               // of the blocks that are turned over in registers
constexpr int64_t kLine = 16;              // floats of a cache line
constexpr int64_t kRun = 64;               // elements of a row that are read, or written, at a time
constexpr int64_t kLeastFloats = 1 << 13;  // a smaller share is done before another thread has begun

typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int Places __attribute__((vector_size(16)));

// A matrix of rows that are src_step apart, and where its columns go, dst_step apart.
struct Matrix {
    const float* src;
    int64_t src_step, rows, columns;
    float* dst;
    int64_t dst_step;

    Matrix part(Range row, Range column) const {
        return {src + row.first * src_step + column.first, src_step,         row.count(), column.count(),
                dst + column.first * dst_step + row.first, dst_step};
    }
};

inline Four load(const float* p) { return *reinterpret_cast<const Four*>(p); }

inline void store(float* p, Four x) { *reinterpret_cast<Four*>(p) = x; }

// Rows [0, kRows) of src become columns; those of dst are written in order, four elements each.
template <int kRows>
[[gnu::always_inline]] inline void turn(const float* src, int64_t src_step, float* dst, int64_t dst_step, int64_t columns) {
    const Four a = load(src), b = load(src + (kRows > 1) * src_step), c = load(src + (kRows > 2 ? 2 : 0) * src_step),
               d = load(src + (kRows > 3 ? 3 : 0) * src_step);
    const Places low = {0, 4, 1, 5}, high = {2, 6, 3, 7}, first = {0, 1, 4, 5}, second = {2, 3, 6, 7};
    const Four ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
    const Four ab_high = __builtin_shuffle(a, b, high), cd_high = __builtin_shuffle(c, d, high);
    const Four turned[kSide] = {__builtin_shuffle(ab, cd, first), __builtin_shuffle(ab, cd, second),
                                __builtin_shuffle(ab_high, cd_high, first), __builtin_shuffle(ab_high, cd_high, second)};
#pragma GCC unroll 4
    for (int64_t i = 0; i < columns; ++i) store(dst + i * dst_step, turned[i]);
}

void turn_each(const Matrix& m) {
    for (int64_t column = 0; column < m.columns; ++column) {
        for (int64_t row = 0; row < m.rows; ++row) m.dst[column * m.dst_step + row] = m.src[row * m.src_step + column];
    }
}

int64_t power_of_two_in(int64_t step) { return step & -step; }

// Where the blocks along so many elements begin; the last one may lie over others.
int64_t begin_of_block(int64_t at, int64_t count) { return std::min(at, count - kSide); }

// At least a block's rows and columns. Caches hold few lines that are multiples of a large power of two apart: on the side of which this is
// so some lines of one row follow each other.
void turn_blocks(const Matrix& m) {
    const auto turn_block = [&](int64_t r, int64_t c) {
        const int64_t row = begin_of_block(r, m.rows), column = begin_of_block(c, m.columns);
        turn<kSide>(m.src + row * m.src_step + column, m.src_step, m.dst + column * m.dst_step + row, m.dst_step, kSide);
    };
    const bool along_src = power_of_two_in(m.src_step) > power_of_two_in(m.dst_step);
    const int64_t along = along_src ? m.columns : m.rows, across = along_src ? m.rows : m.columns;
    for (int64_t run = 0; run < along; run += kRun) {
        for (int64_t i = 0; i < across; i += kSide) {
            for (int64_t k = run; k < std::min(run + kRun, along); k += kSide) {
                if (along_src) turn_block(i, k);
                else turn_block(k, i);
            }
        }
    }
}

// Fewer rows than a block has, all that there are: what is written behind a column is overwritten by the next one.
template <int kRows>
void turn_few_rows(const Matrix& m) {
    int64_t column = 0;
    for (; column + 2 * kSide <= m.columns; column += kSide) {
        turn<kRows>(m.src + column, m.src_step, m.dst + column * kRows, kRows, kSide);
    }
    turn_each(m.part({0, m.rows}, {column, m.columns}));
}

// Fewer columns than a block has, all that there are: with a row some elements of the next one are read.
template <int kColumns>
void turn_few_columns(const Matrix& m) {
    int64_t row = 0;
    for (; row + 2 * kSide <= m.rows; row += kSide) turn<kSide>(m.src + row * kColumns, kColumns, m.dst + row, m.dst_step, kColumns);
    turn_each(m.part({row, m.rows}, {0, m.columns}));
}

// Some rows or some columns of a matrix that is whole along the other axis.
void turn_over(const Matrix& m) {
    if (m.rows >= kSide && m.columns >= kSide) turn_blocks(m);
    else if (m.rows == 2 && m.dst_step == 2) turn_few_rows<2>(m);
    else if (m.rows == 3 && m.dst_step == 3) turn_few_rows<3>(m);
    else if (m.columns == 2 && m.src_step == 2) turn_few_columns<2>(m);
    else if (m.columns == 3 && m.src_step == 3) turn_few_columns<3>(m);
    else turn_each(m);
}

class Transpose final : public Kernel {
  public:
    explicit Transpose(const int64_t* p) : batch_(p[0]), rows_(p[1]), columns_(p[2]) {}

    void run(void* const* buffers, int threads) const noexcept override {
        const auto* src = static_cast<const float*>(buffers[0]);
        auto* dst = static_cast<float*>(buffers[1]);
        // Threads share the longer axis of all matrices, a cache line's elements at a time.
        const bool by_rows = rows_ > columns_;
        const int64_t extent = by_rows ? rows_ : columns_, matrix = rows_ * columns_;
        const int64_t parts = std::clamp<int64_t>(batch_ * matrix / kLeastFloats, 1, threads);
        parallel_for_cells(batch_, divide_up(extent, kLine), static_cast<int>(parts), [&](int64_t) {
            return [&](int64_t n, Range lines) {
                const Matrix whole{src + n * matrix, columns_, rows_, columns_, dst + n * matrix, rows_};
                const Range some{lines.first * kLine, std::min(lines.last * kLine, extent)};
                turn_over(by_rows ? whole.part(some, {0, columns_}) : whole.part({0, rows_}, some));
            };
        });
    }

  private:
    int64_t batch_, rows_, columns_;
};

}  // namespace

std::unique_ptr<Kernel> make_transpose(const int64_t* p, int count) {
    if (count != 3 || p[0] < 1 || p[1] < 1 || p[2] < 1) return nullptr;
    return std::make_unique<Transpose>(p);
}

}  // namespace conv4j
