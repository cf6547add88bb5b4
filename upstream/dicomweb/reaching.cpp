#include "upstream/dicomweb/reaching.hpp"

#include "upstream/dicomweb/resolve.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <utility>

namespace pons::upstream::dicomweb {

namespace {

/// "{}"s are replaced, one after the other.
std::string with(std::string_view text, std::initializer_list<std::string_view> words)
{
    std::string out;
    for (auto const word : words) {
        auto const at = text.find("{}");
        out.append(text.substr(0, at)).append(word);
        text.remove_prefix(at + 2);
    }
    return out.append(text);
}

std::string capital(std::string_view text)
{
    std::string out(text);
    out.front() = static_cast<char>(out.front() - ('a' - 'A'));
    return out;
}

}  // namespace

void reaching::add(step at, std::string name, bool ok, std::string text, std::string advice)
{
    stages_.push_back({at, std::move(name), ok, std::move(text), std::move(advice)});
}

time_point reaching::by() const
{
    return std::min(deadline_, clock::now() + source_.timeouts.connect);
}

std::string reaching::place() const
{
    return client_.to()->host + " port " + std::to_string(client_.to()->port);
}

void reaching::unusable(failure const& why)
{
    add(step::settings, "settings", false, "The settings of this source cannot be used: " + why.where + ".",
        "Correct them in the configuration.");
}

awaitable<bool> reaching::reach()
{
    if (auto const settings = client_.usable(); !settings) {
        unusable(settings.error());
        co_return false;
    }
    auto const& to = *client_.to();
    result<std::vector<tcp::endpoint>> const addresses = co_await resolve(to, by());
    if (!addresses) {
        add(step::name, "name", false, "The name " + to.host + " has no address: " + addresses.error().where + ".",
            "Check the host in url, and the name servers of this machine.");
        co_return false;
    }
    add(step::name, "name", true, to.host + " is " + addresses->front().address().to_string() + ".");

    executor const here = co_await asio::this_coro::executor;
    auto const context = client_.tls();
    if (!context) {
        unusable(context.error());
        co_return false;
    }
    connection_ = std::make_shared<connection>(here, to, *context);
    result<void> const connected = co_await connection_->connect(*addresses, by());
    if (!connected) {
        bool const silent = connected.error().code == errc::timed_out;
        add(step::tcp, "TCP", false, (silent ? "No answer from " : "Nothing listens at ") + place() + ".",
            silent
                ? with("A firewall between here and the {} is likely: allow this machine to connect.", {words_.server})
                : with("Check host and port in url, and that the {}'s web service runs.", {words_.server}));
        co_return false;
    }
    add(step::tcp, "TCP", true, "Connected to " + place() + ".");
    if (!to.tls)
        co_return true;

    result<void> const secured = co_await connection_->handshake(by());
    if (!secured) {
        no_tls();
        co_return false;
    }
    add(step::tls, "TLS", true,
        source_.tls.verify ? with("The {}'s certificate is good.", {words_.server}) : "Secure, but not verified.",
        source_.tls.verify ? ""
                           : with("Set tls.verify to true and tls.ca_file to the {}'s authority.", {words_.server}));
    co_return true;
}

void reaching::no_tls()
{
    auto const why = connection_->trouble().value_or(tls::trouble{});
    add(step::tls, "TLS", false, "No TLS: " + tls::sentence(why) + ".", tls::advice(why, client_.to()->host));
}

awaitable<std::optional<http_answer>> reaching::ask(std::string target)
{
    auto const request = client_.request_for(target);
    result<http_answer> answer =
        co_await connection_->exchange(request, source_.timeouts, source_.limits.max_answer, deadline_);
    if (!answer) {
        if (answer.error().code == errc::unauthorized && connection_->trouble()) {
            stages_.pop_back();  // TLS 1.3 looks well until the server has seen our certificate
            no_tls();
            co_return std::nullopt;
        }
        bool const silent = answer.error().code == errc::timed_out;
        add(step::http, "HTTP", false,
            silent ? with("The {} did not answer {} in time.", {words_.server, words_.search})
                   : "What came is no HTTP answer, or was broken off: " + answer.error().where + ".",
            silent ? with("See whether the {} is busy, or raise its timeout (timeouts.first_response of a source).",
                          {words_.server})
                   : with("Check that url names the {}'s web port, and http or https.", {words_.server}));
        co_return std::nullopt;
    }
    add(step::http, "HTTP", true,
        with("The {} answers with status {}.", {words_.server, std::to_string(answer->status)}));
    std::string const stage(words_.stage);
    if (auto const failed = failure_of_status(source_.name, *answer)) {
        bool const of_the_service = answer->status == 400 || answer->status == 406 || answer->status / 100 == 5;
        add(of_the_service ? step::find : step::http, stage, false,
            with("{} failed with status {}.", {capital(words_.search), std::to_string(answer->status)}),
            advice_for(answer->status));
        co_return std::nullopt;
    }
    if (answer->content_type == "text/html") {
        add(step::http, stage, false,
            with("A search was answered with a web page, as from a log-in or another service than {}.",
                 {words_.service}),
            with("Here: check credentials, and that url is the base of the {} service, not of its viewer. There: let "
                 "requests with these credentials pass the log-in page.",
                 {words_.service}));
        co_return std::nullopt;
    }
    co_return std::optional(std::move(*answer));
}

std::string reaching::advice_for(unsigned status) const
{
    if (status == 401 || status == 403)
        return with("Here: check credentials of this source. There: see what the {} allows that user.",
                    {words_.server});
    if (status == 404)
        return with("Here: check the path in url; it must be {}.", {words_.base});
    if (status == 406)
        return "Try quirks.accept: application/json.";
    if (status / 100 == 3)
        return with(
            "The {} redirects, to another address or to a log-in. Here: put the address of its {} service "
            "into url, and check credentials.",
            {words_.server, words_.service});
    if (status == 429 || status == 503)
        return with("The {} is busy: try later, or lower limits.associations.", {words_.server});
    return with("The {}'s own log says why.", {words_.server});
}

}  // namespace pons::upstream::dicomweb
