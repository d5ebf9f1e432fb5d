#include "isa.hpp"

namespace conv4j {

const Isa* isa_of(int64_t kind) {
    const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                        __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("fma") != 0 && isa_avx512() != nullptr;
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && isa_avx2() != nullptr;
    const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16") != 0 && isa_avx512_bf16() != nullptr;
    switch (kind) {
        case kBestIsa: return bf16 ? isa_avx512_bf16() : avx512 ? isa_avx512() : avx2 ? isa_avx2() : isa_portable();
        case kPortable: return isa_portable();
        case kAvx2: return avx2 ? isa_avx2() : nullptr;
        case kAvx512: return avx512 ? isa_avx512() : nullptr;
        case kAvx512Bf16: return bf16 ? isa_avx512_bf16() : nullptr;
        default: return nullptr;
    }
}

}  // namespace conv4j
