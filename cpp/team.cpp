#include "team.hpp"

#include <immintrin.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace conv4j {

namespace {

constexpr int64_t kMicrosecond = 1000;
// How long threads stay awake after a run: longer than an application needs between two runs in a row.
constexpr int64_t kStayAwake = 500 * kMicrosecond;
// An awake thread takes a part within a microsecond. If it has not in this time, the system has not let it run.
constexpr int64_t kOverdue = 60 * kMicrosecond;
// The caller looks this often whether those it waits for make progress.
constexpr int64_t kLook = 50 * kMicrosecond;

int64_t nanoseconds(clockid_t clock) {
    timespec t;
    return clock_gettime(clock, &t) == 0 ? t.tv_sec * INT64_C(1000000000) + t.tv_nsec : 0;
}

int64_t now() { return nanoseconds(CLOCK_MONOTONIC); }

using Word = std::atomic<uint32_t>;
static_assert(sizeof(Word) == sizeof(uint32_t), "a futex is 32 bits");

void wait_while(Word& word, uint32_t value) {
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(Word& word, int threads) { syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, threads, nullptr, nullptr, 0); }

// Pauses, and says every 16th time or so that it is time to look at the clock.
class Spin {
  public:
    bool pause() {
        _mm_pause();
        return (++count_ & 15) == 0;
    }

  private:
    unsigned count_ = 0;
};

}  // namespace

class Team {
  public:
    // Called by the one who holds the team.
    void begin() {
        clockid_t clock;
        holder_.store(pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : kNobody, std::memory_order_relaxed);
    }
    void end() { holder_.store(kNobody, std::memory_order_relaxed); }
    void run(int parts, void (*body)(void*), void* data);

    void barrier(int parts);

  private:
    // The processor clock of the thread that holds the team. Those of threads are negative.
    static constexpr clockid_t kNobody = 0;

    enum class State { kWatching, kWorking, kAsleep };

    struct Worker {
        Team* team = nullptr;
        pthread_t thread{};
        std::atomic<State> state{State::kWatching};
        std::atomic<pid_t> id{0};
        // Whether the caller has confined it to `allowed` less one core.
        std::atomic<bool> confined{false};
        cpu_set_t allowed;
    };

    // The region and how far it has been handed out, in one word: 32 bits count regions, 16 are the parts, 16 the next one.
    struct Claim {
        uint64_t word;
        int part() const { return static_cast<int>(word & 0xffff); }
        int parts() const { return static_cast<int>(word >> 16 & 0xffff); }
        uint32_t region() const { return static_cast<uint32_t>(word >> 32); }
    };

    void grow(int workers);
    bool take(Claim& claim);
    void execute(Claim claim);
    void work(Worker& me);
    void await_region(Worker& me, uint32_t last);
    void sleep(Worker& me, uint32_t last);
    void move_off_this_core(State state);
    void join(uint32_t others);
    int64_t working_time() const;

    alignas(64) std::atomic<uint64_t> claim_{0};
    void (*body_)(void*) = nullptr;
    void* data_ = nullptr;
    // Counts regions as claim_ does: a futex has 32 bits.
    alignas(64) Word region_{0};
    Word sleepers_{0};
    std::atomic<clockid_t> holder_{kNobody};
    alignas(64) Word done_{0};
    std::atomic<bool> joining_{false};
    alignas(64) Word arrived_{0};
    Word barriers_{0};
    std::vector<std::unique_ptr<Worker>> workers_;
};

Membership& membership() noexcept {
    thread_local Membership me;
    return me;
}

// Takes a part of the current region if any is left. What the region's body is may be read after that only: until then,
// the region could end and another begin.
bool Team::take(Claim& claim) {
    uint64_t word = claim_.load(std::memory_order_acquire);
    for (;;) {
        claim.word = word;
        if (claim.part() >= claim.parts()) return false;
        if (claim_.compare_exchange_weak(word, word + 1, std::memory_order_acq_rel, std::memory_order_acquire)) return true;
    }
}

