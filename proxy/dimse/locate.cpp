#include "proxy/dimse/locate.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/federation/ask_each.hpp"
#include "upstream/federation/partial_answer.hpp"
#include "upstream/source_text.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace pons::proxy::dimse {

namespace {

using mapping::level;
using mapping::tag;
using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

constexpr std::size_t uids_per_query = 50;

/// Study, series, instance; the last is empty for a series.
using place = std::tuple<std::string, std::string, std::string>;

/// What is asked of each source.
struct question {
    level at = level::instance;
    tag unique{};  // what is looked for
    std::string study;
    std::string series;  // "": not named
    std::vector<std::string> const& uids;
};

question to_question(retrieve_query const& query)
{
    bool const series = query.at == find_level::series;
    return {.at = series ? level::series : level::instance,
            .unique = series ? tags::SeriesInstanceUID : tags::SOPInstanceUID,
            .study = query.studies.empty() ? std::string() : query.studies.front(),
            .series = series || query.series.empty() ? std::string() : query.series.front(),
            .uids = series ? query.series : query.instances};
}

/// The rows that tell where something is that was asked for: some archives ignore keys.
struct place_rows final : upstream::row_sink {
    question const& what;
    std::set<place> found;
    std::unordered_set<std::string_view> uids;  // of them, those of `what`
    bool unusable = false;

    explicit place_rows(question const& asked) : what(asked) {}

    std::string_view purpose() const override { return "where what is to be retrieved is"; }

    void row(mapping::data_set&& one) override
    {
        auto const uid = std::ranges::find(what.uids, one.text(what.unique));
        if (uid == what.uids.end())
            return;
        auto const told = [&](tag t, std::string const& named) {
            std::string const value(one.text(t));
            return value.empty() ? named : value;
        };
        auto const study = told(tags::StudyInstanceUID, what.study);
        auto const series = told(tags::SeriesInstanceUID, what.series);
        bool const other =
            (!what.study.empty() && study != what.study) || (!what.series.empty() && series != what.series);
        bool const lacks = !upstream::dimse::may_be_uid(study) || !upstream::dimse::may_be_uid(series);
        unusable = unusable || lacks;
        if (other || lacks)
            return;
        found.emplace(study, series, what.at == level::series ? std::string() : *uid);
        uids.insert(*uid);
    }
};

struct part {
    upstream::searched_source* source = nullptr;
    std::set<place> found = {};
    std::unordered_set<std::string_view> uids = {};
    std::string doubt = {};  // why it may have what it did not tell
};

class locating {
public:
    locating(question what, std::size_t together, std::uint32_t most_queries, listing_time time)
        : what_(std::move(what)), together_(together), most_queries_(most_queries), time_(time)
    {
    }

    awaitable<result<void>> ask(part& of)
    {
        std::uint32_t queries = 0;
        std::span<std::string const> const all(what_.uids);
        for (std::size_t from = 0; from < all.size() && of.doubt.empty(); from += uids_per_query) {
            auto const some = all.subspan(from, std::min(uids_per_query, all.size() - from));
            result<void> const asked = co_await ask_for(of, some, queries);
            if (!asked)
                co_return asked;
        }
        for (auto const& uid : all) {
            if (all.size() == 1 || of.uids.contains(uid) || !of.doubt.empty())
                continue;
            std::span<std::string const> const one(&uid, 1);
            result<void> const asked = co_await ask_for(of, one, queries);
            if (!asked)
                co_return asked;
        }
        co_return result<void>();
    }

