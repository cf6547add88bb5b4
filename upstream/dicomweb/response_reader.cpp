#include "upstream/dicomweb/response_reader.hpp"

#include "upstream/errc.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace pons::upstream::dicomweb {

namespace {

namespace http = boost::beast::http;
using beast_error = boost::beast::error_code;
using beast_view = boost::beast::string_view;

std::string lower(beast_view text)
{
    std::string l(text.data(), text.size());
    std::ranges::transform(l, l.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return l;
}

bool mentions(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::any_of(words, [&](auto word) { return text.find(word) != text.npos; });
}

class parser final : public http::basic_parser<false> {
public:
    parser()
    {
        body_limit(boost::none);  // the one who reads the body bounds it
        header_limit(response_reader::max_header);
        eager(false);
    }

    http_head head;
    std::string_view piece;
    bool has_body = false;

    bool is_interim() const { return is_done() && head.status / 100 == 1; }

private:
    void on_request_impl(http::verb, beast_view, beast_view, int, beast_error& ec) override
    {
        ec = http::error::bad_version;
    }

    void on_response_impl(int status, beast_view, int, beast_error& ec) override
    {
        head.status = static_cast<unsigned>(status);
        if (status < 100 || status == 101)
            ec = http::error::bad_status;
    }

    void on_field_impl(http::field name, beast_view, beast_view value, beast_error& ec) override
    {
        switch (name) {
            case http::field::content_type:
                head.media_type.assign(value.data(), value.size());
                head.content_type = lower(value.substr(0, value.find(';')));
                while (head.content_type.ends_with(' '))
                    head.content_type.pop_back();
                break;
            case http::field::content_encoding:
                if (auto const coding = lower(value); coding == "gzip" || coding == "x-gzip")
                    head.gzip = true;
                else if (coding != "identity")
                    ec = http::error::bad_value;
                break;
            case http::field::transfer_encoding:
                if (lower(value) != "chunked")  // Beast would take others for chunked, or for none
                    ec = http::error::bad_transfer_encoding;
                break;
            case http::field::warning:
                warning(lower(value));
                break;
            case http::field::retry_after:
                retry_after(value);
                break;
            default:
                break;
        }
    }

    void warning(std::string const& text)
    {
        if (!text.starts_with("299"))
            return;
        if (mentions(text, {"additional", "more ", "remain", "truncat", "further", "limit"}))
            head.more = true;
        else if (mentions(text, {"matching"}))
            head.unsupported_matching = true;
        else
            head.other_warning = true;
    }

    void retry_after(beast_view value)
    {
        unsigned seconds = 0;
        auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        bool const is_date = error != std::errc{} || end != value.data() + value.size();
        // A date (RFC 9110 §10.2.3) is not worth a calendar here.
        head.retry_after = std::chrono::seconds(is_date ? 10 : std::clamp(seconds, 1u, 3600u));
    }

    void on_header_impl(beast_error&) override
    {
        if (auto const length = content_length())
            head.length = *length;
    }

    void on_body_init_impl(boost::optional<std::uint64_t> const&, beast_error&) override {}

    std::size_t on_body_impl(beast_view part, beast_error&) override
    {
        piece = {part.data(), part.size()};
        has_body = has_body || !piece.empty();
        return part.size();
    }

    void on_chunk_header_impl(std::uint64_t, beast_view, beast_error&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, beast_view part, beast_error& ec) override
    {
        return on_body_impl(part, ec);
    }

    void on_finish_impl(beast_error&) override {}
};

tl::unexpected<failure> failed(beast_error ec)
{
    bool const large = ec == http::error::header_limit || ec == http::error::buffer_overflow;
    return large ? fail(errc::too_large, "HTTP answer") : fail(errc::malformed, "HTTP answer");
}

}  // namespace

struct response_reader::impl {
    std::optional<parser> one{std::in_place};
    unsigned interim = 0;
};

response_reader::response_reader() : impl_(std::make_unique<impl>()) {}

response_reader::~response_reader() = default;

result<std::size_t> response_reader::put(char const* data, std::size_t size)
{
    constexpr unsigned enough_interim = 16;
    impl_->one->piece = {};
    bool const had_head = head_done();
    std::size_t taken = 0;
    while (taken < size && !done()) {
        beast_error ec;
        auto const now = impl_->one->put(boost::asio::const_buffer(data + taken, size - taken), ec);
        taken += now;
        if (ec == http::error::need_more)
            break;
        if (ec)
            return failed(ec);
        if (impl_->one->is_interim()) {
            if (++impl_->interim > enough_interim)
                return fail(errc::malformed, "HTTP answer");
            impl_->one.emplace();
        } else if (now == 0 || !piece().empty() || head_done() != had_head) {
            break;
        }
    }
    return taken;
}

std::string_view response_reader::piece() const
{
    return impl_->one->piece;
}

result<void> response_reader::put_end()
{
    if (done())
        return {};
    auto& one = *impl_->one;
    // An answer that ends with the connection and holds nothing may have been cut off before its body.
    if (!one.is_header_done() || !one.need_eof() || !one.has_body)
        return fail(errc::aborted, "HTTP answer");
    beast_error ec;
    one.put_eof(ec);
    if (ec)
        return fail(errc::aborted, "HTTP answer");
    return {};
}

bool response_reader::head_done() const
{
    return impl_->one->is_header_done();
}

http_head const& response_reader::head() const
{
    return impl_->one->head;
}

bool response_reader::done() const
{
    return impl_->one->is_done();
}

bool response_reader::keep_alive() const
{
    return done() && impl_->one->keep_alive();
}

}  // namespace pons::upstream::dicomweb
