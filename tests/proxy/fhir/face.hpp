#pragma once

#include "mapping/fhir/writer.hpp"
#include "proxy/fhir/outcome.hpp"
#include "proxy/fhir/routes.hpp"
#include "proxy/http/router.hpp"
#include "proxy/iid/invoke.hpp"
#include "proxy/sources.hpp"
#include "tests/support/fhir_tree.hpp"
#include "tests/support/fixed_archive.hpp"
#include "upstream/trace/tracing.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <deque>
#include <initializer_list>
#include <stdexcept>

/// The FHIR face before archives in memory: requests go through its routes to its handlers.
namespace pons::test {

inline namespace fhir_face {

using proxy::http::response;
using proxy::http::verb;

/// A study of one CT series with one instance, dated, of patient "P1".
inline fixed_study a_study(std::string_view uid, std::string_view date = "20240310", std::string_view patient = "P1")
{
    namespace tags = mapping::tags;
    fixed_study study;
    auto& a = study.attributes;
    a.add(tags::StudyInstanceUID, uid);
    if (!date.empty())
        a.add(tags::StudyDate, date);
    a.add(tags::StudyDescription, "CT <head> & \"neck\" 'ö'");
    a.add(tags::AccessionNumber, "A" + std::string(uid).substr(uid.rfind('.') + 1));
    a.add(tags::PatientID, patient);
    a.add(tags::PatientName, "Doe^Jane^^Dr.");
    a.add(tags::PatientBirthDate, "19700102");
    a.add(tags::PatientSex, "F");
    a.add(tags::ReferringPhysicianName, "House^Gregory");
    a.add(tags::ModalitiesInStudy, "CT");
    a.add(tags::NumberOfStudyRelatedSeries, "1");
    a.add(tags::NumberOfStudyRelatedInstances, "1");
    auto& series = study.series.emplace_back();
    series.attributes.add(tags::SeriesInstanceUID, std::string(uid) + ".1");
    series.attributes.add(tags::Modality, "CT");
    series.attributes.add(tags::SeriesNumber, "1");
    series.attributes.add(tags::BodyPartExamined, "HEAD");
    series.attributes.add(tags::NumberOfSeriesRelatedInstances, "1");
    auto& instance = series.instances.emplace_back();
    instance.add(tags::SOPInstanceUID, std::string(uid) + ".1.1");
    instance.add(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
    instance.add(tags::InstanceNumber, "1");
    return study;
}

class face {
public:
    /// A source without studies. `issuer` is Identifier.system of its patient ids.
    fixed_state& add_source(std::string const& name, std::string const& issuer = "urn:oid:1.2.3")
    {
        auto& source = settings.sources.emplace_back();
        source.name = name;
        source.host = "127.0.0.1";
        source.issuer.system = issuer;
        return states_.emplace_back();
    }

    /// After the last source was added, and when settings have changed.
    void start()
    {
        service_ =
            std::make_shared<proxy::fhir::service>(proxy::fhir::service{settings, sealer, {}, "2024-01-01T00:00:00Z"});
        service_->crosswalk = crosswalk;
        for (std::size_t i = 0; i < states_.size(); ++i)
            service_->sources.push_back({.where = std::make_unique<fixed_archive>(states_[i]),
                                         .facts = proxy::make_facts(settings, settings.sources[i]),
                                         .abilities = proxy::make_abilities(settings.sources[i].quirks),
                                         .limit = nullptr,
                                         .patience = settings.sources[i].timeouts.search,
                                         .traced = make_traced(states_[i])});
        auto rows = proxy::fhir::make_routes(service_);
        for (auto& row : proxy::iid::make_routes(service_))
            rows.push_back(std::move(row));
        routes_ = proxy::http::router(std::move(rows));
    }

    response send(proxy::http::request req, asio::cancellation_signal* signal = nullptr)
    {
        if (!service_)
            start();
        auto found = routes_.find(req.method, req.path);
        if (found.status != proxy::http::status::ok)
            return proxy::fhir::error_page(found.status, req, "id-1", "there is no such page");
        proxy::http::exchange const x{.req = req,
                                      .path_parameters = std::move(found.parameters),
                                      .id = "id-1",
                                      .deadline = clock::now() + time,
                                      .remarks = &remarks};
        response answer;
        std::exception_ptr bug;
        auto done = [&](std::exception_ptr e, response r) {
            bug = e;
            answer = std::move(r);
        };
        context.restart();
        if (signal)
            asio::co_spawn(context, found.row->handler(x), asio::bind_cancellation_slot(signal->slot(), done));
        else
            asio::co_spawn(context, found.row->handler(x), done);
        context.run();
        if (bug)
            std::rethrow_exception(bug);
        return answer;
    }

    /// `target` is below the base, "ImagingStudy?patient=1", or a whole URL that the face gave.
    response get(std::string_view target, std::vector<proxy::http::header> headers = {})
    {
        return send(to_request(verb::get, target, std::move(headers), {}));
    }

    response post_form(std::string_view target, std::string body,
                       std::string type = "application/x-www-form-urlencoded")
    {
        std::vector<proxy::http::header> headers;
        headers.emplace_back("Content-Type", std::move(type));
        return send(to_request(verb::post, target, std::move(headers), std::move(body)));
    }

    proxy::http::request to_request(verb method, std::string_view target, std::vector<proxy::http::header> headers,
                                    std::string body)
    {
        auto const base = settings.http.public_url;
        std::string whole(target.starts_with(base) ? target.substr(base.size()) : target);
        if (!whole.starts_with('/'))
            whole.insert(0, "/fhir/");
        auto const question = std::min(whole.find('?'), whole.size());
        return {.method = method,
                .path = whole.substr(0, question),
                .query = whole.substr(std::min(question + 1, whole.size())),
                .headers = std::move(headers),
                .body = std::move(body)};
    }

    std::uint64_t queries() const
    {
        std::uint64_t all = 0;
        for (auto const& state : states_)
            all += state.requests.size();
        return all;
    }

    config::settings settings;
    proxy::fhir::page_sealer sealer{"a key for tests"};
    std::chrono::milliseconds time{5000};
    asio::io_context context{1};
    std::vector<std::pair<std::string, std::string>> remarks;
    std::shared_ptr<upstream::crosswalk> crosswalk;  ///< with settings.crosswalk.kind, to be told before `start`

private:
    /// The archive by itself, without layers around it.
    static std::function<std::unique_ptr<upstream::archive>(std::shared_ptr<upstream::search_trace>)> make_traced(
        fixed_state& state)
    {
        return [&state](std::shared_ptr<upstream::search_trace> to) {
            auto make = [&state, to](std::shared_ptr<upstream::traced_find> of) {
                return upstream::make_watched(std::make_shared<fixed_archive>(state), to, std::move(of));
            };
            return upstream::make_tracing(to, std::make_shared<upstream::flights>(), std::move(make));
        };
    }

    std::deque<fixed_state> states_;
    std::shared_ptr<proxy::fhir::service> service_;
    proxy::http::router routes_;
};

inline unsigned status_of(response const& r)
{
    return static_cast<unsigned>(r.status);
}

inline std::string header_of(response const& r, std::string_view name)
{
    for (auto const& [field, value] : r.headers)
        if (field == name)
            return value;
    return {};
}

inline json body_of(response const& r)
{
    return json::parse(r.body);
}

/// "relation" of a Bundle's links; empty when it is not there.
inline std::string link_of(json const& bundle, std::string_view relation)
{
    for (auto const& link : bundle["link"])
        if (link["relation"] == relation)
            return link["url"];
    return {};
}

/// The ids of a Bundle's entries of one mode, in order.
inline std::vector<std::string> ids_of(json const& bundle, std::string_view mode = "match")
{
    std::vector<std::string> ids;
    if (bundle.contains("entry"))
        for (auto const& entry : bundle["entry"])
            if (entry["search"]["mode"] == mode)
                ids.push_back(entry["resource"].value("id", ""));
    return ids;
}

/// "code: diagnostics" of all issues: of an OperationOutcome, or of a Bundle's entry of mode outcome.
inline std::string issues_of(json const& answer)
{
    std::string text;
    auto const add = [&](json const& outcome) {
        for (auto const& issue : outcome["issue"])
            text += issue["code"].get<std::string>() + ": " + issue.value("diagnostics", "") + '\n';
    };
    if (answer["resourceType"] == "OperationOutcome")
        add(answer);
    else if (answer.contains("entry"))
        for (auto const& entry : answer["entry"])
            if (entry["search"]["mode"] == "outcome")
                add(entry["resource"]);
    return text;
}

}  // namespace fhir_face

}  // namespace pons::test
