// What it costs to turn the answer of an archive into a Bundle, against other ways to do it. See bench/README.md.
//
//   search_mapping                             a table: µs of CPU and allocations per study, ratios in the same run
//   search_mapping --only NAME --passes N      that translation N times, silently, for a profiler
//   search_mapping --studies N                 other than 100
//   search_mapping --answer N                  prints the QIDO-RS answer of N made studies

#include "bench/counting_new.hpp"
#include "bench/made_studies.hpp"
#include "bench/translations.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <map>
#include <span>

namespace {

using pons::bench::translation;

double cpu_microseconds()
{
    std::timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct cost {
    double microseconds = std::numeric_limits<double>::infinity();
    double allocations = 0;
};

/// The best of several rounds, all translations taking turns, so that what else the machine does meets all alike.
std::map<std::string_view, cost> measure(std::span<translation const> all, std::size_t studies)
{
    constexpr int rounds = 25;
    constexpr double round_length = 20'000;  // µs
    std::map<std::string_view, cost> costs;
    for (int round = 0; round < rounds; ++round)
        for (auto const& one : all) {
            auto const allocated = pons::bench::allocations();
            auto const begun = cpu_microseconds();
            double spent = 0;
            std::size_t passes = 0;
            for (; spent < round_length; ++passes) {
                std::string bundle;
                one.run(bundle);
                spent = cpu_microseconds() - begun;
            }
            auto const translated = static_cast<double>(passes * studies);
            auto& best = costs[one.name];
            best.microseconds = std::min(best.microseconds, spent / translated);
            best.allocations = static_cast<double>(pons::bench::allocations() - allocated) / translated;
        }
    return costs;
}

void print(std::span<translation const> all, std::map<std::string_view, cost> const& costs, std::size_t studies)
{
    std::printf("%-44s %10s %12s %10s\n", "", "us/study", "allocations", "x of ours");
    for (auto const& one : all) {
        auto const& c = costs.at(one.name);
        std::printf("%-44.*s %10.2f %12.1f", static_cast<int>(one.what.size()), one.what.data(), c.microseconds,
                    c.allocations);
        if (!one.reference_of.empty())
            std::printf(" %10.1f", c.microseconds / costs.at(one.reference_of).microseconds);
        std::printf("\n");
    }
    std::string bundle;
    all.front().run(bundle);
    std::printf("a study of the Bundle has %zu bytes of JSON\n", bundle.size() / studies);
    std::printf("XML / JSON %.2f\n", costs.at("qido-xml").microseconds / costs.at("qido-json").microseconds);
}

/// A reference that did something else would be none.
bool references_agree(std::span<translation const> all)
{
    std::map<std::string_view, nlohmann::json> bundles;
    for (auto const& one : all) {
        std::string bundle;
        one.run(bundle);
        if (bundle.starts_with('{'))
            bundles[one.name] = nlohmann::json::parse(bundle);
    }
    return std::ranges::all_of(all, [&](translation const& one) {
        bool const same = one.reference_of.empty() || bundles[one.name] == bundles[one.reference_of];
        if (!same)
            std::fprintf(stderr, "%.*s gives another Bundle\n", static_cast<int>(one.name.size()), one.name.data());
        return same;
    });
}

int usage()
{
    std::fprintf(stderr, "search_mapping [--studies N] [--only NAME --passes N] [--answer N]\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv)
{
    std::size_t studies = 100;
    std::size_t passes = 1;
    std::size_t answer = 0;
    std::string_view only;
    std::span const arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        std::string_view const name = arguments[i];
        std::string_view const value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        auto const number = [&](std::size_t& n) {
            return std::from_chars(value.data(), value.data() + value.size(), n).ec == std::errc{} && n != 0;
        };
        if (name == "--only" && !value.empty())
            only = value;
        else if (!(name == "--studies" && number(studies)) && !(name == "--passes" && number(passes)) &&
                 !(name == "--answer" && number(answer)))
            return usage();
    }
    if (answer != 0) {
        auto const json = pons::bench::made_qido_answer(answer);
        std::fwrite(json.data(), 1, json.size(), stdout);
        return 0;
    }
    auto const all = pons::bench::make_translations(studies);
    if (only.empty()) {
        if (!references_agree(all))
            return 1;
        print(all, measure(all, studies), studies);
        return 0;
    }
    auto const chosen = std::ranges::find(all, only, &translation::name);
    if (chosen == all.end())
        return usage();
    for (; passes != 0; --passes) {
        std::string bundle;
        chosen->run(bundle);
    }
    return 0;
}
