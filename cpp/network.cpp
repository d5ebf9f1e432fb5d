#include "network.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "isa.hpp"
#include "openmp.hpp"
#include "team.hpp"

namespace conv4j {

int Network::add(Buffer buffer) {
    buffers_.push_back(buffer);
    return static_cast<int>(buffers_.size()) - 1;
}

int Network::add(Step step) {
    steps_.push_back(std::move(step));
    return static_cast<int>(steps_.size()) - 1;
}

Context::Context(const Network& network, char* arena, const int64_t* table)
    : network_(network), arena_(arena), table_(table) {
    if (dnnl_stream_create(&stream_, network.engine(), dnnl_stream_default_flags) != dnnl_success) return;
    size_t most_buffers = 0;
    for (const Step& step : network.steps()) {
        if (!prepare(step)) return;
        most_buffers = std::max(most_buffers, step.buffers.size());
    }
    pointers_.resize(most_buffers);
    ready_ = true;
}

Context::~Context() {
    for (dnnl_memory_t memory : memories_) dnnl_memory_destroy(memory);
    if (stream_ != nullptr) dnnl_stream_destroy(stream_);
}

void* Context::address(int buffer) const {
    const Buffer& b = network_.buffers()[buffer];
    switch (b.kind) {
        case kArena: return arena_ + b.value + b.offset;
        case kConstant: return reinterpret_cast<void*>(b.value + b.offset);
        default: return reinterpret_cast<void*>(table_[b.value] + b.offset);
    }
}

bool Context::prepare(const Step& step) {
    bands_.push_back(step.bands ? std::make_unique<BandsRun>(*step.bands, network_.engine()) : nullptr);
    if (step.bands && !bands_.back()->ready()) return false;
    std::vector<dnnl_exec_arg_t> arguments;
    std::vector<Binding> bindings;
    for (const Argument& argument : step.arguments) {
        const Buffer& buffer = network_.buffers()[argument.buffer];
        const bool bound_later = buffer.kind == kInput || buffer.kind == kOutput;
        dnnl_memory_t memory = nullptr;
        void* handle = bound_later ? DNNL_MEMORY_NONE : address(argument.buffer);
        if (dnnl_memory_create(&memory, argument.desc, network_.engine(), handle) != dnnl_success) return false;
        memories_.push_back(memory);
        arguments.push_back({argument.id, memory});
        if (bound_later) bindings.push_back({memory, buffer.value, buffer.offset, 0});
    }
    arguments_.push_back(std::move(arguments));
    bindings_.push_back(std::move(bindings));
    return true;
}

dnnl_status_t Context::bind(int step) {
    for (Binding& binding : bindings_[step]) {
        const int64_t wanted = table_[binding.slot] + binding.offset;
        if (wanted == binding.bound) continue;
        const dnnl_status_t status = dnnl_memory_set_data_handle(binding.memory, reinterpret_cast<void*>(wanted));
        if (status != dnnl_success) return status;
        binding.bound = wanted;
    }
    return dnnl_success;
}

dnnl_status_t Context::execute(int index) {
    const Step& step = network_.steps()[index];
    for (size_t b = 0; b < step.buffers.size(); ++b) pointers_[b] = address(step.buffers[b]);
    if (step.bands) return bands_[index]->run(pointers_.data(), network_.threads());
    if (step.kernel) {
        step.kernel->run(pointers_.data(), network_.threads());
        return dnnl_success;
    }
    const dnnl_status_t status = bind(index);
    if (status != dnnl_success) return status;
    const auto& arguments = arguments_[index];
    return dnnl_primitive_execute(step.primitive, stream_, static_cast<int>(arguments.size()), arguments.data());
}

namespace {

int64_t failure(int step, dnnl_status_t status) {
    return (static_cast<int64_t>(step + 1) << 32) | static_cast<int64_t>(status);
}

}  // namespace

int64_t Context::run(int first, int last) {
    const TeamLease lease(network_.threads());
    set_openmp_threads(network_.threads());
    for (int i = first; i < last; ++i) {
        const dnnl_status_t status = execute(i);
        if (status != dnnl_success) return failure(i, status);
    }
    return 0;
}

int64_t Context::profile(int first, int last, int64_t* nanoseconds) {
    const TeamLease lease(network_.threads());
    set_openmp_threads(network_.threads());
    for (int i = first; i < last; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const dnnl_status_t status = execute(i);
        const auto taken = std::chrono::steady_clock::now() - start;
        if (status != dnnl_success) return failure(i, status);
        nanoseconds[i - first] = std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count();
    }
    return 0;
}

namespace {

Network* network_at(int64_t handle) { return reinterpret_cast<Network*>(handle); }
Context* context_at(int64_t handle) { return reinterpret_cast<Context*>(handle); }

}  // namespace

int64_t network_create(int64_t engine, int threads) noexcept {
    return reinterpret_cast<int64_t>(new (std::nothrow) Network(reinterpret_cast<dnnl_engine_t>(engine), threads));
}

void network_destroy(int64_t network) noexcept { delete network_at(network); }

int network_add_buffer(int64_t network, int kind, int64_t value, int64_t offset) noexcept {
    return network_at(network)->add(Buffer{static_cast<BufferKind>(kind), value, offset});
}

int network_add_primitive(int64_t network, int64_t primitive, int count, const int* args, const int64_t* descs,
                          const int* buffers) noexcept {
    Step step;
    step.primitive = reinterpret_cast<const_dnnl_primitive_t>(primitive);
    for (int i = 0; i < count; ++i) {
        step.arguments.push_back({args[i], reinterpret_cast<const_dnnl_memory_desc_t>(descs[i]), buffers[i]});
    }
    return network_at(network)->add(std::move(step));
}

int network_add_kernel(int64_t network, int kind, int parameter_count, const int64_t* parameters, int buffer_count,
                       const int* buffers) noexcept {
    Step step;
    step.kernel = make_kernel(static_cast<KernelKind>(kind), parameters, parameter_count);
    if (!step.kernel) return -1;
    step.buffers.assign(buffers, buffers + buffer_count);
    return network_at(network)->add(std::move(step));
}

int network_add_bands(int64_t network, int parameter_count, const int64_t* parameters, int buffer_count,
                      const int* buffers) noexcept {
    Step step;
    step.bands = Bands::make(parameters, parameter_count);
    if (!step.bands || step.bands->buffers != buffer_count) return -1;
    step.buffers.assign(buffers, buffers + buffer_count);
    return network_at(network)->add(std::move(step));
}

int64_t context_create(int64_t network, int64_t arena, int64_t table) noexcept {
    auto* context = new (std::nothrow)
        Context(*network_at(network), reinterpret_cast<char*>(arena), reinterpret_cast<const int64_t*>(table));
    if (context != nullptr && !context->ready()) {
        delete context;
        return 0;
    }
    return reinterpret_cast<int64_t>(context);
}

void context_destroy(int64_t context) noexcept { delete context_at(context); }

int64_t context_run(int64_t context, int first, int last) noexcept { return context_at(context)->run(first, last); }

int64_t context_profile(int64_t context, int first, int last, int64_t* nanoseconds) noexcept {
    return context_at(context)->profile(first, last, nanoseconds);
}

void set_threads(int threads) noexcept {
    membership().threads = threads;
    set_openmp_threads(threads);
}

int get_threads() noexcept { return std::max(1, membership().threads); }

int vector_lanes() noexcept { return isa_of(kBestIsa)->lanes; }

int fip_vectors() noexcept { return conv4j::fip_vectors(*isa_of(kBestIsa)); }

bool onednn_runs_on_own_threads() noexcept { return onednn_runs_on_teams(); }

void advise_huge_pages(int64_t address, int64_t bytes) noexcept {
    constexpr int64_t kHugePage = 2 << 20;
    const int64_t begin = (address + kHugePage - 1) / kHugePage * kHugePage;
    const int64_t end = (address + bytes) / kHugePage * kHugePage;
    if (end > begin) madvise(reinterpret_cast<void*>(begin), static_cast<size_t>(end - begin), MADV_HUGEPAGE);
}

}  // namespace conv4j
