#include "upstream/complete/census.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::tag;
namespace tags = mapping::tags;

constexpr tag study_keys[] = {tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances};
constexpr tag series_keys[] = {tags::SeriesInstanceUID, tags::NumberOfSeriesRelatedInstances};
constexpr tag instance_keys[] = {tags::SOPInstanceUID};

/// The rows that are of what was asked for: some archives ignore keys.
struct rows_of final : row_sink {
    retrieve_request const& what;
    std::vector<data_set> rows;

    explicit rows_of(retrieve_request const& what_) : what(what_) {}

    void row(data_set&& one) override
    {
        auto const is = [&](tag t, std::string const& uid) {
            auto const value = one.text(t);
            return uid.empty() || value.empty() || value == uid;
        };
        if (is(tags::StudyInstanceUID, what.study_instance_uid) &&
            is(tags::SeriesInstanceUID, what.series_instance_uid) && is(tags::SOPInstanceUID, what.sop_instance_uid))
            rows.push_back(std::move(one));
    }
};

std::uint64_t count_of(data_set const& row, tag t)
{
    auto const text = row.text(t);
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

find_request request_for(level at, retrieve_request const& what, std::span<tag const> returned)
{
    find_request request;
    request.at = at;
    request.keys.push_back({tags::StudyInstanceUID, {what.study_instance_uid}});
    if (at != level::study && !what.series_instance_uid.empty())
        request.keys.push_back({tags::SeriesInstanceUID, {what.series_instance_uid}});
    if (at == level::instance && !what.sop_instance_uid.empty())
        request.keys.push_back({tags::SOPInstanceUID, {what.sop_instance_uid}});
    for (auto const t : returned)
        if (std::ranges::find(request.keys, t, &key::attribute) == request.keys.end())
            request.return_keys.push_back(t);
    return request;
}

class taker {
public:
    taker(archive& of, std::uint32_t cap, std::chrono::milliseconds time, time_point by)
        : of_(of), cap_(cap), time_(time), by_(by)
    {
    }

    awaitable<result<void>> take(retrieve_request const& what)
    {
        if (!what.sop_instance_uid.empty()) {
            result<void> const listed = co_await list_instances(what);
            co_return listed;
        }
        std::uint64_t announced = 0;
        std::uint64_t series_announced = 0;
        if (what.series_instance_uid.empty()) {
            rows_of study(what);
            result<void> const asked = co_await ask(level::study, study, study_keys);
            if (!asked)
                co_return asked;
            for (auto const& row : study.rows) {
                announced = std::max(announced, count_of(row, tags::NumberOfStudyRelatedInstances));
                series_announced = std::max(series_announced, count_of(row, tags::NumberOfStudyRelatedSeries));
            }
        }
        rows_of series(what);
        result<void> const asked = co_await ask(level::series, series, series_keys);
        if (!asked)
            co_return asked;
        std::map<std::string, std::uint64_t> counts;
        for (auto const& row : series.rows) {
            std::string uid(row.text(tags::SeriesInstanceUID));
            if (uid.empty())
                uid = what.series_instance_uid;
            auto& count = counts[uid];
            count = std::max(count, count_of(row, tags::NumberOfSeriesRelatedInstances));
        }
        if (counts.erase("") != 0 || counts.size() < series_announced)
            doubt(too_few);
        std::uint64_t sum = 0;
        for (auto const& [uid, count] : counts) {
            auto const before = all_.series_of.size();
            retrieve_request one = what;
            one.series_instance_uid = uid;
            result<void> const listed = co_await list_instances(one);
            if (!listed)
                co_return listed;
            sum += count;
            if (all_.series_of.size() - before < count)
                doubt(too_few);
        }
        all_.announced = std::max(announced, sum);
        if (all_.series_of.size() < all_.announced)
            doubt(too_few);
        co_return result<void>();
    }

    census& all() { return all_; }

private:
    static constexpr std::string_view too_few = "it counts more than it lists";

    /// The first one says most.
    void doubt(std::string_view why)
    {
        if (all_.doubt.empty())
            all_.doubt = why;
    }

    awaitable<result<void>> ask(level at, rows_of& into, std::span<tag const> returned)
    {
        auto const request = request_for(at, into.what, returned);
        auto const deadline = std::min(by_, clock::now() + time_);
        result<found> const how = co_await of_.find(request, into, deadline);
        if (!how)
            co_return tl::unexpected(how.error());
        if (cap_ != 0 && how->rows >= cap_)
            doubt("its list has as many rows as quirks.max_results");
        else if (how->truncated)
            doubt("its list may have ended for a limit (quirks.max_results says where that is, or that there is none)");
        co_return result<void>();
    }

    awaitable<result<void>> list_instances(retrieve_request const& what)
    {
        rows_of instances(what);
        result<void> const asked = co_await ask(level::instance, instances, instance_keys);
        if (!asked)
            co_return asked;
        for (auto const& row : instances.rows) {
            std::string uid(row.text(tags::SOPInstanceUID));
            if (uid.empty())
                doubt("it lists instances without a UID");
            else
                all_.series_of.emplace(std::move(uid), what.series_instance_uid);
        }
        co_return result<void>();
    }

    archive& of_;
    std::uint32_t const cap_;
    std::chrono::milliseconds const time_;
    time_point const by_;
    census all_;
};

}  // namespace

awaitable<result<census>> take_census(archive& of, retrieve_request what, std::uint32_t cap,
                                      std::chrono::milliseconds time, time_point by)
{
    taker one(of, cap, time, by);
    result<void> const taken = co_await one.take(what);
    if (!taken)
        co_return tl::unexpected(taken.error());
    co_return std::move(one.all());
}

}  // namespace pons::upstream
