#include "proxy/dimse/expectation.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/errc.hpp"
#include "proxy/dimse/locate.hpp"
#include "upstream/errc.hpp"
#include "upstream/federation/holders.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace pons::proxy::dimse {

namespace {

using mapping::match_key;
using mapping::operator""_vr;
using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

constexpr std::uint32_t most_instances = std::numeric_limits<std::uint32_t>::max() - 1;  // of one study

dicomweb::search_query query_at(mapping::level at, std::string const& patient_id)
{
    dicomweb::search_query query;
    query.where.at = at;
    query.counted.clear();
    if (!patient_id.empty())
        query.keys.push_back(match_key{.path = {tags::PatientID}, .as = "LO"_vr, .values = {patient_id}});
    return query;
}

/// A Patient ID is one patient's only under one issuer. What one leaves empty agrees with everything, so each is held
/// against each; once for all of a source that tell the same issuer.
bool are_of_one_patient(std::span<dicomweb::hit const> hits)
{
    std::unordered_set<std::string> known;
    std::vector<mapping::study_record const*> distinct;
    for (auto const& hit : hits) {
        auto const& study = *hit.study;
        auto key = study.source->name + '\\' + std::string(study.attributes.text(tags::IssuerOfPatientID));
        for (auto const& item : study.attributes.items(tags::IssuerOfPatientIDQualifiersSequence))
            item.for_each([&](mapping::tag t, auto, bool) { key.append(1, '\\').append(item.text(t)); });
        if (!known.insert(std::move(key)).second)
            continue;
        if (!std::ranges::all_of(distinct, [&](auto const* one) { return upstream::agree_on_patient(*one, study); }))
            return false;
        distinct.push_back(&study);
    }
    return true;
}

class listing {
public:
    listing(config::settings const& settings, dicomweb::search_bounds bounds, retrieve_query const& query,
            std::vector<upstream::searched_source*> const& sources, listing_time time)
        : settings_(settings), bounds_(bounds), query_(query), sources_(sources), time_(time)
    {
    }

    awaitable<result<expectation>> run()
    {
        auto requests = requests_of(query_);
        if (query_.at == find_level::patient) {
            auto studies = co_await studies_of_patient();
            if (!studies)
                co_return tl::unexpected(studies.error());
            requests = std::move(*studies);
        }
        if (query_.lacks_path()) {
            auto located = co_await locate(settings_, query_, sources_, bounds_.max_fan_out, time_);
            if (!located)
                co_return tl::unexpected(located.error());
            requests = std::move(*located);
        }
        for (std::size_t i = 0; i < requests.size();) {
            // Instances of a series are listed together.
            auto const some = std::span<retrieve_request const>(requests).subspan(i);
            auto const together = some.first(in_series(some));
            auto const done = co_await list(together);
            if (!done)
                co_return tl::unexpected(done.error());
            i += together.size();
        }
        if (query_.at == find_level::patient && !doubt_.empty())
            co_return fail(errc::incomplete, doubt_);
        co_return std::move(out_);
    }

private:
    awaitable<result<dicomweb::hits_found>> find(dicomweb::search_query const& query) const
    {
        if (clock::now() >= time_.until)
            co_return fail(errc::timed_out, "list of all that was asked for");
        auto const deadline = time_.of_next();
        result<dicomweb::hits_found> found = co_await dicomweb::find_hits(bounds_, query, sources_, deadline);
        co_return found;
    }

    awaitable<result<std::vector<retrieve_request>>> studies_of_patient()
    {
        auto query = query_at(mapping::level::study, query_.patient_id);
        query.limit = bounds_.max_candidates;
        query.fields = {tags::IssuerOfPatientID, tags::IssuerOfPatientIDQualifiersSequence};
        result<dicomweb::hits_found> const found = co_await find(query);
        if (!found)
            co_return tl::unexpected(found.error());
        if (found->more)
            co_return fail(errc::too_broad, "the patient has more studies than are allowed");
        take_doubt(*found);
        if (!are_of_one_patient(found->hits))
            co_return fail(mapping::errc::ambiguous_patient, "several patients have this id; name the studies");
        std::vector<retrieve_request> studies;
        for (auto const& hit : found->hits)
            studies.push_back({.study_instance_uid = std::string(hit.study->uid()),
                               .series_instance_uid = {},
                               .sop_instance_uid = {}});
        co_return studies;
    }

