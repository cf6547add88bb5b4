#pragma once

#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/crossing.hpp"
#include "proxy/dimse/find_answer.hpp"
#include "proxy/dimse/operation.hpp"

#include <cstdint>
#include <functional>
#include <string>

/// A C-FIND while it is answered (PS3.7 §9.1.2).
namespace pons::proxy::dimse {

/// The final response.
struct row_ending {
    std::uint16_t status = status::success;
    std::string comment = {};
};

row_ending to_ending(failure const& f);

/// Asks archives, on the bridge, and gives rows as they are to be sent. It ends when nobody takes them
/// (errc::cancelled).
using row_search =
    std::function<awaitable<result<row_ending>>(outward<find_row>&, bridge::archives&, time_point deadline)>;

/// Runs `search` within `times.operation`, sends its rows as pending responses as they come, and its ending. The peer
/// is listened to in between: C-CANCEL ends the search, and is answered FE00. On the association's thread; errors are
/// the association's.
result<void> answer_with_rows(operation& of, row_search const& search);

}  // namespace pons::proxy::dimse
