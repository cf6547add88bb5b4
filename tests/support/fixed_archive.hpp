#pragma once

#include "mapping/data_set.hpp"
#include "upstream/archive.hpp"
#include "upstream/search/source.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// An archive in memory that answers from given studies, matches UIDs, texts and ranges of dates, and fails as told.
namespace pons::test {

struct fixed_series {
    mapping::data_set attributes;
    std::vector<mapping::data_set> instances;
};

struct fixed_study {
    mapping::data_set attributes;
    std::vector<fixed_series> series;
};

/// An instance to be retrieved.
struct fixed_instance {
    upstream::retrieve_request where;  ///< all three UIDs
    upstream::part_head head;
    std::string bytes;
};

/// How an archive behaves, to be changed between requests, and what it was asked.
struct fixed_state {
    std::vector<fixed_study> studies;
    std::array<std::optional<failure>, 3> fails;       ///< at a level: every find ends so
    std::optional<failure> fails_by_uid;               ///< at study level when the key is Study Instance UID
    bool silent = false;                               ///< no answer before the deadline or a cancel
    std::function<void()> on_silence;                  ///< called when a find begins to wait so
    bool truncates = false;                            ///< says that it held something back
    std::vector<issue> tells;                          ///< of every find
    bool knows_uid_lists = true;                       ///< else a key with several values finds nothing
    bool takes_instance_lists = false;                 ///< of a retrieve, as DIMSE archives do
    std::function<awaitable<void>()> before_retrieve;  ///< what a retrieve waits for before it gives anything
    std::vector<fixed_instance> instances;             ///< what a retrieve gives, in this order
    std::optional<failure> retrieve_ends;              ///< after what it gives
    bool gives_half = false;                           ///< of the last instance, before it ends so
    bool holds_at_half = false;               ///< of the last instance: nothing more comes until it is cancelled
    std::map<std::string, std::string> bulk;  ///< values of every instance, by place
    std::string bulk_at;                      ///< where the archive says that they are, before their places
    bool bulk_is_encapsulated = false;
    std::optional<failure> bulk_ends;    ///< after half of a value
    std::vector<issue> metadata_issues;  ///< told with the metadata it gives
    std::vector<mapping::find_request> requests;
    std::vector<upstream::retrieve_request> retrieves;
    std::uint32_t cancelled = 0;

    void fail_everywhere(upstream::errc code, std::chrono::seconds retry_after = {})
    {
        fails.fill(failure{make_error_code(code), "source", retry_after});
    }
    std::size_t asked(mapping::level at) const
    {
        return static_cast<std::size_t>(std::ranges::count(requests, at, &mapping::find_request::at));
    }
};

/// Its state is shared with the test and outlives it.
class fixed_archive final : public upstream::archive {
public:
    explicit fixed_archive(fixed_state& state) : state_(state) {}

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        state_.requests.push_back(request);
        auto const here = co_await asio::this_coro::executor;
        co_await asio::post(here, use_awaitable);
        if (state_.silent) {
            steady_timer timer(here, deadline);
            if (state_.on_silence)
                state_.on_silence();
            auto const [error] = co_await timer.async_wait(as_tuple);
            state_.cancelled += error ? 1 : 0;
            co_return fail(error ? upstream::errc::cancelled : upstream::errc::timed_out, "source");
        }
        bool const by_uid = !request.keys.empty() && request.keys.front().attribute == mapping::tags::StudyInstanceUID;
        if (request.at == mapping::level::study && by_uid && state_.fails_by_uid)
            co_return tl::unexpected(*state_.fails_by_uid);
        if (auto const& fault = state_.fails[static_cast<std::size_t>(request.at)])
            co_return tl::unexpected(*fault);
        upstream::found how;
        how.truncated = state_.truncates;
        how.issues = state_.tells;
        bool const lists = std::ranges::any_of(request.keys, [](auto const& k) { return k.values.size() > 1; });
        if (lists && !state_.knows_uid_lists)
            co_return how;
        for (auto const& study : state_.studies)
            give(study, request, rows, how);
        co_return how;
    }

    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    awaitable<result<upstream::retrieved>> retrieve(upstream::retrieve_request const& request,
                                                    upstream::part_sink& parts, time_point) override
    {
        state_.retrieves.push_back(request);
        auto const here = co_await asio::this_coro::executor;
        co_await asio::post(here, use_awaitable);
        if (!request.sop_instance_uids.empty() && !state_.takes_instance_lists)
            co_return fail(upstream::errc::unsupported, "source");
        if (state_.before_retrieve)
            co_await state_.before_retrieve();
        upstream::retrieved how;
        for (auto const& one : state_.instances) {
            if (!holds(request, one.where))
                continue;
            result<void> done = co_await parts.begin(one.head);
            auto const all = std::as_bytes(std::span(one.bytes.data(), one.bytes.size()));
            auto const half = all.size() / 2;
            if (done)
                done = co_await parts.write(all.first(half));
            bool const is_last = &one == &state_.instances.back();
            if (done && state_.holds_at_half && is_last) {
                steady_timer timer(here, time_point::max());
                if (state_.on_silence)
                    state_.on_silence();
                auto const ended = co_await timer.async_wait(as_tuple);
                static_cast<void>(ended);
                ++state_.cancelled;
                co_return fail(upstream::errc::cancelled, "source");
            }
            bool const breaks = state_.gives_half && is_last;
            if (done && !breaks)
                done = co_await parts.write(all.subspan(half));
            if (done && !breaks)
                done = co_await parts.end();
            if (!done)
                co_return tl::unexpected(done.error());
            ++how.instances;
        }
        if (state_.retrieve_ends)
            co_return tl::unexpected(*state_.retrieve_ends);
        if (how.instances == 0)
            co_return fail(upstream::errc::not_found, "source");
        co_return how;
    }

