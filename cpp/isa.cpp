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

// The answer for an AMD of which the adders are known to be apart; 0 for others.
int fip_vectors_of_cpu() {
#if defined(__x86_64__)
    constexpr unsigned kAmd = 0x68747541;  // "Auth", of "AuthenticAMD"
    constexpr unsigned kZen3Or4 = 0x19, kZen5 = 0x1a, kPerformance = 0x8000001a, kWholeUnits = 1 << 3;
    unsigned eax, ebx, ecx, edx;
    if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0 || ebx != kAmd || __get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return 0;
    const unsigned base = eax >> 8 & 0xf, family = base == 0xf ? base + (eax >> 20 & 0xff) : base;
    // Units of 256 bits, which take two steps for what is loaded in one.
    if (family == kZen3Or4) return 1;
    // Of 512 bits: two vectors are added, and two loaded, at a time. Zen 5 has units of 256 bits, too, of which nothing was measured.
    if (family == kZen5 && __get_cpuid(kPerformance, &eax, &ebx, &ecx, &edx) != 0 && (eax & kWholeUnits) != 0) return 2;
#endif
    return 0;
}

}  // namespace

int fip_vectors(const Isa& isa) {
    // Asked once: where the CPU is a virtual one its monitor answers, some ten microseconds later.
    static const int vectors = fip_vectors_of_cpu();
    // With shorter vectors sums cannot be made of memory that holds a single number, and there are too few registers.
    return isa.lanes == 16 ? vectors : 0;
}

}  // namespace conv4j