void Team::execute(Claim claim) {
    Membership& me = membership();
    me.part = claim.part();
    me.parts = claim.parts();
    body_(data_);
    me.part = 0;
    me.parts = 0;
}

void Team::run(int parts, void (*body)(void*), void* data) {
    grow(parts - 1);
    parts = std::min(parts, static_cast<int>(workers_.size()) + 1);
    body_ = body;
    data_ = data;
    done_.store(0, std::memory_order_relaxed);
    const uint32_t region = region_.load(std::memory_order_relaxed) + 1;
    // The caller has part 0.
    const Claim first{static_cast<uint64_t>(region) << 32 | static_cast<uint64_t>(parts) << 16 | 1};
    claim_.store(first.word, std::memory_order_release);
    region_.store(region, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) > 0) {
        // The system likes to wake a thread on the core of who wakes it, where it would wait until the caller is done.
        move_off_this_core(State::kAsleep);
        wake(region_, INT_MAX);
    }

    const int64_t start = now();
    execute({first.word - 1});
    uint32_t own = 1;
    for (Claim claim; take(claim); ++own) execute(claim);
    if (own > 1 && now() - start > kOverdue) move_off_this_core(State::kWatching);
    join(static_cast<uint32_t>(parts) - own);
}

// Waits until `others` parts have been done by others.
void Team::join(uint32_t others) {
    Spin spin;
    int64_t look = 0, before = -1;
    while (done_.load(std::memory_order_acquire) < others) {
        if (!spin.pause()) continue;
        const int64_t time = now();
        if (look == 0) look = time + kLook;
        if (time < look) continue;
        look = time + kLook;
        const int64_t used = working_time();
        if (used != before) {
            before = used;
            continue;
        }
        // They do not run. Leaving this core lets the system run them here.
        joining_.store(true, std::memory_order_seq_cst);
        for (uint32_t done; (done = done_.load(std::memory_order_seq_cst)) < others;) wait_while(done_, done);
        joining_.store(false, std::memory_order_relaxed);
    }
}

// Processor time of all who work at a part, in nanoseconds: it stands still if none of them runs.
int64_t Team::working_time() const {
    int64_t sum = 0;
    for (const auto& worker : workers_) {
        clockid_t clock;
        if (worker->state.load(std::memory_order_relaxed) == State::kWorking &&
            pthread_getcpuclockid(worker->thread, &clock) == 0) {
            sum += nanoseconds(clock);
        }
    }
    return sum;
}

// Keeps all workers of that state from this core until they run again. Each of them lifts it then.
void Team::move_off_this_core(State state) {
    const int core = sched_getcpu();
    if (core < 0 || core >= CPU_SETSIZE) return;
    for (auto& worker : workers_) {
        const pid_t id = worker->id.load(std::memory_order_acquire);
        if (id == 0 || worker->state.load(std::memory_order_relaxed) != state) continue;
        if (worker->confined.load(std::memory_order_acquire)) continue;
        if (sched_getaffinity(id, sizeof worker->allowed, &worker->allowed) != 0) continue;
        cpu_set_t others = worker->allowed;
        CPU_CLR(core, &others);
        if (CPU_COUNT(&others) == 0 || CPU_EQUAL(&others, &worker->allowed)) continue;
        if (sched_setaffinity(id, sizeof others, &others) == 0) worker->confined.store(true, std::memory_order_release);
    }
}

void Team::grow(int workers) {
    while (static_cast<int>(workers_.size()) < workers) {
        std::unique_ptr<Worker> worker(new (std::nothrow) Worker);
        if (!worker) return;
        worker->team = this;
        auto entry = [](void* data) -> void* {
            auto* me = static_cast<Worker*>(data);
            me->team->work(*me);
            return nullptr;
        };
        if (pthread_create(&worker->thread, nullptr, entry, worker.get()) != 0) return;
        pthread_setname_np(worker->thread, "conv4j-worker");
        workers_.push_back(std::move(worker));
    }
}

