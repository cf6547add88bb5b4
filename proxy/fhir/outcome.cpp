#include "proxy/fhir/outcome.hpp"

#include "mapping/fhir/writer.hpp"
#include "proxy/fault.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace pons::proxy::fhir {

namespace {

using http::status;

constexpr std::chrono::seconds default_retry_after{10};

std::string_view issue_type_of(status s)
{
    switch (s) {
        case status::not_found:
            return "not-found";
        case status::method_not_allowed:
        case status::not_implemented:
        case status::not_acceptable:
        case status::unsupported_media_type:
            return "not-supported";
        case status::payload_too_large:
        case status::uri_too_long:
        case status::request_header_fields_too_large:
            return "too-long";
        case status::request_timeout:
        case status::gateway_timeout:
            return "timeout";
        case status::service_unavailable:
            return "transient";
        case status::internal_server_error:
            return "exception";
        default:
            return "invalid";
    }
}

}  // namespace

mapping::fhir::outcome_issue to_issue(failure const& f)
{
    auto const& row = fault_of(f);
    auto text = f.code ? f.code.message() : std::string("internal error");
    if (!f.where.empty())
        text = f.where + ": " + text;
    return {.severity = row.status == status::internal_server_error ? "fatal" : "error",
            .code = row.issue_type,
            .diagnostics = std::move(text),
            .expression = {}};
}

http::response to_response(failure const& f, answer_format const& as, std::string_view request_id)
{
    auto const& row = fault_of(f);
    std::array const issues{to_issue(f)};
    auto answer = outcome_response(row.status, issues, as, request_id);
    if (row.status == status::service_unavailable) {
        auto const wait = f.retry_after.count() > 0 ? f.retry_after : default_retry_after;
        answer.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    }
    return answer;
}

http::response outcome_response(status s, std::span<mapping::fhir::outcome_issue const> issues, answer_format const& as,
                                std::string_view request_id)
{
    http::response answer;
    answer.status = s;
    answer.content_type = as.content_type;
    mapping::fhir::writer w(answer.body, as.as, as.pretty);
    // FHIR ids have no underscore; a client's request id may.
    bool const is_id = request_id.find('_') == std::string_view::npos;
    mapping::fhir::write_outcome(w, {}, is_id ? request_id : std::string_view(), issues);
    return answer;
}

void write_remarks(mapping::fhir::searchset_writer& bundle, mapping::fhir::writer& w, std::span<issue const> remarks)
{
    if (remarks.empty())
        return;
    std::vector<mapping::fhir::outcome_issue> issues;
    for (auto const& remark : remarks)
        if (auto one = mapping::fhir::to_outcome_issue(remark);
            std::ranges::none_of(issues, [&](auto const& known) { return known.diagnostics == one.diagnostics; }))
            issues.push_back(std::move(one));
    bundle.begin_entry({}, {});
    mapping::fhir::write_outcome(w, "resource", {}, issues);
    bundle.end_entry("outcome");
}

http::response error_page(status s, http::request const& req, std::string_view request_id, std::string_view text)
{
    std::array const issues{
        mapping::fhir::outcome_issue{.severity = s == status::internal_server_error ? "fatal" : "error",
                                     .code = issue_type_of(s),
                                     .diagnostics = std::string(text),
                                     .expression = {}}};
    return outcome_response(s, issues, negotiate_or_json(req), request_id);
}

}  // namespace pons::proxy::fhir
