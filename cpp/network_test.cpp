// Tests of the program and the kernels without a JVM; also built with AddressSanitizer. Exit code 1 if a check fails.
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "conv4j.hpp"
#include "isa.hpp"

using namespace conv4j;

namespace {

template <typename T>
int64_t handle(T pointer) {
    return reinterpret_cast<int64_t>(pointer);
}

void run_kernel_on(KernelKind kind, const std::vector<int64_t>& parameters, const std::vector<void*>& buffers,
                   int threads) {
    dnnl_engine_t engine;
    CHECK(dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success);
    const int64_t network = network_create(handle(engine), threads);
    std::vector<int> indices;
    for (void* buffer : buffers) indices.push_back(network_add_buffer(network, kConstant, handle(buffer), 0));
    CHECK(network_add_kernel(network, kind, static_cast<int>(parameters.size()), parameters.data(),
                             static_cast<int>(indices.size()), indices.data()) == 0);
    const int64_t context = context_create(network, 0, 0);
    CHECK(context != 0);
    CHECK(context_run(context, 0, 1) == 0);
    context_destroy(context);
    network_destroy(network);
    dnnl_engine_destroy(engine);
}

std::vector<float> run_kernel(KernelKind kind, const std::vector<int64_t>& parameters, std::vector<void*> buffers,
                              size_t elements, int threads) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> dst(elements, nan);
    buffers.push_back(dst.data());
    run_kernel_on(kind, parameters, buffers, threads);
    return dst;
}

uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

void transposes_each_of_a_batch() {
    std::vector<float> src = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    auto dst = run_kernel(kTranspose, {2, 2, 3}, {src.data()}, 12, 2);
    CHECK((dst == std::vector<float>{1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12}));
    auto back = run_kernel(kTranspose, {2, 3, 2}, {dst.data()}, 12, 1);
    CHECK(back == src);
}

void pixel_shuffle_places_phases() {
    // 1x2 pixels, two groups of two phases (along W) of one channel: W stride 2, one pixel cut before.
    std::vector<float> src = {0, 1, 10, 11, 2, 3, 12, 13};
    auto dst = run_kernel(kPixelShuffle, {1, 2, 1, 1, 0, 1, 1, 1, 0, 1, 1, 2, 1, 2, 3, 4}, {src.data()}, 6, 1);
    CHECK((dst == std::vector<float>{1, 11, 2, 12, 3, 13}));
}

void pixel_shuffle_copies_small_phases() {
    // Rows of every width and crop around a vector's; what is copied too much must not remain, nor leave the tensors.
    for (int64_t stride = 1; stride <= 5; ++stride) {
        for (int64_t width = 1; width <= 20; ++width) {
            for (int64_t crop = 0; crop < std::min(stride, width); ++crop) {
                const int64_t src_width = (width + crop + stride - 1) / stride, height = 2;
                std::vector<float> src(height * src_width * stride);
                for (size_t i = 0; i < src.size(); ++i) src[i] = static_cast<float>(i);
                auto dst = run_kernel(kPixelShuffle,
                                      {1, 1, 1, 1, 0, 1, 1, 1, 0, height, height, stride, crop, src_width, width, 4},
                                      {src.data()}, height * width, 2);
                for (int64_t y = 0; y < height; ++y) {
                    for (int64_t x = 0; x < width; ++x) {
                        CHECK(dst[y * width + x] == static_cast<float>(y * src_width * stride + x + crop));
                    }
                }
            }
        }
    }
}

void fill_writes_every_element() {
    const float value = -1.5f;
    for (float got : run_kernel(kFill, {40000, bits_of(value)}, {}, 40000, 2)) CHECK(got == value);
}

