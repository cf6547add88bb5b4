#include "proxy/fhir/federate.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "mapping/search/plan.hpp"
#include "proxy/fhir/admit.hpp"
#include "proxy/fhir/holders.hpp"
#include "proxy/fhir/patients.hpp"
#include "proxy/partial_answer.hpp"
#include "upstream/fan_out.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace pons::proxy::fhir {

namespace {

using mapping::level;
using mapping::study_record;
using upstream::page_found;
using upstream::position;
using upstream::searched_source;
namespace tags = mapping::tags;

/// Instances that one answer shows before its page ends: bounds memory, whatever `_count` and depth.
constexpr std::size_t most_instances = 50'000;
/// Studies whose instances are asked for between two looks at that bound.
constexpr std::size_t studies_at_once = 8;

/// One source's part of the search.
struct part {
    searched_source* source;
    mapping::search::plan plan;
    upstream::fan_out_budget fan_out;
    result<page_found> found;
    result<held_studies> held;  ///< its own records of the page's studies that came from others

    std::string place() const { return "source " + source->facts->name; }
};

struct placed {
    position at;
    study_record study;
    std::vector<study_record> doubles;  ///< what other holders have under the same UID
};

class federated_search {
public:
    federated_search(service& s, mapping::search::request const& asked, search_wanted wanted, time_point deadline)
        : service_(s), asked_(asked), wanted_(std::move(wanted)), deadline_(deadline), judge_(asked.criteria)
    {
    }

    awaitable<result<search_found>> run();

private:
    void prepare();
    awaitable<result<void>> ask(part& p);
    result<void> weigh_failures();
    void merge();
    result<void> check_patient() const;
    void cut();
    awaitable<result<void>> find_other_holders();
    awaitable<result<void>> find_held_by(part& p);
    bool was_shown(study_record const& other) const;
    void add_holder(study_record& kept, study_record const& other);
    awaitable<result<void>> fill();
    awaitable<result<void>> fill(std::size_t from, std::size_t count, level depth);
    void remark(issue::kind what, std::string text) { out_.issues.push_back({what, std::move(text)}); }
    void remark(part const& p, std::vector<issue> const& issues)
    {
        for (auto const& i : issues)
            remark(i.what, p.place() + ": " + i.text);
    }

