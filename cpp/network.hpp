// The program that a context runs; see conv4j.hpp for the contract.
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "bands.hpp"
#include "conv4j.hpp"
#include "kernels.hpp"

namespace conv4j {

struct Buffer {
    BufferKind kind;
    int64_t value;
    int64_t offset;
};

struct Argument {
    int id;
    const_dnnl_memory_desc_t desc;
    int buffer;
};

// Either a primitive with arguments, or a kernel or bands with buffers.
struct Step {
    const_dnnl_primitive_t primitive = nullptr;
    std::vector<Argument> arguments;
    std::unique_ptr<Kernel> kernel;
    std::unique_ptr<Bands> bands;
    std::vector<int> buffers;
};

class Network {
  public:
    Network(dnnl_engine_t engine, int threads) : engine_(engine), threads_(threads) {}

    int add(Buffer buffer);
    int add(Step step);

    dnnl_engine_t engine() const { return engine_; }
    int threads() const { return threads_; }
    const std::vector<Buffer>& buffers() const { return buffers_; }
    const std::vector<Step>& steps() const { return steps_; }

  private:
    dnnl_engine_t engine_;
    int threads_;
    std::vector<Buffer> buffers_;
    std::vector<Step> steps_;
};

// One run at a time: memory objects over an arena, ready-made argument lists, a stream. Inputs and outputs are bound
// before each run, and only where their address has changed.
class Context {
  public:
    Context(const Network& network, char* arena, const int64_t* table);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    // Whether everything could be created.
    bool ready() const { return ready_; }
    int64_t run(int first, int last);
    int64_t profile(int first, int last, int64_t* nanoseconds);

  private:
    struct Binding {
        dnnl_memory_t memory;
        int64_t slot;
        int64_t offset;
        int64_t bound;
    };

    void* address(int buffer) const;
    bool prepare(const Step& step);
    dnnl_status_t bind(int step);
    dnnl_status_t execute(int step);

    const Network& network_;
    char* arena_;
    const int64_t* table_;
    dnnl_stream_t stream_ = nullptr;
    bool ready_ = false;
    std::vector<dnnl_memory_t> memories_;
    std::vector<std::vector<dnnl_exec_arg_t>> arguments_;
    std::vector<std::vector<Binding>> bindings_;
    std::vector<std::unique_ptr<BandsRun>> bands_;  // by step; null for those that have none
    std::vector<void*> pointers_;
};

}  // namespace conv4j
