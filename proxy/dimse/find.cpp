#include "proxy/dimse/find.hpp"

#include "mapping/dicom_stream.hpp"
#include "mapping/errc.hpp"
#include "proxy/dicomweb/search.hpp"
#include "proxy/dimse/answer_with_rows.hpp"
#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/crossing.hpp"
#include "proxy/dimse/find_answer.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

namespace pons::proxy::dimse {

namespace {

bool is_find(std::string_view abstract_syntax)
{
    return abstract_syntax == wire::uids::patient_root_find || abstract_syntax == wire::uids::study_root_find;
}

/// What was asked. Not well: it is not to be asked at all.
tl::expected<find_query, row_ending> understand(operation const& of, std::vector<std::byte> const& bytes)
{
    mapping::read_limits limits;
    limits.everything = true;  // private keys are not matched, and it is told
    auto identifier = mapping::read_data_set(bytes, wire::encoding_of(of.context.transfer_syntax), {}, limits);
    if (!identifier)
        return tl::unexpected(row_ending{status::identifier_does_not_match, "the identifier cannot be read"});
    auto const& abstract_syntax = of.context.abstract_syntax;
    auto const model =
        abstract_syntax == wire::uids::patient_root_find ? find_model::patient_root : find_model::study_root;
    auto const* const extended = of.over.extended(abstract_syntax);
    auto const options = extended ? to_find_options(extended->information) : find_options{};
    auto query = to_find_query(std::move(*identifier), model, options, of.bounds.max_candidates);
    if (!query)
        return tl::unexpected(row_ending{status::identifier_does_not_match, query.error().where});
    if (!of.bounds.allow_unbounded && !is_narrowed(*query))
        return tl::unexpected(
            row_ending{status::out_of_resources, "too broad; narrow by Patient ID, Name, Accession or Study Date"});
    return std::move(*query);
}

/// On the bridge.
awaitable<result<row_ending>> search(operation const& of, find_query const& query, outward<find_row>& rows,
                                     bridge::archives& all, time_point deadline)
{
    dicomweb::search_bounds const bounds{.federation = of.settings.federation,
                                         .max_candidates = of.bounds.max_candidates,
                                         .max_fan_out = of.bounds.max_fan_out};
    auto sources = bridge::choose(all, of.sources);
    result<dicomweb::hits_found> found =
        co_await dicomweb::find_hits(bounds, query.search, std::move(sources), deadline);
    if (!found)
        co_return tl::unexpected(found.error());
    find_answers answers(query, of.who.called_ae, of.context.transfer_syntax);
    for (auto const& hit : found->hits) {
        auto row = answers.next(hit);
        if (!row)
            continue;
        bool const taken = co_await rows.put(std::move(*row));
        if (!taken)
            co_return fail(upstream::errc::cancelled, "C-FIND");
    }
    row_ending end;
    if (found->more)
        end = {status::out_of_resources, "more matches than are allowed; narrow the query"};
    else if (!found->warnings.empty())
        end = {status::out_of_resources, found->warnings.front()};
    co_return end;
}

result<void> serve(operation& of)
{
    constexpr std::size_t largest = mapping::read_limits{}.size;
    if (!of.rq.command.has_data_set())
        return of.respond(status::identifier_does_not_match, "there is no identifier");
    auto const bytes = of.receive_data_set(largest);
    if (!bytes)
        return tl::unexpected(bytes.error());
    if (!*bytes)
        return of.respond(status::identifier_does_not_match, "the identifier is too large");
    auto const query = understand(of, **bytes);
    if (!query)
        return of.respond(query.error().status, query.error().comment);
    return answer_with_rows(of, [&](outward<find_row>& rows, bridge::archives& all, time_point deadline) {
        return search(of, *query, rows, all, deadline);
    });
}

}  // namespace

service make_find()
{
    return {.name = "C-FIND",
            .metric = "c_find",
            .request = wire::command::c_find_rq,
            .offers = &is_find,
            .serve = &serve,
            .extend = [](wire::extended_negotiation const& asked) -> std::optional<wire::extended_negotiation> {
                if (!is_find(asked.sop_class_uid))
                    return {};
                return wire::extended_negotiation{asked.sop_class_uid, answer_options(asked.information)};
            },
            .needs_sources = true};
}

}  // namespace pons::proxy::dimse
