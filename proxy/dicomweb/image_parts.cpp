#include "proxy/dicomweb/image_parts.hpp"

#include "upstream/errc.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

/// That no content holds but by the worst of luck (RFC 2046 §5.1.1).
std::string random_boundary()
{
    static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    std::random_device random;
    std::string boundary = "pons-";
    for (int i = 0; i < 32; ++i)
        boundary += letters[random() % letters.size()];
    return boundary;
}

std::span<std::byte const> bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string type_of(render::part_info const& part)
{
    auto type = part.content_type;
    if (!part.transfer_syntax_uid.empty())
        type.append("; transfer-syntax=").append(part.transfer_syntax_uid);
    return type;
}

}  // namespace

image_parts::image_parts(http::body_stream& stream, form how)
    : stream_(stream), how_(std::move(how)), boundary_(random_boundary())
{
}

std::string image_parts::location_of(render::part_info const& part) const
{
    if (how_.location.empty())
        return {};
    auto url = how_.location;
    if (part.frame != 0)
        url.append("/frames/").append(std::to_string(part.frame));
    if (how_.rendered)
        url += "/rendered";
    return url;
}

awaitable<result<void>> image_parts::begin(render::part_info const& part)
{
    if (!how_.only_of.empty()) {
        if (std::ranges::find(how_.only_of, part.transfer_syntax_uid) == how_.only_of.end())
            how_.single_part = !how_.single_part;
        how_.only_of.clear();
    }
    auto const location = location_of(part);
    http::response answer;
    for (auto const& warning : how_.warnings)
        answer.headers.emplace_back("Warning", warning);
    if (how_.single_part) {
        if (stream_.begun())
            co_return fail(upstream::errc::malformed, "more than one part came");
        answer.content_type = type_of(part);
        if (!location.empty())
            answer.headers.emplace_back("Content-Location", location);
        auto const begun = co_await stream_.begin(std::move(answer));
        co_return begun;
    }
    between_ = stream_.begun() ? "\r\n--" : "--";
    between_.append(boundary_).append("\r\nContent-Type: ").append(type_of(part)).append("\r\n");
    if (!location.empty())
        between_.append("Content-Location: ").append(location).append("\r\n");
    between_ += "\r\n";
    if (stream_.begun()) {
        auto const written = co_await stream_.write(bytes_of(between_));
        co_return written;
    }
    answer.content_type = "multipart/related; type=\"" + part.content_type + "\"; boundary=" + boundary_;
    answer.body = between_;
    auto const begun = co_await stream_.begin(std::move(answer));
    co_return begun;
}

awaitable<result<void>> image_parts::write(std::span<std::byte const> bytes)
{
    return stream_.write(bytes);
}

awaitable<result<void>> image_parts::end()
{
    co_return result<void>{};
}

awaitable<result<void>> image_parts::finish()
{
    if (how_.single_part)
        co_return result<void>{};
    between_ = "\r\n--" + boundary_ + "--\r\n";
    auto const written = co_await stream_.write(bytes_of(between_));
    co_return written;
}

awaitable<result<void>> send_images(render::renderer& with, http::exchange const& x, pons::render::job asked,
                                    render::feed bring, image_parts::form how)
{
    image_parts parts(*x.stream, std::move(how));
    auto const done = co_await with.run(std::move(asked), std::move(bring), parts, x.deadline);
    if (!done)
        co_return tl::unexpected(done.error());
    auto const finished = co_await parts.finish();
    co_return finished;
}

awaitable<result<void>> send_images(render::shared_passes& with, http::exchange const& x, pons::render::job asked,
                                    upstream::archive& from, upstream::retrieve_request const& what,
                                    image_parts::form how)
{
    image_parts parts(*x.stream, std::move(how));
    auto bring = render::from_archive(from, what, x.deadline);
    auto work = with.run(from, what, std::move(asked), std::move(bring), parts, x.deadline);
    result<void> const done = co_await std::move(work);
    if (!done)
        co_return done;
    result<void> const finished = co_await parts.finish();
    co_return finished;
}

}  // namespace pons::proxy::dicomweb
