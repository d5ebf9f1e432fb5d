// The surface that Java sees (jni_network.cpp): a program of steps over borrowed oneDNN primitives and own kernels. Handles are
// addresses held in int64_t; no function throws; Java has checked every argument before it comes here.
#pragma once

#include <cstdint>

namespace conv4j {

// Where the bytes of a buffer are found when a step runs.
enum BufferKind : int {
    kArena = 0,     // value: byte offset into the context's arena
    kConstant = 1,  // value: address, owned by Java, alive as long as the network
    kInput = 2,     // value: index into the context's table of addresses
    kOutput = 3,    // value: likewise
};

enum KernelKind : int {
    kPixelShuffle = 0,
    kFill = 1,
    kResize = 2,
    kWinograd = 3,
    kWinogradWeights = 4,
    kSwishElements = 5,
    kDepthwise = 6,
    kJoinScaleShift = 7,
    kTranspose = 8,
    kDepthwiseWeights = 9,
    kIndirect = 10,
    kIndirectWeights = 11,
    kGemv = 12,
    kJoin = 13,
    kLocalResponse = 14,
    kIndirectGates = 15,
    kMaxPool = 16,
};

// The network: immutable once its first context exists. The engine, primitives and memory descriptors are borrowed.
int64_t network_create(int64_t engine, int threads) noexcept;
void network_destroy(int64_t network) noexcept;

// Adds a buffer, `offset` bytes beyond where kind and value say; returns its index.
int network_add_buffer(int64_t network, int kind, int64_t value, int64_t offset) noexcept;

// Adds a step that executes a primitive with `count` arguments: DNNL_ARG_* ids, memory descriptors, buffers.
int network_add_primitive(int64_t network, int64_t primitive, int count, const int* args, const int64_t* descs,
                          const int* buffers) noexcept;

// Adds a step that runs an own kernel; the parameters are the kernel's (kernels.hpp). Returns the step's index, or -1 if
// there is no such kernel.
int network_add_kernel(int64_t network, int kind, int parameter_count, const int64_t* parameters, int buffer_count,
                       const int* buffers) noexcept;

// Adds a step that runs a block of layers depth first; parameters and buffers are as bands.hpp says. Returns the step's
// index, or -1 if they make no sense.
int network_add_bands(int64_t network, int parameter_count, const int64_t* parameters, int buffer_count,
                      const int* buffers) noexcept;

// What Winograd's kernels of such parameters (winograd.hpp) need: bytes of packed weights and of scratchpad, to be aligned
// to 64 bytes. -1 if there are no such kernels.
int64_t winograd_weights_bytes(const int64_t* parameters, int count) noexcept;
int64_t winograd_scratchpad_bytes(const int64_t* parameters, int count) noexcept;

// The same of the depthwise kernels (depthwise.hpp); the scratchpad is for groups and the mean only.
int64_t depthwise_weights_bytes(const int64_t* parameters, int count) noexcept;
int64_t depthwise_scratchpad_bytes(const int64_t* parameters, int count) noexcept;

// The same of the products of gathered windows (indirect.hpp).
int64_t indirect_weights_bytes(const int64_t* parameters, int count) noexcept;
int64_t indirect_scratchpad_bytes(const int64_t* parameters, int count) noexcept;

// Lanes of the vectors of our kernels on this CPU.
int vector_lanes() noexcept;

// How many vectors of weights the fast inner product (fip.hpp) multiplies at a time on this CPU; 0 if it does not pay.
int fip_vectors() noexcept;

// What one run at a time needs. `arena` and `table` are owned by the caller; before each run the table holds the
// addresses of inputs and outputs. Returns 0 if oneDNN refuses.
int64_t context_create(int64_t network, int64_t arena, int64_t table) noexcept;
void context_destroy(int64_t context) noexcept;

// Runs the steps from `first` to before `last`. Returns 0, or the index of the failed step + 1 in the upper 32 bits and
// oneDNN's status in the lower.
int64_t context_run(int64_t context, int first, int last) noexcept;

// The same, and writes the nanoseconds that each step took: nanoseconds[0] is the step `first`.
int64_t context_profile(int64_t context, int first, int last, int64_t* nanoseconds) noexcept;

// Sets how many threads what the calling thread does from now on has: primitives that are created take their number from
// it. 0 takes it back.
void set_threads(int threads) noexcept;

// What set_threads has set, at least 1.
int get_threads() noexcept;

// Whether oneDNN uses our threads, not libgomp's (openmp.hpp).
bool onednn_runs_on_own_threads() noexcept;

// Asks the system for huge pages under a region; harmless where it cannot.
void advise_huge_pages(int64_t address, int64_t bytes) noexcept;

}  // namespace conv4j
