#include "proxy/dicomweb/instances_body.hpp"

#include "proxy/dicomweb/answer.hpp"

#include <algorithm>

namespace pons::proxy::dicomweb {

namespace {

/// Of an instance, behind its part's header: one message to the client instead of two.
constexpr std::size_t sent_together = 64 * 1024;

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

instances_body::instances_body(http::body_stream& stream, retrieve_formats formats, std::string series_url)
    : stream_(stream), formats_(std::move(formats)), series_url_(std::move(series_url)), boundary_(make_boundary())
{
}

std::string instances_body::content_type(upstream::part_head const& head) const
{
    std::string type = "application/dicom";
    if (!head.transfer_syntax_uid.empty())
        type.append("; transfer-syntax=").append(head.transfer_syntax_uid);
    return type;
}

awaitable<result<void>> instances_body::begin(upstream::part_head const& head)
{
    if (open_)  // nothing takes back what was sent of it
        co_return fail(upstream::errc::incomplete, "an instance ended before it was whole");
    passing_over_ = sent_.contains(head.sop_instance_uid);
    if (passing_over_)
        co_return result<void>();
    // What could be transcoded has been, on its way here.
    auto const* const taken_by = taking(formats_, head.transfer_syntax_uid);
    if (!taken_by)
        co_return tl::unexpected(refused_syntax(head.transfer_syntax_uid));
    if (formats_.size() > 1) {
        auto const chosen = *taken_by;
        formats_.assign(1, chosen);
    }
    bool const single_part = formats_.front().single_part;
    if (single_part && !sent_.empty())
        co_return fail(upstream::errc::malformed, "more than one instance came");
    sent_.insert(head.sop_instance_uid);
    open_ = true;

    auto const location = series_url_.empty() ? std::string() : series_url_ + "/instances/" + head.sop_instance_uid;
    if (single_part) {
        http::response answer{.content_type = content_type(head)};
        if (!location.empty())
            answer.headers.emplace_back("Content-Location", location);
        co_return co_await stream_.begin(std::move(answer));
    }
    between_ = stream_.begun() ? "\r\n--" : "--";
    between_.append(boundary_).append("\r\nContent-Type: ").append(content_type(head)).append("\r\n");
    if (!location.empty())
        between_.append("Content-Location: ").append(location).append("\r\n");
    between_ += "\r\n";
    if (stream_.begun()) {
        unsent_ = true;
        co_return result<void>();
    }
    http::response answer{.content_type = R"(multipart/related; type="application/dicom"; boundary=)" + boundary_};
    answer.body = between_;
    co_return co_await stream_.begin(std::move(answer));
}

awaitable<result<void>> instances_body::write(std::span<std::byte const> bytes)
{
    if (passing_over_)
        co_return result<void>();
    if (unsent_ && !bytes.empty()) {
        auto const some = bytes.first(std::min(bytes.size(), sent_together));
        between_.append(reinterpret_cast<char const*>(some.data()), some.size());
        bytes = bytes.subspan(some.size());
        result<void> const sent = co_await send_between();
        if (!sent || bytes.empty())
            co_return sent;
    }
    co_return co_await stream_.write(bytes);
}

awaitable<result<void>> instances_body::send_between()
{
    unsent_ = false;
    co_return co_await stream_.write(bytes_of(between_));
}

awaitable<result<void>> instances_body::end()
{
    open_ = false;
    if (!unsent_)
        co_return result<void>();
    co_return co_await send_between();
}

awaitable<result<void>> instances_body::finish()
{
    if (open_)
        co_return fail(upstream::errc::incomplete, "an instance ended before it was whole");
    if (formats_.front().single_part)
        co_return result<void>();
    between_ = "\r\n--" + boundary_ + "--\r\n";
    co_return co_await stream_.write(bytes_of(between_));
}

}  // namespace pons::proxy::dicomweb
