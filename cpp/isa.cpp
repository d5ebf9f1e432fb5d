#include "isa.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

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

namespace {

// Whether this is one of AMD's Zen 3 or Zen 4.
bool is_zen_3_or_4() {
#if defined(__x86_64__)
    constexpr unsigned kAmd = 0x68747541;  // "Auth", of "AuthenticAMD"
    constexpr unsigned kFamily = 0x19;
    unsigned eax, ebx, ecx, edx;
    if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0 || ebx != kAmd || __get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
    const unsigned base = eax >> 8 & 0xf, family = base == 0xf ? base + (eax >> 20 & 0xff) : base;
    return family == kFamily;
#else
    return false;
#endif
}

}  // namespace

bool adders_are_apart(const Isa& isa) {
    // Asked once: where the CPU is a virtual one its monitor answers, some ten microseconds later.
    static const bool apart = is_zen_3_or_4();
    // With shorter vectors sums cannot be made of memory that holds a single number, and there are too few registers.
    return apart && isa.lanes == 16;
}

}  // namespace conv4j
