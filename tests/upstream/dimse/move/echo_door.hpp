#pragma once

#include "upstream/dimse/wire/acceptor.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

/// A door of ours behind which there is little: AE title PONS, C-ECHO.
namespace pons::test {

/// Answers C-ECHO, and keeps what it was sent.
struct echo_service final : upstream::dimse::association_service {
    using apart = std::optional<upstream::dimse::places_apart>;

    explicit echo_service(apart of_their_own = {}) : places(std::move(of_their_own)) {}

    /// Those of each calling AE title.
    apart places_for(upstream::dimse::associate_request const& asked) override
    {
        return places ? apart({places->whose + asked.calling_ae, places->most}) : apart();
    }

    tl::expected<upstream::dimse::associate_answer, upstream::dimse::rejection> negotiate(
        upstream::dimse::associate_request const& asked) override
    {
        upstream::dimse::associate_answer answer;
        for (auto const& c : asked.contexts)
            answer.contexts.push_back({c.id, upstream::dimse::context_result::acceptance, c.transfer_syntaxes.front()});
        return answer;
    }

    void serve(upstream::dimse::accepted_association& over, upstream::dimse::interruption& stop) override
    {
        using namespace upstream::dimse;
        using namespace std::chrono_literals;
        patience const how_long{clock::now() + 1h, &stop};
        for (;;) {
            auto const rq = over.receive_command(how_long);
            if (!rq) {
                {
                    std::scoped_lock const lock(mutex);
                    last = rq.error();
                }
                released += over.released();
                return;
            }
            command_set rsp;
            rsp.set(command_element::affected_sop_class_uid, uids::verification);
            rsp.set(command_element::command_field, static_cast<std::uint16_t>(command::c_echo_rsp));
            rsp.set(command_element::message_id_being_responded_to,
                    rq->command.number(command_element::message_id).value_or(0));
            rsp.set(command_element::command_data_set_type, no_data_set);
            rsp.set(command_element::status, std::uint16_t{0});
            if (!over.send(rq->context, rsp, {}, how_long))
                return;
        }
    }

    apart const places;
    std::mutex mutex;  // associations end on threads of their own
    failure last;
    std::atomic<int> released{0};
};

struct door {
    explicit door(upstream::dimse::acceptor_limits limits = {}, config::listener_tls tls = {})
        : in({"127.0.0.1", 0}, {{"PONS", service}, {"STORE", store}}, limits, std::move(tls))
    {
        REQUIRE(in.start());
    }
    std::uint16_t port() const { return in.endpoint().port(); }

    std::shared_ptr<echo_service> service = std::make_shared<echo_service>();
    std::shared_ptr<echo_service> store = std::make_shared<echo_service>(upstream::dimse::places_apart{"of ", 2});
    upstream::dimse::acceptor in;
};

template <class Condition>
void wait_until(Condition there)
{
    while (!there())
        std::this_thread::yield();
}

}  // namespace pons::test
