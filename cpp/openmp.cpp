#include "openmp.hpp"

#include <elf.h>
#include <link.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "team.hpp"

extern "C" {
void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags);
void GOMP_barrier();
}

namespace conv4j {

namespace {

int max_threads() {
    const int threads = membership().threads;
    return threads > 0 ? threads : omp_get_max_threads();
}

int num_threads() {
    const int parts = membership().parts;
    return parts > 0 ? parts : omp_get_num_threads();
}

int thread_num() { return membership().parts > 0 ? membership().part : omp_get_thread_num(); }

int in_parallel() { return membership().parts > 1 || omp_in_parallel(); }

void barrier() {
    if (membership().parts > 0) {
        region_barrier();
    } else {
        GOMP_barrier();
    }
}

void parallel_region(void (*body)(void*), void* data, unsigned threads, unsigned flags) {
    if (membership().threads == 0) {
        GOMP_parallel(body, data, threads, flags);
    } else {
        parallel(threads > 0 ? static_cast<int>(threads) : max_threads(), body, data);
    }
}

struct Replacement {
    const char* name;
    void* function;
};

template <typename Function>
Replacement replacement(const char* name, Function* function) {
    return {name, reinterpret_cast<void*>(function)};
}

// All that oneDNN imports of OpenMP.
const std::array<Replacement, 6> kReplacements{{
    replacement("omp_get_max_threads", max_threads),
    replacement("omp_get_num_threads", num_threads),
    replacement("omp_get_thread_num", thread_num),
    replacement("omp_in_parallel", in_parallel),
    replacement("GOMP_barrier", barrier),
    replacement("GOMP_parallel", parallel_region),
}};

using Slots = std::array<void**, kReplacements.size()>;

// The dynamic section of a loaded object (ELF specification, "Dynamic Linking").
class LoadedObject {
  public:
    LoadedObject(uintptr_t base, const ElfW(Dyn) * dynamic) : base_(base) {
        for (; dynamic->d_tag != DT_NULL; ++dynamic) {
            switch (dynamic->d_tag) {
                case DT_SYMTAB: symbols_ = at<ElfW(Sym)>(dynamic->d_un.d_ptr); break;
                case DT_STRTAB: names_ = at<char>(dynamic->d_un.d_ptr); break;
                case DT_JMPREL: calls_ = at<ElfW(Rela)>(dynamic->d_un.d_ptr); break;
                case DT_PLTRELSZ: call_count_ = dynamic->d_un.d_val / sizeof(ElfW(Rela)); break;
                case DT_PLTREL: usable_ = dynamic->d_un.d_val == DT_RELA; break;
                default: break;
            }
        }
        usable_ = usable_ && symbols_ != nullptr && names_ != nullptr && calls_ != nullptr;
    }

    // Where the addresses of the functions of kReplacements are kept; false unless all are found.
    bool find(Slots& slots) const {
        size_t found = 0;
        for (size_t i = 0; usable_ && i < call_count_; ++i) {
            const ElfW(Sym)& symbol = symbols_[ELF64_R_SYM(calls_[i].r_info)];
            if (ELF64_R_TYPE(calls_[i].r_info) != R_X86_64_JUMP_SLOT || symbol.st_shndx != SHN_UNDEF) continue;
            for (size_t r = 0; r < kReplacements.size(); ++r) {
                if (std::strcmp(names_ + symbol.st_name, kReplacements[r].name) != 0) continue;
                slots[r] = reinterpret_cast<void**>(base_ + calls_[i].r_offset);
                ++found;
            }
        }
        return found == kReplacements.size();
    }

  private:
    // glibc has added the base already, other C libraries have not.
    template <typename T>
    const T* at(uintptr_t address) const {
        return reinterpret_cast<const T*>(address < base_ ? base_ + address : address);
    }

    uintptr_t base_;
    const ElfW(Sym) * symbols_ = nullptr;
    const char* names_ = nullptr;
    const ElfW(Rela) * calls_ = nullptr;
    size_t call_count_ = 0;
    bool usable_ = false;
};

// A program header of the object that covers the address.
const ElfW(Phdr) * header_of(const dl_phdr_info& object, uint32_t type, uintptr_t address) {
    for (int i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr)& header = object.dlpi_phdr[i];
        const uintptr_t begin = object.dlpi_addr + header.p_vaddr;
        if (header.p_type == type && address >= begin && address < begin + header.p_memsz) return &header;
    }
    return nullptr;
}

// The linker makes whole pages of the table read-only after filling it (PT_GNU_RELRO).
bool replace(const dl_phdr_info& object, void** slot, void* function) {
    const auto size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const uintptr_t page = reinterpret_cast<uintptr_t>(slot) & ~(size - 1);
    const bool read_only = header_of(object, PT_GNU_RELRO, page + size - 1) != nullptr;
    if (read_only && mprotect(reinterpret_cast<void*>(page), size, PROT_READ | PROT_WRITE) != 0) return false;
    __atomic_store_n(slot, function, __ATOMIC_RELEASE);
    if (read_only) mprotect(reinterpret_cast<void*>(page), size, PROT_READ);
    return true;
}

bool replace_all(const dl_phdr_info& object) {
    for (int i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr)& header = object.dlpi_phdr[i];
        if (header.p_type != PT_DYNAMIC) continue;
        const auto* dynamic = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + header.p_vaddr);
        Slots slots{};
        if (!LoadedObject(object.dlpi_addr, dynamic).find(slots)) return false;
        std::array<void*, kReplacements.size()> before{};
        for (size_t r = 0; r < slots.size(); ++r) {
            before[r] = *slots[r];
            if (replace(object, slots[r], kReplacements[r].function)) continue;
            while (r-- > 0) replace(object, slots[r], before[r]);
            return false;
        }
        return true;
    }
    return false;
}

// Loading has read all of oneDNN's tables of symbols and relocations, which nobody reads again: 14 MB that would stay
// resident. What is never written to comes back from the file where it is needed after all.
void forget_what_loading_read(const dl_phdr_info& object) {
    const auto size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object.dlpi_phnum; ++i) {
        const ElfW(Phdr)& header = object.dlpi_phdr[i];
        if (header.p_type != PT_LOAD || (header.p_flags & PF_W) != 0) continue;
        const uintptr_t begin = (object.dlpi_addr + header.p_vaddr + size - 1) & ~(size - 1);
        const uintptr_t end = (object.dlpi_addr + header.p_vaddr + header.p_filesz) & ~(size - 1);
        if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
}

bool bind() {
    bool bound = false;
    auto visit = [](dl_phdr_info* object, size_t, void* data) {
        if (header_of(*object, PT_LOAD, reinterpret_cast<uintptr_t>(&dnnl_primitive_execute)) == nullptr) return 0;
        *static_cast<bool*>(data) = replace_all(*object);
        forget_what_loading_read(*object);
        return 1;
    };
    dl_iterate_phdr(visit, &bound);
    return bound;
}

const bool bound = bind();

}  // namespace

bool onednn_runs_on_teams() noexcept { return bound; }

void set_openmp_threads(int threads) noexcept {
    if (!bound && threads > 0 && omp_get_max_threads() != threads) omp_set_num_threads(threads);
}

}  // namespace conv4j
