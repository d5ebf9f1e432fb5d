// For the tests of bands.hpp: a block's rows cut into bands, and oneDNN's primitives or our kernels for them.
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "bands.hpp"
#include "bands_case.hpp"
#include "check.hpp"
#include "conv4j.hpp"
#include "depthwise.hpp"
#include "isa.hpp"

namespace conv4j {

// Primitives, or kernels, for bands of a layer's rows; they live as long as this.
class Primitives {
  public:
    // Whether the expanding and the projecting convolution are run by kernels.
    explicit Primitives(bool own_expands = false, bool own_projects = false) : own_{own_expands, own_projects} {
        CHECK(dnnl_engine_create(&engine_, dnnl_cpu, 0) == dnnl_success);
    }
    ~Primitives() {
        for (auto primitive : primitives_) dnnl_primitive_destroy(primitive);
        for (auto pd : pds_) dnnl_primitive_desc_destroy(pd);
        for (auto desc : descs_) dnnl_memory_desc_destroy(desc);
        dnnl_engine_destroy(engine_);
    }
    Primitives(const Primitives&) = delete;
    Primitives& operator=(const Primitives&) = delete;

    dnnl_engine_t engine() const { return engine_; }
    int64_t count() const { return count_; }
    // The parameters of one of the kernels that expand or project; none if there are primitives.
    const std::vector<int64_t>& kernel(bool projects) const { return kernels_[projects]; }
    int64_t scratchpad_bytes() const { return scratchpad_bytes_; }
    const std::vector<int64_t>& parameters() const { return parameters_; }

    // The index of the one for rows [first, last) of dst.
    int64_t index(const Layer& l, bool projects, bool clips, bool adds, int64_t first, int64_t last) {
        const Side& h = l.height;
        const auto kind = std::make_tuple(projects, last - first, h.missing_before(first), h.missing_after(last));
        const auto known = known_.find(kind);
        if (known != known_.end()) return known->second;
        if (own_[projects]) {
            make_own(l, projects, clips, adds, first, last);
        } else {
            make(l, projects, clips, adds, first, last);
        }
        return known_[kind] = count_++;
    }

  private:
    dnnl_memory_desc_t desc(std::vector<dnnl_dim_t> dims, dnnl_format_tag_t tag) {
        dnnl_memory_desc_t made;
        CHECK(dnnl_memory_desc_create_with_tag(&made, static_cast<int>(dims.size()), dims.data(), dnnl_f32, tag) ==
              dnnl_success);
        descs_.push_back(made);
        return made;
    }

