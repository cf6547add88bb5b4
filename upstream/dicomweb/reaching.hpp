#pragma once

#include "config/settings.hpp"
#include "upstream/asio.hpp"
#include "upstream/diagnosis.hpp"
#include "upstream/dicomweb/http_client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dicomweb {

/// How a service is spoken of to people.
struct service_words {
    std::string_view service;  ///< "DICOMweb"
    std::string_view server;   ///< "archive"
    std::string_view search;   ///< "a search for one study"
    std::string_view stage;    ///< "QIDO find"
    std::string_view base;     ///< "the base of the DICOMweb service, before /studies"
};

/// The way to a server by HTTP, step by step, and what became of each: name, TCP, TLS, HTTP. Each step adds a stage
/// and says whether to go on.
class reaching {
public:
    reaching(config::source const& source, service_words const& words, time_point deadline)
        : source_(source), words_(words), deadline_(deadline), client_(source)
    {
    }

    /// Up to a connection that is ready for a request.
    awaitable<bool> reach();

    /// Sends a GET for what the words call a search. Nothing: it failed, or was answered by something else.
    awaitable<std::optional<http_answer>> ask(std::string target);

    void add(step at, std::string name, bool ok, std::string text, std::string advice = {});

    http_client const& client() const { return client_; }
    std::vector<stage> take() { return std::move(stages_); }

private:
    time_point by() const;
    std::string place() const;
    void unusable(failure const& why);
    void no_tls();
    std::string advice_for(unsigned status) const;

    config::source const& source_;
    service_words const words_;
    time_point const deadline_;
    http_client client_;
    std::shared_ptr<connection> connection_;
    std::vector<stage> stages_;
};

}  // namespace pons::upstream::dicomweb
