#include "upstream/dicomweb/http_client.hpp"

#include "upstream/dicomweb/tls_context.hpp"
#include "upstream/errc.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace pons::upstream::dicomweb {

namespace {

std::string base64(std::string const& text)
{
    std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
    auto const size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return encoded;
}

std::string authorization(config::credentials const& c)
{
    switch (c.kind) {
        case config::credentials_kind::basic:  // RFC 7617
            return "Authorization: Basic " + base64(c.user + ":" + c.password) + "\r\n";
        case config::credentials_kind::bearer:  // RFC 6750
            return "Authorization: Bearer " + c.token + "\r\n";
        case config::credentials_kind::none:
            break;
    }
    return {};
}

/// A line end in a setting would add headers of its own.
bool has_control_characters(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

}  // namespace

http_client::http_client(config::source const& source) : source_(source), origin_(parse_origin(source.url))
{
    if (!origin_) {
        usable_ = tl::unexpected(origin_.error());
        return;
    }
    if (has_control_characters(source.credentials.token) || has_control_characters(source.quirks.accept)) {
        usable_ = fail(errc::unsupported, "credentials.token or quirks.accept: control characters");
        return;
    }
    if (origin_->tls) {
        auto context = make_tls_context(source.tls);
        if (context)
            tls_ = std::move(*context);
        else
            usable_ = tl::unexpected(context.error());
    }
    headers_ = " HTTP/1.1\r\nHost: " + origin_->authority +
               "\r\nUser-Agent: Pons/" PONS_VERSION "\r\nAccept: " + source.quirks.accept +
               "\r\nAccept-Encoding: gzip\r\n" + authorization(source.credentials) + "\r\n";
}

http_client::~http_client()
{
    for (auto const& one : idle_)
        one->close();
}

std::string http_client::request_for(std::string_view target) const
{
    std::string request;
    request.reserve(4 + target.size() + headers_.size());
    return request.append("GET ").append(target).append(headers_);
}

std::shared_ptr<connection> http_client::take_idle()
{
    std::erase_if(idle_, [](auto const& one) { return !one->is_open(); });
    if (idle_.empty())
        return nullptr;
    auto latest = std::move(idle_.back());
    idle_.pop_back();
    return latest;
}

void http_client::keep(std::shared_ptr<connection> one)
{
    one->until(clock::now() + source_.timeouts.idle);
    idle_.push_back(std::move(one));
}

awaitable<result<std::shared_ptr<connection>>> http_client::open(time_point deadline)
{
    executor const here = co_await asio::this_coro::executor;
    auto const by = std::min(deadline, clock::now() + source_.timeouts.connect);
    result<std::vector<tcp::endpoint>> addresses = co_await resolve(*origin_, by);
    if (!addresses)
        co_return tl::unexpected(addresses.error());
    auto made = std::make_shared<connection>(here, *origin_, tls_);
    result<void> const connected = co_await made->connect(*addresses, by);
    if (!connected)
        co_return tl::unexpected(connected.error());
    result<void> const secured = co_await made->handshake(by);
    if (!secured)
        co_return tl::unexpected(secured.error());
    co_return made;
}

awaitable<result<http_answer>> http_client::get(std::string const& target, time_point deadline)
{
    auto const at_source = [&](failure f) {
        f.where = "source " + source_.name + ": " + f.where;
        return tl::unexpected(std::move(f));
    };
    if (!usable_)
        co_return at_source(usable_.error());

    auto const request = request_for(target);
    auto one = take_idle();
    for (;;) {
        bool const reused = one != nullptr;
        if (!reused) {
            auto opened = co_await open(deadline);
            if (!opened)
                co_return at_source(opened.error());
            one = std::move(*opened);
        }
        result<http_answer> answer =
            co_await one->exchange(request, source_.timeouts, source_.limits.max_answer, deadline);
        if (answer) {
            if (one->reusable())
                keep(std::move(one));
            co_return answer;
        }
        bool const was_dead = reused && !one->answered() && answer.error().code == errc::aborted;
        if (!was_dead)
            co_return at_source(answer.error());
        one = nullptr;
    }
}

}  // namespace pons::upstream::dicomweb