    void make(const Layer& l, bool projects, bool clips, bool adds, int64_t first, int64_t last) {
        const Side &h = l.height, &w = l.width;
        const auto src = desc({1, l.inputs, h.seen_last(last) - h.seen_first(first), w.src}, dnnl_nhwc);
        const auto weights = desc({l.outputs, l.inputs, h.kernel, w.kernel}, dnnl_oihw);
        const auto bias = l.bias.empty() ? nullptr : desc({l.outputs}, dnnl_a);
        const auto dst = desc({1, l.outputs, last - first, w.dst()}, dnnl_nhwc);
        const dnnl_dims_t strides = {h.stride, w.stride}, dense = {0, 0};
        const dnnl_dims_t before = {h.missing_before(first), w.before}, after = {h.missing_after(last), w.after};
        dnnl_post_ops_t post_ops;
        dnnl_primitive_attr_t attributes;
        CHECK(dnnl_post_ops_create(&post_ops) == dnnl_success);
        CHECK(dnnl_primitive_attr_create(&attributes) == dnnl_success);
        if (clips) dnnl_post_ops_append_eltwise(post_ops, dnnl_eltwise_clip, kLow, kHigh);
        if (adds) dnnl_post_ops_append_sum(post_ops, 1, 0, dnnl_f32);
        CHECK(dnnl_primitive_attr_set_post_ops(attributes, post_ops) == dnnl_success);
        CHECK(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) == dnnl_success);
        dnnl_primitive_desc_t pd;
        CHECK(dnnl_convolution_forward_primitive_desc_create(&pd, engine_, dnnl_forward_inference,
                                                             dnnl_convolution_direct, src, weights, bias, dst, strides,
                                                             dense, before, after, attributes) == dnnl_success);
        dnnl_post_ops_destroy(post_ops);
        dnnl_primitive_attr_destroy(attributes);
        pds_.push_back(pd);
        dnnl_primitive_t primitive;
        CHECK(dnnl_primitive_create(&primitive, pd) == dnnl_success);
        primitives_.push_back(primitive);
        const auto scratchpad = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
        const auto bytes = static_cast<int64_t>(dnnl_memory_desc_get_size(scratchpad));
        scratchpad_bytes_ = std::max(scratchpad_bytes_, (bytes + 63) / 64 * 64);
        parameters_.push_back(reinterpret_cast<int64_t>(primitive));
        parameters_.push_back(projects);
        for (const_dnnl_memory_desc_t each : {const_dnnl_memory_desc_t{src}, const_dnnl_memory_desc_t{weights},
                                              const_dnnl_memory_desc_t{bias}, const_dnnl_memory_desc_t{dst},
                                              bytes > 0 ? scratchpad : nullptr}) {
            parameters_.push_back(reinterpret_cast<int64_t>(each));
        }
        parameters_.push_back(adds);
        parameters_.push_back(0);
    }

    void make_own(const Layer& l, bool projects, bool clips, bool adds, int64_t first, int64_t last) {
        const Side &h = l.height, &w = l.width;
        const auto bits = [](float x) {
            uint32_t bits;
            std::memcpy(&bits, &x, sizeof bits);
            return int64_t{bits};
        };
        std::vector<int64_t> p = {kBestIsa, 1, 1, h.seen_last(last) - h.seen_first(first), w.src, l.inputs, last - first, w.dst(), l.outputs,
                                  h.kernel, h.stride, 1, h.missing_before(first), w.kernel, w.stride, 1, w.before, 0, !l.bias.empty(), 0, 0, 0};
        if (clips) p.insert(p.end(), {kClip, bits(kLow), bits(kHigh)});
        if (adds) p.insert(p.end(), {kAddOperand, 0, 0});
        const auto count = static_cast<int64_t>(p.size());
        scratchpad_bytes_ = std::max(scratchpad_bytes_, (indirect_scratchpad_bytes(p.data(), static_cast<int>(count)) + 63) / 64 * 64);
        parameters_.insert(parameters_.end(), {0, projects, 0, 0, !l.bias.empty(), 0, 1, adds, count});
        parameters_.insert(parameters_.end(), p.begin(), p.end());
        kernels_[projects] = p;
    }

    bool own_[2];
    std::vector<int64_t> kernels_[2];
    int64_t count_ = 0;
    dnnl_engine_t engine_;
    std::map<std::tuple<bool, int64_t, int64_t, int64_t>, int64_t> known_;
    std::vector<dnnl_memory_desc_t> descs_;
    std::vector<dnnl_primitive_desc_t> pds_;
    std::vector<dnnl_primitive_t> primitives_;
    std::vector<int64_t> parameters_;
    int64_t scratchpad_bytes_ = 0;
};

inline uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline std::vector<int64_t> depthwise_parameters(const Block& b) {
    const Layer& l = b.filter;
    const Side &h = l.height, &w = l.width;
    std::vector<int64_t> p = {kBestIsa, 0,        b.threads, b.batch,  l.inputs, h.src,           w.src,  h.dst(),
                              w.dst(),  h.kernel, h.stride,  h.before, w.before, !l.bias.empty(), b.mean, 1};
    if (b.activated) p.insert(p.end(), {kClip, bits_of(kLow), bits_of(kHigh)});
    return p;
}

