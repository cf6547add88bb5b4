#pragma once

#include "proxy/dicomweb/search.hpp"
#include "proxy/dimse/listing_time.hpp"
#include "proxy/dimse/retrieve_query.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace pons::proxy::dimse {

/// However many studies there are; who waits hears meanwhile that it goes on. No wait of the configuration is longer.
inline constexpr std::chrono::hours longest_listing{1};

/// What a retrieve should bring, by what the archives list.
struct expectation {
    struct instance {
        std::string sop_class_uid;  ///< empty: not told
        std::string sop_instance_uid;
    };
    std::vector<upstream::retrieve_request> requests;  ///< of which something is listed, or itself
    std::vector<instance> instances;                   ///< each once
};

/// Asks for the instances that `query` names, of every source, as C-FIND at IMAGE level does; at PATIENT level for the
/// patient's studies first, and first of all where something is whose path is not named (`locate`). So nobody is given
/// what his own search would not show him, a study under another Patient ID for one. Each of these searches has a
/// deadline of its own (`time`), so that a patient with many studies does not fail for their number.
///
/// Errors: those of find_hits and locate; upstream::errc::timed_out also when `time.until` has come;
/// upstream::errc::too_broad beyond `bounds.max_candidates` studies of a
/// patient; mapping::errc::ambiguous_patient where studies under that Patient ID have different issuers, so different
/// patients; incomplete where it cannot be said that something named is not there: a source did not tell everything,
/// and nothing of it is listed, or nobody knows all studies of the patient. Where something of what is named by a UID
/// is listed, if only the study or series itself, the retrieve tells whether it was all.
awaitable<result<expectation>> expect(config::settings const& settings, dicomweb::search_bounds bounds,
                                      retrieve_query const& query, std::vector<upstream::searched_source*> sources,
                                      listing_time time);

}  // namespace pons::proxy::dimse
