#include "proxy/http/request_reader.hpp"

#include "proxy/http/text.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace pons::proxy::http {

namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

constexpr std::string_view list_fields[] = {
    "accept",     "accept-charset",  "accept-encoding",  "accept-language",  "cache-control",
    "connection", "forwarded",       "if-match",         "if-none-match",    "prefer",
    "via",        "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"};

constexpr std::uint64_t most_reserved = 64 * 1024;  // before a body has come
constexpr std::string_view header_too_large = "The header is larger than this server takes.";
constexpr std::string_view body_too_large = "The body is larger than this server takes.";

bool is_list(std::string_view name)
{
    return std::any_of(std::begin(list_fields), std::end(list_fields),
                       [&](std::string_view list) { return equal_ignoring_case(list, name); });
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// Letters of a host and port (RFC 3986 §3.2.2); whether such a host exists is not our question.
bool is_authority(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        return is_control(c) || static_cast<unsigned char>(c) >= 0x80 ||
               std::string_view(" \"#,/<>?@\\^`{|}").find(c) != std::string_view::npos;
    });
}

/// Puts path and query of a target in origin, absolute or asterisk form (RFC 9112 §3.2) into `request`.
bool split_target(std::string_view target, request& request)
{
    for (std::string_view const scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme))
            continue;
        target.remove_prefix(scheme.size());
        auto const path = std::min(target.find_first_of("/?"), target.size());
        if (path == 0 || !is_authority(target.substr(0, path)))
            return false;
        target.remove_prefix(path);
        if (!target.starts_with('/'))
            request.path = "/";
        break;
    }
    auto const question = std::min(target.find('?'), target.size());
    request.path += target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    return request.path.starts_with('/') || (request.path == "*" && request.method == verb::options);
}

request_fault to_fault(error_code ec)
{
    if (ec == beast_http::error::header_limit)
        return {status::request_header_fields_too_large, header_too_large};
    return {status::bad_request, "The request is not HTTP/1.1 as RFC 9112 has it."};
}

}  // namespace

/// Beast calls back with what it found; it goes straight into our request.
class request_reader::parser final : public beast_http::basic_parser<true> {
public:
    parser(http::request& to, std::optional<request_fault>& fault, std::size_t max_fields)
        : to_(to), fault_(fault), max_fields_(max_fields)
    {
    }

    bool expects_continue() const { return expects_continue_; }
    bool http_1_0() const { return version_ == 10; }

private:
    using view = boost::beast::string_view;

    void refuse(http::status status, std::string_view text, error_code& ec)
    {
        fault_ = request_fault{status, text};
        ec = beast_http::error::bad_value;
    }

    void on_request_impl(verb method, view, view target, int version, error_code& ec) override
    {
        to_.method = method;
        version_ = version;
        to_.path.clear();
        if (std::any_of(target.begin(), target.end(), is_control) || target.find('#') != view::npos)
            return refuse(status::bad_request, "The target holds a character that does not belong there.", ec);
        if (!split_target({target.data(), target.size()}, to_))
            refuse(status::bad_request, "The target is neither a path nor an absolute URL.", ec);
    }

    void on_field_impl(beast_http::field field, view name_view, view value_view, error_code& ec) override
    {
        std::string_view const name(name_view.data(), name_view.size());
        std::string_view const value(value_view.data(), value_view.size());
        if (++fields_ > max_fields_)
            return refuse(status::request_header_fields_too_large, "The header has too many fields.", ec);
        if (field == beast_http::field::host && (++hosts_ > 1 || !is_authority(value)))
            return refuse(status::bad_request, "The request needs exactly one valid Host.", ec);
        if (field == beast_http::field::transfer_encoding) {
            if (version_ == 10)
                return refuse(status::bad_request, "HTTP/1.0 has no Transfer-Encoding.", ec);
            if (!equal_ignoring_case(value, "chunked"))
                return refuse(status::not_implemented, "The only Transfer-Encoding taken is chunked.", ec);
        }
        if (field == beast_http::field::expect) {
            if (!equal_ignoring_case(value, "100-continue"))
                return refuse(status::expectation_failed, "The only expectation met is 100-continue.", ec);
            expects_continue_ = version_ > 10;
        }
        if (is_list(name)) {
            auto const same = std::find_if(to_.headers.begin(), to_.headers.end(),
                                           [&](auto const& h) { return equal_ignoring_case(h.first, name); });
            if (same != to_.headers.end()) {
                same->second.append(", ").append(value);
                return;
            }
        }
        to_.headers.emplace_back(name, value);
    }

    void on_header_impl(error_code& ec) override
    {
        if (version_ > 10 && hosts_ != 1)
            refuse(status::bad_request, "The request needs exactly one valid Host.", ec);
    }

