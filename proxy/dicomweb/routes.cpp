#include "proxy/dicomweb/routes.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/capabilities.hpp"
#include "proxy/dicomweb/retrieve.hpp"
#include "proxy/dicomweb/retrieve_bulk.hpp"
#include "proxy/dicomweb/retrieve_images.hpp"
#include "proxy/dicomweb/search_handler.hpp"
#include "proxy/dicomweb/store.hpp"
#include "proxy/dicomweb/wado_uri.hpp"

#include <algorithm>
#include <span>

namespace pons::proxy::dicomweb {

namespace {

using mapping::level;

/// The UIDs of a path, as far as it has them.
struct uids {
    std::string study;
    std::string series;
    std::string instance;
    std::string frames;  ///< a list of numbers, or where bulk data stands
};

using transaction = awaitable<http::response> (*)(service&, http::exchange const&, target, uids);

template <level At>
awaitable<http::response> search_for(service& s, http::exchange const& x, target whom, uids of)
{
    search_resource where{.at = At, .study_uid = std::move(of.study), .series_uid = std::move(of.series)};
    return search_resources(s, x, std::move(whom), std::move(where));
}

upstream::retrieve_request to_request(uids&& of)
{
    return {.study_instance_uid = std::move(of.study),
            .series_instance_uid = std::move(of.series),
            .sop_instance_uid = std::move(of.instance)};
}

awaitable<http::response> instances_of(service& s, http::exchange const& x, target whom, uids of)
{
    return retrieve_instances(s, x, std::move(whom), to_request(std::move(of)));
}

awaitable<http::response> metadata_of(service& s, http::exchange const& x, target whom, uids of)
{
    return retrieve_metadata(s, x, std::move(whom), to_request(std::move(of)));
}

template <image_form Form>
awaitable<http::response> images_of(service& s, http::exchange const& x, target whom, uids of)
{
    auto frames = std::move(of.frames);
    return retrieve_images(s, x, std::move(whom), to_request(std::move(of)), std::move(frames), Form);
}

awaitable<http::response> store_in(service& s, http::exchange const& x, target whom, uids of)
{
    return store_instances(s, x, std::move(whom), std::move(of.study));
}

awaitable<http::response> all_rendered_of(service& s, http::exchange const& x, target whom, uids of)
{
    return retrieve_rendered(s, x, std::move(whom), to_request(std::move(of)));
}

awaitable<http::response> bulk_of(service& s, http::exchange const& x, target whom, uids of)
{
    auto place = std::move(of.frames);
    return retrieve_bulk(s, x, std::move(whom), to_request(std::move(of)), std::move(place));
}

constexpr auto frames_of = &images_of<image_form::frames>;
constexpr auto rendered_of = &images_of<image_form::rendered>;
constexpr auto thumbnail_of = &images_of<image_form::thumbnail>;

struct row {
    std::string_view path;
    std::string_view name;
    transaction handler;
};

constexpr row rows[] = {
    {"/studies", "dicomweb.search", &search_for<level::study>},
    {"/series", "dicomweb.search", &search_for<level::series>},
    {"/instances", "dicomweb.search", &search_for<level::instance>},
    {"/studies/{study}/series", "dicomweb.search", &search_for<level::series>},
    {"/studies/{study}/instances", "dicomweb.search", &search_for<level::instance>},
    {"/studies/{study}/series/{series}/instances", "dicomweb.search", &search_for<level::instance>},
    {"/studies/{study}", "dicomweb.retrieve", &instances_of},
    {"/studies/{study}/series/{series}", "dicomweb.retrieve", &instances_of},
    {"/studies/{study}/series/{series}/instances/{instance}", "dicomweb.retrieve", &instances_of},
    {"/studies/{study}/series/{series}/instances/{instance}/frames/{frames}", "dicomweb.frames", frames_of},
    {"/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered", "dicomweb.rendered",
     rendered_of},
    {"/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/thumbnail", "dicomweb.thumbnail",
     thumbnail_of},
    {"/studies/{study}/series/{series}/instances/{instance}/rendered", "dicomweb.rendered", rendered_of},
    {"/studies/{study}/series/{series}/instances/{instance}/thumbnail", "dicomweb.thumbnail", thumbnail_of},
    {"/studies/{study}/rendered", "dicomweb.rendered", &all_rendered_of},
    {"/studies/{study}/series/{series}/rendered", "dicomweb.rendered", &all_rendered_of},
    {"/studies/{study}/series/{series}/thumbnail", "dicomweb.thumbnail", thumbnail_of},
    {"/studies/{study}/thumbnail", "dicomweb.thumbnail", thumbnail_of},
    {"/studies/{study}/series/{series}/instances/{instance}/bulkdata/{place}", "dicomweb.bulkdata", &bulk_of},
    {"/studies/{study}/metadata", "dicomweb.metadata", &metadata_of},
    {"/studies/{study}/series/{series}/metadata", "dicomweb.metadata", &metadata_of},
    {"/studies/{study}/series/{series}/instances/{instance}/metadata", "dicomweb.metadata", &metadata_of},
};

constexpr row store_rows[] = {
    {"/studies", "dicomweb.store", &store_in},
    {"/studies/{study}", "dicomweb.store", &store_in},
};

awaitable<http::response> refuse(failure why)
{
    co_return to_response(why);
}

awaitable<http::response> answer(service& s, http::exchange const& x, row const& of, bool names_source)
{
    std::span<std::string const> parameters(x.path_parameters);
    auto whom = make_target(s, names_source ? std::string_view(parameters.front()) : std::string_view());
    if (whom.sources.empty())
        return refuse(failure{make_error_code(mapping::errc::not_found), "there is no source of that name", {}});
    parameters = parameters.subspan(names_source ? 1 : 0);
    if (!std::ranges::all_of(parameters.first(std::min<std::size_t>(parameters.size(), 3)),
                             [](auto const& uid) { return mapping::codecs::is_uid(uid); }))
        return refuse(failure{make_error_code(mapping::errc::invalid_value), "a UID in the path", {}});
    uids found;
    std::string* const places[] = {&found.study, &found.series, &found.instance, &found.frames};
    for (std::size_t i = 0; i < parameters.size(); ++i)
        *places[i] = parameters[i];
    return of.handler(s, x, std::move(whom), std::move(found));
}

/// OPTIONS of a base (PS3.18 §8.9). What a browser asks before a request is about the paths below.
awaitable<http::response> capabilities(service& s, http::exchange const& x)
{
    auto const source = x.path_parameters.empty() ? std::string_view() : std::string_view(x.path_parameters.front());
    auto const whom = make_target(s, source);
    if (whom.sources.empty())
        co_return to_response(
            failure{make_error_code(mapping::errc::not_found), "there is no source of that name", {}});
    std::vector<described_path> paths;
    for (auto const& r : rows)
        paths.push_back({r.path, r.name == "dicomweb.search", r.name == "dicomweb.metadata",
                         std::ranges::find(store_rows, r.path, &row::path) != std::end(store_rows)});
    http::response answer{.content_type = "application/vnd.sun.wadl+xml"};
    answer.body = describe_capabilities(whom.base, paths);
    answer.headers.emplace_back("Allow", "OPTIONS");
    co_return answer;
}

}  // namespace

std::vector<http::route> make_routes(std::shared_ptr<service> s)
{
    std::vector<http::route> routes;
    auto const add = [&](row const& r, http::verb verb, bool names_source) {
        routes.push_back(
            {.verbs = {verb},
             .pattern = std::string(names_source ? "/dicomweb/sources/{source}" : "/dicomweb").append(r.path),
             .name = std::string(r.name),
             .handler = [s, &r, names_source](http::exchange const& x) { return answer(*s, x, r, names_source); },
             .streams_body = verb == http::verb::post});
    };
    for (bool const names_source : {false, true}) {
        for (auto const& r : rows)
            add(r, http::verb::get, names_source);
        for (auto const& r : store_rows)
            add(r, http::verb::post, names_source);
    }
    for (auto const* const base : {"/dicomweb", "/dicomweb/sources/{source}"})
        routes.push_back({.verbs = {http::verb::options},
                          .pattern = base,
                          .name = "dicomweb.capabilities",
                          .handler = [s](http::exchange const& x) { return capabilities(*s, x); }});
    routes.push_back(
        {.verbs = {http::verb::get}, .pattern = "/wado", .name = "wado", .handler = [s](http::exchange const& x) {
             return retrieve_by_uri(*s, x);
         }});
    return routes;
}

}  // namespace pons::proxy::dicomweb
