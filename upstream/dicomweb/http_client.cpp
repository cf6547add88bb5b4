#include "upstream/dicomweb/http_client.hpp"

#include "upstream/dicomweb/resolve.hpp"
#include "upstream/errc.hpp"
#include "upstream/tls/context.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace pons::upstream::dicomweb {

namespace {

using namespace std::chrono_literals;

// Servers that close idle connections wait for a second at least.
constexpr auto just_now = 500ms;

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

http_client::http_client(config::source const& source, std::shared_ptr<under_way> ends)
    : source_(source), ends_(std::move(ends)), origin_(parse_origin(source.url))
{
    if (!origin_) {
        usable_ = tl::unexpected(origin_.error());
        return;
    }
    if (has_control_characters(source.credentials.token) || has_control_characters(source.quirks.accept)) {
        usable_ = fail(errc::unsupported, "credentials.token or quirks.accept: control characters");
        return;
    }
    host_ = "\r\nHost: " + origin_->authority + "\r\nUser-Agent: Pons/" PONS_VERSION "\r\n";
    authorization_ = authorization(source.credentials);
}

http_client::~http_client()
{
    for (auto const& each : idle_)
        each.one->close();
}

std::string http_client::request_for(std::string_view target, std::string_view accept, bool may_pack) const
{
    std::string request;
    request.reserve(96 + target.size() + host_.size() + accept.size() + authorization_.size());
    request.append("GET ").append(target).append(" HTTP/1.1").append(host_);
    request.append("Accept: ").append(accept);
    request.append(may_pack ? "\r\nAccept-Encoding: gzip\r\n" : "\r\nAccept-Encoding: identity\r\n");
    return request.append(authorization_).append("\r\n");
}

std::string http_client::post_for(std::string_view target, std::string_view content_type, std::string_view accept) const
{
    std::string request;
    request.append("POST ").append(target).append(" HTTP/1.1").append(host_);
    request.append("Accept: ").append(accept).append("\r\nContent-Type: ").append(content_type);
    return request.append("\r\nTransfer-Encoding: chunked\r\n").append(authorization_).append("\r\n");
}

tl::unexpected<failure> http_client::at_source(failure why) const
{
    why.where = "source " + source_.name + ": " + why.where;
    return tl::unexpected(std::move(why));
}

result<std::shared_ptr<asio::ssl::context>> http_client::tls() const
{
    if (origin_ && origin_->tls)
        return tls::shared_context(source_.tls);
    return std::shared_ptr<asio::ssl::context>();
}

result<void> http_client::usable() const
{
    if (!usable_)
        return usable_;
    if (auto const context = tls(); !context)
        return tl::unexpected(context.error());
    return {};
}

/// The latest, if it is one of those kept since then.
std::shared_ptr<connection> http_client::take_idle(time_point since)
{
    std::erase_if(idle_, [](auto const& each) { return !each.one->is_open(); });
    if (idle_.empty() || idle_.back().since < since)
        return nullptr;
    auto latest = std::move(idle_.back().one);
    idle_.pop_back();
    return latest;
}

void http_client::done_with(std::shared_ptr<connection> one)
{
    if (!one->reusable())
        return;
    auto const now = clock::now();
    one->until(now + source_.timeouts.idle);
    idle_.push_back({std::move(one), now});
}

awaitable<result<std::shared_ptr<connection>>> http_client::open(time_point deadline)
{
    executor const here = co_await asio::this_coro::executor;
    auto const by = std::min(deadline, clock::now() + source_.timeouts.connect);
    auto const context = tls();
    if (!context)
        co_return tl::unexpected(context.error());
    result<std::vector<tcp::endpoint>> addresses = co_await resolve(*origin_, by);
    if (!addresses)
        co_return tl::unexpected(addresses.error());
    auto made = std::make_shared<connection>(here, *origin_, *context);
    if (ends_)
        made->ends_with(*ends_);
    result<void> const connected = co_await made->connect(*addresses, by);
    if (!connected)
        co_return tl::unexpected(connected.error());
    result<void> const secured = co_await made->handshake(by);
    if (!secured)
        co_return tl::unexpected(secured.error());
    co_return made;
}

awaitable<result<std::shared_ptr<connection>>> http_client::open_or_go_on(time_point deadline)
{
    auto latest = take_idle(clock::now() - just_now);
    if (latest && latest->is_quiet())
        co_return latest;
    result<std::shared_ptr<connection>> opened = co_await open(deadline);
    co_return opened;
}

awaitable<result<http_client::asked>> http_client::ask(std::string const& request, time_point deadline)
{
    if (!usable_)
        co_return at_source(usable_.error());

    auto one = take_idle();
    for (;;) {
        bool const reused = one != nullptr;
        if (!reused) {
            auto opened = co_await open(deadline);
            if (!opened)
                co_return at_source(opened.error());
            one = std::move(*opened);
        }
        result<http_head> head = co_await one->ask(request, source_.timeouts, deadline);
        if (head) {
            asked done{std::move(one), std::move(*head)};
            co_return done;
        }
        bool const was_dead = reused && !one->answered() && head.error().code == errc::aborted;
        if (!was_dead)
            co_return at_source(head.error());
        one = nullptr;
    }
}

awaitable<result<http_answer>> http_client::get(std::string const& target, time_point deadline)
{
    auto const request = request_for(target);
    result<asked> begun = co_await ask(request, deadline);
    if (!begun)
        co_return tl::unexpected(begun.error());
    result<http_answer> answer =
        co_await begun->on->collect(std::move(begun->head), source_.timeouts, source_.limits.max_answer, deadline);
    if (!answer)
        co_return at_source(answer.error());
    done_with(std::move(begun->on));
    co_return answer;
}

}  // namespace pons::upstream::dicomweb
