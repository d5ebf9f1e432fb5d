#include "bands.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "depthwise.hpp"
#include "indirect.hpp"
#include "isa.hpp"
#include "parameters.hpp"
#include "team.hpp"

namespace conv4j {

namespace {

constexpr int kFixedParameters = 14;
constexpr int kConvolutionParameters = 9;
constexpr int kBandParameters = 10;
constexpr int kMostFilterBuffers = 6;

// Whether the rows that a filter sees for a band's exist and are among those of the band.
bool holds_seen_rows(const Band& band, const RowWindows& w) {
    const int64_t last = (band.last - 1) * w.stride - w.pad + w.kernel;
    const int64_t first = std::max<int64_t>(0, band.first * w.stride - w.pad);
    return band.image < w.images && band.expand_last <= w.src && band.keep_first <= first && band.expand_last >= std::min(w.src, last);
}

// Whether the rows that a band keeps, if any, were left by the one before in its part, which is null if there is none.
bool keeps_what_was_left(const Band& band, const Band* before) {
    return band.keep_first == band.expand_first ||
           (before != nullptr && before->image == band.image && before->keep_first <= band.keep_first &&
            before->expand_last >= band.expand_first);
}

const_dnnl_memory_desc_t desc(int64_t address) { return reinterpret_cast<const_dnnl_memory_desc_t>(address); }

}  // namespace

std::unique_ptr<Bands> Bands::make(const int64_t* parameters, int count) {
    auto bands = std::make_unique<Bands>();
    return bands->parse(parameters, count) ? std::move(bands) : nullptr;
}

bool Bands::parse(const int64_t* p, int count) {
    if (count < kFixedParameters) return false;
    const int64_t* const end = p + count;
    const int64_t filter_count = p[11], convolution_count = p[12], band_count = p[13];
    if (filter_count < 0 || filter_count > count - kFixedParameters || convolution_count < 1 || band_count < 1) return false;
    element_bytes = p[0];
    swish = p[1];
    src_rows = p[2];
    src_row_bytes = p[3];
    row_bytes = p[4];
    between_row_bytes = p[5];
    dst_row_bytes = p[6];
    line_rows = p[7];
    between_rows = p[8];
    scratchpad_bytes = p[9];
    dst_rows = p[10];
    p += kFixedParameters;
    if (filter_count > 0) {
        filter = make_banded_kernel(p[0], p + 1, static_cast<int>(filter_count) - 1);
        if (!filter || filter->buffers() > kMostFilterBuffers || dst_rows != filter->row_windows().dst) return false;
    }
    p += filter_count;
    for (int64_t i = 0; i < convolution_count; ++i) {
        p = parse_convolution(p, end);
        if (p == nullptr) return false;
    }
    if (band_count > (end - p) / kBandParameters || end - p != kBandParameters * band_count) return false;
    if (!parse_bands(p, band_count)) return false;
    place_buffers();
    return true;
}

// Returns where the next one's parameters begin, or null if they make no sense.
const int64_t* Bands::parse_convolution(const int64_t* p, const int64_t* end) {
    if (end - p < kConvolutionParameters || p[8] < 0 || p[8] > end - p - kConvolutionParameters) return nullptr;
    BandsConvolution c{};
    c.projects = p[1] != 0;
    c.has_bias = p[4] != 0;
    c.has_scratchpad = p[6] != 0;
    c.adds = p[7] != 0;
    if (p[8] == 0) {
        c.primitive = reinterpret_cast<const_dnnl_primitive_t>(p[0]);
        c.src = desc(p[2]);
        c.weights = desc(p[3]);
        c.bias = desc(p[4]);
        c.dst = desc(p[5]);
        c.scratchpad = desc(p[6]);
    } else {
        c.kernel = make_indirect(p + kConvolutionParameters, static_cast<int>(p[8]));
        if (c.kernel == nullptr || element_bytes != sizeof(float)) return nullptr;
    }
    if ((c.primitive == nullptr) == (c.kernel == nullptr)) return nullptr;
    p += kConvolutionParameters + p[8];
    convolutions.push_back(std::move(c));
    return p;
}

bool Bands::parse_bands(const int64_t* p, int64_t count) {
    for (int64_t i = 0; i < count; ++i, p += kBandParameters) {
        const Band band{p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]};
        const bool begins = band.part == static_cast<int64_t>(part_begins.size());
        if (begins) part_begins.push_back(bands.size());
        if (band.part + 1 != static_cast<int64_t>(part_begins.size()) || !fits(band)) return false;
        if (!keeps_what_was_left(band, begins ? nullptr : &bands.back())) return false;
        if (filter && !holds_seen_rows(band, filter->row_windows())) return false;
        bands.push_back(band);
    }
    parts = static_cast<int64_t>(part_begins.size());
    part_begins.push_back(bands.size());
    return true;
}

