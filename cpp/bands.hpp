// Depth-first execution of an inverted residual block: a convolution that expands the channels, perhaps swish over what it
// has written, a depthwise convolution and perhaps a pointwise one that projects onto fewer channels are run one after the
// other for a band of rows, and then for the next band, so that what lies between them stays in the level-2 cache and
// the whole of it exists nowhere. In place of the depthwise convolution, here called the filter, there may be a max pooling, or
// nothing: then the projection, a pointwise one, reads what the expanding one has written. The convolutions are oneDNN's or our own
// (indirect.hpp), for one thread and a band's rows; each part, of as many as there are threads, has its bands one below the other and
// memory of its own for the rows between.
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels.hpp"

namespace conv4j {

// What computes so many rows of the expanding or the projecting convolution: oneDNN's primitive or our kernel.
struct BandsConvolution {
    std::unique_ptr<Kernel> kernel;  // null if there is a primitive
    const_dnnl_primitive_t primitive;
    bool projects, has_bias, has_scratchpad;  // the scratchpad of the part
    bool adds;  // a primitive to what dst holds, a kernel an operand
    const_dnnl_memory_desc_t src, weights, bias, dst, scratchpad;  // of a primitive; null where there is none
};

// Rows of an image: the expanding convolution reads src from src_row on and writes the rows [expand_first, expand_last); the
// rows [keep_first, expand_first) are there from the band before. Rows [first, last) of the filter's dst and of the
// projection's follow from them.
struct Band {
    int64_t part, image, expands, src_row, keep_first, expand_first, expand_last, first, last, projects;
};

// Where to find the buffers of a step among those it is given; -1 if there are none. Those of the filter come first, but for src and
// dst.
struct BandsBuffers {
    int src, expand_weights, expand_bias, line, project_weights, project_bias, between, operand, scratchpad, dst;
};

// The immutable description, read from parameters:
//   bytes of an element; bits of swish's alpha, or -1 for none; rows of an image of src, bytes of a row of src, of the
//   expanded tensor, of the filter's dst and of dst; rows of the expanded tensor that a part's memory holds,
//   and of the filter's dst, if there is one and it is projected, else 0; bytes of a part's scratchpad; rows of an image of dst;
//   how many there are of: parameters of the filter, convolutions, bands
//   the filter's KernelKind and the parameters of that (depthwise.hpp, max_pool.hpp), or none
//   for each convolution 9: primitive, projects, src, weights, bias, dst, scratchpad, adds, how many parameters of a kernel follow;
//   then these (indirect.hpp). If there are any, the primitive is 0, and of the others bias and scratchpad just say whether there
//   is one
//   for each band 10: as Band; the parts in order, from 0 on
// Buffers: those of the filter, but for src and dst; src; weights and, if any, bias of the expanding convolution; rows of the expanded
// tensor, for each part; if there is a projection, its weights and, if any, bias, what is added to it, which may be dst if there is
// one part, and, if there is a filter, rows of its dst for each part; if there is any, the primitives' scratchpad, for each part; dst.
class Bands {
  public:
    // Null if the parameters make no sense.
    static std::unique_ptr<Bands> make(const int64_t* parameters, int count);

    int64_t element_bytes, swish;
    int64_t src_rows, src_row_bytes, row_bytes, between_row_bytes, dst_row_bytes;
    int64_t line_rows, between_rows, scratchpad_bytes, dst_rows;
    int64_t parts;
    std::unique_ptr<BandedKernel> filter;  // null if there is none
    std::vector<BandsConvolution> convolutions;
    std::vector<Band> bands;
    std::vector<size_t> part_begins;  // parts + 1
    BandsBuffers at;
    int buffers;

    // Of the filter, but for src and dst.
    int filter_buffers() const { return filter ? filter->buffers() - 2 : 0; }
    bool is_projected() const { return between_rows > 0 || !filter; }

  private:
    bool parse(const int64_t* parameters, int count);
    const int64_t* parse_convolution(const int64_t* parameters, const int64_t* end);
    bool parse_bands(const int64_t* parameters, int64_t count);
    bool fits(const Band& band) const;
    void place_buffers();
};

// What one context needs to run them: memory objects for each part and convolution, a stream for each part.
class BandsRun {
  public:
    BandsRun(const Bands& bands, dnnl_engine_t engine);
    ~BandsRun();
    BandsRun(const BandsRun&) = delete;
    BandsRun& operator=(const BandsRun&) = delete;

    // Whether everything could be created.
    bool ready() const { return ready_; }
    dnnl_status_t run(void* const* buffers, int threads) const noexcept;

  private:
    struct Call {
        std::vector<dnnl_exec_arg_t> arguments;  // src, dst, weights, then bias and scratchpad if there are any
    };
    struct Part {
        dnnl_stream_t stream = nullptr;
        std::vector<Call> calls;
    };

    bool prepare(Part& part, dnnl_engine_t engine);
    bool add(Call& call, int id, const_dnnl_memory_desc_t desc, dnnl_engine_t engine);
    dnnl_status_t run_part(void* const* buffers, int64_t part) const;
    dnnl_status_t expand(void* const* buffers, int64_t part, const Band& band, char* to) const;
    // With the operand's bytes from where dst begins, if there is an operand.
    dnnl_status_t execute(void* const* buffers, int64_t part, int64_t convolution, char* src, char* operand, char* dst) const;

    const Bands& bands_;
    bool ready_ = false;
    std::vector<Part> parts_;
    std::vector<dnnl_memory_t> memories_;
};

}  // namespace conv4j
