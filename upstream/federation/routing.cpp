#include "upstream/federation/routing.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using texts = std::vector<std::string>;

bool holds(texts const& all, std::string_view one)
{
    return std::ranges::find(all, one) != all.end();
}

/// Whether the request says that one of `wanted` holds; without any it is no condition.
bool proves(std::vector<texts> const& known, texts const& wanted)
{
    return wanted.empty() || std::ranges::any_of(known, [&](texts const& any_of) {
               return std::ranges::all_of(any_of, [&](auto const& one) { return holds(wanted, one); });
           });
}

bool applies(config::route const& route, certain const& known)
{
    bool const says_something = !route.issuer.empty() || !route.modality.empty();
    return says_something && proves(known.issuers, route.issuer) && proves(known.modalities, route.modality);
}

/// "the route a", "the routes a, b"
std::string list(texts const& names)
{
    std::string text = names.size() == 1 ? "the route" : "the routes";
    std::string_view separator = " ";
    for (auto const& name : names) {
        text.append(separator).append(name);
        separator = ", ";
    }
    return text;
}

/// The names of those of `all` to which a called AE title leads.
template <class Named>
std::vector<std::string_view> names_behind(config::settings const& settings, std::vector<Named> const& all,
                                           std::string_view called_ae_title)
{
    auto const& titles = settings.dicom.ae_titles;
    auto const routed = titles.find(std::string(called_ae_title));
    bool const to_all = called_ae_title == settings.dicom.ae_title;
    std::vector<std::string_view> names;
    for (auto const& each : all)
        if (to_all || (routed != titles.end() && holds(routed->second, each.name)))
            names.push_back(each.name);
    return names;
}

}  // namespace

choice choose_sources(std::vector<searched_source*> sources, config::federation const& federation, certain const& known)
{
    choice made;
    texts applied;
    for (auto const& route : federation.routes)
        if (applies(route, known))
            applied.push_back(route.name);
    for (auto* const source : sources) {
        texts against;
        for (auto const& route : federation.routes)
            if (holds(applied, route.name) && !holds(route.sources, source->facts->name))
                against.push_back(route.name);
        if (against.empty())
            made.asked.push_back(source);
        else
            made.not_asked.push_back({source, "by " + list(against) + " it holds no such study"});
    }
    if (made.asked.empty() && !made.not_asked.empty()) {
        made.asked = std::move(sources);
        made.not_asked.clear();
        made.remark = "by " + list(applied) + " no source holds such a study; they are not followed";
    }
    return made;
}

std::vector<std::string_view> behind_title(config::settings const& settings, std::string_view called_ae_title)
{
    return names_behind(settings, settings.sources, called_ae_title);
}

std::vector<std::string_view> worklists_behind_title(config::settings const& settings, std::string_view called_ae_title)
{
    return names_behind(settings, settings.worklists, called_ae_title);
}

}  // namespace pons::upstream
