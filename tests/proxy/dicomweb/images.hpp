#pragma once

#include "proxy/dicomweb/routes.hpp"
#include "proxy/http/router.hpp"
#include "proxy/sources.hpp"
#include "tests/support/fixed_archive.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <stdexcept>

/// The DICOMweb face before archives in memory.
namespace pons::test {

inline namespace dicomweb_face {

using proxy::http::response;
using proxy::http::verb;

/// Study `1.2.N` of patient P1: series `1.2.N.1` (CT, two instances) and `1.2.N.2` (SR, one instance).
inline fixed_study a_study(int n, std::string_view date = "20240310")
{
    namespace tags = mapping::tags;
    auto const uid = "1.2." + std::to_string(n);
    fixed_study study;
    auto& a = study.attributes;
    a.add(tags::StudyInstanceUID, uid);
    if (!date.empty())
        a.add(tags::StudyDate, date);
    a.add(tags::StudyTime, "101500");
    a.add(tags::StudyDescription, "CT <head> & \"neck\"");
    a.add(tags::AccessionNumber, "A" + std::to_string(n));
    a.add(tags::PatientID, "P1");
    a.add(tags::PatientName, "Doe^Jane");
    a.add(tags::ModalitiesInStudy, mapping::vr_of('C', 'S'), {"CT", "SR"});
    a.add(tags::NumberOfStudyRelatedSeries, "2");
    a.add(tags::NumberOfStudyRelatedInstances, "3");
    a.begin(tags::RetrieveAETitle, mapping::vr_of('A', 'E'));
    a.begin(tags::InstanceAvailability, mapping::vr_of('C', 'S'));
    for (int s = 1; s <= 2; ++s) {
        auto& series = study.series.emplace_back();
        series.attributes.add(tags::SeriesInstanceUID, uid + "." + std::to_string(s));
        series.attributes.add(tags::Modality, s == 1 ? "CT" : "SR");
        series.attributes.add(tags::SeriesNumber, std::to_string(s));
        series.attributes.add(tags::SeriesDescription, s == 1 ? "axial" : "report");
        series.attributes.add(tags::NumberOfSeriesRelatedInstances, s == 1 ? "2" : "1");
        for (int i = 1; i <= 3 - s; ++i) {
            auto& instance = series.instances.emplace_back();
            instance.add(tags::SOPInstanceUID, uid + "." + std::to_string(s) + "." + std::to_string(i));
            instance.add(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
            instance.add(tags::InstanceNumber, std::to_string(i));
            instance.add(mapping::tag{0x00280010}, "512");
        }
    }
    return study;
}

/// The instances of `study` as a retrieve gives them: "<uid>" and a little is their content.
inline void add_instances(fixed_state& state, fixed_study const& study, std::string const& syntax)
{
    namespace tags = mapping::tags;
    for (auto const& series : study.series)
        for (auto const& instance : series.instances) {
            std::string const sop(instance.text(tags::SOPInstanceUID));
            state.instances.push_back(
                {.where = {.study_instance_uid = std::string(study.attributes.text(tags::StudyInstanceUID)),
                           .series_instance_uid = std::string(series.attributes.text(tags::SeriesInstanceUID)),
                           .sop_instance_uid = sop},
                 .head = {.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2",
                          .sop_instance_uid = sop,
                          .transfer_syntax_uid = syntax},
                 .bytes = "<" + sop + "> bytes"});
        }
}

/// Keeps what is streamed.
struct recorded_stream final : proxy::http::body_stream {
    awaitable<result<void>> begin(response first) override
    {
        head = std::move(first);
        body = head.body;
        has_begun = true;
        co_return result<void>();
    }
    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        body.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        co_return result<void>();
    }
    bool begun() const override { return has_begun; }
    void break_off(std::string_view reason) override { broken_off = reason; }

    response head;
    std::string body;
    bool has_begun = false;
    std::string broken_off;
};

/// What came of a request: the answer that was held, or the one that was streamed.
struct answered {
    response held;
    recorded_stream stream;

    proxy::http::status status() const { return stream.has_begun ? stream.head.status : held.status; }
    response const& head() const { return stream.has_begun ? stream.head : held; }
    std::string const& body() const { return stream.has_begun ? stream.body : held.body; }
    std::vector<std::string> fields(std::string_view name) const
    {
        std::vector<std::string> all;
        for (auto const& [field, value] : head().headers)
            if (field == name)
                all.push_back(value);
        return all;
    }
    std::string field(std::string_view name) const
    {
        auto const all = fields(name);
        return all.empty() ? std::string() : all.front();
    }
    std::string boundary() const
    {
        auto const& type = head().content_type;
        return type.substr(type.find("boundary=") + 9);
    }
};

class images {
public:
    images() { settings.http.public_url = "http://pons.test/base"; }

    fixed_state& add_source(std::string const& name)
    {
        auto& source = settings.sources.emplace_back();
        source.name = name;
        source.host = "127.0.0.1";
        source.issuer.system = "urn:oid:1.2.3";
        return states_.emplace_back();
    }

    /// Before the first request: pixels are decoded by workers of these settings.
    void render_with(proxy::render::settings const& how)
    {
        renderer_ =
            std::make_shared<proxy::render::renderer>(context_.get_executor(), how, proxy::render::make_budget(how));
    }

    std::vector<proxy::http::route> routes()
    {
        auto all = std::make_shared<std::vector<upstream::searched_source>>();
        for (std::size_t i = 0; i < states_.size(); ++i)
            all->push_back({.where = std::make_unique<fixed_archive>(states_[i]),
                            .facts = proxy::make_facts(settings, settings.sources[i]),
                            .abilities = proxy::make_abilities(settings.sources[i].quirks)});
        return proxy::dicomweb::make_routes(
            std::make_shared<proxy::dicomweb::service>(proxy::dicomweb::service{settings, std::move(all), renderer_}));
    }

    /// `target` is below the root, "/dicomweb/studies?PatientID=P1".
    answered get(std::string const& target, std::vector<proxy::http::header> headers = {})
    {
        return ask(verb::get, target, std::move(headers));
    }

    answered ask(verb method, std::string const& target, std::vector<proxy::http::header> headers = {})
    {
        if (!routes_)
            routes_.emplace(routes());
        proxy::http::request req{.method = method};
        auto const mark = std::min(target.find('?'), target.size());
        req.path = target.substr(0, mark);
        req.query = target.substr(std::min(mark + 1, target.size()));
        req.headers = std::move(headers);
        auto found = routes_->find(req.method, req.path);
        answered got;
        got.held.status = found.status;
        if (found.status != proxy::http::status::ok)
            return got;
        proxy::http::exchange const x{.req = req,
                                      .path_parameters = std::move(found.parameters),
                                      .id = "id-1",
                                      .deadline = clock::now() + time,
                                      .remarks = nullptr,
                                      .stream = &got.stream};
        std::exception_ptr bug;
        auto done = [&](std::exception_ptr e, response r) {
            bug = e;
            got.held = std::move(r);
        };
        context_.restart();
        asio::co_spawn(context_, found.row->handler(x), done);
        context_.run();
        if (bug)
            std::rethrow_exception(bug);
        return got;
    }

    config::settings settings;
    std::chrono::milliseconds time{10'000};

private:
    asio::io_context context_{1};
    std::shared_ptr<proxy::render::renderer> renderer_;
    std::deque<fixed_state> states_;
    std::optional<proxy::http::router> routes_;
};

inline std::vector<proxy::http::header> accepting(std::string value)
{
    std::vector<proxy::http::header> headers;
    headers.emplace_back("Accept", std::move(value));
    return headers;
}

/// How often `what` stands in `text`.
inline std::size_t count_of(std::string_view text, std::string_view what)
{
    std::size_t count = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
        ++count;
    return count;
}

/// The values of an attribute over all rows of a JSON answer, in order, as written.
inline std::vector<std::string> values_of(std::string_view json, std::string_view hex)
{
    std::vector<std::string> values;
    auto const key = "\"" + std::string(hex) + "\":{\"vr\":";
    for (auto at = json.find(key); at != json.npos; at = json.find(key, at + 1)) {
        auto const open = json.find("\"Value\":[", at);
        auto const next = json.find('}', at);
        if (open == json.npos || open > next) {
            values.emplace_back();
            continue;
        }
        auto const from = open + 9;
        values.emplace_back(json.substr(from, json.find(']', from) - from));
    }
    return values;
}

}  // namespace dicomweb_face

}  // namespace pons::test
