#pragma once

#include "tests/upstream/dimse/move/moving.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// C-MOVE to ourselves, from an archive that does what a test says.
namespace pons::test {

inline constexpr std::uint16_t c_move = 0x0021;
inline constexpr std::uint16_t c_cancel = 0x0FFF;
inline constexpr std::uint16_t refused = 0xA700;

/// Longer than a busy machine takes from one instance to the next.
inline constexpr auto patient = 1500ms;

/// The archive's two hands: the C-MOVE that it was asked for, and associations to our store provider.
struct archive_side {
    raw_scp::connection& peer;
    dimse_message const& rq;
    std::uint16_t port;

    void respond(std::uint16_t status, counters const& c = {}, std::string_view comment = {})
    {
        peer.write(move_response(rq, status, c, comment));
    }

    /// One instance on an association of its own. No `originator`: the archive does not tell it.
    std::uint16_t store(std::string const& uid, bool originator = true, std::string const& study = "1.2.3")
    {
        raw_scu to(port);
        if (to.associate("PONS_MOVE", "ARCHIVE") != 2)
            return 1;
        auto const status = to.store(instance(uid, originator), image_of(study, uid));
        to.release();
        return status;
    }

    raw_store instance(std::string const& uid, bool originator = true) const
    {
        return {1, uid, originator ? "PONS" : "", originator ? rq.message_id : std::uint16_t{0}};
    }
};

struct scripted {
    using script = std::function<void(archive_side&)>;

    /// What the archive does when it is asked for the instances.
    explicit scripted(script s)
        : archive([this, s = std::move(s)](raw_scp::connection& peer) {
              peer.accept_association();
              auto const rq = peer.read_message();
              if (rq.command_field != c_move)
                  return;
              identifier = rq.data_set;
              archive_side side{peer, rq, ours.port()};
              s(side);
              for (;;)  // to the release
                  if (peer.read_message().command_field == c_cancel)
                      cancelled = true;
          }),
          source(source_at(archive.port()))
    {
    }

    upstream::dimse::delivery::ending move(upstream::dimse::move_order order = {.what = {"1.2.3", {}, {}}},
                                           moving_times times = {})
    {
        pool.emplace(source);
        return move_all(*pool, std::move(order), ours.moves, parts, times);
    }

    std::atomic<bool> cancelled{false};
    bytes identifier;
    move_destination ours{std::vector{source_at(0)}};
    raw_scp archive;
    config::source source;
    kept_parts parts;
    std::optional<upstream::dimse::association_pool> pool;
};

inline void check_parts(kept_parts const& parts, std::vector<std::string> const& uids)
{
    CHECK(parts.data_sets.size() == uids.size());
    for (auto const& uid : uids) {
        CAPTURE(uid);
        REQUIRE(parts.data_sets.contains(uid));
        CHECK((parts.data_sets.at(uid) == image_of("1.2.3", uid)));
    }
}

}  // namespace pons::test
