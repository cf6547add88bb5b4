#include "proxy/dicomweb/answer.hpp"

#include "mapping/errc.hpp"
#include "mapping/native_xml.hpp"
#include "proxy/dicomweb/parameters.hpp"
#include "proxy/fault.hpp"
#include "proxy/http/accept.hpp"
#include "upstream/errc.hpp"

#include <array>
#include <random>

namespace pons::proxy::dicomweb {

namespace {

constexpr std::string_view xml_type = R"(multipart/related; type="application/dicom+xml")";
constexpr std::string_view xml_part = "application/dicom+xml";

void add_line(std::string& to, std::string_view a, std::string_view b = {}, std::string_view c = {})
{
    to.append(a).append(b).append(c).append("\r\n");
}

}  // namespace

result<data_sets_format> negotiate_data_sets(http::request const& req)
{
    constexpr std::array<std::string_view, 3> offers{"application/dicom+json", "application/json", xml_type};
    auto const chosen = http::choose(http::parse_accept(accepted(req)), offers);
    if (!chosen)
        return fail(mapping::errc::not_acceptable,
                    "Accept; application/dicom+json and multipart/related with application/dicom+xml can be given");
    return data_sets_format{.xml = *chosen == 2, .content_type = std::string(offers[*chosen])};
}

data_sets_writer::data_sets_writer(data_sets_format format) : format_(std::move(format))
{
    if (format_.xml)
        boundary_ = make_boundary();
    else
        body_ = "[";
}

void data_sets_writer::write(mapping::data_set const& row, mapping::bulk_style style)
{
    if (!format_.xml) {
        if (body_.size() > 1)
            body_ += ',';
        mapping::append_dicom_json(body_, row, style);
        return;
    }
    add_line(body_, "--", boundary_);
    add_line(body_, "Content-Type: ", xml_part);
    add_line(body_, "");
    mapping::append_native_xml(body_, row, style);
    add_line(body_, "");
}

http::response data_sets_writer::finish() &&
{
    http::response answer;
    if (format_.xml) {
        answer.content_type = std::string(xml_type) + "; boundary=" + boundary_;
        add_line(body_, "--", boundary_, "--");
    } else {
        answer.content_type = std::move(format_.content_type);
        body_ += ']';
    }
    answer.body = std::move(body_);
    return answer;
}

http::status status_of(failure const& f)
{
    using mapping_errc = mapping::errc;
    bool const too_broad =
        f.code == make_error_code(mapping_errc::too_costly) || f.code == make_error_code(upstream::errc::too_broad);
    return too_broad ? http::status::payload_too_large : fault_of(f).status;
}

http::response to_response(failure const& f)
{
    http::response answer{.status = status_of(f), .content_type = "text/plain; charset=utf-8"};
    answer.body = f.code.message();
    if (!f.where.empty())
        answer.body.append(": ").append(f.where);
    answer.body += '\n';
    if (f.retry_after.count() > 0)
        answer.headers.emplace_back("Retry-After", std::to_string(f.retry_after.count()));
    else if (answer.status == http::status::service_unavailable)
        answer.headers.emplace_back("Retry-After", "5");
    return answer;
}

http::response end_stream(http::exchange const& x, result<void> const& done)
{
    if (done)
        return {};
    if (!x.stream->begun())
        return to_response(done.error());
    auto const& why = done.error();
    std::string reason = why.code.message();
    // That place is in our own words; others may hold what an archive said, which is not for the log.
    if (why.code == make_error_code(upstream::errc::incomplete) && !why.where.empty())
        reason.append(": ").append(why.where);
    x.stream->break_off(reason);
    return {};
}

std::string to_warning(std::string_view text)
{
    std::string value = "299 pons \"";
    for (char const c : text) {
        if (c == '"' || c == '\\')
            value += '\\';
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
            value += c;
    }
    return value + '"';
}

void add_warnings(http::response& to, std::vector<std::string> const& texts)
{
    for (auto const& text : texts)
        to.headers.emplace_back("Warning", to_warning(text));
}

std::string make_boundary()
{
    static thread_local std::mt19937_64 dice{std::random_device{}()};
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::string boundary = "pons-";
    while (boundary.size() < 45)
        boundary += digits[dice() % digits.size()];
    return boundary;
}

}  // namespace pons::proxy::dicomweb
