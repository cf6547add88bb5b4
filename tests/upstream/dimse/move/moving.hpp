#pragma once

#include "tests/upstream/dimse/asking.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"
#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/move.hpp"
#include "upstream/dimse/store_provider.hpp"
#include "upstream/errc.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What the tests of C-MOVE share: the store provider at work, a receiver, and an archive that is scripted.
namespace pons::test {

/// Keeps what comes, without preamble and group 0002.
struct kept_parts final : upstream::part_sink {
    std::map<std::string, std::string> data_sets;  ///< by SOP Instance UID; those that ended
    std::vector<upstream::part_head> heads;
    std::function<awaitable<result<void>>()> before_write;  ///< waited for, if set

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        heads.push_back(head);
        current_.clear();
        co_return result<void>();
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        result<void> said;
        if (before_write)
            said = co_await before_write();
        if (said)
            current_.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        co_return said;
    }

    awaitable<result<void>> end() override
    {
        data_sets[heads.back().sop_instance_uid] = current_.substr(heads.back().data_set_offset);
        co_return result<void>();
    }

private:
    std::string current_;
};

/// Our side: the acceptor with the store provider, on a port that the system chose.
struct move_destination {
    explicit move_destination(std::vector<config::source> const& sources,
                              upstream::dimse::store_provider_times times = {})
        : moves(std::make_shared<upstream::dimse::move_registry>(sources)),
          provider(std::make_shared<upstream::dimse::store_provider>(moves, times)),
          door({"127.0.0.1", 0}, {{"PONS_MOVE", provider}})
    {
        if (!door.start())
            throw std::runtime_error("no port to listen on");
    }

    std::uint16_t port() const { return door.endpoint().port(); }

    std::shared_ptr<upstream::dimse::move_registry> moves;
    std::shared_ptr<upstream::dimse::store_provider> provider;
    upstream::dimse::acceptor door;
};

struct moving_times {
    std::chrono::milliseconds within = 1h;
    std::chrono::milliseconds stall = 1h;
    std::chrono::milliseconds grace = 1h;
};

/// Runs one C-MOVE to its end, as a coroutine that retrieves does.
inline upstream::dimse::delivery::ending move_all(upstream::dimse::association_pool& pool,
                                                  upstream::dimse::move_order order,
                                                  std::shared_ptr<upstream::dimse::move_registry> moves,
                                                  upstream::part_sink& parts, moving_times times = {})
{
    using upstream::dimse::delivery;
    asio::io_context context{1};
    auto const what = std::make_shared<upstream::dimse::move_errand>(
        context.get_executor(), clock::now() + times.within, std::move(order), std::move(moves), upstream::permit(),
        times.stall, times.grace);
    auto work = [](upstream::dimse::association_pool& at, std::shared_ptr<delivery> errand,
                   upstream::part_sink& to) -> awaitable<delivery::ending> {
        steady_timer bell(co_await asio::this_coro::executor);
        upstream::dimse::attendance const here(*errand, bell);
        if (auto const accepted = at.submit(errand); !accepted)
            co_return delivery::ending{tl::unexpected(accepted.error())};
        for (;;) {
            auto end = co_await errand->hand_on(to);
            if (end)
                co_return std::move(*end);
            bell.expires_at(time_point::max());
            co_await bell.async_wait(as_tuple);
        }
    };
    std::optional<delivery::ending> answer;
    asio::co_spawn(context, work(pool, what, parts), [&](std::exception_ptr e, delivery::ending end) {
        if (e)
            std::rethrow_exception(e);
        answer = std::move(end);
    });
    context.run();
    return std::move(*answer);
}

struct counters {
    std::optional<std::uint16_t> remaining, completed, failed, warning;
};

/// A C-MOVE-RSP.
inline bytes move_response(dimse_message const& to, std::uint16_t status, counters const& c = {},
                           std::string_view error_comment = {}, std::optional<bytes> const& data_set = {})
{
    auto rest = raw::number(0x0100, 0x8021) + raw::number(0x0120, to.message_id) +
                raw::number(0x0800, data_set ? 1 : 0x0101) + raw::number(0x0900, status);
    if (!error_comment.empty())
        rest += element(0x00000902, error_comment);
    auto const add = [&](std::uint16_t element_number, std::optional<std::uint16_t> value) {
        if (value)
            rest += raw::number(element_number, *value);
    };
    add(0x1020, c.remaining);
    add(0x1021, c.completed);
    add(0x1022, c.failed);
    add(0x1023, c.warning);
    auto all = raw::pdu(4, raw::pdv(to.context, true, true, raw::with_group_length(rest)));
    if (data_set)
        all += raw_scu::data_set(*data_set, 8000, to.context);
    return all;
}

inline bytes image_of(std::string const& study, std::string const& uid, std::size_t more = 3000)
{
    return explicit_element(0x00080018, "UI", uid, '\0') + explicit_element(0x0020000D, "UI", study, '\0') +
           explicit_element(0x0020000E, "UI", study + ".1", '\0') + bytes("\xE0\x7F\x10\0OW\0\0", 8) +
           raw::little(static_cast<std::uint32_t>(more), 4) + bytes(more, uid.back());
}

}  // namespace pons::test
