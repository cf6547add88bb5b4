#include "proxy/crosswalk.hpp"

#include "config/crosswalk_file.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/crosswalk/fhir_client.hpp"
#include "upstream/crosswalk/fhir_crosswalk.hpp"
#include "upstream/crosswalk/lookups.hpp"
#include "upstream/crosswalk/static_crosswalk.hpp"

#include <utility>

namespace pons::proxy {

namespace {

result<make_crosswalk> from_file(config::crosswalk const& settings, std::shared_ptr<upstream::crosswalk_counts> counts)
{
    auto read = config::read_crosswalk_file(settings.file);
    if (!read.diagnostics.empty())
        return fail(upstream::crosswalk_errc::unsupported, "crosswalk.file, line " +
                                                               std::to_string(read.diagnostics.front().line) + ": it " +
                                                               read.diagnostics.front().message);
    auto const table = std::make_shared<config::crosswalk_table const>(std::move(read.table));
    return [one = upstream::make_static_crosswalk(table, std::move(counts))] { return one; };
}

make_crosswalk from_server(config::crosswalk const& settings, std::shared_ptr<upstream::crosswalk_counts> counts)
{
    auto const known = std::make_shared<upstream::lookups>(settings, std::move(counts));
    auto const connections = std::make_shared<upstream::budget>("crosswalk", upstream::as_source(settings).limits);
    bool const pixm = settings.kind == config::crosswalk_kind::pixm;
    return [&settings, known, connections, pixm] {
        std::shared_ptr<upstream::crosswalk> inner = pixm ? upstream::make_pixm_crosswalk(settings, connections)
                                                          : upstream::make_fhir_crosswalk(settings, connections);
        return upstream::make_shared_lookups(std::move(inner), known, settings);
    };
}

}  // namespace

result<make_crosswalk> prepare_crosswalk(config::settings const& settings,
                                         std::shared_ptr<upstream::crosswalk_counts> counts)
{
    switch (settings.crosswalk.kind) {
        case config::crosswalk_kind::file:
            return from_file(settings.crosswalk, std::move(counts));
        case config::crosswalk_kind::fhir:
        case config::crosswalk_kind::pixm:
            return from_server(settings.crosswalk, std::move(counts));
        case config::crosswalk_kind::none:
            break;
    }
    return [] { return nullptr; };
}

}  // namespace pons::proxy
