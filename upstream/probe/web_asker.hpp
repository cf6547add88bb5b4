#pragma once

#include "upstream/guard/gate.hpp"
#include "upstream/probe/question.hpp"

#include "config/settings.hpp"
#include "upstream/asio.hpp"
#include "upstream/dicomweb/http_client.hpp"

namespace pons::upstream::probe {

/// Asks by QIDO-RS, one request at a time, on a context of its own; no page is turned. What the guard refuses is not
/// asked. A question takes 15 s at most, or the timeouts of the source where they are shorter. `max_rows` is sent as
/// limit; of what comes beyond it nothing is read.
class web_asker final : public asker {
public:
    explicit web_asker(config::source const& source);

    answer ask(question const& q) override;

    /// The request target of a question.
    std::string target_of(question const& q) const;

private:
    awaitable<result<dicomweb::http_answer>> exchange(std::string request, time_point until);
    answer read(dicomweb::http_answer& came, std::uint32_t max_rows) const;

    config::source const source_;
    gate gate_;
    asio::io_context context_{1};
    dicomweb::http_client client_;
};

}  // namespace pons::upstream::probe
