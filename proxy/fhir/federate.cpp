#include "proxy/fhir/federate.hpp"

#include "mapping/errc.hpp"
#include "mapping/search/judge.hpp"
#include "mapping/search/plan.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "upstream/fan_out.hpp"
#include "upstream/search/rows.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pons::proxy::fhir {

namespace {

using mapping::study_record;
using mapping::search::criterion;
using mapping::search::parameter_type;
using upstream::page_found;
using upstream::searched_source;
namespace tags = mapping::tags;

/// `patient=X`, `subject=X`: an id without the one who issued it.
bool bare_patient(criterion const& c)
{
    return !c.chain && c.push() == mapping::search::push::patient_id && c.type() == parameter_type::reference &&
           c.modifier != mapping::search::modifier::missing;
}

/// One source's part of the search.
struct part {
    searched_source* source;
    mapping::search::plan plan;
    result<page_found> found;
    upstream::fan_out_budget fan_out;
};

/// The patient as two holders of a study must agree on it.
std::pair<std::string, std::string> patient_of(study_record const& study)
{
    struct sink final : mapping::fhir::value_sink {
        void take(mapping::fhir::value const& v) override
        {
            if (auto const* const id = std::get_if<mapping::fhir::identifier>(&v))
                patient = {id->system.empty() ? std::string(id->assigner) : id->system.str(), id->value.str()};
        }
        std::pair<std::string, std::string> patient;
    } taken;
    thread_local std::string buffer;
    mapping::tables::visit_patient(study, "identifier", buffer, taken);
    return taken.patient;
}

class federated_search {
public:
    federated_search(service& s, mapping::search::request const& asked, search_wanted wanted, time_point deadline)
        : service_(s), asked_(asked), wanted_(std::move(wanted)), deadline_(deadline)
    {}

    awaitable<result<search_found>> run();

private:
    awaitable<result<void>> ask(part& p);
    result<void> weigh_failures();
    void merge();
    void hold(study_record& kept, study_record const& other);
    awaitable<result<void>> find_other_holders();
    awaitable<result<void>> fill();
    result<void> check_patient() const;

    service& service_;
    mapping::search::request const& asked_;
    search_wanted wanted_;
    time_point deadline_;
    std::vector<part> parts_;
    search_found out_;
};

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
    if (wanted_.everything && parts_.size() > 1)
        wanted.count = wanted.max_candidates;  // to tell how many are held twice
    p.found = co_await upstream::find_page(*p.source, asked_.criteria, p.plan, std::move(wanted), deadline_);
    co_return result<void>();
}

/// Decides whether what did not fail is an answer.
result<void> federated_search::weigh_failures()
{
    bool matched = false;
    part const* failed = nullptr;
    for (auto const& p : parts_) {
        if (p.found)
            matched = matched || !p.found->studies.empty() || p.found->total.value_or(0) != 0;
        else if (!failed || p.found.error().code.category() == mapping::error_category())
            failed = &p;  // what the request itself is at fault for goes before what a source is
    }
    if (!failed)
        return {};
    auto const& error = failed->found.error();
    if (parts_.size() == 1 || error.code.category() == mapping::error_category())
        return tl::unexpected(failure{error.code, error.where, error.retry_after});
    if (!matched)
        return fail(upstream::errc::unreachable, "source " + failed->source->facts->name, error.retry_after);
    for (auto const& p : parts_)
        if (!p.found)
            out_.issues.push_back({issue::kind::incomplete, "source " + p.source->facts->name + ": " +
                                                                p.found.error().code.message()});
    return {};
}

/// Adds another holder's Endpoints, unless the two do not agree who the patient is.
void federated_search::hold(study_record& kept, study_record const& other)
{
    if (patient_of(kept) != patient_of(other)) {
        out_.issues.push_back({issue::kind::invalid, "source " + other.source->name + " holds study of another patient under the "
                                                     "same Study Instance UID as source " + kept.source->name});
        return;
    }
    if (kept.source != other.source && std::ranges::find(kept.other_holders, other.source) == kept.other_holders.end())
        kept.other_holders.push_back(other.source);
}

void federated_search::merge()
{
    struct placed {
        upstream::position at;
        study_record* study;
    };
    std::map<std::string_view, study_record*> by_uid;
    std::vector<placed> all;
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
        for (auto& i : p.found->issues)
            out_.issues.push_back({i.what, "source " + p.source->facts->name + ": " + i.text});
        for (auto& study : p.found->studies) {
            auto const [at, added] = by_uid.emplace(study.uid(), &study);
            if (added)
                all.push_back({upstream::position_of(study), &study});
            else {
                hold(*at->second, study);
                total -= 1;
            }
        }
    }
    std::ranges::sort(all, [&](placed const& a, placed const& b) { return wanted_.order.before(a.at, b.at); });
    // With several sources the sum is right only when every match is here to be told from its double.
    bool const all_here = parts_.size() == 1 || !out_.more;
    if (total_known && all_here)
        out_.total = total;
    if (all.size() > wanted_.count) {
        out_.more = true;
        all.resize(wanted_.count);
    }
    for (auto const& one : all)
        out_.studies.push_back(std::move(*one.study));
}

