#include "proxy/dimse/worklist.hpp"

#include "proxy/dimse/answer_with_rows.hpp"
#include "proxy/dimse/asked_values.hpp"
#include "proxy/dimse/receive_identifier.hpp"
#include "proxy/dimse/shared_items.hpp"
#include "proxy/dimse/worklist_query.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/fan_out.hpp"
#include "upstream/worklist.hpp"

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::matched;
using mapping::tag;
using mapping::vr;
namespace tags = mapping::tags;

/// What the items of one worklist come to.
struct judged_items final : upstream::row_sink {
    explicit judged_items(worklist_asked const& asked) : query(asked) {}

    void row(data_set&& item) override
    {
        auto const how = judge_item(query, item);
        if (how == matched::no)
            return;
        data_set answer;
        query.identifier.for_each([&](tag t, vr with, bool is_sequence) {
            if (t == tags::SpecificCharacterSet || t == tags::QueryRetrieveLevel || mapping::element_number(t) == 0)
                return;
            add_asked(t, is_sequence ? mapping::vr_of('S', 'Q') : with, &item, query.identifier, answer);
        });
        rows.push_back({.answer = std::move(answer), .step = identity_of(item), .in_full = how == matched::yes});
    }

    worklist_asked const& query;
    std::vector<worklist_answer> rows;
};

/// Those behind the called AE title.
std::vector<upstream::worklist*> choose_worklists(operation const& of, bridge::archives& all)
{
    std::vector<upstream::worklist*> chosen;
    for (auto* const source : bridge::choose(all, of.sources))
        if (source->worklist)
            chosen.push_back(source->worklist.get());
    for (auto const name : of.worklists)
        for (auto const& each : of.bridge.worklists())
            if (each.name == name)
                chosen.push_back(each.where.get());
    return chosen;
}

/// How an answer that came ends; it may say that it is not whole.
row_ending ending_of(upstream::found const& how)
{
    row_ending end;
    if (how.truncated)
        end = {status::out_of_resources, "more items than are allowed; narrow the query"};
    for (auto const& odd : how.issues)
        if (odd.what == issue::kind::incomplete)
            end = {status::out_of_resources, odd.text};
    return end;
}

/// What one worklist came to.
struct told_items {
    explicit told_items(worklist_asked const& asked) : items(asked) {}

    judged_items items;
    row_ending end;
};

/// On the bridge. All worklists are asked at once, so that one that is slow takes no time from the others; their order
/// is that of the configuration all the same.
awaitable<result<row_ending>> search(operation const& of, worklist_asked const& query, outward<find_row>& rows,
                                     bridge::archives& all, time_point deadline)
{
    auto const worklists = choose_worklists(of, all);
    row_ending end;
    if (worklists.empty())
        end = {status::unable_to_process, "no source of this AE title has a worklist"};
    std::vector<told_items> told(worklists.size(), told_items(query));
    upstream::worklist_query const asked{.identifier = query.identifier,
                                         .keys = query.keys,
                                         .charset = query.charset,
                                         .max_rows = of.bounds.max_candidates};
    auto ask = [&](std::size_t index) -> awaitable<result<void>> {
        result<upstream::found> how = co_await worklists[index]->find(asked, told[index].items, deadline);
        told[index].end = how ? ending_of(*how) : to_ending(how.error());
        co_return result<void>();
    };
    result<void> const done = co_await upstream::fan_out(worklists.size(), worklists.size(), ask);
    if (!done)
        co_return tl::unexpected(done.error());
    shared_items items;
    for (auto& each : told) {
        if (each.end.status != status::success)
            end = each.end;
        items.add(std::move(each.items.rows));
    }
    for (auto& item : items.take()) {
        find_row row{
            .identifier = write_answer(item.answer, wire::encoding_of(of.context.transfer_syntax), query.charset),
            .in_full = item.in_full};
        bool const taken = co_await rows.put(std::move(row));
        if (!taken)
            co_return fail(upstream::errc::cancelled, "C-FIND");
    }
    co_return end;
}

result<void> serve(operation& of)
{
    mapping::read_limits limits;
    limits.everything = limits.standard_vr = true;
    auto identifier = receive_identifier(of, limits);
    if (!identifier || !*identifier)
        return identifier ? result<void>() : tl::unexpected(identifier.error());
    auto const query = to_worklist_query(std::move(**identifier));
    if (!query)
        return of.respond(status::identifier_does_not_match, query.error().where);
    return answer_with_rows(of, [&](outward<find_row>& rows, bridge::archives& all, time_point deadline) {
        return search(of, *query, rows, all, deadline);
    });
}

}  // namespace

service make_worklist()
{
    return {.name = "worklist C-FIND",
            .metric = "worklist_find",
            .request = wire::command::c_find_rq,
            .offers =
                [](std::string_view abstract_syntax) { return abstract_syntax == wire::uids::modality_worklist_find; },
            .serve = &serve};
}

}  // namespace pons::proxy::dimse
