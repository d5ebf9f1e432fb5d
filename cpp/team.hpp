// Threads for parallel regions, in the place of an OpenMP runtime's. A region has parts, as OpenMP's has threads, and any
// thread of the team may execute any of them: whoever is free takes the next one, the caller too. A thread that the
// system does not let run, because another process holds its core or because it is still waking up, holds up nobody: its
// part is done by the others.
//
// Parts may wait for one another (region_barrier, or oneDNN's own spinning barriers): a thread takes a second part only
// after it has finished one, so that a barrier of all parts finds every part begun by a thread of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "range.hpp"

namespace conv4j {

class Team;

// What the calling thread is doing.
struct Membership {
    Team* team = nullptr;  // that it holds or works for
    int threads = 0;       // how many its regions should have; 0: nobody has said
    int part = 0;          // that it executes
    int parts = 0;         // of the region that it is in; 0: it is in none
};

Membership& membership() noexcept;

// Sets the number of threads of the calling thread's regions while it lives, and keeps one team for all of them, awake. The
// teams belong to the process; there are as many as were ever held at once, each with threads for the largest region that
// it has had.
class TeamLease {
  public:
    explicit TeamLease(int threads) noexcept;
    ~TeamLease();
    TeamLease(const TeamLease&) = delete;
    TeamLease& operator=(const TeamLease&) = delete;

  private:
    Membership before_;
};

// Calls body(data) once for each part, in which membership() tells the part; returns when all are done. The number of
// parts is `threads`, or less if the system refuses threads, or 1 within a region. Borrows a team if the caller holds none.
void parallel(int threads, void (*body)(void*), void* data) noexcept;

// The same for a callable body(part, parts).
template <typename Body>
void parallel(int threads, const Body& body) noexcept {
    if (threads == 1) {
        body(0, 1);
        return;
    }
    auto call = [](void* data) {
        const Membership& me = membership();
        (*static_cast<const Body*>(data))(me.part, me.parts);
    };
    parallel(threads, call, const_cast<void*>(static_cast<const void*>(&body)));
}

// Calls body(i), or body(i, part), for every i in [0, count), neighbours in the same part.
template <typename Body>
void parallel_for(int64_t count, int threads, const Body& body) noexcept {
    parallel(static_cast<int>(std::clamp<int64_t>(count, 1, threads)), [&](int64_t part, int64_t parts) {
        for (int64_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
            if constexpr (std::is_invocable_v<Body, int64_t, int64_t>) {
                body(i, part);
            } else {
                body(i);
            }
        }
    });
}

// Threads share the cells of a table, row after row, evenly: calls body(part, row, columns, first) for what a part has of each of its
// rows, where first tells whether it is the part's first.
template <typename Body>
void parallel_for_cells(int64_t rows, int64_t columns, int threads, const Body& body) noexcept {
    const int64_t parts = std::min<int64_t>(threads, rows * columns);
    parallel_for(parts, threads, [&](int64_t part) {
        const Range mine = share(rows * columns, part, parts);
        for (int64_t first = mine.first, last; first < mine.last; first = last) {
            const int64_t row = first / columns;
            last = std::min(mine.last, (row + 1) * columns);
            body(part, row, Range{first - row * columns, last - row * columns}, first == mine.first);
        }
    });
}

// Returns when every part of the calling thread's region has called it.
void region_barrier() noexcept;

}  // namespace conv4j
