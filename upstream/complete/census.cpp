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

/// Whether a row is of what was asked for: some archives ignore keys.
bool is_of(data_set const& row, retrieve_request const& what)
{
    auto const is = [&](tag t, std::string const& uid) {
        auto const value = row.text(t);
        return uid.empty() || value.empty() || value == uid;
    };
    return is(tags::StudyInstanceUID, what.study_instance_uid) &&
           is(tags::SeriesInstanceUID, what.series_instance_uid) && is(tags::SOPInstanceUID, what.sop_instance_uid);
}

struct rows_of final : row_sink {
    retrieve_request const& what;
    std::vector<data_set> rows;

    explicit rows_of(retrieve_request const& what_) : what(what_) {}

    void row(data_set&& one) override
    {
        if (is_of(one, what))
            rows.push_back(std::move(one));
    }
};

/// Of IMAGE rows, which may be very many, nothing is kept but the UIDs.
struct uids_of final : row_sink {
    retrieve_request const& what;
    image_judge const& each;
    census& all;
    bool without_uid = false;
    result<void> judged;

    uids_of(retrieve_request const& what_, image_judge const& each_, census& all_) : what(what_), each(each_), all(all_)
    {
    }

    void row(data_set&& one) override
    {
        if (!is_of(one, what))
            return;
        std::string uid(one.text(tags::SOPInstanceUID));
        if (uid.empty()) {
            without_uid = true;
            return;
        }
        all.series_of.emplace(std::move(uid), what.series_instance_uid);
        if (each && judged)
            judged = each(what.series_instance_uid, one);
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
        instance_keys_.push_back(tags::SOPInstanceUID);
    }

    void judge(std::span<tag const> also, image_judge each)
    {
        instance_keys_.insert(instance_keys_.end(), also.begin(), also.end());
        each_ = std::move(each);
    }

    awaitable<result<void>> take(retrieve_request const& what, census const* known = nullptr)
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
            if (still_holds(known, announced)) {
                all_ = *known;
                co_return result<void>();
            }
        }
        rows_of series(what);
        result<void> const asked = co_await ask(level::series, series, series_keys);
        if (!asked)
            co_return asked;
        std::map<std::string, std::uint64_t> counts;
        std::uint64_t sum = 0;
        for (auto const& row : series.rows) {
            std::string uid(row.text(tags::SeriesInstanceUID));
            if (uid.empty())
                uid = what.series_instance_uid;
            auto& count = counts[uid];
            count = std::max(count, count_of(row, tags::NumberOfSeriesRelatedInstances));
        }
        if (counts.erase("") != 0 || counts.size() < series_announced)
            doubt(too_few);
        for (auto const& [uid, count] : counts)
            sum += count;
        if (!what.series_instance_uid.empty() && still_holds(known, sum)) {
            all_ = *known;
            co_return result<void>();
        }
        for (auto const& [uid, count] : counts) {
            auto const before = all_.series_of.size();
            retrieve_request one = what;
            one.series_instance_uid = uid;
            result<void> const listed = co_await list_instances(one);
            if (!listed)
                co_return listed;
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

    bool still_holds(census const* known, std::uint64_t counted) const
    {
        return known && known->whole() && all_.whole() && counted != 0 && counted == known->series_of.size();
    }

    /// The first one says most.
    void doubt(std::string_view why)
    {
        if (all_.doubt.empty())
            all_.doubt = why;
    }

    template <class Rows>
    awaitable<result<void>> ask(level at, Rows& into, std::span<tag const> returned)
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
        uids_of instances(what, each_, all_);
        result<void> const asked = co_await ask(level::instance, instances, instance_keys_);
        if (!asked)
            co_return asked;
        if (instances.without_uid)
            doubt("it lists instances without a UID");
        co_return instances.judged;
    }

    archive& of_;
    std::uint32_t const cap_;
    std::chrono::milliseconds const time_;
    time_point const by_;
    std::vector<tag> instance_keys_;
    image_judge each_;
    census all_;
};

}  // namespace

awaitable<result<census>> take_census(archive& of, retrieve_request what, std::uint32_t cap,
                                      std::chrono::milliseconds time, time_point by, std::span<tag const> also,
                                      image_judge each)
{
    taker one(of, cap, time, by);
    one.judge(also, std::move(each));
    result<void> const taken = co_await one.take(what);
    if (!taken)
        co_return tl::unexpected(taken.error());
    co_return std::move(one.all());
}

awaitable<result<census>> renew_census(archive& of, std::shared_ptr<census const> known, retrieve_request what,
                                       std::uint32_t cap, std::chrono::milliseconds time, time_point by)
{
    taker one(of, cap, time, by);
    result<void> const taken = co_await one.take(what, known.get());
    if (!taken)
        co_return tl::unexpected(taken.error());
    co_return std::move(one.all());
}

}  // namespace pons::upstream
