#pragma once

#include "config/settings.hpp"
#include "mapping/result.hpp"
#include "upstream/asio.hpp"
#include "upstream/dicomweb/http_client.hpp"

#include <chrono>
#include <optional>
#include <string>

/// What all retrieves by WADO-RS have in common, statuses and times; a store by STOW-RS has the same times.
namespace pons::upstream::dicomweb {

/// 400 and 406 are how servers say that they do not like the Accept header; 415 by mistake.
bool is_about_accept(unsigned status);

/// Nothing for a status that goes with what was asked for; see `wado_client`.
std::optional<failure> failure_of_retrieve(std::string const& source_name, http_head const& head);

/// The times of one retrieve or store: the first byte by the deadline, then progress, and an end to it all.
struct transfer_times {
    time_point deadline;
    time_point total;
    std::chrono::milliseconds stall;

    time_point next(bool begun) const;
};
transfer_times make_transfer_times(config::source const& source, time_point deadline);

}  // namespace pons::upstream::dicomweb
