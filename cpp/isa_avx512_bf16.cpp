// The kernels on vectors of 16 lanes once more, for CPUs that convert to bf16 in one instruction.
#ifdef __AVX512BF16__
#define CONV4J_ISA isa_avx512_bf16
#include "isa_avx512.cpp"
#else
#include "isa.hpp"
namespace conv4j {
const Isa* isa_avx512_bf16() { return nullptr; }
}  // namespace conv4j
#endif
