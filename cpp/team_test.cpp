// Tests of the threads; also built with AddressSanitizer and ThreadSanitizer. Exit code 1 if a check fails.
#include "team.hpp"

#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace conv4j;

namespace {

// Plain ints: ThreadSanitizer would see it if the end of a region did not order them.
void run_and_check(int threads) {
    std::vector<int> calls(static_cast<size_t>(threads), 0);
    parallel(threads, [&](int part, int parts) {
        CHECK(parts == threads);
        CHECK(membership().part == part && (parts == 1 || membership().parts == parts));
        ++calls[static_cast<size_t>(part)];
    });
    for (int count : calls) CHECK(count == 1);
}

void every_part_runs_once() {
    for (int i = 0; i < 3000; ++i) run_and_check(1 + i % 5);
}

void every_part_runs_once_under_a_lease() {
    const TeamLease lease(4);
    for (int i = 0; i < 3000; ++i) run_and_check(1 + i % 4);
}

void a_lease_tells_the_threads_and_takes_it_back() {
    CHECK(membership().threads == 0 && membership().team == nullptr);
    {
        const TeamLease outer(3);
        CHECK(membership().threads == 3);
        const Team* team = membership().team;
        CHECK(team != nullptr);
        {
            const TeamLease inner(2);
            CHECK(membership().threads == 2 && membership().team == team);
        }
        CHECK(membership().threads == 3 && membership().team == team);
    }
    CHECK(membership().threads == 0 && membership().team == nullptr);
}

void threads_that_sleep_wake_up() {
    for (int i = 0; i < 20; ++i) {
        usleep(2000);
        run_and_check(3);
    }
}

void loops_cover_their_range() {
    for (int64_t count : {0, 1, 2, 7, 100}) {
        std::vector<int> calls(static_cast<size_t>(count), 0);
        parallel_for(count, 3, [&](int64_t i) { ++calls[static_cast<size_t>(i)]; });
        for (int c : calls) CHECK(c == 1);
    }
}

// Plain ints here, too: no two threads may have the same piece.
void pieces_are_taken_once() {
    for (int64_t count : {1, 2, 3, 17, 1000}) {
        for (int threads : {2, 3, 70}) {
            std::vector<int> calls(static_cast<size_t>(count), 0);
            parallel_pieces(count, threads, [&](int64_t part) {
                CHECK(part < count && part < threads);
                return [&](Range some) {
                    CHECK(some.first < some.last);
                    for (int64_t i = some.first; i < some.last; ++i) ++calls[static_cast<size_t>(i)];
                };
            });
            for (int c : calls) CHECK(c == 1);
        }
    }
}

void so_many_pieces_are_counted_that_an_index_needs_more_than_32_bits() {
    constexpr int64_t kCount = (int64_t{5} << 32) + 3;
    Pieces pieces(kCount, 3);
    int64_t sum = 0;
    Range some;
    for (int64_t part = 0; pieces.take(part % 3, some); ++part) {
        CHECK(0 <= some.first && some.first < some.last && some.last <= kCount);
        sum += some.count();
    }
    CHECK(sum == kCount);
}

// One who is held up keeps what it has taken, a quarter of its share; all else is done without it.
void others_take_the_pieces_of_one_who_is_held_up() {
    constexpr int64_t kCount = 80, kOfTheSlow = kCount / 2 / 4;
    std::atomic<int64_t> done{0};
    parallel_pieces(kCount, 2, [&](int64_t part) {
        return [&, part](Range some) {
            const int64_t left_to_others = part == 0 ? kCount - kOfTheSlow : 0;
            while (done < left_to_others) sched_yield();
            done += some.count();
        };
    });
    CHECK(done == kCount);
}

void rows_of_a_table_are_shared_in_order() {
    for (int threads : {1, 2, 3}) {
        std::array<std::array<int, 5>, 4> calls{};
        parallel_for_cells(4, 5, threads, [&](int64_t part) {
            CHECK(part < threads);
            return [&](int64_t row, Range columns) {
                CHECK(columns.first < columns.last && columns.last <= 5);
                for (int64_t i = columns.first; i < columns.last; ++i) ++calls[static_cast<size_t>(row)][static_cast<size_t>(i)];
            };
        });
        for (const auto& row : calls) {
            for (int c : row) CHECK(c == 1);
        }
    }
}

void a_region_within_a_region_has_one_part() {
    std::atomic<int> inner{0};
    parallel(3, [&](int part, int) {
        parallel(2, [&](int inner_part, int inner_parts) {
            CHECK(inner_part == 0 && inner_parts == 1);
            ++inner;
        });
        CHECK(membership().part == part && membership().parts == 3);
    });
    CHECK(inner == 3);
}

// Rounds that would see one another's numbers without the barriers.
void barriers_separate_rounds() {
    std::array<int, 3> numbers{};
    for (int i = 0; i < 200; ++i) {
        parallel(3, [&](int part, int parts) {
            for (int round = 1; round < 5; ++round) {
                numbers[static_cast<size_t>(part)] = round;
                region_barrier();
                for (int n : numbers) CHECK(n == round);
                region_barrier();
            }
            CHECK(parts == 3);
        });
    }
}

void callers_side_by_side_have_teams_of_their_own() {
    std::vector<std::thread> callers;
    for (int c = 0; c < 4; ++c) {
        callers.emplace_back([] {
            for (int i = 0; i < 300; ++i) {
                const TeamLease lease(3);
                run_and_check(3);
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
}

// All on one core: every thread must give way for another to get on.
void threads_that_share_a_core_get_on() {
    cpu_set_t before, one;
    CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
    int core = 0;
    while (!CPU_ISSET(core, &before)) ++core;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    std::thread caller([&] {
        CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
        const TeamLease lease(7);  // more than any team has had, so that threads are created here
        for (int i = 0; i < 5; ++i) {
            run_and_check(7);
            std::atomic<int> sum{0};
            parallel(7, [&](int part, int) {
                for (int k = 0; k < 20000; ++k) sum.fetch_add(part, std::memory_order_relaxed);
            });
            CHECK(sum == 20000 * 21);
        }
    });
    caller.join();
}

}  // namespace

int main() {
    a_lease_tells_the_threads_and_takes_it_back();
    every_part_runs_once();
    every_part_runs_once_under_a_lease();
    threads_that_sleep_wake_up();
    loops_cover_their_range();
    pieces_are_taken_once();
    so_many_pieces_are_counted_that_an_index_needs_more_than_32_bits();
    others_take_the_pieces_of_one_who_is_held_up();
    rows_of_a_table_are_shared_in_order();
    a_region_within_a_region_has_one_part();
    barriers_separate_rounds();
    callers_side_by_side_have_teams_of_their_own();
    threads_that_share_a_core_get_on();
    std::puts("team_test: all passed");
    return 0;
}
