#include "proxy/dimse/find.hpp"

#include "proxy/dimse/answer_with_rows.hpp"
#include "proxy/dimse/finding.hpp"
#include "proxy/dimse/locate.hpp"
#include "proxy/dimse/receive_identifier.hpp"
#include "proxy/dimse/relational_find.hpp"
#include "upstream/dimse/wire/uids.hpp"

namespace pons::proxy::dimse {

namespace {

bool is_find(std::string_view abstract_syntax)
{
    return abstract_syntax == wire::uids::patient_root_find || abstract_syntax == wire::uids::study_root_find;
}

/// What was asked. Not well: it is not to be asked at all.
tl::expected<find_query, row_ending> understand(operation const& of, mapping::data_set identifier)
{
    auto const& abstract_syntax = of.context.abstract_syntax;
    auto const model =
        abstract_syntax == wire::uids::patient_root_find ? find_model::patient_root : find_model::study_root;
    auto const* const extended = of.over.extended(abstract_syntax);
    auto const options = extended ? to_find_options(extended->information) : find_options{};
    auto query = to_find_query(std::move(identifier), model, options, of.bounds.max_candidates);
    if (!query)
        return tl::unexpected(row_ending{status::identifier_does_not_match, query.error().where});
    bool const by_uids = to_be_located(*query).has_value();
    if (by_uids && !finds_by_uid(of.settings, of.sources))
        return tl::unexpected(row_ending{status::identifier_does_not_match,
                                         "no archive here finds series or images by their UIDs alone"});
    if (!of.bounds.allow_unbounded && !by_uids && !is_narrowed(*query))
        return tl::unexpected(
            row_ending{status::out_of_resources, "too broad; narrow by Patient ID, Name, Accession or Study Date"});
    return std::move(*query);
}

awaitable<result<row_ending>> find(operation const& of, find_query const& query, outward<find_row>& rows,
                                   bridge::archives& all, time_point deadline)
{
    finding work(of, query, rows, all, deadline);
    co_return co_await work.run();
}

result<void> serve(operation& of)
{
    mapping::read_limits limits;
    limits.everything = true;  // private keys are not matched, and it is told
    auto identifier = receive_identifier(of, limits);
    if (!identifier || !*identifier)
        return identifier ? result<void>() : tl::unexpected(identifier.error());
    auto const query = understand(of, std::move(**identifier));
    if (!query)
        return of.respond(query.error().status, query.error().comment);
    return answer_with_rows(of, [&](outward<find_row>& rows, bridge::archives& all, time_point deadline) {
        return find(of, *query, rows, all, deadline);
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
