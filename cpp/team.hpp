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

#include "pieces.hpp"
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

// Threads share `count` pieces of work as they get on with them. Calls make(part) once for each part that has any, and what it
// returns with ranges of pieces.
template <typename Make>
void parallel_pieces(int64_t count, int threads, const Make& make) noexcept {
    const int64_t parts = std::min<int64_t>(threads, count);
    if (parts <= 0) return;
    if (parts == 1) {
        make(0)(Range{0, count});
        return;
    }
    Pieces pieces(count, parts);
    parallel(static_cast<int>(parts), [&](int64_t part, int64_t) {
        Range some;
        if (!pieces.take(part, some)) return;
        auto body = make(part);
        do body(some);
        while (pieces.take(part, some));
    });
}

// Calls body(i), or body(i, part), for every i in [0, count), neighbours in the same part as far as can be (Pieces).
template <typename Body>
void parallel_for(int64_t count, int threads, const Body& body) noexcept {
    parallel_pieces(count, threads, [&](int64_t part) {
        return [&body, part](Range some) {
            for (int64_t i = some.first; i < some.last; ++i) {
                if constexpr (std::is_invocable_v<Body, int64_t, int64_t>) {
                    body(i, part);
                } else {
                    body(i);
                }
            }
        };
    });
}

// Threads share the cells of a table, row after row. Calls make(part) once for each part that has any, and what it returns, as
// body(row, columns), for what that part does of a row, perhaps several times for the same row.
template <typename Make>
void parallel_for_cells(int64_t rows, int64_t columns, int threads, const Make& make) noexcept {
    parallel_pieces(rows * columns, threads, [&](int64_t part) {
        return [columns, body = make(part)](Range cells) mutable {
            for (int64_t first = cells.first, last; first < cells.last; first = last) {
                const int64_t row = first / columns;
                last = std::min(cells.last, (row + 1) * columns);
                body(row, Range{first - row * columns, last - row * columns});
            }
        };
    });
}

// Returns when every part of the calling thread's region has called it.
void region_barrier() noexcept;

}  // namespace conv4j