    /// What is there of some requests for instances of a series, or of one for more than that.
    awaitable<result<void>> list(std::span<retrieve_request const> requests)
    {
        auto const& first = requests.front();
        auto query = query_at(mapping::level::instance, query_.patient_id);
        query.where.study_uid = first.study_instance_uid;
        query.where.series_uid = first.series_instance_uid;
        query.limit = most_instances;
        if (!first.sop_instance_uid.empty()) {
            match_key key{.path = {tags::SOPInstanceUID}, .as = "UI"_vr, .values = {}};
            for (auto const& one : requests)
                key.values.push_back(one.sop_instance_uid);
            query.keys.push_back(std::move(key));
        }
        result<dicomweb::hits_found> const found = co_await find(query);
        if (!found)
            co_return tl::unexpected(found.error());
        take_doubt(*found);
        std::unordered_set<std::string_view> listed;
        bool all_listed = true;
        for (auto const& hit : found->hits) {
            listed.insert(hit.sop_uid);
            if (known_.insert(hit.sop_uid).second)
                out_.instances.push_back({.sop_class_uid = std::string(hit.of_instance()->text(tags::SOPClassUID)),
                                          .sop_instance_uid = hit.sop_uid});
        }
        for (auto const& one : requests) {
            bool const is_listed =
                one.sop_instance_uid.empty() ? !listed.empty() : listed.contains(one.sop_instance_uid);
            all_listed = all_listed && is_listed;
            if (is_listed)
                out_.requests.push_back(one);
        }
        // Nobody would miss what is not asked for.
        if (!all_listed && !found->warnings.empty())
            co_return fail(errc::incomplete, found->warnings.front());
        if (!listed.empty() || !first.sop_instance_uid.empty())
            co_return result<void>();
        auto const known = co_await is_known(first);
        if (!known)
            co_return tl::unexpected(known.error());
        if (*known)
            out_.requests.push_back(first);
        co_return result<void>();
    }

    /// Whether a study or series is listed of which no instance is: some archives tell nothing below it of what they
    /// keep elsewhere, and bring it.
    awaitable<result<bool>> is_known(retrieve_request const& what)
    {
        bool const is_study = what.series_instance_uid.empty();
        auto query = query_at(is_study ? mapping::level::study : mapping::level::series, query_.patient_id);
        query.limit = 1;
        match_key key{.path = {tags::StudyInstanceUID}, .as = "UI"_vr, .values = {what.study_instance_uid}};
        if (!is_study) {
            query.where.study_uid = what.study_instance_uid;
            key.path = {tags::SeriesInstanceUID};
            key.values = {what.series_instance_uid};
        }
        query.keys.push_back(std::move(key));
        result<dicomweb::hits_found> const found = co_await find(query);
        if (!found)
            co_return tl::unexpected(found.error());
        if (found->hits.empty() && !found->warnings.empty())
            co_return fail(errc::incomplete, found->warnings.front());
        co_return !found->hits.empty();
    }

    void take_doubt(dicomweb::hits_found const& found)
    {
        if (doubt_.empty() && !found.warnings.empty())
            doubt_ = found.warnings.front();
    }

    config::settings const& settings_;
    dicomweb::search_bounds bounds_;
    retrieve_query const& query_;
    std::vector<upstream::searched_source*> const& sources_;
    listing_time time_;
    std::unordered_set<std::string> known_;
    std::string doubt_;  // why what is not listed may be there all the same
    expectation out_;
};

}  // namespace

awaitable<result<expectation>> expect(config::settings const& settings, dicomweb::search_bounds bounds,
                                      retrieve_query const& query, std::vector<upstream::searched_source*> sources,
                                      listing_time time)
{
    // What is expected decides whether the retrieve is whole.
    auto anew = upstream::asked_anew(sources);
    sources = upstream::pointers_to(anew);
    listing work(settings, bounds, query, sources, time);
    co_return co_await work.run();
}

}  // namespace pons::proxy::dimse
