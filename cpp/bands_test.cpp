// Tests of blocks that run depth first against their layers one after the other, as plain loops; also built with
// AddressSanitizer. Bands and parts are cut at random. Exit code 1 if a check fails.
#include "bands.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "bands_case.hpp"
#include "bands_schedule.hpp"
#include "check.hpp"
#include "conv4j.hpp"
#include "depthwise.hpp"
#include "indirect.hpp"

using namespace conv4j;

namespace {

// Numbers with others behind them that nobody may write.
class Guarded {
  public:
    explicit Guarded(int64_t count) : numbers_(count + 16, std::numeric_limits<float>::quiet_NaN()) {
        std::fill(numbers_.end() - 16, numbers_.end(), 77.0f);
    }
    float* data() { return numbers_.data(); }
    void check() const {
        CHECK(std::all_of(numbers_.end() - 16, numbers_.end(), [](float x) { return x == 77; }));
    }

  private:
    std::vector<float> numbers_;
};

struct Result {
    std::vector<float> dst, mean;
};

// The weights as a kernel with such parameters reads them, or as they are if there is none.
std::vector<float> packed_for(const std::vector<int64_t>& kernel, const Layer& layer) {
    if (kernel.empty()) return layer.weights;
    const auto count = static_cast<int>(kernel.size());
    std::vector<float> packed(indirect_weights_bytes(kernel.data(), count) / 4);
    std::vector<int64_t> of_rows = {0, layer.outputs};
    of_rows.insert(of_rows.end(), kernel.begin(), kernel.end());
    void* pack[] = {const_cast<float*>(layer.weights.data()), packed.data()};
    make_indirect_weights(of_rows.data(), count + 2)->run(pack, 1);
    return packed;
}

// Runs the block in its bands; every buffer that it writes holds NaN before.
Result run(Block& b, const Schedule& s, const Primitives& primitives) {
    const auto p = parameters_of(b, s, primitives);
    const auto d = b.filtered() && !b.pools ? depthwise_parameters(b) : std::vector<int64_t>();
    const int depthwise_count = static_cast<int>(d.size());
    const int64_t channels = b.expand.outputs;
    Guarded packed(std::max<int64_t>(0, depthwise_weights_bytes(d.data(), depthwise_count)) / 4);
    Guarded sums(std::max<int64_t>(0, depthwise_scratchpad_bytes(d.data(), depthwise_count)) / 4);
    Guarded mean(b.batch * channels), line(s.parts * s.line_rows * b.expand.width.dst() * channels);
    Guarded between(s.parts * s.band_rows * b.last().width.dst() * channels);
    Guarded scratchpad(s.parts * primitives.scratchpad_bytes() / 4), dst(b.batch * b.rows() * b.dst_row());
    const auto expand_weights = packed_for(primitives.kernel(false), b.expand), project_weights = packed_for(primitives.kernel(true), b.project);
    void* pack[] = {b.filter.weights.data(), packed.data()};
    if (!d.empty()) make_depthwise_weights(d.data(), depthwise_count)->run(pack, 1);
    if (b.residual == kInPlace) std::copy(b.operand.begin(), b.operand.end(), dst.data());

    const int64_t network = network_create(reinterpret_cast<int64_t>(primitives.engine()), static_cast<int>(b.threads));
    std::vector<int> buffers;
    const auto give = [&](bool there, const float* address) {
        if (there) buffers.push_back(network_add_buffer(network, kConstant, reinterpret_cast<int64_t>(address), 0));
    };
    give(!d.empty(), packed.data());
    give(!b.filter.bias.empty(), b.filter.bias.data());
    give(b.mean, sums.data());
    give(b.mean, mean.data());
    give(true, b.src.data());
    give(true, expand_weights.data());
    give(!b.expand.bias.empty(), b.expand.bias.data());
    give(true, line.data());
    give(b.projected(), project_weights.data());
    give(!b.project.bias.empty(), b.project.bias.data());
    give(b.residual != kNone, b.residual == kInPlace ? dst.data() : b.operand.data());
    give(b.filtered() && b.projected(), between.data());
    give(primitives.scratchpad_bytes() > 0, scratchpad.data());
    give(true, dst.data());
    const auto parameter_count = static_cast<int>(p.size()), buffer_count = static_cast<int>(buffers.size());
    const auto add = [&](int given) {
        return network_add_bands(network, parameter_count, p.data(), given, buffers.data());
    };
    if (add(buffer_count - 1) != -1) fail(b, "does without a buffer");
    if (add(buffer_count) != 0) fail(b, "refused");
    const int64_t context = context_create(network, 0, 0);
    CHECK(context != 0);
    if (context_run(context, 0, 1) != 0) fail(b, "does not run");
    context_destroy(context);
    network_destroy(network);
    for (const Guarded* each : {&packed, &sums, &mean, &line, &between, &scratchpad, &dst}) each->check();
    return {{dst.data(), dst.data() + b.batch * b.rows() * b.dst_row()},
            {mean.data(), mean.data() + b.batch * channels}};
}

// Exact for whole numbers; swish rounds.
void check(const Block& b, const Result& got, const Expected& want) {
    double largest = 0;
    for (double x : want.dst) largest = std::max(largest, std::fabs(x));
    for (size_t i = 0; i < want.dst.size(); ++i) {
        if (!(std::fabs(got.dst[i] - want.dst[i]) <= (b.swish ? 1e-5 * largest : 0))) fail(b, "wrong number");
    }
    for (size_t i = 0; b.mean && i < want.mean.size(); ++i) {
        if (!(std::fabs(got.mean[i] - want.mean[i]) <= 1e-5 * (1 + std::fabs(want.mean[i])))) fail(b, "wrong mean");
    }
}

// How many schedules had something of the kind that the tests are for.
struct Met {
    int blocks, parts, kept, unexpanded, scratchpads, unprojected, unfiltered, pooled, pooled_only, in_place, first_layers, own, both_own;
};

void blocks_equal_their_layers() {
    Met met{};
    for (int seed = 0; seed < 400; ++seed) {
        Block b = drawn(seed);
        const Expected want = layer_by_layer(b);
        std::mt19937 random(seed);
        for (int64_t most_parts : {1, 2, 5}) {
            if (most_parts > 1 && b.residual == kInPlace) continue;
            const bool own_expands = random() % 2 == 0, own_projects = random() % 2 == 0;
            Primitives primitives(own_expands, own_projects);
            const Schedule s = cut(b, primitives, random, most_parts);
            check(b, run(b, s, primitives), want);
            ++met.blocks;
            met.parts += s.parts > 1;
            met.scratchpads += primitives.scratchpad_bytes() > 0;
            met.unprojected += !b.projected();
            met.unfiltered += !b.filtered();
            met.pooled += b.pools;
            met.pooled_only += b.pools && !b.projected();
            met.in_place += b.residual == kInPlace;
            met.first_layers += b.expand.height.kernel > 1;
            met.own += own_expands || (own_projects && b.projected());
            met.both_own += own_expands && own_projects && b.residual == kBeside;
            for (const Band& band : s.bands) {
                met.kept += band.keep_first < band.expand_first;
                met.unexpanded += band.expands < 0;
            }
        }
    }
    std::printf("bands tests: %d schedules passed, %d of several parts, %d bands with kept rows, %d without new ones\n",
                met.blocks, met.parts, met.kept, met.unexpanded);
    CHECK(met.parts > 0 && met.kept > 0 && met.unexpanded > 0 && met.scratchpads > 0 && met.unprojected > 0 &&
          met.unfiltered > 0 && met.pooled > 0 && met.pooled_only > 0 && met.in_place > 0 && met.first_layers > 0 && met.own > 0 && met.both_own > 0);
}

// A block in two parts of several bands that keep rows, and where its parameters begin.
struct Given {
    std::vector<int64_t> parameters;
    Schedule schedule;
    int64_t primitives, first_primitive, bands;

