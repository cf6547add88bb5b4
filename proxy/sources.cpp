#include "proxy/sources.hpp"

#include "mapping/codecs/zone.hpp"
#include "upstream/budget.hpp"
#include "upstream/capped/short_texts.hpp"
#include "upstream/capped/whole_find.hpp"
#include "upstream/coalesce/coalesce.hpp"
#include "upstream/complete/complete.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dicomweb/ups_worklist.hpp"
#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/commitment.hpp"
#include "upstream/dimse/dimse_archive.hpp"
#include "upstream/dimse/dimse_worklist.hpp"
#include "upstream/guard/guard.hpp"
#include "upstream/source_text.hpp"
#include "upstream/trace/tracing.hpp"

#include <algorithm>
#include <chrono>

namespace pons::proxy {

namespace {

/// What all workers share of one source.
struct shared_source {
    config::source const* settings;
    std::shared_ptr<mapping::source_facts const> facts;
    std::shared_ptr<upstream::dimse::association_pool> associations;
    std::shared_ptr<upstream::dimse::move_registry> moves;
    std::shared_ptr<upstream::dimse::commitment_registry> commitments;
    std::shared_ptr<upstream::budget> connections;
    std::shared_ptr<upstream::gate> gate;
    std::shared_ptr<upstream::row_limit> limit;
    std::shared_ptr<upstream::source_lore> lore;
    std::shared_ptr<upstream::flights> flights;
    std::shared_ptr<upstream::metadata_cache> metadata;  // null: none is kept
    std::shared_ptr<upstream::told_twice> repeats;

    bool change(config::source const& now) const
    {
        bool const may_be_asked = gate->change(now, std::chrono::system_clock::now());
        if (!may_be_asked && associations)
            associations->let_go();
        // After the gate, so that nothing is kept any more that was asked for before.
        flights->forget_answers();
        if (metadata)
            metadata->forget();
        return may_be_asked;
    }

    std::shared_ptr<upstream::archive> make_itself() const
    {
        if (associations)
            return upstream::dimse::make_dimse_archive(*settings, associations, moves);
        return upstream::dicomweb::make_dicomweb_archive(*settings, connections, gate->shared_running());
    }

    /// All layers but the one that keeps answers.
    std::unique_ptr<upstream::archive> make_complete(std::shared_ptr<upstream::archive> itself) const
    {
        auto guarded = upstream::make_guarded(std::move(itself), gate);
        auto doubting = upstream::make_text_doubting(std::move(guarded), *settings, lore);
        auto finding = upstream::make_whole_finding(std::move(doubting), limit, *settings, lore);
        return upstream::make_complete(std::move(finding), *settings, metadata);
    }

    /// Null: it is not asked.
    std::shared_ptr<upstream::committing> make_committing() const
    {
        if (!associations || !commitments || settings->commitment != config::commitment_way::forward)
            return nullptr;
        return upstream::make_guarded(upstream::dimse::make_committing(*settings, associations, commitments), gate);
    }

    /// Null: it has none.
    std::shared_ptr<upstream::worklist> make_worklist() const
    {
        if (settings->worklist == config::worklist_kind::mwl && associations)
            return upstream::make_guarded(upstream::dimse::make_worklist(*settings, associations), gate);
        if (settings->worklist == config::worklist_kind::ups && connections)
            return upstream::make_guarded(
                upstream::dicomweb::make_worklist(*settings, connections, gate->shared_running()), gate);
        return nullptr;
    }

