// Lets oneDNN, which is built for OpenMP, run on our teams (team.hpp).
#pragma once

namespace conv4j {

// Whether oneDNN's calls of OpenMP come to us. It is tried once, when this library is loaded; where it fails, oneDNN goes
// on using libgomp's threads, with the same results.
//
// Only oneDNN's own table of imported functions is changed, so that other libraries of the process that use OpenMP keep
// libgomp. Of oneDNN's calls only those are ours that come from threads with a TeamLease or from a team; all others are
// passed on, so that whoever else uses oneDNN in this process notices nothing.
bool onednn_runs_on_teams() noexcept;

// Sets the number of libgomp's threads of the calling thread if oneDNN uses those.
void set_openmp_threads(int threads) noexcept;

}  // namespace conv4j