    // Of a band.
    int64_t at(size_t band, int field) const { return bands + 10 * static_cast<int64_t>(band) + field; }
};

bool refused(const std::vector<int64_t>& p) { return !Bands::make(p.data(), static_cast<int>(p.size())); }

Given given(Primitives& primitives) {
    for (int seed = 0;; ++seed) {
        const Block b = drawn(seed);
        if (!b.filtered() || b.pools || !b.projected() || b.residual != kNone || b.batch > 1 || b.rows() < 20) continue;
        std::mt19937 random(seed);
        Given g{{}, cut(b, primitives, random, 2), primitives.count(), 0, 0};
        CHECK(g.schedule.parts == 2 && g.schedule.bands[1].part == 0);
        CHECK(g.schedule.bands[1].keep_first < g.schedule.bands[1].expand_first);
        g.parameters = parameters_of(b, g.schedule, primitives);
        g.first_primitive = 14 + g.parameters[11];
        g.bands = static_cast<int64_t>(g.parameters.size() - 10 * g.schedule.bands.size());
        CHECK(!refused(g.parameters));
        return g;
    }
}

void parameters_without_sense_are_refused() {
    enum { kPart, kImage, kExpands, kSrcRow, kKeepFirst, kExpandFirst, kExpandLast, kFirst, kLast, kProjects };
    Primitives primitives;
    const Given g = given(primitives);
    const std::vector<Band>& bands = g.schedule.bands;
    const Band &second = bands[1], &last = bands.back();
    const size_t end = bands.size() - 1;
    const auto of_second_part = [](const Band& band) { return band.part == 1; };
    const size_t part = std::find_if(bands.begin(), bands.end(), of_second_part) - bands.begin();
    int64_t most_src_row = 0;
    for (const Band& band : bands) most_src_row = std::max(most_src_row, band.src_row);
    const std::vector<std::pair<int64_t, int64_t>> changes = {
        {2, most_src_row},                                       // rows of src
        {7, g.schedule.line_rows - 1},                           // too few rows between
        {8, g.schedule.band_rows - 1},
        {10, last.last - 1},                                     // rows of dst
        {11, 14},                                                // numbers of parameters
        {12, 0},
        {12, g.primitives + 1},
        {13, 0},
        {13, static_cast<int64_t>(bands.size()) + 1},
        {14, kMaxPool},                                          // what the filter is
        {14, kWinograd},
        {14 + 1 + 9, 4},                                         // the depthwise kernel
        {g.first_primitive, 0},                                  // no primitive, and no kernel
        {g.first_primitive + 8, -1},                             // numbers of a kernel's parameters
        {g.first_primitive + 8, 9},
        {g.first_primitive + 8, int64_t{1} << 40},
        {g.at(0, kPart), 1},                                     // parts that begin with 1, go back and leave one out
        {g.at(end, kPart), 0},
        {g.at(end, kPart), 3},
        {g.at(1, kImage), -1},
        {g.at(1, kExpands), -1},                                 // primitives that do not exist or are the other's
        {g.at(1, kExpands), g.primitives},
        {g.at(1, kExpands), second.projects},
        {g.at(1, kProjects), -1},
        {g.at(1, kProjects), g.primitives},
        {g.at(1, kProjects), second.expands},
        {g.at(1, kSrcRow), -1},
        {g.at(0, kKeepFirst), -1},                               // rows that do not exist, or the wrong way round
        {g.at(1, kKeepFirst), second.expand_first + 1},
        {g.at(1, kExpandLast), second.expand_first - 1},
        {g.at(1, kFirst), second.first + 1},                     // within rows that are computed together
        {g.at(1, kFirst), -2},
        {g.at(1, kLast), second.first},
        {g.at(end, kLast), last.last + 1},
        {10, last.last + 1},                                     // rows of dst that the filter has not
        {g.at(1, kImage), 1},                                    // an image that it has not
        {g.at(end, kExpandLast), last.expand_last + 1},          // rows that it has not, or sees and are missing
        {g.at(end, kExpandLast), last.expand_last - 1},
        {g.at(1, kKeepFirst), second.keep_first + 1},
        {g.at(1, kExpandFirst), second.expand_first + 1},        // kept rows that the band before has not left
        {g.at(part, kKeepFirst), bands[part].keep_first - 1},
    };
    for (const auto& [at, value] : changes) {
        std::vector<int64_t> p = g.parameters;
        p[at] = value;
        if (refused(p)) continue;
        std::fprintf(stderr, "bands: not refused: parameter %d (bands from %d on) = %d\n", int(at), int(g.bands),
                     int(value));
        std::exit(1);
    }
    std::vector<int64_t> p = g.parameters;
    p.pop_back();
    CHECK(refused(p));
    CHECK(!Bands::make(g.parameters.data(), 13));
}

}  // namespace

int main() {
    // A part of the bands is one thread's.
    set_threads(1);
    blocks_equal_their_layers();
    parameters_without_sense_are_refused();
    set_threads(0);
    return 0;
}
