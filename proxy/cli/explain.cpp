#include "proxy/cli/explain.hpp"

#include "proxy/cli/configuration.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/crosswalk.hpp"
#include "proxy/fhir/explain.hpp"
#include "proxy/fhir/explain/traced_search.hpp"
#include "proxy/sources.hpp"

#include <exception>
#include <optional>
#include <ostream>

namespace pons::proxy::cli::explain {

namespace {

using fhir::traced_search;

/// Makes the search with archives of its own, within the limits of the configuration.
result<traced_search> make_search(config::settings const& settings, std::string_view request)
{
    auto const parameters = fhir::read_request(request);
    if (!parameters)
        return tl::unexpected(parameters.error());
    auto const crosswalk = prepare_crosswalk(settings, std::make_shared<upstream::crosswalk_counts>());
    if (!crosswalk)
        return tl::unexpected(crosswalk.error());
    fhir::page_sealer const sealer(settings.paging.key);
    auto const sources = prepare_sources(settings).make;
    asio::io_context context{1};
    std::optional<result<traced_search>> done;
    std::exception_ptr bug;
    auto work = [&]() -> awaitable<void> {
        fhir::service s{settings, sealer, sources(), {}, (*crosswalk)()};
        done = co_await fhir::trace_search(s, *parameters, false, clock::now() + settings.http.request_timeout);
    };
    asio::co_spawn(context, work(), [&](std::exception_ptr thrown) {
        bug = thrown;
        context.stop();  // kept connections would go on waiting
    });
    context.run();
    if (bug)
        std::rethrow_exception(bug);
    return std::move(*done);
}

int tell_failure(options const& o, failure const& why)
{
    *o.err << why.where << ": " << why.code.message() << '\n';
    return to_int(exit_code::failed);
}

int run_search(options const& o, config::settings const& settings)
{
    auto const search = make_search(settings, o.operand);
    if (!search)
        return tell_failure(o, search.error());
    auto const told = fhir::to_outline(*search, {.values = o.unmasked, .addresses = o.unmasked});
    *o.out << (o.json ? fhir::to_json(told) + '\n' : fhir::to_text(told));
    return to_int(search->failed ? exit_code::failed : exit_code::ok);
}

}  // namespace

int run(options const& o)
{
    auto const loaded = load_configuration(o);
    tell(loaded.diagnostics, *o.err);
    if (!loaded.settings)
        return to_int(exit_code::configuration);
    if (o.run)
        return run_search(o, *loaded.settings);
    auto const explained = fhir::explain(*loaded.settings, o.operand);
    if (!explained)
        return tell_failure(o, explained.error());
    *o.out << (o.json ? fhir::to_json(*explained) : fhir::to_text(*explained));
    return to_int(exit_code::ok);
}

}  // namespace pons::proxy::cli::explain