bool Bands::fits(const Band& band) const {
    const auto is_one = [&](int64_t i, bool projects) {
        return i >= 0 && i < static_cast<int64_t>(convolutions.size()) && convolutions[i].projects == projects;
    };
    // Without a filter a band projects just what it expands.
    const auto is_whole = [](const Band& b) { return b.keep_first == b.first && b.expand_first == b.first && b.expand_last == b.last; };
    const bool expands = band.expand_first < band.expand_last;
    return (expands ? is_one(band.expands, false) : band.expands == -1) && (!is_projected() || is_one(band.projects, true)) && band.image >= 0 &&
           band.src_row >= 0 && band.src_row < src_rows && band.keep_first >= 0 && band.keep_first <= band.expand_first &&
           band.expand_first <= band.expand_last && band.expand_last - band.keep_first <= line_rows && band.first >= 0 &&
           band.first % kDepthwiseRows == 0 && band.first < band.last && band.last <= dst_rows &&
           (filter ? !is_projected() || band.last - band.first <= between_rows : is_whole(band));
}

void Bands::place_buffers() {
    const auto has_bias = [&](bool projects) {
        for (const BandsConvolution& c : convolutions) {
            if (c.projects == projects) return c.has_bias;
        }
        return false;
    };
    bool adds = false;
    for (const BandsConvolution& c : convolutions) adds |= c.adds;
    int next = filter_buffers();
    const auto take = [&](bool there) { return there ? next++ : -1; };
    at.src = take(true);
    at.expand_weights = take(true);
    at.expand_bias = take(has_bias(false));
    at.line = take(true);
    at.project_weights = take(is_projected());
    at.project_bias = take(has_bias(true));
    at.operand = take(adds);
    at.between = take(filter && is_projected());
    at.scratchpad = take(scratchpad_bytes > 0);
    at.dst = take(true);
    buffers = next;
}

BandsRun::BandsRun(const Bands& bands, dnnl_engine_t engine) : bands_(bands), parts_(bands.parts) {
    for (Part& part : parts_) {
        if (!prepare(part, engine)) return;
    }
    ready_ = true;
}

BandsRun::~BandsRun() {
    for (dnnl_memory_t memory : memories_) dnnl_memory_destroy(memory);
    for (Part& part : parts_) {
        if (part.stream != nullptr) dnnl_stream_destroy(part.stream);
    }
}

bool BandsRun::prepare(Part& part, dnnl_engine_t engine) {
    if (dnnl_stream_create(&part.stream, engine, dnnl_stream_default_flags) != dnnl_success) return false;
    for (const BandsConvolution& p : bands_.convolutions) {
        Call& call = part.calls.emplace_back();
        if (p.kernel != nullptr) continue;
        const bool made = add(call, DNNL_ARG_SRC, p.src, engine) && add(call, DNNL_ARG_DST, p.dst, engine) &&
                          add(call, DNNL_ARG_WEIGHTS, p.weights, engine) &&
                          (p.bias == nullptr || add(call, DNNL_ARG_BIAS, p.bias, engine)) &&
                          (p.scratchpad == nullptr || add(call, DNNL_ARG_SCRATCHPAD, p.scratchpad, engine));
        if (!made) return false;
    }
    return true;
}

bool BandsRun::add(Call& call, int id, const_dnnl_memory_desc_t desc, dnnl_engine_t engine) {
    dnnl_memory_t memory = nullptr;
    if (dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_NONE) != dnnl_success) return false;
    memories_.push_back(memory);
    call.arguments.push_back({id, memory});
    return true;
}

dnnl_status_t BandsRun::run(void* const* buffers, int threads) const noexcept {
    std::atomic<dnnl_status_t> status{dnnl_success};
    parallel_for(bands_.parts, threads, [&](int64_t part) {
        const dnnl_status_t of_part = run_part(buffers, part);
        if (of_part != dnnl_success) status = of_part;
    });
    if (bands_.filter) {
        void* filter[kMostFilterBuffers] = {};
        std::copy_n(buffers, bands_.filter_buffers(), filter + 1);
        bands_.filter->finish_bands(filter);
    }
    return status;
}

