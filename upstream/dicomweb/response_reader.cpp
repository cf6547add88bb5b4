#include "upstream/dicomweb/response_reader.hpp"

#include "mapping/json_cursor.hpp"
#include "upstream/dicomweb/inflate.hpp"
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
    explicit parser(std::uint64_t max_body) : max_body_(max_body)
    {
        body_limit(max_body);
        header_limit(response_reader::max_header);
        eager(true);
    }

    http_answer answer;

    bool is_interim() const { return is_done() && answer.status / 100 == 1; }
    bool is_whole() const { return is_done() && (!unpack_ || unpack_->complete()); }

private:
    void on_request_impl(http::verb, beast_view, beast_view, int, beast_error& ec) override
    {
        ec = http::error::bad_version;
    }

    void on_response_impl(int status, beast_view, int, beast_error& ec) override
    {
        answer.status = static_cast<unsigned>(status);
        if (status < 100 || status == 101)
            ec = http::error::bad_status;
    }

    void on_field_impl(http::field name, beast_view, beast_view value, beast_error& ec) override
    {
        switch (name) {
            case http::field::content_type:
                answer.content_type = lower(value.substr(0, value.find(';')));
                while (answer.content_type.ends_with(' '))
                    answer.content_type.pop_back();
                break;
            case http::field::content_encoding:
                if (auto const coding = lower(value); coding == "gzip" || coding == "x-gzip")
                    unpack_.emplace(max_body_);
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
            answer.more = true;
        else if (mentions(text, {"matching"}))
            answer.unsupported_matching = true;
        else
            answer.other_warning = true;
    }

    void retry_after(beast_view value)
    {
        unsigned seconds = 0;
        auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        bool const is_date = error != std::errc{} || end != value.data() + value.size();
        // A date (RFC 9110 §10.2.3) is not worth a calendar here.
        answer.retry_after = std::chrono::seconds(is_date ? 10 : std::clamp(seconds, 1u, 3600u));
    }

    void on_header_impl(beast_error&) override {}

    void on_body_init_impl(boost::optional<std::uint64_t> const& length, beast_error&) override
    {
        // Believed only so far: it is the peer's word.
        constexpr std::uint64_t credible = 4u << 20;
        auto const size = std::min(length.value_or(16 * 1024), credible);
        answer.body.reserve(static_cast<std::size_t>(size) + mapping::json_scanner::padding);
    }

    std::size_t on_body_impl(beast_view part, beast_error& ec) override
    {
        std::string_view const bytes(part.data(), part.size());
        if (!unpack_) {
            if (bytes.size() > max_body_ - answer.body.size())
                ec = http::error::body_limit;
            else
                answer.body.append(bytes);
            return part.size();
        }
        auto const fed = unpack_->feed(bytes, answer.body);
        if (fed == inflater::outcome::too_large)
            ec = http::error::body_limit;
        else if (fed == inflater::outcome::broken)
            ec = http::error::bad_value;
        return part.size();
    }

    void on_chunk_header_impl(std::uint64_t, beast_view, beast_error&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, beast_view part, beast_error& ec) override
    {
        return on_body_impl(part, ec);
    }

    void on_finish_impl(beast_error&) override {}

    std::uint64_t const max_body_;
    std::optional<inflater> unpack_;
};

tl::unexpected<failure> failed(beast_error ec)
{
    bool const large =
        ec == http::error::body_limit || ec == http::error::header_limit || ec == http::error::buffer_overflow;
    return large ? fail(errc::too_large, "HTTP answer") : fail(errc::malformed, "HTTP answer");
}

}  // namespace

struct response_reader::impl {
    std::uint64_t max_body;
    std::optional<parser> one;
    unsigned interim = 0;
};

response_reader::response_reader(std::uint64_t max_body) : impl_(std::make_unique<impl>())
{
    impl_->max_body = max_body;
    impl_->one.emplace(max_body);
}

response_reader::~response_reader() = default;

result<std::size_t> response_reader::put(char const* data, std::size_t size)
{
    constexpr unsigned enough_interim = 16;
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
            impl_->one.emplace(impl_->max_body);
        } else if (now == 0) {
            break;
        }
    }
    if (done() && !impl_->one->is_whole())
        return fail(errc::malformed, "HTTP answer, gzip");
    return taken;
}

result<void> response_reader::put_end()
{
    if (done())
        return {};
    auto& one = *impl_->one;
    // An answer that ends with the connection and holds nothing may have been cut off before its body.
    if (!one.is_header_done() || !one.need_eof() || one.answer.body.empty())
        return fail(errc::aborted, "HTTP answer");
    beast_error ec;
    one.put_eof(ec);
    if (ec || !one.is_whole())
        return fail(errc::aborted, "HTTP answer");
    return {};
}

bool response_reader::done() const
{
    return impl_->one->is_done();
}

bool response_reader::keep_alive() const
{
    return done() && impl_->one->keep_alive();
}

http_answer response_reader::take()
{
    return std::move(impl_->one->answer);
}

}  // namespace pons::upstream::dicomweb