void swish_is_near_the_real_one() {
    // Of every count of elements beyond whole vectors, on more threads than there is work for, in place and not.
    const float alpha = 1.5f;
    for (int64_t count : {1, 15, 16, 17, 63, 64, 65, 100, 70001}) {
        std::vector<float> src(count);
        for (int64_t i = 0; i < count; ++i) src[i] = static_cast<float>(i % 401 - 200) / 8;
        const auto dst = run_kernel(kSwishElements, {count, bits_of(alpha), 4}, {src.data()}, count + 1, 3);
        std::vector<float> in_place = src;
        run_kernel_on(kSwishElements, {count, bits_of(alpha), 4}, {in_place.data(), in_place.data()}, 3);
        for (int64_t i = 0; i < count; ++i) {
            const double want = src[i] / (1 + std::exp(-static_cast<double>(alpha) * src[i]));
            const double relative = 1e-6 + std::fabs(alpha * src[i]) / (1 << 23);
            CHECK(std::fabs(dst[i] - want) <= relative * std::fabs(want) + 1e-12);
            CHECK(in_place[i] == dst[i]);
        }
        CHECK(std::isnan(dst[count]));
    }
}

void swish_of_the_largest_numbers(const Isa& isa) {
    const float inf = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
    const std::vector<float> src = {inf, most, 100, -100, -1e9f, -most, std::nanf("")};
    std::vector<float> dst(src.size());
    isa.swish(src.data(), dst.data(), static_cast<int64_t>(src.size()), 1.5f);
    CHECK(dst[0] == inf && dst[1] == most && dst[2] == 100);
    // Where e^150 is beyond f32, what is taken instead is at least 2^127.
    for (size_t i = 3; i < 6; ++i) CHECK(dst[i] <= 0 && dst[i] >= src[i] * 0x1p-126f);
    CHECK(std::isnan(dst[6]));
}

float from_bf16(uint16_t bits) {
    const uint32_t wide = static_cast<uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
}

void swish_in_bf16_is_the_nearest(const Isa& isa) {
    // All of bf16 from -20 to 20, every count of elements around whole vectors; what lies behind is left alone.
    std::vector<Bf16> src;
    for (uint32_t bits = 0; bits < 1 << 16; ++bits) {
        if (std::fabs(from_bf16(static_cast<uint16_t>(bits))) <= 20) src.push_back({static_cast<uint16_t>(bits)});
    }
    for (size_t count : {size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{67}, src.size()}) {
        std::vector<Bf16> dst(count + 1, Bf16{0xbeef});
        const std::vector<Bf16> given(src.end() - static_cast<int64_t>(count), src.end());
        isa.swish_bf16(given.data(), dst.data(), static_cast<int64_t>(count), 1);
        for (size_t i = 0; i < count; ++i) {
            const double x = from_bf16(given[i].bits), want = x / (1 + std::exp(-x));
            // Half a unit in the last place, what f32 adds to it, and what has no normal form may become 0.
            CHECK(std::fabs(from_bf16(dst[i].bits) - want) <= 1.001 / 256 * std::fabs(want) + 1.18e-38);
        }
        CHECK(dst[count].bits == 0xbeef);
    }
}

void bf16_keeps_nan_and_zero(const Isa& isa) {
    const std::vector<Bf16> src = {{0x7fc0}, {0x7f81}, {0xff81}, {0x8000}, {0x0000}};
    std::vector<Bf16> dst(src.size());
    isa.swish_bf16(src.data(), dst.data(), static_cast<int64_t>(src.size()), 1);
    for (size_t i = 0; i < 3; ++i) CHECK(std::isnan(from_bf16(dst[i].bits)));
    CHECK(dst[3].bits == 0x8000 && dst[4].bits == 0);
}

void swish_everywhere() {
    for (int kind : {kPortable, kAvx2, kAvx512, kAvx512Bf16}) {
        const Isa* isa = isa_of(kind);
        if (isa == nullptr) continue;
        swish_of_the_largest_numbers(*isa);
        swish_in_bf16_is_the_nearest(*isa);
        bf16_keeps_nan_and_zero(*isa);
    }
}

