#include "proxy/dimse/expectation.hpp"

#include "mapping/dictionary.hpp"
#include "proxy/dimse/locate.hpp"
#include "upstream/errc.hpp"

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
    query.counted = false;
    if (!patient_id.empty())
        query.keys.push_back(match_key{.path = {tags::PatientID}, .as = "LO"_vr, .values = {patient_id}});
    return query;
}

class listing {
public:
    listing(config::settings const& settings, dicomweb::search_bounds bounds, retrieve_query const& query,
            std::vector<upstream::searched_source*> const& sources, time_point deadline)
        : settings_(settings), bounds_(bounds), query_(query), sources_(sources), deadline_(deadline)
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
            auto located = co_await locate(settings_, query_, sources_, bounds_.max_fan_out, deadline_);
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
        bool const unknown = out_.instances.empty() || query_.at == find_level::patient;
        if (unknown && !doubt_.empty())
            co_return fail(errc::incomplete, doubt_);
        co_return std::move(out_);
    }

private:
    awaitable<result<std::vector<retrieve_request>>> studies_of_patient()
    {
        auto query = query_at(mapping::level::study, query_.patient_id);
        query.limit = bounds_.max_candidates;
        result<dicomweb::hits_found> const found = co_await dicomweb::find_hits(bounds_, query, sources_, deadline_);
        if (!found)
            co_return tl::unexpected(found.error());
        if (found->more)
            co_return fail(errc::too_broad, "the patient has more studies than are allowed");
        take_doubt(*found);
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
        result<dicomweb::hits_found> const found = co_await dicomweb::find_hits(bounds_, query, sources_, deadline_);
        if (!found)
            co_return tl::unexpected(found.error());
        take_doubt(*found);
        std::unordered_set<std::string_view> listed;
        for (auto const& hit : found->hits) {
            listed.insert(hit.sop_uid);
            if (known_.insert(hit.sop_uid).second)
                out_.instances.push_back({.sop_class_uid = std::string(hit.of_instance()->text(tags::SOPClassUID)),
                                          .sop_instance_uid = hit.sop_uid});
        }
        for (auto const& one : requests)
            if (one.sop_instance_uid.empty() ? !listed.empty() : listed.contains(one.sop_instance_uid))
                out_.requests.push_back(one);
        co_return result<void>();
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
    time_point deadline_;
    std::unordered_set<std::string> known_;
    std::string doubt_;  // why what is not listed may be there all the same
    expectation out_;
};

}  // namespace

awaitable<result<expectation>> expect(config::settings const& settings, dicomweb::search_bounds bounds,
                                      retrieve_query const& query, std::vector<upstream::searched_source*> sources,
                                      time_point deadline)
{
    listing work(settings, bounds, query, sources, deadline);
    co_return co_await work.run();
}

}  // namespace pons::proxy::dimse