dnnl_status_t BandsRun::run_part(void* const* buffers, int64_t part) const {
    const Bands& b = bands_;
    auto* const dst = static_cast<char*>(buffers[b.at.dst]);
    char* const line = static_cast<char*>(buffers[b.at.line]) + part * b.line_rows * b.row_bytes;
    char* const between = b.at.between < 0 ? nullptr : static_cast<char*>(buffers[b.at.between]) +
                                                           part * b.between_rows * b.between_row_bytes;
    char* const operand = b.at.operand < 0 ? dst : static_cast<char*>(buffers[b.at.operand]);
    void* filter[kMostFilterBuffers] = {line};
    std::copy_n(buffers, b.filter_buffers(), filter + 1);
    int64_t line_first = 0;  // the row that the line's memory begins with
    for (size_t i = b.part_begins[part]; i < b.part_begins[part + 1]; ++i) {
        const Band& band = b.bands[i];
        if (band.keep_first < band.expand_first) {
            std::memmove(line, line + (band.keep_first - line_first) * b.row_bytes,
                         (band.expand_first - band.keep_first) * b.row_bytes);
        }
        line_first = band.keep_first;
        char* const expanded = line + (band.expand_first - line_first) * b.row_bytes;
        dnnl_status_t status = expand(buffers, part, band, expanded);
        if (status != dnnl_success) return status;
        const int64_t at_dst = (band.image * b.dst_rows + band.first) * b.dst_row_bytes;
        if (b.filter) {
            filter[1 + b.filter_buffers()] = b.is_projected() ? between : dst + at_dst;
            b.filter->run_band(filter, {band.image, band.first, band.last, line_first, band.first});
        }
        if (!b.is_projected()) continue;
        status = execute(buffers, part, band.projects, b.filter ? between : expanded, operand + at_dst, dst + at_dst);
        if (status != dnnl_success) return status;
    }
    return dnnl_success;
}

dnnl_status_t BandsRun::expand(void* const* buffers, int64_t part, const Band& band, char* to) const {
    if (band.expands < 0) return dnnl_success;
    const Bands& b = bands_;
    char* const src = static_cast<char*>(buffers[b.at.src]) + (band.image * b.src_rows + band.src_row) * b.src_row_bytes;
    const dnnl_status_t status = execute(buffers, part, band.expands, src, nullptr, to);
    if (status != dnnl_success || b.swish < 0) return status;
    const int64_t count = (band.expand_last - band.expand_first) * b.row_bytes / b.element_bytes;
    const Isa* isa = isa_of(kBestIsa);
    if (b.element_bytes == sizeof(Bf16)) {
        isa->swish_bf16(reinterpret_cast<Bf16*>(to), reinterpret_cast<Bf16*>(to), count, from_bits(b.swish));
    } else {
        isa->swish(reinterpret_cast<float*>(to), reinterpret_cast<float*>(to), count, from_bits(b.swish));
    }
    return dnnl_success;
}

dnnl_status_t BandsRun::execute(void* const* buffers, int64_t part, int64_t convolution, char* src, char* operand,
                                char* dst) const {
    const BandsConvolution& c = bands_.convolutions[convolution];
    const BandsBuffers& at = bands_.at;
    void* const weights = buffers[c.projects ? at.project_weights : at.expand_weights];
    void* const bias = c.has_bias ? buffers[c.projects ? at.project_bias : at.expand_bias] : nullptr;
    void* const scratchpad =
        c.has_scratchpad ? static_cast<char*>(buffers[at.scratchpad]) + part * bands_.scratchpad_bytes : nullptr;
    void* handles[6] = {src};
    int count = 1;
    const auto give = [&](bool there, void* handle) {
        if (there) handles[count++] = handle;
    };
    if (c.kernel != nullptr) {
        give(true, weights);
        give(c.has_bias, bias);
        give(c.adds, operand);
        give(c.has_scratchpad, scratchpad);
        give(true, dst);
        c.kernel->run(handles, 1);
        return dnnl_success;
    }
    if (c.adds && operand != dst) std::memcpy(dst, operand, dnnl_memory_desc_get_size(c.dst));
    give(true, dst);
    give(true, weights);
    give(c.has_bias, bias);
    give(c.has_scratchpad, scratchpad);
    const Part& own = parts_[part];
    const auto& arguments = own.calls[convolution].arguments;
    for (int i = 0; i < count; ++i) {
        const dnnl_status_t status = dnnl_memory_set_data_handle(arguments[i].memory, handles[i]);
        if (status != dnnl_success) return status;
    }
    return dnnl_primitive_execute(c.primitive, own.stream, count, arguments.data());
}

}  // namespace conv4j
