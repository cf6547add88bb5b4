#include "mapping/dicom_json.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dicomweb/http_client.hpp"
#include "upstream/dicomweb/resolve.hpp"
#include "upstream/dicomweb/status.hpp"

#include <algorithm>

namespace pons::upstream::dicomweb {

namespace {

/// The stages so far; each step adds one and says whether to go on.
class examination {
public:
    examination(config::source const& source, time_point deadline)
        : source_(source), deadline_(deadline), client_(source)
    {
    }

    awaitable<result<std::vector<stage>>> run()
    {
        if (auto const settings = client_.usable(); !settings) {
            unusable(settings.error());
            co_return std::move(stages_);
        }
        bool const reached = co_await reach();
        if (reached)
            co_await ask();
        co_return std::move(stages_);
    }

private:
    void add(step at, std::string name, bool ok, std::string text, std::string advice = {})
    {
        stages_.push_back({at, std::move(name), ok, std::move(text), std::move(advice)});
    }

    time_point by() const { return std::min(deadline_, clock::now() + source_.timeouts.connect); }
    std::string place() const { return client_.to()->host + " port " + std::to_string(client_.to()->port); }

    void unusable(failure const& why)
    {
        add(step::settings, "settings", false, "The settings of this source cannot be used: " + why.where + ".",
            "Correct them in the configuration.");
    }

    awaitable<bool> reach()
    {
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
                silent ? "A firewall between here and the archive is likely: allow this machine to connect."
                       : "Check host and port in url, and that the archive's web service runs.");
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
            source_.tls.verify ? "The archive's certificate is good." : "Secure, but not verified.",
            source_.tls.verify ? "" : "Set tls.verify to true and tls.ca_file to the archive's authority.");
        co_return true;
    }

    void no_tls()
    {
        auto const why = connection_->trouble().value_or(tls::trouble{});
        add(step::tls, "TLS", false, "No TLS: " + tls::sentence(why) + ".", tls::advice(why, client_.to()->host));
    }

    awaitable<void> ask()
    {
        auto const request = client_.request_for(probe_target(source_));
        result<http_answer> answer =
            co_await connection_->exchange(request, source_.timeouts, source_.limits.max_answer, deadline_);
        if (!answer) {
            if (answer.error().code == errc::unauthorized && connection_->trouble()) {
                stages_.pop_back();  // TLS 1.3 looks well until the archive has seen our certificate
                no_tls();
                co_return;
            }
            bool const silent = answer.error().code == errc::timed_out;
            add(step::http, "HTTP", false,
                silent ? "The archive did not answer a search for one study in time."
                       : "What came is no HTTP answer, or was broken off: " + answer.error().where + ".",
                silent ? "See whether the archive is busy, or raise timeouts.first_response."
                       : "Check that url names the archive's web port, and http or https.");
            co_return;
        }
        add(step::http, "HTTP", true, "The archive answers with status " + std::to_string(answer->status) + ".");
        if (auto const failed = failure_of_status(source_.name, *answer)) {
            bool const of_the_service = answer->status == 400 || answer->status == 406 || answer->status / 100 == 5;
            add(of_the_service ? step::find : step::http, "QIDO find", false,
                "A search for one study failed with status " + std::to_string(answer->status) + ".",
                advice_for(answer->status));
            co_return;
        }
        if (answer->content_type == "text/html") {
            add(step::http, "QIDO find", false,
                "A search was answered with a web page, as from a log-in or another service than DICOMweb.",
                "Here: check credentials, and that url is the base of the DICOMweb service, not of its viewer. There: "
                "let "
                "requests with these credentials pass the log-in page.");
            co_return;
        }
        mapping::dicom_json_reader reader;
        auto const read = reader.read(answer->body, [](mapping::data_set&&) { return true; });
        if (!read) {
            add(step::find, "QIDO find", false, "The answer to a search is " + read.error().code.message() + ".",
                "Check that url is the base of the DICOMweb service, and quirks.accept.");
            co_return;
        }
        add(step::find, "QIDO find", true,
            read->rows == 0 ? "A search works; the archive holds no study that we may see." : "A search works.",
            read->rows > 1 ? "The archive ignores limit: set limits.max_rows with care." : "");
    }

    static std::string advice_for(unsigned status)
    {
        if (status == 401 || status == 403)
            return "Here: check credentials of this source. There: see what the archive allows that user.";
        if (status == 404)
            return "Here: check the path in url; it must be the base of the DICOMweb service, before /studies.";
        if (status == 406)
            return "Try quirks.accept: application/json.";
        if (status / 100 == 3)
            return "The archive redirects, to another address or to a log-in. Here: put the address of its DICOMweb "
                   "service "
                   "into url, and check credentials.";
        if (status == 429 || status == 503)
            return "The archive is busy: try later, or lower limits.associations.";
        return "The archive's own log says why.";
    }

    config::source const& source_;
    time_point const deadline_;
    http_client client_;
    std::shared_ptr<connection> connection_;
    std::vector<stage> stages_;
};

}  // namespace

awaitable<std::vector<stage>> diagnose_dicomweb(config::source const& source, time_point deadline)
{
    examination all(source, deadline);
    result<std::vector<stage>> stages = co_await cancelled_as_value(all.run());
    co_return std::move(*stages);
}

}  // namespace pons::upstream::dicomweb
