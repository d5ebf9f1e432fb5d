// A library of its own, loaded before libgomp, which reads its environment once, when it is loaded. After a parallel
// region its threads spin for some milliseconds; when another process holds the core of one of them, every region waits
// that long for it. A spin of a few microseconds bridges the time between two layers just as well: 10000 rounds save
// nothing on a quiet machine that 1000 do not, and beside a process that holds a core resnet50 takes 73 ms with them
// instead of 46.
#include <cstdlib>

namespace {

struct Environment {
    Environment() {
        if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", 0);
    }
} const environment;

}  // namespace