void join_scale_shift_joins_and_scales() {
    // Whole numbers, exact in bf16 too, of channels around whole vectors and pixels around whole blocks.
    const std::vector<int64_t> channels = {1, 16, 5, 33};
    for (int64_t pixels : {1, 31, 32, 70}) {
        for (bool bf16 : {false, true}) {
            const auto store = [&](std::vector<char>& to, float value) {
                uint32_t bits = bits_of(value);
                const char* from = reinterpret_cast<const char*>(&bits);
                to.insert(to.end(), from + (bf16 ? 2 : 0), from + 4);
            };
            std::vector<std::vector<char>> src(channels.size());
            std::vector<float> table(2 * 55);
            std::vector<char> want;
            for (int c = 0; c < 55; ++c) table[c] = static_cast<float>(c % 3 - 1), table[55 + c] = static_cast<float>(c % 5 - 2);
            for (int64_t i = 0, at = 0; i < pixels; ++i) {
                int64_t c = 0;
                for (size_t tensor = 0; tensor < channels.size(); ++tensor) {
                    for (int64_t k = 0; k < channels[tensor]; ++k, ++c, ++at) {
                        const auto x = static_cast<float>(at % 13 - 6);
                        store(src[tensor], x);
                        store(want, std::max(0.0f, x * table[c] + table[55 + c]));
                    }
                }
            }
            std::vector<char> dst(want.size() + 2, 77);
            std::vector<void*> buffers;
            for (auto& tensor : src) buffers.push_back(tensor.data());
            buffers.push_back(table.data());
            buffers.push_back(dst.data());
            run_kernel_on(kJoinScaleShift, {pixels, bf16 ? 2 : 4, 1, 1, 16, 5, 33}, buffers, 2);
            CHECK(dst[want.size()] == 77 && dst[want.size() + 1] == 77);
            dst.resize(want.size());
            CHECK(dst == want);
        }
    }
}

void resize_weighs_taps() {
    // Width 2 to 3 by two taps, height and depth unchanged, two channels.
    std::vector<float> src = {0, 100, 4, 200};
    struct {
        int32_t depth_index = 0;
        float depth_weight = 1;
        int32_t height_index = 0;
        float height_weight = 1;
        int32_t width_index[6] = {0, 1, 0, 1, 0, 1};
        float width_weight[6] = {1, 0, 0.5f, 0.5f, 0.25f, 0.75f};
    } table;
    auto dst = run_kernel(kResize, {1, 2, 1, 1, 1, 1, 1, 1, 2, 3, 2}, {src.data(), &table}, 6, 1);
    CHECK((dst == std::vector<float>{0, 100, 2, 150, 3, 175}));
}

void unknown_kernels_are_refused() {
    const int64_t network = network_create(0, 1);
    const int64_t parameters[] = {1};
    const int buffer = network_add_buffer(network, kArena, 0, 0);
    CHECK(network_add_kernel(network, 99, 1, parameters, 1, &buffer) == -1);
    CHECK(network_add_kernel(network, kFill, 1, parameters, 1, &buffer) == -1);
    network_destroy(network);
}

// 2 x + 1 on `elements` f32, for as many threads as are set when it is made.
struct LinearPrimitive {
    dnnl_engine_t engine;
    dnnl_memory_desc_t desc;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t primitive;

    explicit LinearPrimitive(dnnl_dim_t elements) {
        CHECK(dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success);
        CHECK(dnnl_memory_desc_create_with_tag(&desc, 1, &elements, dnnl_f32, dnnl_a) == dnnl_success);
        CHECK(dnnl_eltwise_forward_primitive_desc_create(&pd, engine, dnnl_forward_inference, dnnl_eltwise_linear, desc,
                                                         desc, 2.0f, 1.0f, nullptr) == dnnl_success);
        CHECK(dnnl_primitive_create(&primitive, pd) == dnnl_success);
    }
    ~LinearPrimitive() {
        dnnl_primitive_destroy(primitive);
        dnnl_primitive_desc_destroy(pd);
        dnnl_memory_desc_destroy(desc);
        dnnl_engine_destroy(engine);
    }
    LinearPrimitive(const LinearPrimitive&) = delete;
    LinearPrimitive& operator=(const LinearPrimitive&) = delete;

