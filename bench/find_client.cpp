// C-FIND on open associations, nothing between: the archive's own latency and ceiling for the queries that a FHIR
// search becomes. See bench/README.md.
//
//   find_client --port N --aet AE [--host H] [--associations N] [--seconds S] <queries
//
// Standard input has one query a line: a FHIR query ("patient=P1"), which is planned as Pons plans it, or
// "series 1.2.3", the SERIES query of one study. Without --seconds each is asked once; with it they are asked in turn
// until the time is over. The answer is one line of JSON.

#include "mapping/search/plan.hpp"
#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/identifier.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <span>
#include <thread>
#include <vector>

namespace {

using namespace pons;
using namespace pons::upstream::dimse;
namespace search = mapping::search;

mapping::find_request to_request(std::string const& line, config::source const& source)
{
    if (line.starts_with("series "))
        return search::series_of({line.substr(7)});
    auto const asked = search::parse(search::split_query(line), {.base = "http://127.0.0.1/fhir"});
    if (!asked)
        return {};
    mapping::source_facts facts;
    facts.name = source.name;
    auto const plan = search::make_plan(asked->criteria, facts, {});
    if (plan.impossible || plan.reach != search::reach::keyed)
        return {};
    return search::to_find_request(plan, plan.alternatives.front(), nullptr);
}

/// Counts rows; remembers whether the query ended well.
struct counter final : asker {
    bool row(mapping::data_set&&, std::size_t) override { return ++rows != 0; }
    void pause() override {}
    void end(result<upstream::found> how) override { good = how.has_value(); }
    bool worth_draining() const override { return false; }

    std::uint64_t rows = 0;
    bool good = false;
};

struct tally {
    std::vector<double> milliseconds;
    std::uint64_t rows = 0;
    bool failed = false;
};

struct job {
    config::source source;
    std::vector<find_command> queries;
    std::chrono::milliseconds length{0};  ///< 0: each query once
    std::atomic<std::size_t> next{0};
};

/// What one association does. It is open before `begin`.
void ask(job& j, association over, tally& t)
{
    interruption nobody;
    auto const end = clock::now() + j.length;
    for (;;) {
        auto const index = j.next.fetch_add(1);
        auto const begun = clock::now();
        if (j.length.count() == 0 ? index >= j.queries.size() : begun >= end)
            return;
        counter who;
        auto const after =
            c_find(over, j.queries[index % j.queries.size()], j.source, who, begun + std::chrono::minutes(1), nobody);
        t.milliseconds.push_back(std::chrono::duration<double, std::milli>(clock::now() - begun).count());
        t.rows += who.rows;
        if (!who.good || !after.in_step) {
            t.failed = true;
            return;
        }
    }
}

int run(job& j, std::uint32_t associations)
{
    std::vector<association> open;
    interruption nobody;
    for (std::uint32_t i = 0; i < associations; ++i) {
        auto one = open_association(j.source, proposals(j.source), {clock::now() + std::chrono::seconds(10), &nobody});
        if (!one) {
            std::fprintf(stderr, "find_client: no association: %s\n", one.error().why.code.message().c_str());
            return 1;
        }
        open.push_back(std::move(*one));
    }
    std::vector<tally> tallies(associations);
    auto const begun = clock::now();
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t i = 0; i < associations; ++i)
            threads.emplace_back(
                [&j, over = std::move(open[i]), &t = tallies[i]]() mutable { ask(j, std::move(over), t); });
    }
    std::chrono::duration<double> const spent = clock::now() - begun;

    tally all;
    for (auto const& t : tallies) {
        all.milliseconds.insert(all.milliseconds.end(), t.milliseconds.begin(), t.milliseconds.end());
        all.rows += t.rows;
        all.failed = all.failed || t.failed;
    }
    if (all.failed || all.milliseconds.empty()) {
        std::fprintf(stderr, "find_client: a query failed\n");
        return 1;
    }
    auto const middle = all.milliseconds.begin() + static_cast<std::ptrdiff_t>(all.milliseconds.size() / 2);
    std::ranges::nth_element(all.milliseconds, middle);
    std::printf(R"({"queries": %zu, "rows": %llu, "seconds": %.4f, "median_ms": %.4f})"
                "\n",
                all.milliseconds.size(), static_cast<unsigned long long>(all.rows), spent.count(), *middle);
    return 0;
}

int usage()
{
    std::fprintf(stderr, "find_client --port N --aet AE [--host H] [--associations N] [--seconds S] <queries\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv)
{
    job j;
    j.source.name = "archive";
    j.source.host = "127.0.0.1";
    std::uint32_t associations = 1;
    std::span const arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        std::string_view const name = arguments[i];
        std::string_view const value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        std::uint32_t number = 0;
        bool const is_number = std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{};
        if (name == "--host")
            j.source.host = value;
        else if (name == "--aet")
            j.source.called_ae = value;
        else if (name == "--port" && is_number)
            j.source.port = static_cast<std::uint16_t>(number);
        else if (name == "--associations" && is_number)
            associations = number;
        else if (name == "--seconds" && is_number)
            j.length = std::chrono::seconds(number);
        else
            return usage();
    }
    for (std::string line; std::getline(std::cin, line);) {
        auto const request = to_request(line, j.source);
        if (request.return_keys.empty()) {
            std::fprintf(stderr, "find_client: not one query by key: line %zu\n", j.queries.size() + 1);
            return 2;
        }
        j.queries.push_back({to_identifier(request), 0});
    }
    if (j.queries.empty() || j.source.port == 0 || associations == 0)
        return usage();
    return run(j, associations);
}
