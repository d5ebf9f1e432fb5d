#include "depthwise_problem.hpp"

#include <limits>

namespace conv4j::depthwise {

namespace {

constexpr int kFixedParameters = 16;

}  // namespace

bool Problem::parse(const int64_t* p, int count) {
    if (count < kFixedParameters || !post_ops.parse(p + kFixedParameters, count - kFixedParameters)) return false;
    for (int i = 0; i < post_ops.count; ++i) {
        PostOp& op = post_ops.all[i];
        if (op.kind < kRelu || op.kind > kSigmoid) return false;
        if (op.kind == kRelu && op.alpha == 0) op = {kClip, 0, std::numeric_limits<float>::infinity(), nullptr};
    }
    isa = isa_of(p[0]);
    if (isa == nullptr || p[1] < 0 || p[1] > 2) return false;
    for (int i : {2, 3, 4, 5, 6, 7, 8}) {
        if (p[i] < 1) return false;
    }
    reduced = p[1] == 1;
    winograd = p[1] == 2;
    threads = static_cast<int>(p[2]);
    batch = p[3];
    channels = p[4];
    kernel = p[9];
    stride = p[10];
    height = {p[5], p[7], p[11]};
    width = {p[6], p[8], p[12]};
    bias = p[13] != 0;
    mean = p[14] != 0;
    group = p[15];
    const bool grouped = group > 1 && channels % group == 0 && (isa->lanes % group == 0 || wide());
    const bool known = kernel == 3 || (kernel == 5 && group == 1);
    if (winograd && group == 1) return false;
    return known && (group == 1 || grouped) && (stride == 1 || stride == 2) && height.pad >= 0 && width.pad >= 0 && width.pad <= kernel / 2 &&
           width.after(kernel, stride) <= kernel / 2;
}

}  // namespace conv4j::depthwise