    // Only the header is read by Beast.
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(view, error_code&) override { return 0; }
    std::size_t on_chunk_body_impl(std::uint64_t, view, error_code&) override { return 0; }
    void on_response_impl(int, view, int, error_code&) override {}
    void on_chunk_header_impl(std::uint64_t, view, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    http::request& to_;
    std::optional<request_fault>& fault_;
    std::size_t max_fields_;
    std::size_t fields_ = 0;
    std::size_t hosts_ = 0;
    int version_ = 11;
    bool expects_continue_ = false;
};

request_reader::request_reader(request_limits limits, streams_body streams)
    : limits_(limits), is_streamed_(std::move(streams))
{
}
request_reader::~request_reader() = default;

void request_reader::reset()
{
    state_ = state::empty;
    scanned_ = line_ = 0;
    left_ = 0;
    streams_ = false;
    chunks_ = {};
    request_ = {};
    fault_.reset();
    parser_.reset();
}

void request_reader::refuse(http::status status, std::string_view text, std::string_view unread)
{
    fault_ = request_fault{status, text};
    state_ = state::faulty;
    note_target(unread);
}

bool request_reader::keep_alive() const
{
    return parser_ && !fault_ && parser_->keep_alive();
}
bool request_reader::http_1_0() const
{
    return parser_ && parser_->http_1_0();
}
bool request_reader::expects_continue() const
{
    return parser_ && parser_->expects_continue();
}

std::size_t request_reader::put(std::string_view data)
{
    std::size_t used = 0;
    if (state_ == state::empty) {
        // Some clients end a body with a line end too many (RFC 9112 §2.2).
        while (data.substr(used).starts_with("\r\n"))
            used += 2;
        if (used == data.size() || data.substr(used) == "\r")
            return used;
        state_ = state::header;
    }
    if (state_ == state::header)
        used += put_header(data.substr(used));
    if (state_ == state::body && !streams_)
        used += put_body(data.substr(used));
    return used;
}

/// Looks for the empty line that ends the header, each byte once; faults are told in the order of the bytes, so that it
/// makes no difference how they come. False when the header cannot be one.
bool request_reader::scan_header(std::string_view data)
{
    auto const window = data.substr(0, limits_.header + 1);
    for (;;) {
        auto const feed = window.find('\n', scanned_);
        if (line_ == 0 && std::min(feed, window.size()) > limits_.target) {
            refuse(status::uri_too_long, "The target is longer than this server takes.");
            return false;
        }
        if (feed == std::string_view::npos || feed >= limits_.header) {
            scanned_ = window.size();
            if (data.size() > limits_.header)
                refuse(status::request_header_fields_too_large, header_too_large);
            return !fault_;
        }
        auto const line = window.substr(line_, feed - line_);
        if (!line.ends_with('\r') || line.find('\0') != std::string_view::npos) {
            refuse(status::bad_request, "A line of the header does not end as RFC 9112 has it, or holds a NUL.");
            return false;
        }
        if (line_ > 0 && (line.front() == ' ' || line.front() == '\t')) {
            refuse(status::bad_request, "Folded header lines are not taken (RFC 9112 section 5.2).");
            return false;
        }
        scanned_ = line_ = feed + 1;
        if (line.size() == 1) {
            state_ = state::body;
            return true;
        }
    }
}

/// For the error page of a header that is never parsed: the face that was asked decides how an error looks.
void request_reader::note_target(std::string_view data)
{
    auto const line = data.substr(0, data.find('\r'));
    auto const begin = line.find(' ');
    if (begin == std::string_view::npos || !request_.path.empty())
        return;
    auto const target = line.substr(begin + 1, line.find(' ', begin + 1) - begin - 1);
    if (std::none_of(target.begin(), target.end(), is_control) && !split_target(target, request_))
        request_.path.clear();
}

std::size_t request_reader::put_header(std::string_view data)
{
    if (!scan_header(data)) {
        note_target(data);
        return 0;
    }
    if (state_ == state::header)
        return 0;

    auto const header = data.substr(0, line_);
    parser_ = std::make_unique<parser>(request_, fault_, limits_.fields);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header));
    parser_->body_limit(boost::none);
    error_code ec;
    parser_->put(boost::asio::const_buffer(header.data(), header.size()), ec);
    if (ec) {
        if (!fault_)
            fault_ = to_fault(ec);
        state_ = state::faulty;
        note_target(header);
        return 0;
    }
    if (parser_->is_done()) {
        state_ = state::complete;
        return header.size();
    }
    streams_ = is_streamed_ && is_streamed_(request_);
    if (auto const length = parser_->content_length()) {
        left_ = *length;
        if (streams_)
            return header.size();
        if (left_ > limits_.body) {
            refuse(status::payload_too_large, body_too_large);
            return 0;
        }
        request_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(left_, most_reserved)));
    }
    return header.size();
}

std::size_t request_reader::put_body(std::string_view data)
{
    if (parser_->chunked())
        return put_chunks(data, request_.body, limits_.body);
    auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
    request_.body.append(data.substr(0, n));
    left_ -= n;
    if (left_ == 0)
        state_ = state::complete;
    return n;
}

request_reader::taken request_reader::take(std::string_view data, std::string& piece)
{
    if (parser_->chunked()) {
        piece.clear();
        auto const used = put_chunks(data, piece, std::numeric_limits<std::uint64_t>::max());
        return {used, piece};
    }
    auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
    left_ -= n;
    if (left_ == 0)
        state_ = state::complete;
    return {n, data.substr(0, n)};
}

std::size_t request_reader::put_chunks(std::string_view data, std::string& body, std::uint64_t limit)
{
    auto const used = chunks_.put(data, body, limit);
    switch (chunks_.at()) {
        case chunked_decoder::state::more:
            break;
        case chunked_decoder::state::done:
            state_ = state::complete;
            break;
        case chunked_decoder::state::malformed:
            refuse(status::bad_request, "The chunks of the body are not as RFC 9112 has them.");
            break;
        case chunked_decoder::state::too_large:
            refuse(status::payload_too_large, body_too_large);
            break;
    }
    return used;
}

}  // namespace pons::proxy::http