    awaitable<result<upstream::found>> retrieve_metadata(upstream::retrieve_request const& request,
                                                         upstream::row_sink& rows, time_point) override
    {
        state_.retrieves.push_back(request);
        if (state_.retrieve_ends)
            co_return tl::unexpected(*state_.retrieve_ends);
        upstream::found how;
        for (auto const& one : state_.instances) {
            if (!holds(request, one.where))
                continue;
            mapping::data_set row;
            row.add(mapping::tags::SOPClassUID, one.head.sop_class_uid);
            row.add(mapping::tags::SOPInstanceUID, one.where.sop_instance_uid);
            row.add(mapping::tags::StudyInstanceUID, one.where.study_instance_uid);
            row.add(mapping::tags::SeriesInstanceUID, one.where.series_instance_uid);
            row.begin(mapping::tag{0x7FE00010}, mapping::vr_of('O', 'W'));
            for (auto const& [place, value] : state_.bulk)
                if (auto const t = mapping::tag_from_hex(place))
                    row.add_one(*t, mapping::vr_of('O', 'B'), state_.bulk_at + place);
            ++how.rows;
            rows.row(std::move(row));
        }
        if (how.rows == 0)
            co_return fail(upstream::errc::not_found, "source");
        how.issues = state_.metadata_issues;
        co_return how;
    }

    awaitable<result<void>> retrieve_bulk(upstream::retrieve_request const& request, std::string const& place,
                                          upstream::bulk_sink& to, time_point) override
    {
        state_.retrieves.push_back(request);
        bool const held =
            std::ranges::any_of(state_.instances, [&](auto const& one) { return holds(request, one.where); });
        auto const value = state_.bulk.find(place);
        if (!held || value == state_.bulk.end())
            co_return fail(upstream::errc::not_found, "source");
        result<void> done = co_await to.begin(state_.bulk_is_encapsulated);
        auto const all = std::as_bytes(std::span(value->second));
        auto const half = all.size() / 2;
        if (done)
            done = co_await to.write(all.first(half));
        if (done && state_.bulk_ends)
            co_return tl::unexpected(*state_.bulk_ends);
        if (done)
            done = co_await to.write(all.subspan(half));
        co_return done;
    }

private:
    static bool holds(upstream::retrieve_request const& request, upstream::retrieve_request const& one)
    {
        auto const fits = [](std::string const& asked, std::string const& had) {
            return asked.empty() || asked == had;
        };
        auto const& list = request.sop_instance_uids;
        return request.study_instance_uid == one.study_instance_uid &&
               (list.empty() || std::ranges::find(list, one.sop_instance_uid) != list.end()) &&
               fits(request.series_instance_uid, one.series_instance_uid) &&
               fits(request.sop_instance_uid, one.sop_instance_uid);
    }

    static bool meets(mapping::data_set const& stored, mapping::key const& k)
    {
        if (k.values.empty() || !stored.contains(k.attribute))
            return k.values.empty();
        auto const value = stored.text(k.attribute);
        if (k.attribute != mapping::tags::StudyDate)
            return std::ranges::find(k.values, value) != k.values.end();
        std::string_view const range = k.values.front();
        auto const dash = range.find('-');
        if (dash == std::string_view::npos)
            return value == range;
        return value >= range.substr(0, dash) && (dash + 1 == range.size() || value <= range.substr(dash + 1));
    }

    /// Keys of the levels above and of this one; an attribute belongs where the test put it.
    static bool meets_all(mapping::find_request const& request, std::initializer_list<mapping::data_set const*> levels)
    {
        return std::ranges::all_of(request.keys, [&](mapping::key const& k) {
            return std::ranges::any_of(levels, [&](auto const* level) { return meets(*level, k); });
        });
    }

    void give(fixed_study const& study, mapping::find_request const& request, upstream::row_sink& rows,
              upstream::found& how) const
    {
        auto const row = [&](mapping::data_set one, std::string_view series_uid) {
            one.add(mapping::tags::StudyInstanceUID, study.attributes.text(mapping::tags::StudyInstanceUID));
            if (!series_uid.empty())
                one.add(mapping::tags::SeriesInstanceUID, series_uid);
            ++how.rows;
            rows.row(std::move(one));
        };
        if (request.at == mapping::level::study) {
            if (meets_all(request, {&study.attributes}))
                row(study.attributes, {});
            return;
        }
        for (auto const& series : study.series) {
            if (request.at == mapping::level::series) {
                if (meets_all(request, {&study.attributes, &series.attributes}))
                    row(series.attributes, {});
                continue;
            }
            for (auto const& instance : series.instances)
                if (meets_all(request, {&study.attributes, &series.attributes, &instance}))
                    row(instance, series.attributes.text(mapping::tags::SeriesInstanceUID));
        }
    }

    fixed_state& state_;
};

}  // namespace pons::test
