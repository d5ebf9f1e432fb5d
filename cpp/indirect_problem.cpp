#include "indirect_problem.hpp"

#include <utility>

#include "filtered.hpp"
#include "fip.hpp"
#include "strassen.hpp"

namespace conv4j::indirect {

namespace {

constexpr int kFixedParameters = 22;
constexpr int64_t kFewChannels = 4;  // so few that a tap's take longer to begin with than to multiply

}  // namespace

void Axis::find_phases(bool transposed) {
    src_step = transposed ? 1 : stride;
    dst_step = transposed ? stride : 1;
    for (int64_t first = 0; first < std::min(dst_step, dst); ++first) {
        Phase phase{first, divide_up(dst - first, dst_step), {}};
        for (int64_t tap = 0; tap < kernel; ++tap) {
            const int64_t reach = transposed ? first + pad - tap * dilation : tap * dilation - pad;
            if (reach % dst_step == 0) phase.taps.push_back({tap, reach / dst_step});
        }
        phases.push_back(std::move(phase));
    }
}

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || p[21] < 0 || p[21] > count - kFixedParameters) return false;
    const int first_post_op = kFixedParameters + static_cast<int>(p[21]);
    if (!post_ops.parse(p + first_post_op, count - first_post_op)) return false;
    isa = isa_of(p[0]);
    for (int i : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15}) {
        if (p[i] < 1) return false;
    }
    if (isa == nullptr || p[12] < 0 || p[16] < 0) return false;
    threads = static_cast<int>(p[1]);
    batch = p[2];
    src_channels = p[5];
    dst_channels = p[8];
    height = {p[3], p[6], p[9], p[10], p[11], p[12], 0, 0, {}};
    width = {p[4], p[7], p[13], p[14], p[15], p[16], 0, 0, {}};
    transposed = p[17] != 0;
    bias = p[18] != 0;
    if (p[19] < kPlain || p[19] > kFiltered) return false;
    multiplication = static_cast<Multiplication>(p[19]);
    if (multiplication == kStrassen && !strassen::Layout::fits(*this)) return false;
    if (multiplication == kFiltered && (p[20] != kThere || !filtered::Layout::fits(*this))) return false;
    if (fip_vectors() > 0 && !fip::Layout::fits(*this)) return false;
    return p[20] == kThere ? p[21] == 0 : parse_source(p + 20, first_post_op - 20);
}

bool Problem::parse_source(const int64_t* p, int count) {
    if (!height.is_identity() || !width.is_identity() || p[0] < kThere || p[0] > kGated) return false;
    source = static_cast<SourceKind>(p[0]);
    const int64_t *first = p + 2, *last = p + count;
    if (source == kGated) return fip_vectors() > 0 && first == last;
    if (source == kPooled) {
        if (last - first != 8) return false;
        pool = {src_channels, {first[0], height.src, first[1], first[2], first[3]}, {first[4], width.src, first[5], first[6], first[7]}};
        return pool.height.valid() && pool.width.valid();
    }
    join = {sizeof(float), true, source == kJoinedRelu, {first, last}};
    return first != last && std::all_of(first, last, [](int64_t channels) { return channels > 0; }) && join.total() == src_channels;
}

ProductPixels Problem::results(const Buffers& b, int64_t pixel, int64_t channel, int64_t channels) const {
    const int64_t at = pixel * dst_channels + channel;
    // Not cleared as a whole: that would be mostly room for post-ops, and takes longer than the rest.
    ProductPixels out;
    out.m = nullptr;
    out.m_vector_step = 0;
    out.bias = b.bias == nullptr ? nullptr : b.bias + channel;
    out.dst = b.dst + at;
    out.step = width.dst_step * dst_channels;
    out.count = 0;
    out.channels = channels;
    out.post_op_count = b.post_ops.at(at * static_cast<int64_t>(sizeof(float)), out.post_ops);
    return out;
}

void Problem::copy_row(const float* src, int64_t n, int64_t y, Range x, float* to) const {
    const bool exists = y >= 0 && y < height.src;
    const int64_t first = exists ? std::clamp<int64_t>(0, x.first, x.last) : x.last;
    const int64_t last = exists ? std::clamp<int64_t>(width.src, first, x.last) : x.last;
    to = std::fill_n(to, (first - x.first) * src_channels, 0.0f);
    if (last > first) {
        to = std::copy_n(src + ((n * height.src + y) * width.src + first) * src_channels, (last - first) * src_channels, to);
    }
    std::fill_n(to, (x.last - last) * src_channels, 0.0f);
}

void Problem::find_parts() {
    height.find_phases(transposed);
    width.find_phases(transposed);
    whole_windows = !transposed && src_channels <= kFewChannels && width.kernel > 1 && width.dilation == 1 &&
                    !makes_src() && multiplication == kPlain && height.kernel * window_row() <= kMostPieceFloats;
    if (whole_windows) height.phases[0].taps = width.phases[0].taps = {{0, 0}};
    channel_chunks = divide_up(depth(), isa->lanes);
    int64_t weight = 0;
    for (const Phase& y : height.phases) {
        for (const Phase& x : width.phases) {
            parts.push_back({&y, &x, weight});
            weight += chunks(parts.back()) * chunk_floats();
        }
    }
    groups = divide_up(threads, blocks() * static_cast<int64_t>(parts.size()));
    panels = Panels(*isa, dst_channels, groups);
    groups = std::min(groups, panels.count());
}

std::unique_ptr<const Problem> parse(const int64_t* parameters, int count) {
    auto problem = std::make_unique<Problem>();
    if (!problem->parse(parameters, count)) return nullptr;
    problem->find_parts();
    return problem;
}

}  // namespace conv4j::indirect