    /// The same layers for each find of a search, so that what goes out below them is known to be for it.
    std::unique_ptr<upstream::archive> make_traced(std::shared_ptr<upstream::archive> itself,
                                                   std::shared_ptr<upstream::search_trace> to) const
    {
        auto make = [*this, itself = std::move(itself), to](std::shared_ptr<upstream::traced_find> of) {
            auto complete = make_complete(upstream::make_watched(itself, to, std::move(of)));
            return upstream::make_coalescing(std::move(complete), flights, *settings);
        };
        return upstream::make_tracing(to, flights, std::move(make));
    }
};

}  // namespace

std::shared_ptr<mapping::source_facts const> make_facts(config::settings const& settings, config::source const& source)
{
    /// The zones live as long as the facts that point at them.
    struct owning : mapping::source_facts {
        std::optional<mapping::codecs::zone> owned;
    };
    auto facts = std::make_shared<owning>();
    facts->name = source.name;
    if (!source.timezone.empty())
        facts->owned = mapping::codecs::find_zone(source.timezone);
    facts->zone = facts->owned ? &*facts->owned : nullptr;
    facts->patient_system = source.issuer.system;
    facts->patient_namespace = source.issuer.namespace_id;
    facts->ids_are_references = settings.crosswalk.kind == config::crosswalk_kind::none;
    facts->accession_system = source.issuer.accession_system;
    facts->accession = {.trim = source.accession.trim, .pad = source.accession.pad, .prefix = source.accession.prefix};
    facts->endpoints.push_back({.id = source.name + "-wado-rs",
                                .connection_type = "dicom-wado-rs",
                                .name = source.name,
                                .address = settings.http.public_url + "/dicomweb/sources/" + source.name});
    facts->endpoints.push_back({.id = source.name + "-ihe-iid",
                                .connection_type = "ihe-iid",
                                .name = source.name,
                                .address = settings.http.public_url + "/IHEInvokeImageDisplay"});
    return facts;
}

mapping::search::abilities make_abilities(config::quirks const& quirks)
{
    return {.relational = quirks.relational,
            .modalities_in_study = quirks.modalities_in_study,
            .names_without_case = quirks.name_matching == config::name_matching::insensitive,
            .empty_value_matching = quirks.empty_value_matching,
            .leading_spaces = quirks.leading_spaces,
            .wildcards = quirks.wildcards,
            .study_id = quirks.study_id};
}

prepared_sources prepare_sources(config::settings const& settings,
                                 std::shared_ptr<upstream::dimse::move_registry> moves,
                                 std::shared_ptr<upstream::dimse::commitment_registry> commitments)
{
    std::vector<shared_source> all;
    for (auto const& source : settings.sources) {
        shared_source shared{.settings = &source,
                             .facts = make_facts(settings, source),
                             .associations = {},
                             .moves = moves,
                             .commitments = commitments,
                             .connections = {},
                             .gate = std::make_shared<upstream::gate>(source),
                             .limit = std::make_shared<upstream::row_limit>(source.name, source.quirks.max_results),
                             .lore = std::make_shared<upstream::source_lore>(source.name),
                             .flights = std::make_shared<upstream::flights>(
                                 upstream::bounds_of(source.answer_cache, settings.http.request_timeout)),
                             .metadata = {},
                             .repeats = std::make_shared<upstream::told_twice>()};
        if (auto const& kept = source.metadata_cache; kept.size != 0)
            shared.metadata = std::make_shared<upstream::metadata_cache>(
                upstream::metadata_cache::bounds{.size = kept.size, .time = kept.time});
        if (source.kind == config::source_kind::dimse)
            shared.associations = upstream::dimse::make_pool(
                source, [gate = shared.gate] { return gate->is_wanted(std::chrono::system_clock::now()).has_value(); });
        else
            shared.connections = std::make_shared<upstream::budget>(source.name, source.limits);
        all.push_back(std::move(shared));
    }
    auto change = [all](config::source const& now) {
        auto const is_it = [&](shared_source const& one) { return one.settings->name == now.name; };
        auto const at = std::ranges::find_if(all, is_it);
        return at != all.end() && at->change(now);
    };
    auto make = [all = std::move(all)] {
        std::vector<upstream::searched_source> sources;
        for (auto const& shared : all) {
            auto const& source = *shared.settings;
            auto itself = shared.make_itself();
            std::shared_ptr<upstream::archive> const anew = shared.make_complete(itself);
            auto searching = [anew, kept = shared.flights, of = &source](std::shared_ptr<upstream::used_answers> by) {
                return upstream::make_coalescing(anew, kept, *of, std::move(by));
            };
            sources.push_back({.where = upstream::make_coalescing(anew, shared.flights, source),
                               .facts = shared.facts,
                               .abilities = make_abilities(source.quirks),
                               .limit = shared.limit,
                               .series_by_uid_list = source.quirks.series_by_uid_list,
                               .width = source.limits.associations,
                               .max_rows = source.limits.max_rows,
                               .patience = source.timeouts.search,
                               .omits_empty = source.kind == config::source_kind::dicomweb,
                               .gate = shared.gate,
                               .trace = nullptr,
                               .traced =
                                   [shared, itself](std::shared_ptr<upstream::search_trace> to) {
                                       return shared.make_traced(itself, std::move(to));
                                   },
                               .committing = shared.make_committing(),
                               .worklist = shared.make_worklist(),
                               .text = upstream::text_of_rows(source),
                               .repeats = shared.repeats,
                               .anew = anew,
                               .joining = upstream::make_joining(anew, shared.flights, source),
                               .searching = std::move(searching)});
        }
        return sources;
    };
    return {.make = std::move(make), .change = std::move(change)};
}

}  // namespace pons::proxy