/// A study that matched at one source may be held by others whose record did not match, or did not come on this page.
awaitable<result<void>> federated_search::find_other_holders()
{
    for (auto& p : parts_) {
        if (!p.found)
            continue;
        std::vector<std::string> uids;
        std::map<std::string_view, study_record*> wanted;
        for (auto& study : out_.studies)
            if (study.source != p.source->facts.get() &&
                std::ranges::find(study.other_holders, p.source->facts.get()) == study.other_holders.end()) {
                uids.emplace_back(study.uid());
                wanted.emplace(study.uid(), &study);
            }
        for (std::size_t from = 0; from < uids.size(); from += 100) {
            auto const to = std::min(from + 100, uids.size());
            std::vector<mapping::key> by_uid(1);
            by_uid.front().attribute = tags::StudyInstanceUID;
            by_uid.front().values.assign(uids.begin() + static_cast<std::ptrdiff_t>(from),
                                         uids.begin() + static_cast<std::ptrdiff_t>(to));
            mapping::search::plan plan;
            auto const request = mapping::search::to_find_request(plan, by_uid, nullptr);
            upstream::unique_rows rows(tags::StudyInstanceUID);
            ++out_.queries;
            auto const how = co_await p.source->where->find(request, rows, deadline_);
            if (!how) {
                out_.issues.push_back({issue::kind::incomplete, "source " + p.source->facts->name +
                                                                    " could not be asked which of these studies it holds"});
                break;
            }
            for (auto& row : rows.rows)
                if (auto const at = wanted.find(row.text(tags::StudyInstanceUID)); at != wanted.end()) {
                    study_record other;
                    other.attributes = std::move(row);
                    other.source = p.source->facts.get();
                    hold(*at->second, other);
                }
        }
    }
    co_return result<void>();
}

/// Asks for the series and instances that the page shows, each study at the source it came from.
awaitable<result<void>> federated_search::fill()
{
    if (wanted_.depth == mapping::level::study && !wanted_.counts_shown)
        co_return result<void>();
    auto one = [this](std::size_t index) -> awaitable<result<void>> {
        auto& p = parts_[index];
        std::vector<study_record*> studies;
        for (auto& study : out_.studies)
            if (study.source == p.source->facts.get())
                studies.push_back(&study);
        co_return co_await upstream::fill_page(*p.source, studies, wanted_.depth, p.fan_out, out_.issues, deadline_);
    };
    co_return co_await upstream::fan_out(parts_.size(), parts_.size(), one);
}

/// A bare id that two issuers use names two people; showing both as one would be worse than no answer.
result<void> federated_search::check_patient() const
{
    if (std::ranges::none_of(asked_.criteria, bare_patient))
        return {};
    std::map<std::string_view, std::string_view> issuer_of;
    for (auto const& study : out_.studies) {
        auto const issuer = study.attributes.text(tags::IssuerOfPatientID);
        if (issuer.empty())
            continue;
        auto const [at, added] = issuer_of.emplace(study.attributes.text(tags::PatientID), issuer);
        if (!added && at->second != issuer)
            return fail(mapping::errc::ambiguous_patient, "patient");
    }
    return {};
}

awaitable<result<search_found>> federated_search::run()
{
    for (auto* const source : sources_for(service_, asked_))
        parts_.push_back({.source = source,
                          .plan = mapping::search::make_plan(asked_.criteria, *source->facts, source->abilities),
                          .found = {},
                          .fan_out = {.left = service_.settings.fhir.max_fan_out}});
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
    if (done && parts_.size() > 1)
        done = co_await find_other_holders();
    if (done)
        done = co_await fill();
    if (!done)
        co_return tl::unexpected(done.error());
    for (auto const& study : out_.studies)
        if (mapping::fhir::unpresentable(study) != 0) {
            out_.issues.push_back({issue::kind::incomplete, "series or instances without a usable UID are not shown"});
            break;
        }
    co_return std::move(out_);
}

}  // namespace

std::vector<searched_source*> sources_for(service& s, mapping::search::request const& asked)
{
    std::vector<criterion> by_endpoint;
    for (auto const& c : asked.criteria)
        if (c.row->name == "endpoint")
            by_endpoint.push_back(c);
    mapping::search::judge const judge(by_endpoint);
    std::vector<searched_source*> chosen;
    for (auto& source : s.sources) {
        study_record nothing;
        nothing.source = source.facts.get();
        if (judge.of(nothing) == mapping::search::verdict::yes)
            chosen.push_back(&source);
    }
    return chosen;
}

result<void> admit(service const& s, mapping::search::request const& asked, std::vector<searched_source*> const& sources)
{
    if (sources.size() > 1 && std::ranges::any_of(asked.criteria, bare_patient)) {
        std::set<std::string_view> systems;
        for (auto const* const source : sources)
            systems.insert(source->facts->patient_system);
        if (systems.size() > 1 || systems.contains({}))
            return fail(mapping::errc::ambiguous_patient,
                        "patient: the sources do not share an issuer, so an id alone does not name a patient");
    }
    if (s.settings.fhir.allow_unbounded)
        return {};
    for (auto const* const source : sources) {
        auto const plan = mapping::search::make_plan(asked.criteria, *source->facts, source->abilities);
        if (!plan.impossible && plan.reach == mapping::search::reach::unbounded)
            return fail(mapping::errc::too_costly,
                        "narrow the search by patient, patient.identifier, identifier, _id, or a range of started");
    }
    return {};
}

awaitable<result<search_found>> search_all(service& s, mapping::search::request const& asked, search_wanted wanted,
                                           time_point deadline)
{
    federated_search search(s, asked, std::move(wanted), deadline);
    co_return co_await search.run();
}

}  // namespace pons::proxy::fhir
