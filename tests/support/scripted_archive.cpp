#include "tests/support/scripted_archive.hpp"

#include "upstream/capped/short_texts.hpp"
#include "upstream/capped/whole_find.hpp"

#include <algorithm>

namespace pons::test {

namespace {

using namespace mapping;
using upstream::errc;
using upstream::found;

void copy_element(data_set const& from, tag t, vr as, bool sequence, data_set& to)
{
    if (sequence) {
        if (auto* const items = to.add_sequence(t))
            items->assign(from.items(t).begin(), from.items(t).end());
        return;
    }
    if (to.begin(t, as))
        for (std::size_t i = 0; i < from.count(t); ++i)
            to.value(from.text(t, i));
}

data_set told_otherwise(data_set const& row)
{
    data_set other;
    other.add(tags::StudyDescription, "told otherwise");
    other.add(tags::ModalitiesInStudy, "XA");
    row.for_each([&](tag t, vr as, bool sequence) {
        if (!other.contains(t))
            copy_element(row, t, as, sequence, other);
    });
    return other;
}

key const* key_of(find_request const& request, tag t)
{
    auto const at = std::ranges::find(request.keys, t, &key::attribute);
    return at != request.keys.end() ? &*at : nullptr;
}

}  // namespace

struct scripted_archive::answer {
    std::vector<data_set> rows;
    bool held_back = false;
};

std::size_t record_of_queries::count(level at) const
{
    return static_cast<std::size_t>(std::ranges::count(requests, at, &find_request::at));
}

scripted_archive::scripted_archive(std::vector<stored_study> const& studies, quirks how, record_of_queries& log)
    : studies_(studies), how_(std::move(how)), log_(log)
{
}

void scripted_archive::release()
{
    held_ = false;
    for (auto* const timer : waiting_)
        timer->cancel();
}

/// False when the one who asked has gone meanwhile.
awaitable<bool> scripted_archive::wait_while_held()
{
    auto const here = co_await asio::this_coro::executor;
    co_await asio::post(here, use_awaitable);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (held_ && state.cancelled() == asio::cancellation_type::none) {
        steady_timer timer(here, time_point::max());
        waiting_.push_back(&timer);
        co_await timer.async_wait(as_tuple);
        std::erase(waiting_, &timer);
    }
    co_return state.cancelled() == asio::cancellation_type::none;
}

awaitable<result<found>> scripted_archive::find(find_request const& request, upstream::row_sink& rows, time_point)
{
    log_.requests.push_back(request);
    log_.most_running = std::max(log_.most_running, ++log_.running);
    bool present = true;
    if (how_.asynchronous || held_)
        present = co_await wait_while_held();
    --log_.running;
    if (!present) {
        ++log_.cancelled;
        co_return fail(errc::cancelled);
    }
    if (auto fault = fault_of(request, how_.relational, how_.uid_lists_at_series || how_.refuses_uid_lists);
        !fault.empty()) {
        log_.faults.push_back(std::move(fault));
        co_return fail(errc::refused);
    }
    if (std::ranges::any_of(request.keys, [&](key const& k) { return how_.refused.contains(k.attribute); }))
        co_return fail(errc::refused);
    answer out;
    find_rows(request, out);
    if (how_.refuses_above != 0 && out.rows.size() > how_.refuses_above)
        co_return fail(errc::too_broad);
    found how{.rows = 0, .truncated = out.held_back && how_.cap_is_announced, .issues = {}};
    if (out.held_back)
        ++log_.held_back;
    for (auto& row : out.rows) {
        if (how_.fails_after && how.rows == *how_.fails_after)
            co_return fail(errc::aborted);
        if (request.max_rows != 0 && how.rows == request.max_rows) {
            how.truncated = true;
            break;
        }
        ++how.rows;
        rows.row(std::move(row));
    }
    if (how_.fails_after && how.rows == *how_.fails_after)
        co_return fail(errc::aborted);
    log_.rows += how.rows;
    co_return how;
}

awaitable<result<void>> scripted_archive::verify(time_point)
{
    co_return result<void>();
}

bool scripted_archive::meets_all(data_set const& stored, find_request const& request, level at) const
{
    return std::ranges::all_of(request.keys, [&](key const& k) {
        if (how_.ignored.contains(k.attribute) || level_of(k.attribute, request.at) != at)
            return true;
        auto rules = how_.matching;
        rules.uid_lists = at == request.at || how_.uid_lists_at_series;
        return meets(stored, k, rules);
    });
}

bool scripted_archive::has_short_text(find_request const& request) const
{
    auto const letters = [](std::string_view value) {
        return std::ranges::count_if(
            value, [](char c) { return c != '*' && c != '?' && (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    };
    return std::ranges::any_of(request.keys, [&](key const& k) {
        auto const as = find_attribute(k.attribute)->vr;
        bool const is_text = as == "PN"_vr || as == "LO"_vr || as == "SH"_vr;
        auto const n = is_text && !k.values.empty() ? letters(k.values.front()) : 0;
        return n != 0 && n < static_cast<std::ptrdiff_t>(how_.min_chars);
    });
}

bool scripted_archive::takes_series_of(stored_study const& study, find_request const& request) const
{
    auto const* const uids = key_of(request, tags::StudyInstanceUID);
    if (how_.refuses_uid_lists && uids && uids->values.size() > 1)
        return false;
    return how_.foreign_rows || meets_all(study.attributes, request, level::study);
}

void scripted_archive::find_rows(find_request const& request, answer& out) const
{
    std::uint32_t matches = 0;
    auto const take = [&](stored_study const& study, stored_series const* series, data_set const* instance) {
        ++matches;
        if (how_.cap != 0 && out.rows.size() >= how_.cap) {
            out.held_back = true;
            return;
        }
        out.rows.push_back(shown(study, series, instance, request));
        bool const again = how_.repeats != 0 && matches % how_.repeats == 0;
        if (again && (how_.cap == 0 || out.rows.size() < how_.cap))
            out.rows.push_back(how_.repeats_differ ? told_otherwise(out.rows.back()) : out.rows.back());
    };
    if (has_short_text(request))
        return;
    for (auto const& study : studies_) {
        if (request.at == level::study) {
            if (meets_all(study.attributes, request, level::study))
                take(study, nullptr, nullptr);
            continue;
        }
        if (!takes_series_of(study, request))
            continue;
        for (auto const& series : study.series) {
            bool const foreign = how_.foreign_rows && request.at == level::instance;
            if (!foreign && !meets_all(series.attributes, request, level::series))
                continue;
            if (request.at == level::series) {
                take(study, &series, nullptr);
                continue;
            }
            for (auto const& instance : series.instances)
                if (meets_all(instance, request, level::instance))
                    take(study, &series, &instance);
        }
    }
}

bool scripted_archive::is_sparse(stored_study const& study, find_request const& request) const
{
    if (how_.sparse == 0 || request.at != level::study ||
        (!how_.sparse_by_uid && key_of(request, tags::StudyInstanceUID)))
        return false;
    return static_cast<std::size_t>(&study - studies_.data()) % how_.sparse == how_.sparse - 1;
}

data_set scripted_archive::shown(stored_study const& study, stored_series const* series, data_set const* instance,
                                 find_request const& request) const
{
    data_set row;
    row.add(tags::QueryRetrieveLevel, to_query_level(request.at));
    std::set<tag> wanted(request.return_keys.begin(), request.return_keys.end());
    for (auto const& k : request.keys) {
        bool const silent =
            !how_.echoes && (k.attribute == tags::ModalitiesInStudy || level_of(k.attribute, request.at) != request.at);
        if (silent)
            wanted.erase(k.attribute);
        else
            wanted.insert(k.attribute);
    }
    bool const sparse = is_sparse(study, request);
    if (sparse)
        std::erase_if(
            wanted, [](tag t) { return t != tags::StudyInstanceUID && t != tags::PatientID && t != tags::StudyDate; });
    auto const add = [&](data_set const& from) {
        from.for_each([&](tag t, vr as, bool sequence) {
            if (wanted.contains(t) && !how_.dropped.contains(t))
                copy_element(from, t, as, sequence, row);
        });
    };
    // The attributes of a level come first, so that those that belong to all are the level's own.
    if (instance)
        add(*instance);
    if (series)
        add(series->attributes);
    add(study.attributes);
    if (how_.omits_empty)
        return row;
    for (auto const t : wanted) {
        if (row.contains(t) || how_.dropped.contains(t) || level_of(t, request.at) != request.at)
            continue;
        auto const as = find_attribute(t)->vr;
        if (as == "SQ"_vr)
            row.add_sequence(t);
        else
            row.begin(t, as);
    }
    return row;
}

std::shared_ptr<upstream::row_limit> make_limit(quirks const& how)
{
    bool const known = how.cap_is_known && !how.cap_is_announced;
    return std::make_shared<upstream::row_limit>("test", known ? how.cap : 0);
}

upstream::searched_source make_source(std::vector<stored_study> const& studies, quirks const& how,
                                      std::shared_ptr<source_facts const> facts, record_of_queries& log,
                                      std::shared_ptr<upstream::row_limit> limit, bool empty_values)
{
    static config::source const settings;
    static config::source const settings_of_able = [] {
        config::source able;
        able.quirks.empty_value_matching = true;
        return able;
    }();
    upstream::searched_source source;
    source.limit = limit ? std::move(limit) : make_limit(how);
    bool const able = empty_values && how.matching.empty_value_matching && !how.ignored.contains(tags::StudyDate);
    auto const& known = able ? settings_of_able : settings;
    auto lore = std::make_shared<upstream::source_lore>("test");
    auto itself = std::make_unique<scripted_archive>(studies, how, log);
    auto doubting = upstream::make_text_doubting(std::move(itself), known, lore);
    source.where = upstream::make_whole_finding(std::move(doubting), source.limit, known, std::move(lore));
    source.facts = std::move(facts);
    source.abilities = {
        .relational = how.relational,
        .modalities_in_study = !how.ignored.contains(tags::ModalitiesInStudy),
        .names_without_case = how.matching.names_without_case && !how.ignored.contains(tags::PatientName),
        .empty_value_matching = how.matching.empty_value_matching && !how.ignored.contains(tags::StudyDate),
        .leading_spaces = !how.matching.counts_spaces,
        .wildcards = how.matching.wildcards};
    source.omits_empty = how.omits_empty;
    source.series_by_uid_list = how.uid_lists_at_series;
    return source;
}

stored_study visible_part(stored_study const& study, std::set<tag> const& dropped)
{
    auto const without = [&](data_set const& from) {
        data_set to;
        from.for_each([&](tag t, vr as, bool sequence) {
            if (!dropped.contains(t))
                copy_element(from, t, as, sequence, to);
        });
        return to;
    };
    stored_study out{.attributes = without(study.attributes), .series = {}};
    for (auto const& series : study.series) {
        auto& one = out.series.emplace_back(stored_series{.attributes = without(series.attributes), .instances = {}});
        for (auto const& instance : series.instances)
            one.instances.push_back(without(instance));
    }
    return out;
}

}  // namespace pons::test
