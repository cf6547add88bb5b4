#include "mapping/dicom_json.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/dicomweb/http_client.hpp"
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
        if (!client_.usable()) {
            add("settings", false,
                "The settings of this source cannot be used: " + client_.usable().error().where + ".",
                "Correct them in the configuration.");
            co_return std::move(stages_);
        }
        bool const reached = co_await reach();
        if (reached)
            co_await ask();
        co_return std::move(stages_);
    }

private:
    void add(std::string name, bool ok, std::string text, std::string advice = {})
    {
        stages_.push_back({std::move(name), ok, std::move(text), std::move(advice)});
    }

    time_point by() const { return std::min(deadline_, clock::now() + source_.timeouts.connect); }
    std::string place() const { return client_.to()->host + " port " + std::to_string(client_.to()->port); }

    awaitable<bool> reach()
    {
        auto const& to = *client_.to();
        result<std::vector<tcp::endpoint>> const addresses = co_await resolve(to, by());
        if (!addresses) {
            add("name", false, "The name " + to.host + " has no address: " + addresses.error().where + ".",
                "Check the host in url, and the name servers of this machine.");
            co_return false;
        }
        add("name", true, to.host + " is " + addresses->front().address().to_string() + ".");

        executor const here = co_await asio::this_coro::executor;
        connection_ = std::make_shared<connection>(here, to, client_.tls());
        result<void> const connected = co_await connection_->connect(*addresses, by());
        if (!connected) {
            bool const silent = connected.error().code == errc::timed_out;
            add("TCP", false, (silent ? "No answer from " : "Nothing listens at ") + place() + ".",
                silent ? "A firewall between here and the archive is likely: allow this machine to connect."
                       : "Check host and port in url, and that the archive's web service runs.");
            co_return false;
        }
        add("TCP", true, "Connected to " + place() + ".");
        if (!to.tls)
            co_return true;

        result<void> const secured = co_await connection_->handshake(by());
        if (!secured) {
            bool const certificate = secured.error().code == errc::unauthorized;
            add("TLS", false, "No secure connection: " + secured.error().where + ".",
                certificate
                    ? "Give the certificate authority in tls.ca_file, use the name that is in the certificate, or "
                      "give our own certificate in tls.cert_file if the archive asks for one."
                    : "Check that this port speaks TLS (else use http:// in url), version 1.2 or later.");
            co_return false;
        }
        add("TLS", true, source_.tls.verify ? "The archive's certificate is good." : "Secure, but not verified.",
            source_.tls.verify ? "" : "Set tls.verify to true and tls.ca_file to the archive's authority.");
        co_return true;
    }

    awaitable<void> ask()
    {
        auto const request = client_.request_for(probe_target(source_));
        result<http_answer> answer =
            co_await connection_->exchange(request, source_.timeouts, source_.limits.max_answer, deadline_);
        if (!answer) {
            bool const silent = answer.error().code == errc::timed_out;
            add("HTTP", false,
                silent ? "The archive did not answer a search for one study in time."
                       : "What came is no HTTP answer, or was broken off: " + answer.error().where + ".",
                silent ? "See whether the archive is busy, or raise timeouts.first_response."
                       : "Check that url names the archive's web port, and http or https.");
            co_return;
        }
        add("HTTP", true, "The archive answers with status " + std::to_string(answer->status) + ".");
        if (auto const failed = failure_of_status(source_.name, *answer)) {
            add("QIDO find", false, "A search for one study failed with status " + std::to_string(answer->status) + ".",
                advice_for(answer->status));
            co_return;
        }
        mapping::dicom_json_reader reader;
        auto const read = reader.read(answer->body, [](mapping::data_set&&) { return true; });
        if (!read) {
            add("QIDO find", false, "The answer to a search is " + read.error().code.message() + ".",
                "Check that url is the base of the DICOMweb service, and quirks.accept.");
            co_return;
        }
        add("QIDO find", true,
            read->rows == 0 ? "A search works; the archive holds no study that we may see." : "A search works.",
            read->rows > 1 ? "The archive ignores limit: set limits.max_rows with care." : "");
    }

    static std::string advice_for(unsigned status)
    {
        if (status == 401 || status == 403)
            return "Check credentials, and what the archive allows that user.";
        if (status == 404)
            return "Check the path in url: it must be the base of the DICOMweb service, before /studies.";
        if (status == 406)
            return "Try quirks.accept: application/json.";
        if (status / 100 == 3)
            return "The archive redirects: put the address it redirects to into url.";
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
