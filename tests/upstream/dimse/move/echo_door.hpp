#pragma once

#include "upstream/dimse/wire/acceptor.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

/// A door of ours behind which there is little: AE title PONS, C-ECHO.
namespace pons::test {

/// Answers C-ECHO, and keeps what it was sent.
struct echo_service final : upstream::dimse::association_service {
    explicit echo_service(bool is_awaited = false) : awaited(is_awaited) {}

    bool is_awaited() const override { return awaited; }

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

    bool const awaited;
    std::mutex mutex;  // associations end on threads of their own
    failure last;
    std::atomic<int> released{0};
};

struct door {
    explicit door(upstream::dimse::acceptor_limits limits = {}, config::listener_tls tls = {})
        : in({"127.0.0.1", 0}, {{"PONS", service}, {"STORE", awaited}}, limits, std::move(tls))
    {
        REQUIRE(in.start());
    }
    std::uint16_t port() const { return in.endpoint().port(); }

    std::shared_ptr<echo_service> service = std::make_shared<echo_service>();
    std::shared_ptr<echo_service> awaited = std::make_shared<echo_service>(true);
    upstream::dimse::acceptor in;
};

template <class Condition>
void wait_until(Condition there)
{
    while (!there())
        std::this_thread::yield();
}

}  // namespace pons::test
