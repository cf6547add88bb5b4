#include "proxy/fhir/federated_search.hpp"

#include "mapping/errc.hpp"
#include "proxy/fhir/patients.hpp"
#include "upstream/federation/ask_each.hpp"
#include "upstream/search/deepen.hpp"
#include "upstream/trace/search_trace.hpp"

#include <algorithm>
#include <unordered_map>

/// The part of the search that asks who else holds the studies of a page.
namespace pons::proxy::fhir {

using mapping::study_record;

/// Whether a source's own record of a study stood on an earlier page. Sources may disagree on when a study started.
bool federated_search::was_shown(searched_part const& p, study_record const& other) const
{
    if (std::ranges::find(wanted_.missed, p.source->facts->name) != wanted_.missed.end())
        return false;
    return wanted_.after && judge_.of(other) == mapping::search::verdict::yes &&
           !wanted_.order.before(*wanted_.after, upstream::position_of(other));
}

/// Asks one source for the studies of the page that came from others. Those of its records that must be judged, since
/// they may have been shown before, or are to be shown, are made known deep enough for that.
awaitable<result<void>> federated_search::find_held_by(searched_part& p, time_point until)
{
    std::vector<std::string> uids;
    std::unordered_map<std::string_view, bool> to_judge;
    for (auto const& one : page_.studies()) {
        if (one.knows(p.rank))
            continue;
        uids.push_back(one.at.uid);
        to_judge.emplace(one.at.uid, wanted_.after.has_value() || p.rank < one.rank);
    }
    p.held = upstream::held_studies();
    if (!p.found || uids.empty())
        co_return result<void>();
    p.held = co_await upstream::find_held(*p.source, std::move(uids), until);
    if (!p.held)
        co_return result<void>();
    std::vector<study_record*> open;
    for (auto& study : p.held->studies)
        if (to_judge[study.uid()] && judge_.of(study) == mapping::search::verdict::open)
            open.push_back(&study);
    std::vector<issue> issues;
    result<void> const deepened = co_await upstream::deepen(*p.source, open, judge_.depth(), p.fan_out, issues, until);
    remark(p, issues);
    if (!deepened && upstream::is_of_request(deepened.error()))
        co_return deepened;
    if (!deepened)
        p.held = tl::unexpected(deepened.error());
    co_return result<void>();
}

/// Tells when a source could not say what it holds; fails where a part is no answer.
result<void> federated_search::check_held(searched_part const& p)
{
    if (!p.held || !p.held->complete)
        remark(issue::kind::incomplete, p.place() + " could not be asked which of these studies it holds too");
    if (!p.held && service_.settings.federation.partial == config::partial_federation::refuse)
        return fail(mapping::errc::incomplete, p.place() + ": " + p.held.error().code.message(),
                    p.held.error().retry_after);
    return {};
}

/// Adds the other holders' Endpoints, unless they do not agree who the patient is.
void federated_search::tell_holders()
{
    auto const is_same = [this](study_record const& a, study_record const& b) {
        return upstream::agree_on_patient(a, b) || are_one_patient(asked_, a, b);
    };
    for (auto& text : page_.add_holders(is_same))
        remark(issue::kind::invalid, std::move(text));
}

void federated_search::drop_shown(std::set<std::string, std::less<>> const& shown)
{
    for (auto const& uid : shown)
        if (auto const rank = page_.drop(uid); rank && parts_[*rank].source->trace)
            parts_[*rank].source->trace->drop("a study that stood on an earlier page");
    if (!shown.empty())
        remark(issue::kind::informational, std::to_string(shown.size()) +
                                               " studies are not shown here: by the dates of another source that holds "
                                               "them they stand on an earlier page");
}

/// A study that matched at one source may be held by others whose record did not match, or stood on another page.
awaitable<result<void>> federated_search::find_other_holders()
{
    auto const one = [this](searched_part& p, time_point until) { return find_held_by(p, until); };
    result<void> const asked = co_await upstream::ask_each(parts_, deadline_, one);
    if (!asked)
        co_return asked;
    std::set<std::string, std::less<>> shown;
    for (auto& p : parts_) {
        if (auto const known = check_held(p); !known)
            co_return known;
        if (!p.held)
            continue;
        out_.queries += p.held->queries;
        for (auto& other : p.held->studies) {
            if (was_shown(p, other)) {
                shown.emplace(other.uid());
                continue;
            }
            bool const matches = judge_.of(other) == mapping::search::verdict::yes;
            page_.take_held(p.rank, std::move(other), matches);
        }
    }
    drop_shown(shown);
    co_return result<void>();
}

}  // namespace pons::proxy::fhir