// What the filter is, and its parameters; none if the block has none.
inline std::vector<int64_t> filter_parameters(const Block& b) {
    if (!b.filtered()) return {};
    const Side &h = b.filter.height, &w = b.filter.width;
    if (b.pools) {
        return {kMaxPool,  kBestIsa, b.batch, b.filter.inputs, h.src,    h.dst(), h.kernel,
                h.stride,  h.before, w.src,   w.dst(),         w.kernel, w.stride, w.before};
    }
    std::vector<int64_t> p = depthwise_parameters(b);
    p.insert(p.begin(), kDepthwise);
    return p;
}

// The rows of all images in bands of even rows, shared out among parts.
struct Schedule {
    std::vector<Band> bands;
    int64_t parts = 1, line_rows = 0, band_rows = 0;
};

// Bands of two to eight rows, in as many parts as asked for if there are enough.
inline Schedule cut(const Block& b, Primitives& primitives, std::mt19937& random, int64_t most_parts) {
    Schedule s;
    for (int64_t image = 0; image < b.batch; ++image) {
        for (int64_t first = 0, last; first < b.rows(); first = last) {
            last = std::min<int64_t>(b.rows(), first + kDepthwiseRows * (1 + random() % 4));
            s.bands.push_back({0, image, -1, 0, 0, 0, 0, first, last, -1});
        }
    }
    const auto count = static_cast<int64_t>(s.bands.size());
    s.parts = std::min(count, most_parts);
    const Side& h = b.filter.height;
    for (int64_t i = 0; i < count; ++i) {
        Band& band = s.bands[i];
        // The first part's bands come first, and so on; no part is without.
        band.part = i * s.parts / count;
        const bool follows = i > 0 && s.bands[i - 1].part == band.part && s.bands[i - 1].image == band.image;
        band.keep_first = b.filtered() ? h.seen_first(band.first) : band.first;
        band.expand_last = b.filtered() ? h.seen_last(band.last) : band.last;
        band.expand_first = follows && b.filtered() ? s.bands[i - 1].expand_last : band.keep_first;
        if (band.expand_first < band.expand_last) {
            const bool clips = b.activated && !b.swish;
            band.expands = primitives.index(b.expand, false, clips, false, band.expand_first, band.expand_last);
            band.src_row = b.expand.height.seen_first(band.expand_first);
        }
        s.line_rows = std::max(s.line_rows, band.expand_last - band.keep_first);
        s.band_rows = std::max(s.band_rows, band.last - band.first);
    }
    for (Band& band : s.bands) {
        if (!b.projected()) continue;
        band.projects = primitives.index(b.project, true, false, b.residual != kNone, band.first, band.last);
    }
    return s;
}

// The parameters of Bands.
inline std::vector<int64_t> parameters_of(const Block& b, const Schedule& s, const Primitives& primitives) {
    const auto filter = filter_parameters(b);
    const int64_t row = b.expand.width.dst() * b.expand.outputs;
    const int64_t between = b.last().width.dst() * b.expand.outputs;  // a projection keeps the width
    std::vector<int64_t> p = {4,
                              b.activated && b.swish ? bits_of(kAlpha) : int64_t{-1},
                              b.expand.height.src,
                              4 * b.expand.width.src * b.expand.inputs,
                              4 * row,
                              4 * between,
                              4 * b.dst_row(),
                              s.line_rows,
                              b.filtered() && b.projected() ? s.band_rows : 0,
                              primitives.scratchpad_bytes(),
                              b.rows(),
                              static_cast<int64_t>(filter.size()),
                              primitives.count(),
                              static_cast<int64_t>(s.bands.size())};
    p.insert(p.end(), filter.begin(), filter.end());
    p.insert(p.end(), primitives.parameters().begin(), primitives.parameters().end());
    for (const Band& a : s.bands) {
        p.insert(p.end(), {a.part, a.image, a.expands, a.src_row, a.keep_first, a.expand_first, a.expand_last, a.first,
                           a.last, a.projects});
    }
    return p;
}

}  // namespace conv4j
