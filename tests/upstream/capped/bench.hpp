#pragma once

#include "mapping/search/plan.hpp"
#include "tests/support/random_archive.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scripted_archive.hpp"
#include "upstream/capped/whole_find.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

/// Finds in a scripted archive that stops somewhere.
namespace pons::test::capped {

using namespace pons::upstream;
using namespace pons::mapping;

inline constexpr std::chrono::sys_days newest{std::chrono::year(2024) / 12 / 31};

inline std::string to_da(std::chrono::sys_days when)
{
    std::chrono::year_month_day const day(when);
    return std::to_string(static_cast<unsigned>(static_cast<int>(day.year())) * 10'000 +
                          static_cast<unsigned>(day.month()) * 100 + static_cast<unsigned>(day.day()));
}

/// `count` studies, so many a day, back from the end of 2024, a quarter of an hour apart.
inline std::vector<test::stored_study> make_studies(std::size_t count, std::size_t a_day)
{
    std::vector<test::stored_study> all;
    for (std::size_t n = 0; n < count; ++n) {
        auto const minute = 1000 + n % a_day * 15 % 1440;
        auto const hhmm = std::to_string(10'000 + minute % 1440 / 60 * 100 + minute % 60).substr(1);
        all.push_back(test::plain_study(n + 1, to_da(newest - std::chrono::days(n / a_day)), hhmm + "30"));
    }
    return all;
}

struct rows_in final : row_sink {
    void row(data_set&& one) override
    {
        ++count;
        uids.emplace(one.text(tags::StudyInstanceUID));
    }
    std::set<std::string> uids;
    std::size_t count = 0;
};

/// Refuses some of the queries for being busy (A700), which says nothing of how much they would bring.
struct busy_archive final : archive {
    busy_archive(std::unique_ptr<archive> of, std::set<std::size_t> which, test::record_of_queries& log_,
                 boost::system::error_code with = upstream::errc::too_broad)
        : inner(std::move(of)), refused(std::move(which)), log(log_), refusal(with)
    {
    }
    awaitable<result<found>> find(find_request const& request, row_sink& to, time_point deadline) override
    {
        if (!refused.contains(log.requests.size() + 1))
            co_return co_await inner->find(request, to, deadline);
        log.requests.push_back(request);
        co_return tl::unexpected(failure{.code = refusal, .where = "source pacs"});
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    std::unique_ptr<archive> inner;
    std::set<std::size_t> refused;
    test::record_of_queries& log;
    boost::system::error_code refusal;
};

struct bench {
    std::vector<test::stored_study> stored;
    test::quirks how;
    std::set<std::size_t> refused{};  ///< which of the queries of a find, the first being 1
    config::source source;
    test::record_of_queries log;
    std::shared_ptr<row_limit> limit = test::make_limit(how);
    rows_in rows;

    result<found> find(std::vector<key> keys, std::uint32_t max_rows = 0)
    {
        source.quirks.empty_value_matching = how.matching.empty_value_matching;
        log = {};
        rows = {};
        auto request = search::to_find_request({}, keys, nullptr);
        request.max_rows = max_rows;
        auto const whole = make_whole_finding(
            std::make_unique<busy_archive>(std::make_unique<test::scripted_archive>(stored, how, log), refused, log),
            limit, source);
        auto found = test::run(whole->find(request, rows, time_point::max()));
        CHECK(log.faults.empty());
        if (found) {
            CHECK(found->queries == log.requests.size());
            CHECK(found->rows == rows.count);
            CHECK(rows.count == rows.uids.size());
            CHECK(is_told(*found) == (found->truncated && (max_rows == 0 || rows.count < max_rows)));
        }
        return found;
    }

    static bool is_told(found const& f)
    {
        return std::ranges::any_of(f.issues, [](issue const& i) { return i.what == issue::kind::incomplete; });
    }
};

inline std::vector<key> dated(std::string range)
{
    return {{tags::StudyDate, {std::move(range)}}};
}

}  // namespace pons::test::capped
