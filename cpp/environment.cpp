// A library of its own, loaded before libgomp, which reads its environment once, when it is loaded. After a parallel
// region its threads spin for some milliseconds; when another process holds the core of one of them, every region waits
// that long for it. A spin of some microseconds bridges the time between two layers just as well.
#include <cstdlib>

namespace {

struct Environment {
    Environment() {
        if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "10000", 0);
    }
} const environment;

}  // namespace
