// What each layer around an archive costs a find, and what it spares the archive: the same finds with all layers, with
// one of them left out, and of the bare archive, in the same run.
#include "bench/far_archive.hpp"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>

namespace {

using namespace pons;
using namespace pons::bench;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t one_after_the_other = 100;
constexpr int rounds = 3;
constexpr std::size_t at_once = 1000;
constexpr std::size_t in_vain = 200;
constexpr std::uint32_t cap = 200;
constexpr std::size_t capped_studies = 600;

struct counted_rows final : upstream::row_sink {
    std::size_t count = 0;
    void row(mapping::data_set&&) override { ++count; }
};

/// How some finds went.
struct course {
    std::vector<milliseconds> each;
    milliseconds wall{};
    double cpu_us = 0;  // of each, all in all
    std::size_t rows = 0;
    std::size_t failed = 0;
    far_away seen;
};

awaitable<void> ask(upstream::archive& who, mapping::find_request what, course& of)
{
    counted_rows rows;
    auto const begun = clock::now();
    result<upstream::found> how = co_await who.find(what, rows, begun + std::chrono::minutes(2));
    of.each.emplace_back(clock::now() - begun);
    of.rows += rows.count;
    of.failed += how ? 0 : 1;
}

double cpu_now()
{
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Asks `requests`, all at once or one after the other.
course go(std::vector<mapping::data_set> const& studies, far_away behaves, layers const& which,
          std::vector<mapping::find_request> const& requests, bool together)
{
    config::source settings;
    settings.name = "far";
    settings.limits.associations = 4;
    settings.limits.queue_length = at_once;
    settings.limits.queue = std::chrono::minutes(2);
    settings.timeouts.total = std::chrono::minutes(2);
    settings.answer_cache.time = std::chrono::minutes(10);
    asio::io_context context{1};
    auto const source = with_layers(std::make_unique<far_archive>(studies, behaves), which, settings);
    course all;
    auto const rethrow = [](std::exception_ptr e) {
        if (e)
            std::rethrow_exception(e);
    };
    auto const cpu = cpu_now();
    auto const begun = clock::now();
    for (auto const& request : requests) {
        asio::co_spawn(context, ask(*source, request, all), rethrow);
        if (together)
            continue;
        context.run();
        context.restart();
    }
    context.run();
    all.wall = clock::now() - begun;
    all.cpu_us = (cpu_now() - cpu) / static_cast<double>(requests.size());
    all.seen = behaves;
    return all;
}

double median(std::vector<milliseconds> all)
{
    auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::ranges::nth_element(all, middle);
    return middle->count();
}

/// The better of two equal courses in each number.
void keep_better(course& of, course const& other)
{
    if (median(other.each) < median(of.each))
        of.each = other.each;
    of.cpu_us = std::min(of.cpu_us, other.cpu_us);
    of.failed += other.failed;
}

/// One line of a table: how `which` compares with the bare archive.
void measure(char const* name, layers const& which, std::vector<mapping::data_set> const& studies)
{
    std::vector<mapping::find_request> different;
    for (std::size_t i = 0; i < at_once; ++i)
        different.push_back(study_numbered(studies, i));
    std::vector<mapping::find_request> const equal(at_once, different.front());
    std::vector<mapping::find_request> const some(different.begin(), different.begin() + one_after_the_other);
    std::vector<mapping::find_request> const few(different.begin(), different.begin() + in_vain);
    auto const part = std::vector<mapping::data_set>(studies.begin(), studies.begin() + capped_studies);

    auto alone = go(studies, {}, which, some, false);
    auto bare = go(studies, {}, none, some, false);
    for (int round = 1; round < rounds; ++round) {
        keep_better(alone, go(studies, {}, which, some, false));
        keep_better(bare, go(studies, {}, none, some, false));
    }
    auto const again = go(studies, {}, which, std::vector(one_after_the_other, some.front()), false);
    auto const herd = go(studies, {}, which, equal, true);
    auto const crowd = go(studies, {}, which, different, true);
    auto const limited = go(part, {.cap = cap}, which, {every_study()}, false);
    auto const down = go(studies, {.down = true}, which, few, false);
    std::printf(
        "| %s | %.2f / %.2f ms = %.3f; %.0f / %.0f µs | %u; %u | %u, %u at once, %.0f ms | %u, %u at once, %.0f ms "
        "| %zu of %zu, %u, %.0f ms | %u, %.0f ms |\n",
        name, median(alone.each), median(bare.each), median(alone.each) / median(bare.each), alone.cpu_us, bare.cpu_us,
        alone.seen.queries, again.seen.queries, herd.seen.queries, herd.seen.most_running, herd.wall.count(),
        crowd.seen.queries, crowd.seen.most_running, crowd.wall.count(), limited.rows, capped_studies,
        limited.seen.queries, limited.wall.count(), down.seen.queries, down.wall.count());
    std::fflush(stdout);
    if (alone.failed + again.failed + herd.failed + crowd.failed + limited.failed != 0) {
        std::fprintf(stderr, "layers: a find failed\n");
        std::exit(1);
    }
}

}  // namespace

int main()
{
    spdlog::set_level(spdlog::level::off);
    auto const studies = made_studies(at_once);
    std::printf(
        "An archive that answers after 5 ms. Queries are those that reach it.\n\n"
        "| layers | a find, median; CPU / of the bare archive | queries of %zu different finds one after the other; "
        "of as many equal | %zu equal at once | %zu different at once | every study of an archive that stops at "
        "%u | %zu finds while it is down |\n| --- | --- | --- | --- | --- | --- | --- |\n",
        one_after_the_other, at_once, at_once, cap, in_vain);
    struct {
        char const* name;
        layers which;
    } const rows[] = {
        {"none", none},
        {"all", {}},
        {"without kept answers", {.kept = false}},
        {"without shared queries", {.shared = false, .kept = false}},
        {"without capped", {.capped = false}},
        {"without guard", {.guard = false}},
        {"without slots", {.slots = false}},
        {"without complete", {.complete = false}},
    };
    for (auto const& row : rows)
        measure(row.name, row.which, studies);
    return 0;
}
