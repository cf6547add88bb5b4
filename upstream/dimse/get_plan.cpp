#include "upstream/dimse/get_plan.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

using syntax_list = std::vector<std::string>;

/// Each class with the syntaxes to propose, the likeliest first.
using wanted = std::map<std::string, syntax_list>;

std::size_t contexts(wanted const& w)
{
    std::size_t sum = 0;
    for (auto const& [uid, syntaxes] : w)
        sum += syntaxes.size();
    return sum;
}

void add(wanted& to, std::string const& sop_class, std::set<std::string> const& said)
{
    auto& list = to[sop_class];
    auto const add_once = [&](std::string const& syntax) {
        if (std::ranges::find(list, syntax) == list.end())
            list.push_back(syntax);
    };
    auto const usual = usual_syntaxes(sop_class);
    if (said.empty()) {
        std::ranges::for_each(usual, add_once);
        return;
    }
    std::ranges::for_each(said, add_once);
    add_once(usual[0]);
    add_once(usual[1]);
}

void add(wanted& to, held_classes const& held)
{
    for (auto const& [uid, said] : held)
        add(to, uid, said);
}

void add_usual(wanted& to, std::string_view modality)
{
    for (auto const& uid : usual_classes(modality))
        add(to, uid, {});
}

/// As many contexts as fit, every class with its likeliest first.
std::vector<proposal> proposals_of(wanted const& w)
{
    std::vector<proposal> all;
    for (std::size_t rank = 0, before = 1; before != 0 && all.size() < most_storage_contexts; ++rank) {
        before = 0;
        for (auto const& [uid, syntaxes] : w) {
            if (rank >= syntaxes.size() || all.size() == most_storage_contexts)
                continue;
            all.push_back({uid, {syntaxes[rank]}, true});
            ++before;
        }
    }
    return all;
}

wanted of_series(series_contents const& series, contents const& known)
{
    wanted w;
    add(w, series.classes);
    if (!w.empty())
        return w;
    add(w, known.of_study);
    if (w.empty())
        add_usual(w, series.modality);
    return w;
}

wanted merged(wanted a, wanted const& b)
{
    for (auto const& [uid, syntaxes] : b) {
        auto& list = a[uid];
        for (auto const& s : syntaxes)
            if (std::ranges::find(list, s) == list.end())
                list.push_back(s);
    }
    return a;
}

}  // namespace

std::vector<get_step> plan_get(retrieve_request const& request, contents const& known)
{
    wanted all;
    for (auto const& series : known.series)
        all = merged(std::move(all), of_series(series, known));
    if (all.empty())
        add(all, known.of_study);
    if (all.empty())
        add_usual(all, {});
    if (contexts(all) <= most_storage_contexts || known.series.size() < 2)
        return {{proposals_of(all), {request}}};

    std::vector<get_step> steps;
    wanted together;
    for (auto const& series : known.series) {
        auto mine = of_series(series, known);
        auto both = merged(together, mine);
        if (steps.empty() || contexts(both) > most_storage_contexts) {
            steps.emplace_back();
            both = std::move(mine);
        }
        together = std::move(both);
        steps.back().storage = proposals_of(together);
        steps.back().requests.push_back({request.study_instance_uid, series.uid, {}});
    }
    return steps;
}

}  // namespace pons::upstream::dimse
