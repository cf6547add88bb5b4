#pragma once

#include "tests/upstream/collected_parts.hpp"
#include "upstream/archive.hpp"
#include "upstream/cancelling.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pons::test {

/// An archive with one study, "1.2", that lists and retrieves as it is told. The UID of an instance begins with the
/// number of its series: "1.4" is an instance of the series "1.2.1".
struct told_archive final : upstream::archive {
    /// How one retrieve goes, in order: UIDs that come whole; "(1.4)" is one that comes half.
    struct retrieval {
        std::vector<std::string> come;
        std::optional<upstream::errc> fails;
        std::uint32_t completed = 0;
    };

    std::vector<std::string> listed;                   ///< by IMAGE level
    std::optional<std::uint64_t> instances_announced;  ///< Number of Study Related Instances
    std::optional<std::uint64_t> series_announced;
    std::map<std::string, std::uint64_t> in_series_announced;  ///< by series UID
    std::optional<upstream::errc> find_fails;
    bool truncates = false;
    steady_timer* gate = nullptr;      ///< finds wait for it
    std::deque<retrieval> retrievals;  ///< one after the other
    /// How a retrieve of one instance fails, when it is not the first; it comes when it does not.
    std::function<std::optional<upstream::errc>(std::string const& uid)> single;
    bool has_metadata = false;
    std::string metadata_study;  ///< what the metadata says, where it says anything

    std::vector<upstream::retrieve_request> asked;
    std::vector<mapping::find_request> finds;
    std::size_t finds_before_first = 0;  ///< asked before the first instance came
    std::size_t metadata_asked = 0;
    bool came = false;

    static std::string series_of(std::string const& uid) { return "1.2." + uid.substr(0, uid.find('.')); }

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point) override
    {
        using namespace mapping;
        finds.push_back(request);
        finds_before_first += came ? 0 : 1;
        auto const here = co_await asio::this_coro::executor;
        co_await asio::post(here, use_awaitable);
        if (gate) {
            co_await gate->async_wait(as_tuple);
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                co_return fail(upstream::errc::cancelled);
        }
        if (find_fails)
            co_return fail(*find_fails, "find");
        upstream::found how;
        how.truncated = truncates;
        auto const give = [&](data_set row) {
            ++how.rows;
            rows.row(std::move(row));
        };
        if (request.at == level::study && (!listed.empty() || instances_announced)) {
            data_set row;
            row.add(tags::StudyInstanceUID, "1.2");
            if (instances_announced)
                row.add(tags::NumberOfStudyRelatedInstances, std::to_string(*instances_announced));
            if (series_announced)
                row.add(tags::NumberOfStudyRelatedSeries, std::to_string(*series_announced));
            give(std::move(row));
        }
        auto const key_is = [&](tag t, std::string const& uid) {
            auto const at = std::ranges::find(request.keys, t, &key::attribute);
            return at == request.keys.end() || at->values.empty() || at->values.front() == uid;
        };
        std::map<std::string, std::vector<std::string>> series;
        for (auto const& uid : listed)
            series[series_of(uid)].push_back(uid);
        for (auto const& [uid, instances] : series) {
            if (request.at == level::study || !key_is(tags::SeriesInstanceUID, uid))
                continue;
            if (request.at == level::series) {
                data_set row;
                row.add(tags::SeriesInstanceUID, uid);
                if (in_series_announced.contains(uid))
                    row.add(tags::NumberOfSeriesRelatedInstances, std::to_string(in_series_announced.at(uid)));
                give(std::move(row));
                continue;
            }
            for (auto const& instance : instances)
                if (key_is(tags::SOPInstanceUID, instance)) {
                    data_set row;
                    row.add(tags::SOPInstanceUID, instance);
                    give(std::move(row));
                }
        }
        co_return how;
    }

    awaitable<result<upstream::retrieved>> retrieve(upstream::retrieve_request const& request,
                                                    upstream::part_sink& parts, time_point) override
    {
        auto const how = next(request);
        auto const here = co_await asio::this_coro::executor;
        co_await asio::post(here, use_awaitable);
        upstream::retrieved all;
        for (auto const& name : how.come) {
            co_await asio::post(here, use_awaitable);
            bool const gone = co_await upstream::is_cancelled();
            if (gone)
                co_return fail(upstream::errc::cancelled, "source pacs");
            bool const half = name.starts_with('(');
            auto const uid = half ? name.substr(1, name.size() - 2) : name;
            upstream::part_head const head{"1.2.840.10008.5.1.4.1.1.7", uid, "1.2.840.10008.1.2.1", 4};
            came = true;
            auto const begun = co_await parts.begin(head);
            if (!begun)
                co_return tl::unexpected(begun.error());
            auto const text = "head" + data_set_of(uid);
            auto const bytes = std::as_bytes(std::span(text));
            for (std::size_t at = 0; at < bytes.size(); at += 7) {
                auto const written =
                    co_await parts.write(bytes.subspan(at, std::min<std::size_t>(7, bytes.size() - at)));
                if (!written)
                    co_return tl::unexpected(written.error());
            }
            if (half)
                break;
            auto const ended = co_await parts.end();
            if (!ended)
                co_return tl::unexpected(ended.error());
            ++all.instances;
            co_await asio::post(here, use_awaitable);
        }
        if (how.fails)
            co_return fail(*how.fails, "retrieve");
        all.completed = how.completed;
        co_return all;
    }

    awaitable<result<upstream::found>> retrieve_metadata(upstream::retrieve_request const& request,
                                                         upstream::row_sink& rows, time_point) override
    {
        ++metadata_asked;
        if (!has_metadata)
            co_return fail(upstream::errc::unsupported, "metadata");
        auto const how = next(request);
        upstream::found all;
        for (auto const& uid : how.come) {
            mapping::data_set row;
            if (!uid.empty())
                row.add(mapping::tags::SOPInstanceUID, uid);
            if (!metadata_study.empty())
                row.add(mapping::tags::StudyInstanceUID, metadata_study);
            row.add(mapping::tags::SeriesInstanceUID, series_of(uid));
            came = true;
            ++all.rows;
            rows.row(std::move(row));
        }
        if (how.fails)
            co_return fail(*how.fails, "metadata");
        co_return all;
    }

    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    /// SOP Instance UID, Series Instance UID and eight bytes of pixels, explicit VR little endian.
    static std::string data_set_of(std::string const& uid)
    {
        auto const element = [](char group, char number, std::string value) {
            if (value.size() % 2 != 0)
                value += '\0';
            return std::string{group, '\0', number, '\0', 'U', 'I', static_cast<char>(value.size()), '\0'} + value;
        };
        return element('\x08', '\x18', uid) + element('\x20', '\x0E', series_of(uid)) +
               std::string("\xE0\x7F\x10\0OW\0\0\x08\0\0\0", 12) + "pixelsss";
    }

private:
    retrieval next(upstream::retrieve_request const& request)
    {
        asked.push_back(request);
        if (!request.sop_instance_uid.empty() && single) {
            auto const fails = single(request.sop_instance_uid);
            retrieval one;
            one.fails = fails;
            if (!fails)
                one.come.push_back(request.sop_instance_uid);
            return one;
        }
        if (retrievals.empty())
            return {.come = {}, .fails = upstream::errc::not_found};
        auto one = std::move(retrievals.front());
        retrievals.pop_front();
        return one;
    }
};

}  // namespace pons::test