void Team::work(Worker& me) {
    membership().team = this;
    me.id.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_release);
    for (;;) {
        if (me.confined.load(std::memory_order_acquire)) {
            sched_setaffinity(0, sizeof me.allowed, &me.allowed);
            me.confined.store(false, std::memory_order_release);
        }
        Claim claim;
        while (take(claim)) {
            me.state.store(State::kWorking, std::memory_order_relaxed);
            membership().threads = claim.parts();
            execute(claim);
            me.state.store(State::kWatching, std::memory_order_relaxed);
            done_.fetch_add(1, std::memory_order_seq_cst);
            if (joining_.load(std::memory_order_seq_cst)) wake(done_, 1);
        }
        await_region(me, claim.region());
    }
}

// Returns when there may be a region after that one.
void Team::await_region(Worker& me, uint32_t last) {
    Spin spin;
    int64_t until = 0, look = 0, before = -1;
    while (Claim{claim_.load(std::memory_order_acquire)}.region() == last) {
        if (!spin.pause()) continue;
        const int64_t time = now();
        const clockid_t holder = holder_.load(std::memory_order_relaxed);
        bool enough = false;
        if (holder == kNobody) {
            if (until == 0) until = time + kStayAwake;
            enough = time > until;
        } else if (time > look) {
            // If the holder does not run, leaving this core lets the system run it here.
            const int64_t used = nanoseconds(holder);
            enough = used == before;
            before = used;
            look = time + kLook;
        }
        if (enough) {
            sleep(me, last);
            return;
        }
    }
}

void Team::sleep(Worker& me, uint32_t last) {
    me.state.store(State::kAsleep, std::memory_order_relaxed);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    wait_while(region_, last);
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    me.state.store(State::kWatching, std::memory_order_relaxed);
}

void Team::barrier(int parts) {
    const uint32_t barrier = barriers_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<uint32_t>(parts)) {
        arrived_.store(0, std::memory_order_relaxed);
        barriers_.store(barrier + 1, std::memory_order_release);
        return;
    }
    Spin spin;
    const int64_t start = now();
    while (barriers_.load(std::memory_order_acquire) == barrier) {
        if (spin.pause() && now() - start > kLook) sched_yield();
    }
}

namespace {

// Teams that nobody holds, the last one used at the end, as its threads are most likely awake. Never destroyed: threads
// may be using them while the process ends.
struct FreeTeams {
    std::mutex mutex;
    std::vector<Team*> teams;
};

FreeTeams& free_teams() {
    static auto* free = new FreeTeams;
    return *free;
}

Team* borrow_team() {
    FreeTeams& free = free_teams();
    const std::lock_guard<std::mutex> lock(free.mutex);
    if (free.teams.empty()) return new (std::nothrow) Team;
    Team* team = free.teams.back();
    free.teams.pop_back();
    return team;
}

void return_team(Team* team) {
    FreeTeams& free = free_teams();
    const std::lock_guard<std::mutex> lock(free.mutex);
    free.teams.push_back(team);
}

constexpr int kMostThreads = 0xffff;

}  // namespace

TeamLease::TeamLease(int threads) noexcept : before_(membership()) {
    Membership& me = membership();
    me.threads = threads;
    if (threads > 1 && me.team == nullptr) {
        me.team = borrow_team();
        if (me.team != nullptr) me.team->begin();
    }
}

TeamLease::~TeamLease() {
    Membership& me = membership();
    if (me.team != nullptr && before_.team == nullptr) {
        me.team->end();
        return_team(me.team);
    }
    me = before_;
}

void parallel(int threads, void (*body)(void*), void* data) noexcept {
    Membership& me = membership();
    if (threads > 1 && me.parts == 0) {
        const TeamLease lease(std::max(threads, me.threads));
        if (me.team != nullptr) {
            me.team->run(std::min(threads, kMostThreads), body, data);
            return;
        }
    }
    const Membership before = me;
    me.part = 0;
    me.parts = 1;
    body(data);
    me = before;
}

void region_barrier() noexcept {
    const Membership& me = membership();
    if (me.parts > 1) me.team->barrier(me.parts);
}

}  // namespace conv4j
