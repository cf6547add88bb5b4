#pragma once

#include "upstream/dimse/wire/acceptor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Somebody who can be called by DICOM and accepts every context, in the first transfer syntax that it offers, and
/// every role.
namespace pons::test {

class dicom_peer {
public:
    using association = upstream::dimse::accepted_association;

    /// `serves` is run for each association, on a thread of its own.
    dicom_peer(std::vector<std::string> const& titles, std::function<void(association&)> serves,
               std::string only_class = {}, config::listener_tls tls = {})
    {
        auto const one = std::make_shared<service>(std::move(serves), std::move(only_class));
        upstream::dimse::association_services services;
        for (auto const& title : titles)
            services.emplace(title, one);
        door_ = std::make_unique<upstream::dimse::acceptor>(config::address{"127.0.0.1", 0}, std::move(services),
                                                            upstream::dimse::acceptor_limits{}, std::move(tls));
        REQUIRE(door_->start());
    }

    std::uint16_t port() const { return door_->endpoint().port(); }
    void stop() { door_->stop(); }

private:
    struct service final : upstream::dimse::association_service {
        service(std::function<void(association&)> what, std::string only)
            : serves(std::move(what)), only_class(std::move(only))
        {
        }

        tl::expected<upstream::dimse::associate_answer, upstream::dimse::rejection> negotiate(
            upstream::dimse::associate_request const& asked) override
        {
            using upstream::dimse::context_result;
            upstream::dimse::associate_answer answer;
            for (auto const& c : asked.contexts) {
                bool const taken = only_class.empty() || c.abstract_syntax == only_class;
                answer.contexts.push_back(
                    {c.id, taken ? context_result::acceptance : context_result::abstract_syntax_not_supported,
                     c.transfer_syntaxes.front()});
            }
            answer.roles = asked.roles;
            return answer;
        }

        void serve(association& over, upstream::dimse::interruption&) override { serves(over); }

        std::function<void(association&)> const serves;
        std::string const only_class;
    };

    std::unique_ptr<upstream::dimse::acceptor> door_;
};

}  // namespace pons::test
