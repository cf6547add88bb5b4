// How much memory caches and queues take when they are full, against the bound that is configured. Each is filled in a
// process of its own.
#include "bench/far_archive.hpp"
#include "upstream/coalesce/coalesce.hpp"
#include "upstream/complete/metadata_cache.hpp"

#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>

namespace {

using namespace pons;
using namespace pons::bench;
namespace tags = mapping::tags;

constexpr double mebi = 1 << 20;

double resident()
{
    double pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

struct no_rows final : upstream::row_sink {
    void row(mapping::data_set&&) override {}
};

awaitable<void> ask(upstream::archive& who, mapping::find_request what, time_point until)
{
    no_rows rows;
    result<upstream::found> how = co_await who.find(what, rows, until);
    (void)how;
}

void start(asio::io_context& context, upstream::archive& who, mapping::find_request what, time_point until)
{
    asio::co_spawn(context, ask(who, std::move(what), until), [](std::exception_ptr e) {
        if (e)
            std::rethrow_exception(e);
    });
}

/// Answers of `studies` rows, until more would push out the first ones.
void fill_answers(std::size_t studies)
{
    config::source settings;
    settings.name = "far";
    settings.answer_cache.time = std::chrono::hours(1);
    auto const rows = made_studies(studies);
    far_away behaves{.latency = std::chrono::milliseconds(0)};
    asio::io_context context{1};
    auto const kept =
        std::make_shared<upstream::flights>(upstream::bounds_of(settings.answer_cache, config::http().request_timeout));
    auto const source = upstream::make_coalescing(std::make_unique<far_archive>(rows, behaves), kept, settings);
    auto const idle = resident();
    std::uint32_t answers = 0;
    auto const ask_another = [&] {
        auto request = every_study();
        request.keys.push_back({tags::PatientID, {std::to_string(answers++)}});
        start(context, *source, request, clock::now() + std::chrono::minutes(1));
        context.run();
        context.restart();
        return kept->bytes();
    };
    auto full = ask_another();
    for (auto now = ask_another(); now > full; now = ask_another())
        full = now;
    for (auto more = answers; more > 0; --more)  // what is pushed out must make room
        full = std::max(full, ask_another());
    auto const taken = resident() - idle;
    std::printf(
        "| answer cache, answers of %zu studies | %.0f MiB | %.1f MiB by its own count, %u answers asked | %.1f MiB = "
        "%.2f |\n",
        studies, static_cast<double>(settings.answer_cache.size) / mebi, static_cast<double>(full) / mebi, answers,
        taken / mebi, taken / static_cast<double>(settings.answer_cache.size));
}

/// Metadata of studies of so many instances.
void fill_metadata(std::size_t instances)
{
    config::metadata_cache const settings;
    upstream::metadata_cache cache({.size = settings.size, .time = std::chrono::hours(1)});
    auto const made = made_studies(1).front();
    auto const idle = resident();
    std::uint64_t most = 0;
    std::size_t studies = 0;
    for (; studies < 2000; ++studies) {
        auto const uid = "1.2.826.0.1.3680043.10.1338." + std::to_string(studies);
        upstream::metadata_cache::gathering one(cache, {uid, {}, {}});
        std::unordered_set<std::string> all;
        for (std::size_t i = 0; i < instances; ++i) {
            auto const instance = uid + ".1." + std::to_string(i);
            mapping::data_set row;
            row.add(tags::StudyInstanceUID, uid);
            row.add(tags::SeriesInstanceUID, uid + ".1");
            row.add(tags::SOPInstanceUID, instance);
            made.for_each([&](mapping::tag t, mapping::vr as, bool is_sequence) {
                if (!is_sequence)
                    row.add_one(t, as, made.text(t));
            });
            one.add(row);
            all.insert(instance);
        }
        one.keep(all);
        most = std::max(most, cache.bytes());
    }
    auto const taken = resident() - idle;
    std::printf(
        "| metadata cache, studies of %zu instances | %.0f MiB | %.1f MiB by its own count, %zu studies put in | %.1f "
        "MiB = %.2f |\n",
        instances, static_cast<double>(settings.size) / mebi, static_cast<double>(most) / mebi, studies, taken / mebi,
        taken / static_cast<double>(settings.size));
}

/// As many different finds as may wait, each a flight of its own, in all layers.
void fill_queue(std::uint32_t length)
{
    config::source settings;
    settings.name = "far";
    settings.limits.queue_length = length;
    settings.limits.queue = std::chrono::hours(1);
    settings.timeouts.total = std::chrono::hours(1);
    auto const rows = made_studies(1);
    far_away behaves{.latency = std::chrono::hours(1)};
    asio::io_context context{1};
    auto const source = with_layers(std::make_unique<far_archive>(rows, behaves), {}, settings);
    auto const idle = resident();
    auto const many = length + settings.limits.associations;
    for (std::uint32_t i = 0; i < many; ++i) {
        auto request = every_study();
        request.keys.push_back({tags::PatientID, {"P" + std::to_string(i)}});
        start(context, *source, request, clock::now() + std::chrono::hours(1));
    }
    while (context.poll() != 0) {
    }
    auto const taken = resident() - idle;
    std::printf("| queue and flights | %u waiting, %u asked | %u on their way | %.1f MiB, %.1f kB each |\n", length,
                settings.limits.associations, many, taken / mebi, taken / many / 1000);
    std::fflush(stdout);
    ::_exit(0);  // they would wait for an hour
}

/// In a process of its own, so that what is left of one is not taken for the next.
template <class F>
void apart(F&& measure)
{
    std::fflush(stdout);
    auto const child = ::fork();
    if (child == 0) {
        measure();
        std::fflush(stdout);
        ::_exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
        std::fprintf(stderr, "bounds: a measurement failed\n");
        std::exit(1);
    }
}

}  // namespace

int main()
{
    spdlog::set_level(spdlog::level::off);
    std::printf("| what is full | bound | filled | resident memory above idle |\n| --- | --- | --- | --- |\n");
    for (std::size_t const studies : {1U, 20U, 300U})
        apart([&] { fill_answers(studies); });
    for (std::size_t const instances : {10U, 500U})
        apart([&] { fill_metadata(instances); });
    for (std::uint32_t const length : {256U, 10'000U})
        apart([&] { fill_queue(length); });
    return 0;
}