    int add_to(int64_t network, int src, int dst) const {
        const int args[] = {DNNL_ARG_SRC, DNNL_ARG_DST};
        const int64_t descs[] = {handle(desc), handle(desc)};
        const int buffers[] = {src, dst};
        return network_add_primitive(network, handle(primitive), 2, args, descs, buffers);
    }
};

// Twice: input -> arena -> output, with addresses that change between runs.
void primitives_run_over_arena_and_bound_buffers() {
    const LinearPrimitive linear(4);
    const int64_t network = network_create(handle(linear.engine), 1);
    const int src = network_add_buffer(network, kInput, 0, 4), middle = network_add_buffer(network, kArena, 64, 0),
              dst = network_add_buffer(network, kOutput, 1, 0);
    CHECK(linear.add_to(network, src, middle) == 0);
    CHECK(linear.add_to(network, middle, dst) == 1);

    std::vector<float> arena(32);
    int64_t table[2] = {0, 0};
    const int64_t context = context_create(network, handle(arena.data()), handle(table));
    CHECK(context != 0);
    for (int round = 0; round < 3; ++round) {
        std::vector<float> in(5, static_cast<float>(round)), out(4, std::numeric_limits<float>::quiet_NaN());
        table[0] = handle(in.data());
        table[1] = handle(out.data());
        CHECK(context_run(context, 0, 2) == 0);
        for (float got : out) CHECK(got == 4.0f * static_cast<float>(round) + 3.0f);
        int64_t nanoseconds[2] = {-1, -1};
        CHECK(context_profile(context, 0, 2, nanoseconds) == 0);
        CHECK(nanoseconds[0] >= 0 && nanoseconds[1] >= 0);
    }
    context_destroy(context);
    network_destroy(network);
}

void threads_are_set_for_the_calling_thread() {
    set_threads(2);
    CHECK(get_threads() == 2);
    set_threads(1);
    CHECK(get_threads() == 1);
    set_threads(0);
    CHECK(get_threads() == 1);
}

int threads_named(const char* name) {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string line;
        std::getline(std::ifstream(task.path() / "comm"), line);
        count += line == name;
    }
    return count;
}

// Must come first: only then no own kernel has needed threads before.
void onednn_runs_on_our_threads() {
    CHECK(onednn_runs_on_own_threads());
    CHECK(threads_named("conv4j-worker") == 0);
    set_threads(3);
    const LinearPrimitive linear(1 << 20);
    const int64_t network = network_create(handle(linear.engine), 3);
    std::vector<float> numbers(1 << 20, 1.0f);
    const int buffer = network_add_buffer(network, kConstant, handle(numbers.data()), 0);
    CHECK(linear.add_to(network, buffer, buffer) == 0);
    set_threads(0);
    const int64_t context = context_create(network, 0, 0);
    CHECK(context != 0);
    CHECK(context_run(context, 0, 1) == 0);
    CHECK(threads_named("conv4j-worker") == 2);
    for (float number : numbers) CHECK(number == 3.0f);
    context_destroy(context);
    network_destroy(network);
}

}  // namespace

int main() {
    onednn_runs_on_our_threads();
    transposes_each_of_a_batch();
    pixel_shuffle_places_phases();
    pixel_shuffle_copies_small_phases();
    fill_writes_every_element();
    swish_is_near_the_real_one();
    swish_everywhere();
    join_scale_shift_joins_and_scales();
    resize_weighs_taps();
    unknown_kernels_are_refused();
    primitives_run_over_arena_and_bound_buffers();
    threads_are_set_for_the_calling_thread();
    std::puts("network_test: all passed");
    return 0;
}
