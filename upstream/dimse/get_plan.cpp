#include "upstream/dimse/get_plan.hpp"

#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace pons::upstream::dimse {

namespace {

constexpr std::size_t basic = 2;  // Explicit and Implicit VR Little Endian come first

/// How we know of a class.
enum class reason { told, modality, common };

struct wish {
    reason why = reason::common;
    std::vector<std::string> syntaxes;  // the likeliest first
};

using wishes = std::map<std::string, wish>;

std::size_t contexts(wishes const& all)
{
    std::size_t sum = 0;
    for (auto const& [uid, w] : all)
        sum += w.syntaxes.size();
    return sum;
}

void add(wishes& to, std::string const& sop_class, reason why, std::vector<std::string> const& syntaxes)
{
    auto& w = to[sop_class];
    w.why = std::min(w.why, why);
    for (auto const& syntax : syntaxes)
        if (std::ranges::find(w.syntaxes, syntax) == w.syntaxes.end())
            w.syntaxes.push_back(syntax);
}

void add(wishes& to, held_classes const& held)
{
    for (auto const& [uid, said] : held) {
        auto syntaxes = usual_syntaxes(uid);
        if (!said.empty()) {
            syntaxes.resize(basic);
            syntaxes.insert(syntaxes.end(), said.begin(), said.end());
        }
        add(to, uid, reason::told, syntaxes);
    }
}

void add_usual(wishes& to, std::string_view modality)
{
    for (auto const& uid : classes_of_modality(modality))
        add(to, uid, reason::modality, usual_syntaxes(uid));
    for (auto const& uid : common_classes())
        add(to, uid, reason::common, usual_syntaxes(uid));
}

/// As many contexts as fit: for every class the two that every archive can send; then all, as well as we know them.
std::vector<proposal> proposals_of(wishes const& all)
{
    std::vector<proposal> proposed;
    auto const propose = [&](std::string const& uid, std::string const& syntax) {
        if (proposed.size() < most_storage_contexts)
            proposed.push_back({uid, {syntax}, true});
    };
    constexpr reason reasons[] = {reason::told, reason::modality, reason::common};
    for (std::size_t rank = 0; rank < basic; ++rank)
        for (auto const why : reasons)
            for (auto const& [uid, w] : all)
                if (w.why == why && rank < w.syntaxes.size())
                    propose(uid, w.syntaxes[rank]);
    for (auto const why : reasons)
        for (std::size_t rank = basic, found = 1; found != 0; ++rank) {
            found = 0;
            for (auto const& [uid, w] : all)
                if (w.why == why && rank < w.syntaxes.size()) {
                    propose(uid, w.syntaxes[rank]);
                    ++found;
                }
        }
    return proposed;
}

bool is_uncompressed(std::string_view syntax)
{
    constexpr std::string_view some[] = {uids::implicit_vr_little_endian, uids::explicit_vr_little_endian,
                                         uids::explicit_vr_big_endian, uids::deflated_explicit_vr_little_endian};
    return std::ranges::find(some, syntax) != std::end(some);
}

/// Only compressed ones.
std::vector<proposal> compressed(wishes const& all)
{
    std::vector<proposal> proposed;
    for (auto const& [uid, w] : all) {
        proposal some{uid, {}, true};
        std::ranges::remove_copy_if(w.syntaxes, std::back_inserter(some.transfer_syntaxes), is_uncompressed);
        if (!some.transfer_syntaxes.empty() && proposed.size() < most_storage_contexts)
            proposed.push_back(std::move(some));
    }
    return proposed;
}

/// Some archives send everything of a class in the first context that they accepted for it, and convert nothing: then
/// only an association that knows no other transfer syntax brings what is stored in one.
constexpr std::size_t most_single_syntaxes = 12;

std::vector<std::vector<proposal>> one_syntax_each(std::vector<proposal> const& some)
{
    std::vector<std::string> syntaxes;
    for (auto const& p : some)
        for (auto const& syntax : p.transfer_syntaxes)
            if (std::ranges::find(syntaxes, syntax) == syntaxes.end() && syntaxes.size() < most_single_syntaxes)
                syntaxes.push_back(syntax);
    std::vector<std::vector<proposal>> each;
    for (auto const& syntax : syntaxes) {
        auto& proposed = each.emplace_back();
        for (auto const& p : some)
            if (std::ranges::find(p.transfer_syntaxes, syntax) != p.transfer_syntaxes.end())
                proposed.push_back({p.abstract_syntax, {syntax}, true});
    }
    return each;
}

/// Further attempts, where they can differ: for when nothing came because the sub-operations failed.
std::vector<get_attempt> with_others(get_attempt first, wishes const& all, retrieve_request const& request)
{
    std::vector<get_attempt> attempts;
    attempts.push_back(std::move(first));
    auto second = compressed(all);
    if (second.empty())
        return attempts;
    auto each = one_syntax_each(second);
    attempts.push_back({{std::move(second), {request}}});
    if (each.size() > 1)
        for (auto& one : each)
            attempts.push_back({{std::move(one), {request}}});
    return attempts;
}

wishes of_series(series_contents const& series, contents const& known)
{
    wishes w;
    add(w, series.classes.empty() ? known.of_study : series.classes);
    if (w.empty())
        add_usual(w, series.modality);
    return w;
}

wishes merged(wishes a, wishes const& b)
{
    for (auto const& [uid, w] : b)
        add(a, uid, w.why, w.syntaxes);
    return a;
}

}  // namespace

std::vector<get_attempt> plan_get(retrieve_request const& request, contents const& known)
{
    wishes all;
    for (auto const& series : known.series)
        all = merged(std::move(all), of_series(series, known));
    if (all.empty())
        add(all, known.of_study);
    if (all.empty())
        add_usual(all, {});
    auto const told = std::ranges::all_of(known.series, [](auto const& s) { return !s.classes.empty(); });
    if (contexts(all) <= most_storage_contexts || known.series.size() < 2 || !told)
        return with_others({{proposals_of(all), {request}}}, all, request);

    get_attempt steps;
    wishes together;
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
    return with_others(std::move(steps), all, request);
}

}  // namespace pons::upstream::dimse
