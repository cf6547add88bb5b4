#include "proxy/fhir/read.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/fhir/capability.hpp"
#include "mapping/fhir/endpoint.hpp"
#include "proxy/fhir/endpoints.hpp"
#include "proxy/fhir/explain/operation.hpp"
#include "proxy/fhir/federate.hpp"
#include "proxy/fhir/outcome.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace pons::proxy::fhir {

namespace {

using mapping::search::request;

/// Weak: JSON and XML of one content are equal in meaning, not in bytes (RFC 9110 §8.8.1).
std::string etag_of(std::string_view body)
{
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<unsigned char const*>(body.data()), body.size(), digest.data());
    constexpr char digits[] = "0123456789abcdef";
    std::string tag = "W/\"";
    for (std::size_t i = 0; i < 16; ++i) {
        tag += digits[digest[i] >> 4];
        tag += digits[digest[i] & 0xF];
    }
    return tag + '"';
}

/// `_summary` and `_elements` of a read; other parameters are the search's and are passed over.
result<request> shape_parameters(http::request const& req)
{
    std::vector<mapping::search::parameter> own;
    for (auto& p : mapping::search::split_query(req.query))
        if (p.first == "_summary" || p.first == "_elements")
            own.push_back(std::move(p));
    return mapping::search::parse(own, {});
}

/// Warning: 299 (RFC 7234 §5.5), each remark once.
void warn(http::response& answer, std::vector<issue> const& remarks)
{
    for (auto const& remark : remarks) {
        std::string text = "299 pons \"";
        for (char const c : remark.text)
            text += c == '"' || c == '\\' ? '\'' : c >= 0 && c < ' ' ? ' ' : c;
        http::header field("Warning", text + '"');
        if (std::ranges::find(answer.headers, field) == answer.headers.end())
            answer.headers.push_back(std::move(field));
    }
}

awaitable<result<http::response>> read(service& s, http::exchange const& x, answer_format const& as)
{
    auto const& id = x.path_parameters.at(0);
    if (!mapping::codecs::is_uid(id))
        co_return fail(mapping::errc::not_found, "ImagingStudy");
    auto shown = shape_parameters(x.req);
    if (!shown)
        co_return tl::unexpected(shown.error());
    std::vector<mapping::search::parameter> by_id;
    by_id.emplace_back("_id", id);
    auto const asked = mapping::search::parse(by_id, {});
    if (!asked)
        co_return tl::unexpected(asked.error());

    auto const shape = shape_of(*shown, config::search_depth::instance);
    search_wanted wanted{.order = upstream::order(),
                         .after = {},
                         .count = 1,
                         .everything = true,
                         .depth = shape.depth,
                         .counts_shown = true,
                         .now = now_in_microseconds()};
    auto const found = co_await search_all(s, *asked, std::move(wanted), x.deadline);
    if (!found)
        co_return tl::unexpected(found.error());
    for (auto const& remark : found->issues)
        if (remark.what == issue::kind::incomplete)  // a read has no place to say so: it is whole or it fails
            co_return fail(mapping::errc::incomplete, remark.text);
    if (found->studies.empty())
        co_return fail(mapping::errc::not_found, "ImagingStudy");

    http::response answer;
    answer.content_type = as.content_type;
    mapping::fhir::writer w(answer.body, as.as, as.pretty);
    mapping::fhir::write_imaging_study(w, {}, found->studies.front(), shape);
    answer.headers.emplace_back("ETag", etag_of(answer.body));
    warn(answer, found->issues);
    co_return answer;
}

}  // namespace

awaitable<http::response> read_imaging_study(service& s, http::exchange const& x)
{
    auto const as = negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    auto answer = co_await read(s, x, *as);
    if (!answer)
        co_return to_response(answer.error(), *as, x.id);
    co_return std::move(*answer);
}

awaitable<http::response> read_endpoint(service& s, http::exchange const& x)
{
    auto const as = negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    auto const shown = shape_parameters(x.req);
    if (!shown)
        co_return to_response(shown.error(), *as, x.id);
    auto const all = all_endpoints(s);
    for (auto const& endpoint : all) {
        if (endpoint.id != x.path_parameters.at(0))
            continue;
        http::response answer;
        answer.content_type = as->content_type;
        mapping::fhir::writer w(answer.body, as->as, as->pretty);
        mapping::fhir::write_endpoint(w, {}, endpoint,
                                      mapping::fhir::make_endpoint_shape(view_of(*shown), shown->elements));
        answer.headers.emplace_back("ETag", etag_of(answer.body));
        co_return answer;
    }
    failure const unknown{mapping::make_error_code(mapping::errc::not_found), "Endpoint", {}};
    co_return to_response(unknown, *as, x.id);
}

awaitable<http::response> read_capabilities(service& s, http::exchange const& x)
{
    auto const as = negotiate(x.req);
    if (!as)
        co_return to_response(as.error(), {}, x.id);
    for (auto const& [name, value] : mapping::search::split_query(x.req.query))
        if (name == "mode" && value == "terminology") {
            failure const unknown{mapping::make_error_code(mapping::errc::not_found), "TerminologyCapabilities", {}};
            co_return to_response(unknown, *as, x.id);
        }
    auto const base = s.base_of(x.req);
    auto const explain = explain_url(s);
    mapping::fhir::capability_facts const facts{.base = base,
                                                .version = PONS_VERSION,
                                                .date = s.started,
                                                .needs_key = !s.settings.fhir.allow_unbounded,
                                                .explain = explain};
    http::response answer;
    answer.content_type = as->content_type;
    mapping::fhir::writer w(answer.body, as->as, as->pretty);
    mapping::fhir::write_capability_statement(w, facts);
    answer.headers.emplace_back("ETag", etag_of(answer.body));
    co_return answer;
}

}  // namespace pons::proxy::fhir
