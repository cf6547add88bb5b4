#include "proxy/cli/serve.hpp"

#include "mapping/charset.hpp"
#include "mapping/codecs/date_time.hpp"
#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/cli/reading_again.hpp"
#include "proxy/crosswalk.hpp"
#include "proxy/dicomweb/routes.hpp"
#include "proxy/dimse/provider.hpp"
#include "proxy/dimse/services.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/fhir/page_token.hpp"
#include "proxy/fhir/routes.hpp"
#include "proxy/http/server.hpp"
#include "proxy/iid/invoke.hpp"
#include "proxy/operations/exposure.hpp"
#include "proxy/operations/health.hpp"
#include "proxy/operations/lifecycle.hpp"
#include "proxy/operations/log.hpp"
#include "proxy/operations/metrics.hpp"
#include "proxy/operations/routes.hpp"
#include "proxy/sources.hpp"
#include "proxy/worklists.hpp"
#include "upstream/capped/row_limit.hpp"
#include "upstream/dimse/store_provider.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ostream>

namespace pons::proxy::cli::serve {

namespace {

/// What the workers share; outlives the server.
struct shared_parts {
    explicit shared_parts(config::settings s)
        : settings(std::move(s)),
          sealer(settings.paging.key),
          moves(std::make_shared<upstream::dimse::move_registry>(settings.sources)),
          commitments(std::make_shared<upstream::dimse::commitment_registry>()),
          sources(prepare_sources(settings, moves, commitments)),
          worklists(prepare_worklists(settings)),
          started(mapping::codecs::print_instant(std::chrono::system_clock::now()).view())
    {
    }