    service& service_;
    mapping::search::request const& asked_;
    search_wanted wanted_;
    time_point deadline_;
    time_point ask_deadline_{};
    mapping::search::judge judge_;
    bool all_matches_ = false;  // every match is collected, not only those of the page
    std::vector<part> parts_;
    std::vector<placed> page_;
    search_found out_;
};

void federated_search::prepare()
{
    for (auto* const source : sources_for(service_, asked_))
        parts_.push_back({.source = source,
                          .plan = plan_for(service_, asked_, *source),
                          .fan_out = {.left = service_.settings.fhir.max_fan_out},
                          .found = {},
                          .held = {}});
    // To tell how many are held twice, and whether an id names one person, all matches must be seen.
    bool const may_be_ambiguous = names_bare_patient(asked_) && std::ranges::any_of(parts_, [](part const& p) {
                                      return p.source->facts->patient_namespace.empty();
                                  });
    all_matches_ = may_be_ambiguous || (wanted_.everything && parts_.size() > 1);
    auto const now = clock::now();
    ask_deadline_ = parts_.size() > 1 && deadline_ > now ? now + (deadline_ - now) / 4 * 3 : deadline_;
}

awaitable<result<void>> federated_search::ask(part& p)
{
    upstream::page_wanted wanted{.order = wanted_.order,
                                 .after = wanted_.after,
                                 .count = wanted_.count,
                                 .everything = wanted_.everything,
                                 .depth = {},
                                 .max_candidates = service_.settings.fhir.max_candidates,
                                 .fan_out = p.fan_out,
                                 .now = wanted_.now};
    if (all_matches_) {
        wanted.after.reset();
        wanted.everything = true;
        wanted.count = wanted.max_candidates;
    }
    p.found = co_await upstream::find_page(*p.source, asked_.criteria, p.plan, std::move(wanted), ask_deadline_);
    co_return result<void>();
}

/// Decides whether what did not fail is an answer.
result<void> federated_search::weigh_failures()
{
    std::vector<source_answer> answers;
    for (auto const& p : parts_)
        answers.push_back({.error = p.found ? nullptr : &p.found.error(),
                           .matched = p.found && (!p.found->studies.empty() || p.found->total.value_or(0) != 0),
                           .place = p.place()});
    if (auto const weighed = proxy::weigh_failures(answers, service_.settings.federation.partial); !weighed)
        return weighed;
    for (auto const& p : parts_)
        if (!p.found)
            remark(issue::kind::incomplete, p.place() + ": " + p.found.error().code.message());
    return {};
}

/// Adds another holder's Endpoints, unless the two do not agree who the patient is.
void federated_search::add_holder(study_record& kept, study_record const& other)
{
    if (!agree_on_patient(kept, other) && !are_one_patient(asked_, kept, other)) {
        remark(issue::kind::invalid, "source " + other.source->name +
                                         " holds a study under the same Study Instance UID as source " +
                                         kept.source->name + ", but of another patient; the two were not merged");
        return;
    }
    if (kept.source != other.source && std::ranges::find(kept.other_holders, other.source) == kept.other_holders.end())
        kept.other_holders.push_back(other.source);
}

/// Each UID once, at the place of the holder that comes first; all in order.
void federated_search::merge()
{
    std::unordered_map<std::string, std::size_t> by_uid;
    std::uint32_t total = 0;
    bool total_known = true;
    for (auto& p : parts_) {
        if (!p.found) {
            total_known = false;
            continue;
        }
        total_known = total_known && p.found->total;
        total += p.found->total.value_or(0);
        out_.more = out_.more || p.found->more;
        out_.queries += p.found->queries;
        remark(p, p.found->issues);
        for (auto& study : p.found->studies) {
            placed one{.at = upstream::position_of(study), .study = std::move(study), .doubles = {}};
            auto const [known, added] = by_uid.emplace(one.at.uid, page_.size());
            if (added) {
                page_.push_back(std::move(one));
                continue;
            }
            total -= 1;
            auto& kept = page_[known->second];
            if (wanted_.order.before(one.at, kept.at)) {
                std::swap(one.at, kept.at);
                std::swap(one.study, kept.study);
            }
            kept.doubles.push_back(std::move(one.study));
        }
    }
    for (auto& one : page_)
        for (auto const& other : one.doubles)
            add_holder(one.study, other);
    std::ranges::sort(page_, [&](placed const& a, placed const& b) { return wanted_.order.before(a.at, b.at); });
    // With several sources the sum is right only when every match is here to be told from its double.
    if (total_known && (parts_.size() == 1 || !out_.more))
        out_.total = total;
}

/// A bare id that two issuers use names two people; showing both as one would be worse than no answer.
result<void> federated_search::check_patient() const
{
    if (!names_bare_patient(asked_))
        return {};
    // Resolved, an id means a patient of the source that issued it; else one that all sources share.
    bool const each = is_resolved(asked_);
    std::map<std::pair<mapping::source_facts const*, std::string_view>, std::string_view> issuer_of;
    for (auto const& one : page_) {
        auto const issuer = one.study.attributes.text(tags::IssuerOfPatientID);
        if (issuer.empty())
            continue;
        std::pair const id(each ? one.study.source : nullptr, one.study.attributes.text(tags::PatientID));
        auto const [at, added] = issuer_of.emplace(id, issuer);
        if (!added && at->second != issuer)
            return fail(mapping::errc::ambiguous_patient, "patient");
    }
    return {};
}

/// Leaves the studies of the page.
void federated_search::cut()
{
    if (all_matches_ && wanted_.after)
        std::erase_if(page_, [&](placed const& one) { return !wanted_.order.before(*wanted_.after, one.at); });
    if (page_.size() > wanted_.count) {
        out_.more = true;
        page_.erase(page_.begin() + static_cast<std::ptrdiff_t>(wanted_.count), page_.end());
    }
    if (!page_.empty())
        out_.last = page_.back().at;
}

/// Whether a source's own record of a study stood on an earlier page. Sources may disagree on when a study started.
bool federated_search::was_shown(study_record const& other) const
{
    return wanted_.after && judge_.of(other) == mapping::search::verdict::yes &&
           !wanted_.order.before(*wanted_.after, upstream::position_of(other));
}

awaitable<result<void>> federated_search::find_held_by(part& p)
{
    std::vector<std::string> uids;
    for (auto const& one : page_)
        if (one.study.source != p.source->facts.get() &&
            std::ranges::find(one.study.other_holders, p.source->facts.get()) == one.study.other_holders.end())
            uids.push_back(one.at.uid);
    if (!p.found || uids.empty())
        co_return result<void>();
    p.held = co_await find_held(*p.source, std::move(uids), deadline_);
    if (!p.held || !wanted_.after)
        co_return result<void>();
    std::vector<study_record*> open;
    for (auto& study : p.held->studies)
        if (judge_.of(study) == mapping::search::verdict::open)
            open.push_back(&study);
    std::vector<issue> issues;
    auto const done = co_await upstream::deepen(*p.source, open, judge_.depth(), p.fan_out, issues, deadline_);
    remark(p, issues);
    co_return done;
}

/// A study that matched at one source may be held by others whose record did not match, or stood on another page.
awaitable<result<void>> federated_search::find_other_holders()
{
    auto one = [this](std::size_t index) { return find_held_by(parts_[index]); };
    result<void> const asked = co_await upstream::fan_out(parts_.size(), parts_.size(), one);
    if (!asked)
        co_return asked;
    std::unordered_map<std::string_view, study_record const*> shown;
    for (auto& p : parts_) {
        if (!p.held || !p.held->complete)
            remark(issue::kind::incomplete, p.place() + " could not be asked which of these studies it holds too");
        if (!p.held && service_.settings.federation.partial == config::partial_federation::refuse)
            co_return fail(mapping::errc::incomplete, p.place() + ": " + p.held.error().code.message(),
                           p.held.error().retry_after);
        if (!p.held)
            continue;
        out_.queries += p.held->queries;
        for (auto const& other : p.held->studies) {
            auto const kept =
                std::ranges::find(page_, other.uid(), [](placed const& x) { return std::string_view(x.at.uid); });
            if (was_shown(other))
                shown.emplace(other.uid(), &other);
            else
                add_holder(kept->study, other);
        }
    }
    std::erase_if(page_, [&](placed const& x) { return shown.contains(x.at.uid); });
    co_return result<void>();
}

/// Asks for what is shown of some studies of the page, each at the source it came from.
awaitable<result<void>> federated_search::fill(std::size_t from, std::size_t count, level depth)
{
    auto one = [this, from, count, depth](std::size_t index) -> awaitable<result<void>> {
        auto& p = parts_[index];
        std::vector<study_record*> studies;
        for (auto i = from; i < from + count; ++i)
            if (page_[i].study.source == p.source->facts.get())
                studies.push_back(&page_[i].study);
        std::vector<issue> issues;
        auto const done = co_await upstream::fill_page(*p.source, studies, depth, p.fan_out, issues, deadline_);
        remark(p, issues);
        co_return done;
    };
    co_return co_await upstream::fan_out(parts_.size(), parts_.size(), one);
}

awaitable<result<void>> federated_search::fill()
{
    if (wanted_.depth == level::study && !wanted_.counts_shown)
        co_return result<void>();
    auto const first = std::min(wanted_.depth, level::series);
    result<void> done = co_await fill(0, page_.size(), first);
    if (!done || wanted_.depth != level::instance)
        co_return done;
    std::size_t instances = 0;
    for (std::size_t from = 0; from < page_.size(); from += studies_at_once) {
        auto const count = std::min(studies_at_once, page_.size() - from);
        done = co_await fill(from, count, level::instance);
        if (!done)
            co_return done;
        for (auto i = from; i < from + count; ++i)
            for (auto const& series : page_[i].study.series)
                instances += series.instances.size();
        if (instances > most_instances && from + count < page_.size()) {
            page_.erase(page_.begin() + static_cast<std::ptrdiff_t>(from + count), page_.end());
            out_.last = page_.back().at;
            out_.more = true;
        }
    }
    co_return result<void>();
}

awaitable<result<search_found>> federated_search::run()
{
    prepare();
    if (parts_.empty()) {
        out_.total = 0;
        co_return std::move(out_);
    }
    auto one = [this](std::size_t index) { return ask(parts_[index]); };
    result<void> done = co_await upstream::fan_out(parts_.size(), parts_.size(), one);
    if (done)
        done = weigh_failures();
    if (!done)
        co_return tl::unexpected(done.error());
    merge();
    done = check_patient();
    if (done) {
        cut();
        if (parts_.size() > 1)
            done = co_await find_other_holders();
    }
    if (done)
        done = co_await fill();
    if (!done)
        co_return tl::unexpected(done.error());
    std::size_t hidden = 0;
    for (auto& x : page_) {
        hidden += mapping::fhir::unpresentable(x.study);
        out_.studies.push_back(std::move(x.study));
    }
    if (hidden != 0)
        remark(issue::kind::incomplete, "series or instances without a usable UID are not shown");
    co_return std::move(out_);
}

}  // namespace

awaitable<result<search_found>> search_all(service& s, mapping::search::request const& asked, search_wanted wanted,
                                           time_point deadline)
{
    federated_search search(s, asked, std::move(wanted), deadline);
    co_return co_await search.run();
}

}  // namespace pons::proxy::fhir