    std::string_view not_found(std::vector<part> const& parts) const
    {
        for (auto const& uid : what_.uids)
            if (std::ranges::none_of(parts, [&](part const& p) { return p.uids.contains(uid); }))
                return uid;
        return {};
    }

private:
    /// Errors: cancelled. Whatever else goes wrong is a doubt.
    awaitable<result<void>> ask_for(part& of, std::span<std::string const> uids, std::uint32_t& queries)
    {
        auto const where = upstream::place_of(*of.source);
        if (queries++ == most_queries_) {
            of.doubt = where + " would have to be asked too often";
            co_return result<void>();
        }
        mapping::find_request request{.at = what_.at, .keys = {}, .return_keys = {}};
        if (!what_.study.empty())
            request.keys.push_back({tags::StudyInstanceUID, std::vector<std::string>(1, what_.study)});
        if (!what_.series.empty())
            request.keys.push_back({tags::SeriesInstanceUID, std::vector<std::string>(1, what_.series)});
        request.keys.push_back({what_.unique, std::vector<std::string>(uids.begin(), uids.end())});
        for (auto const t : {tags::StudyInstanceUID, tags::SeriesInstanceUID})
            if (std::ranges::find(request.keys, t, &mapping::key::attribute) == request.keys.end())
                request.return_keys.push_back(t);
        request.max_rows = of.source->max_rows;
        place_rows rows(what_);
        auto const deadline = upstream::own_deadline(*of.source, together_, time_.of_next());
        result<upstream::found> how = co_await of.source->asked_anew().find(request, rows, deadline);
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return fail(errc::cancelled, where);
        of.found.merge(rows.found);
        of.uids.merge(rows.uids);
        bool const alone = uids.size() == 1;
        if (how)
            upstream::take_guessed_text(how->issues);
        if (!how) {
            // A list may be what it does not know.
            if (alone || how.error().code != errc::refused)
                of.doubt = where + ": " + how.error().code.message();
        } else if (rows.unusable) {
            of.doubt = where + " does not tell study and series";
        } else if (alone && (how->truncated || !how->issues.empty())) {
            of.doubt = where + " told a part only";
        }
        co_return result<void>();
    }

    question const what_;
    std::size_t const together_;  // how many sources are asked
    std::uint32_t const most_queries_;
    listing_time const time_;
};

}  // namespace

bool finds_by_uid(config::source const& source)
{
    return source.kind == config::source_kind::dicomweb || source.quirks.relational;
}

bool finds_by_uid(config::settings const& settings, std::span<std::string_view const> sources)
{
    return std::ranges::any_of(sources, [&](std::string_view name) {
        auto const at = std::ranges::find(settings.sources, name, &config::source::name);
        return at != settings.sources.end() && finds_by_uid(*at);
    });
}

awaitable<result<std::vector<retrieve_request>>> locate(config::settings const& settings, retrieve_query const& query,
                                                        std::vector<upstream::searched_source*> sources,
                                                        std::uint32_t most_queries, listing_time time)
{
    std::vector<part> parts;
    std::string doubt;
    for (auto* const source : sources) {
        auto const& known = settings.sources;
        auto const of = std::ranges::find(known, source->facts->name, &config::source::name);
        if (of != known.end() && finds_by_uid(*of))
            parts.push_back({.source = source});
        else if (doubt.empty())
            doubt = upstream::place_of(*source) + " cannot be asked by these UIDs alone";
    }
    locating work(to_question(query), parts.size(), most_queries, time);
    auto one = [&](std::size_t index) { return work.ask(parts[index]); };
    result<void> const asked = co_await upstream::fan_out(parts.size(), parts.size(), one);
    if (!asked)
        co_return tl::unexpected(asked.error());
    for (auto const& p : parts)
        if (!p.doubt.empty())
            doubt = p.doubt;
    if (!doubt.empty() && !work.not_found(parts).empty())
        co_return fail(errc::incomplete, doubt);
    std::set<place> all;
    for (auto& p : parts)
        all.merge(p.found);
    std::vector<retrieve_request> requests;
    for (auto const& [study, series, instance] : all)
        requests.push_back({.study_instance_uid = study, .series_instance_uid = series, .sop_instance_uid = instance});
    co_return requests;
}

}  // namespace pons::proxy::dimse