    config::settings settings;
    fhir::page_sealer sealer;
    std::shared_ptr<upstream::dimse::move_registry> moves;
    std::shared_ptr<upstream::dimse::commitment_registry> commitments;
    prepared_sources sources;
    make_order_worklists worklists;
    std::shared_ptr<upstream::crosswalk_counts> crosswalk_counts = std::make_shared<upstream::crosswalk_counts>();
    make_crosswalk crosswalk;
    std::string started;
    operations::metrics metrics;
    http::counters const* counts = nullptr;
    render::settings rendering;
    std::shared_ptr<upstream::budget> rendering_budget = render::make_budget(rendering);
};

/// Peers may call, and ask for anything.
bool has_callers(config::settings const& settings)
{
    return !settings.peers.empty() || settings.dicom.any_caller;
}

/// It sends us what C-MOVE asked for, or reports what it keeps for those who asked.
bool calls_store_ae(config::settings const& settings, config::source const& source)
{
    bool const reports = has_callers(settings) && source.commitment == config::commitment_way::forward;
    return source.kind == config::source_kind::dimse &&
           (reports || std::ranges::find(source.retrieve, config::retrieve_method::c_move) != source.retrieve.end());
}

/// The DICOM side of the process, in the order in which it is made; it ends in the other.
struct dicom_side {
    std::unique_ptr<dimse::bridge> bridge;
    std::shared_ptr<dimse::provider> provider;
    std::unique_ptr<upstream::dimse::acceptor> door;  ///< null: nobody is to call
};

/// Those who query, retrieve and store by DIMSE, at `dicom.ae_title` and `dicom.ae_titles`.
void add_provider(shared_parts& shared, dicom_side& to, upstream::dimse::association_services& services)
{
    auto const& dicom = shared.settings.dicom;
    auto const make_renderer = [&shared](executor on) {
        return std::make_shared<render::renderer>(on, shared.rendering, shared.rendering_budget);
    };
    auto const make_worklists = [&shared] {
        auto const made = shared.worklists();
        return std::vector<upstream::named_worklist>(made.begin(), made.end());
    };
    to.bridge = std::make_unique<dimse::bridge>(shared.sources.make, make_renderer, make_worklists);
    to.provider =
        std::make_shared<dimse::provider>(shared.settings, *to.bridge, dimse::make_services(),
                                          dimse::bounds_of(shared.settings), dimse::times_of(shared.settings));
    services.emplace(dicom.ae_title, to.provider);
    for (auto const& [title, sources] : dicom.ae_titles)
        services.emplace(title, to.provider);
    auto const add = [&](std::string name, std::string help, std::atomic<std::uint64_t> const& counter) {
        shared.metrics.add_counter(std::move(name), std::move(help),
                                   [provider = to.provider, &counter] { return counter.load(); });
    };
    add("pons_dicom_callers_not_admitted_total", "Associations rejected since the caller is not among peers.",
        to.provider->counts().not_admitted);
    add("pons_dicom_callers_too_many_total", "Associations rejected since their caller has too many.",
        to.provider->counts().too_many);
    for (auto const& each : to.provider->services()) {
        auto const name = std::string(each->service.name);
        auto const metric = "pons_dicom_" + std::string(each->service.metric);
        add(metric + "_total", name + " requests of DICOM peers.", each->counts.all);
        add(metric + "_failed_total", name + " requests that ended with a failure.", each->counts.failed);
        add(metric + "_cancelled_total", name + " requests that the peer cancelled.", each->counts.cancelled);
    }
}

/// What `dicom.listen` serves: the store AE titles of all sources that may call them, and peers. Empty: nobody
/// is to call.
upstream::dimse::association_services make_dicom_services(shared_parts& shared, dicom_side& side)
{
    upstream::dimse::association_services services;
    auto const provider = std::make_shared<upstream::dimse::store_provider>(
        shared.moves, upstream::dimse::store_provider_times{}, shared.commitments);
    for (auto const& source : shared.settings.sources)
        if (calls_store_ae(shared.settings, source))
            services.emplace(source.store_ae, provider);
    auto const add = [&](char const* name, char const* help, std::atomic<std::uint64_t> const& counter) {
        shared.metrics.add_counter(name, help, [provider, &counter] { return counter.load(); });
    };
    auto const& counts = provider->counts();
    add("pons_dicom_instances_delivered_total", "Instances that came by C-MOVE and were handed on.", counts.delivered);
    add("pons_dicom_instances_unexpected_total", "Instances refused since no retrieve waited for them.",
        counts.unexpected);
    add("pons_dicom_instances_undelivered_total", "Instances refused since their retrieve had ended or stalled.",
        counts.undelivered);
    add("pons_dicom_instances_broken_total", "Instances that broke off.", counts.broken);
    if (!services.empty() || has_callers(shared.settings))
        add_provider(shared, side, services);
    return services;
}

std::vector<operations::health_check> checks_of(std::shared_ptr<fhir::service> const& service,
                                                std::vector<order_worklist> const& worklists)
{
    std::vector<operations::health_check> checks;
    for (std::size_t i = 0; i < service->sources.size(); ++i)
        checks.push_back({.name = service->sources[i].facts->name, .run = [service, i](time_point deadline) {
                              return service->sources[i].where->verify(deadline);
                          }});
    if (service->crosswalk)
        checks.push_back({.name = "crosswalk",
                          .run = [service](time_point deadline) { return service->crosswalk->verify(deadline); },
                          .aside = true});
    for (auto const& each : worklists)
        checks.push_back({.name = "worklists." + each.name, .run = each.verify, .aside = true});
    return checks;
}

http::response error_page(http::status status, http::request const& req, std::string_view id, std::string_view text)
{
    bool const fhir = req.path == "/fhir" || req.path.starts_with("/fhir/");
    return fhir ? fhir::error_page(status, req, id, text) : http::plain_error(status, req, id, text);
}

/// What one worker serves: its own archives behind the shared pools.
http::site make_site(shared_parts& shared, executor on)
{
    auto const service = std::make_shared<fhir::service>(
        fhir::service{shared.settings, shared.sealer, shared.sources.make(), shared.started, shared.crosswalk()});
    auto const readiness = std::make_shared<operations::health>(on, checks_of(service, shared.worklists()));
    auto routes = fhir::make_routes(service);
    auto const renderer = std::make_shared<render::renderer>(on, shared.rendering, shared.rendering_budget);
    auto const passes = std::make_shared<render::shared_passes>(on, render::run_with(renderer));
    auto const images = std::make_shared<dicomweb::service>(dicomweb::service{
        shared.settings, std::shared_ptr<std::vector<upstream::searched_source>>(service, &service->sources), renderer,
        passes});
    for (auto& route : dicomweb::make_routes(images))
        routes.push_back(std::move(route));
    for (auto& route : operations::make_routes(readiness, shared.metrics, *shared.counts))
        routes.push_back(std::move(route));
    for (auto& route : iid::make_routes(service))
        routes.push_back(std::move(route));
    auto observe = shared.metrics.make_observer();
    auto log = operations::make_request_log(on);
    return {.routes = http::router(std::move(routes)),
            .on_error = &error_page,
            .on_request = [observe, log](http::request_record const& record) {
                observe(record);
                log(record);
            }};
}

/// The crosswalk of the process, if there is one, and what it counts.
result<void> open_crosswalk(shared_parts& shared)
{
    auto prepared = prepare_crosswalk(shared.settings, shared.crosswalk_counts);
    if (!prepared)
        return tl::unexpected(prepared.error());
    shared.crosswalk = std::move(*prepared);
    if (shared.settings.crosswalk.kind == config::crosswalk_kind::none)
        return {};
    auto const add = [&](char const* name, char const* help, std::atomic<std::uint64_t> const& counter) {
        shared.metrics.add_counter(name, help, [counts = shared.crosswalk_counts, &counter] { return counter.load(); });
    };
    auto const& counts = *shared.crosswalk_counts;
    add("pons_crosswalk_lookups_total", "Patient references that were resolved or tried.", counts.lookups);
    add("pons_crosswalk_kept_total", "Those answered from what was kept.", counts.kept);
    add("pons_crosswalk_shared_total", "Those that waited for the lookup of another request.", counts.shared);
    add("pons_crosswalk_unknown_total", "Those to patients whom the crosswalk does not know.", counts.unknown);
    add("pons_crosswalk_ambiguous_total", "Those refused since they lead to several patients.", counts.ambiguous);
    add("pons_crosswalk_failures_total", "Those that the crosswalk could not tell.", counts.failures);
    return {};
}

/// With the one DICOM acceptor of the process, if there is anybody to call it.
result<dicom_side> open_dicom(shared_parts& shared)
{
    dicom_side side;
    auto services = make_dicom_services(shared, side);
    if (services.empty())
        return side;
    auto& door = side.door;
    upstream::dimse::acceptor_limits limits;
    limits.associations = shared.settings.dicom.max_associations;
    door = std::make_unique<upstream::dimse::acceptor>(shared.settings.dicom.listen, std::move(services), limits,
                                                       shared.settings.dicom.tls);
    if (auto const started = door->start(); !started)
        return tl::unexpected(started.error());
    spdlog::info("DICOM{} on port {}", shared.settings.dicom.tls.enabled ? " over TLS" : "", door->endpoint().port());
    auto const& counts = door->counts();
    auto const add = [&](char const* name, char const* help, std::atomic<std::uint64_t> const& counter) {
        shared.metrics.add_counter(name, help, [&counter] { return counter.load(); });
    };
    add("pons_dicom_associations_total", "Associations that others have opened.", counts.associations);
    add("pons_dicom_associations_rejected_total", "A-ASSOCIATE-RJ sent.", counts.rejected);
    add("pons_dicom_connections_dropped_total", "Connections without a whole A-ASSOCIATE-RQ.", counts.dropped);
    add("pons_dicom_connections_without_tls_total",
        "Those of them in the clear where dicom.tls is set, by TLS where it is not, or whose handshake failed.",
        counts.without_tls);
    return side;
}

int to_exit(exit_code code, std::ostream& err, std::string_view why)
{
    err << "pons: " << why << '\n';
    return to_int(code);
}

}  // namespace

int run(options const& o)
{
    operations::prepare_signals();
    operations::terminal const started_from;
    auto const file = find_configuration(o);
    auto loaded = load_configuration(o);
    tell(loaded.diagnostics, *o.err);
    if (!loaded.settings)
        return to_exit(exit_code::configuration, *o.err, "the configuration is faulty, nothing was started");
    if (auto const why = operations::refuse_exposure(*loaded.settings))
        return to_exit(exit_code::configuration, *o.err, *why);
    std::string missing;
    if (!mapping::charsets_available(&missing))
        return to_exit(exit_code::not_started, *o.err, "this system cannot convert the character set " + missing);

    operations::open_log(loaded.settings->log);
    {
        shared_parts shared(std::move(*loaded.settings));
        shared.metrics.add_counter("pons_learned_row_limits_total",
                                   "Sources found out to stop at a number of rows that is not configured.",
                                   &upstream::row_limit::learned_so_far);
        auto const not_started = [&](failure const& why) {
            operations::close_log();
            return to_exit(exit_code::not_started, *o.err, why.where + ": " + why.code.message());
        };
        if (auto const opened = open_crosswalk(shared); !opened)
            return not_started(opened.error());
        auto const dicom_side = open_dicom(shared);
        if (!dicom_side)
            return not_started(dicom_side.error());
        http::server server(shared.settings.http, [&shared](executor on) { return make_site(shared, on); });
        shared.counts = &server.counts();
        if (auto const started = server.start(); !started)
            return not_started(started.error());
        spdlog::info("serving {} sources on port {}", shared.settings.sources.size(), server.endpoint().port());
        reading_again read_again(file, shared.settings, shared.sources.change);
        operations::run_until_signal(
            server, shared.settings.http.shutdown_timeout, [&] { read_again(); }, started_from);
    }
    operations::close_log();
    return to_int(exit_code::ok);
}

}  // namespace pons::proxy::cli::serve
