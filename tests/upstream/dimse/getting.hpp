#pragma once

#include "tests/upstream/dimse/fetching.hpp"
#include "tests/upstream/dimse/get_peer.hpp"
#include "tests/upstream/dimse/some_bytes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>

/// What the tests of C-GET share: a study of two instances, and fetching it from a peer that is scripted.
namespace pons::test {

inline std::string const first_instance = "1.2.3.4.5";
inline std::string const second_instance = "1.2.3.4.6";

inline std::uint8_t context_of(get_peer const& peer, std::string_view sop_class = ct_class,
                               std::string_view syntax = explicit_le)
{
    auto const* const c = peer.find(sop_class, syntax);
    return c ? c->id : 0;
}

/// What the peer has seen; a peer that has gone before fails the test instead of holding it.
template <class T>
T seen_by(std::promise<T>& peer)
{
    auto told = peer.get_future();
    REQUIRE(told.wait_for(10s) == std::future_status::ready);
    return told.get();
}

inline retrieve_answer fetch(raw_scp const& peer, part_list& parts, std::chrono::milliseconds within = 10s)
{
    fetcher us(source_at(peer.port()));
    return us.fetch({"1.2.3", {}, {}}, parts, within);
}

}  // namespace pons::test
