#include "proxy/http/finish.hpp"

#include "proxy/http/accept.hpp"
#include "proxy/http/cors.hpp"
#include "proxy/http/etag.hpp"
#include "proxy/http/text.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace pons::proxy::http {

namespace {

constexpr std::string_view own_fields[] = {"connection", "content-length",    "content-type", "date",
                                           "keep-alive", "transfer-encoding", "server",       "x-request-id"};

bool is_own(std::string_view name)
{
    return std::any_of(std::begin(own_fields), std::end(own_fields),
                       [&](std::string_view own) { return equal_ignoring_case(own, name); });
}

void add(std::string& head, std::string_view name, std::string_view value)
{
    head.append(name).append(": ").append(value).append("\r\n");
}

void add_number(std::string& head, std::uint64_t value)
{
    char digits[20];
    auto const end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    head.append(digits, end);
}

header* find(response& answer, std::string_view name)
{
    for (auto& field : answer.headers)
        if (equal_ignoring_case(field.first, name))
            return &field;
    return nullptr;
}

/// Images and archives only grow.
bool compressible(std::string_view content_type)
{
    auto const type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml");
}

void answer_not_modified(request const& req, response& answer)
{
    if (answer.status != status::ok || (req.method != verb::get && req.method != verb::head))
        return;
    auto const asked = req.header("If-None-Match");
    auto const* etag = asked.empty() ? nullptr : find(answer, "ETag");
    if (etag == nullptr || !names_etag(asked, etag->second))
        return;
    answer.status = status::not_modified;
    answer.content_type.clear();
    answer.body.clear();
}

void compress(request const& req, response& answer, framing const& how)
{
    if (how.gzip_above == 0 || how.gzip == nullptr || answer.body.size() <= how.gzip_above ||
        !compressible(answer.content_type) || find(answer, "Content-Encoding") != nullptr ||
        !accepts_gzip(req.header("Accept-Encoding")))
        return;
    answer.body = how.gzip->encode(answer.body);
    answer.headers.emplace_back("Content-Encoding", "gzip");
    // Strong tags name bytes, and these are others now (RFC 9110 §8.8.3.3).
    if (auto* etag = find(answer, "ETag"); etag != nullptr && !etag->second.starts_with("W/"))
        etag->second.insert(0, "W/");
}

bool has_no_content(http::status s)
{
    return s == status::no_content || s == status::not_modified;
}

}  // namespace

void finish(request const& req, response& answer, framing const& how, std::string& head)
{
    if (how.body == body_framing::held) {
        answer_not_modified(req, answer);
        compress(req, answer, how);
    }

    head.assign("HTTP/1.1 ");
    add_number(head, static_cast<unsigned>(answer.status));
    auto const reason = boost::beast::http::obsolete_reason(answer.status);
    head.append(" ").append(reason.data(), reason.size()).append("\r\nServer: pons\r\n");
    add(head, "Date", how.date);
    if (!answer.content_type.empty())
        add(head, "Content-Type", answer.content_type);
    if (how.body == body_framing::chunked) {
        head.append("Transfer-Encoding: chunked\r\n");
    } else if (how.body == body_framing::held && !has_no_content(answer.status)) {
        head.append("Content-Length: ");
        add_number(head, answer.body.size());
        head.append("\r\n");
    }
    if (!how.keep_alive)
        head.append("Connection: close\r\n");
    else if (how.http_1_0)
        head.append("Connection: keep-alive\r\n");
    add(head, "X-Request-Id", how.id);
    head.append("X-Content-Type-Options: nosniff\r\n");

    bool vary = false;
    bool cache_control = false;
    for (auto const& [name, value] : answer.headers) {
        if (!is_token(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            throw std::logic_error("a response field that cannot be sent");
        if (is_own(name))
            continue;
        vary = vary || equal_ignoring_case(name, "Vary");
        cache_control = cache_control || equal_ignoring_case(name, "Cache-Control");
        add(head, name, value);
    }
    if (!vary)
        head.append("Vary: Accept, Accept-Encoding\r\n");
    if (!cache_control)
        head.append("Cache-Control: no-store\r\n");  // answers are about patients
    if (how.cors_origins != nullptr)
        append_cors(*how.cors_origins, req, head);
    head.append("\r\n");
    if (req.method == verb::head || has_no_content(answer.status))
        answer.body.clear();
}

}  // namespace pons::proxy::http
