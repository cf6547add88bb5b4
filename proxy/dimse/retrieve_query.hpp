#pragma once

#include "mapping/data_set.hpp"
#include "mapping/result.hpp"
#include "proxy/dimse/find_query.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// What a C-GET or C-MOVE asks for (PS3.4 C.4.2.1.4, C.4.3.1.3).
namespace pons::proxy::dimse {

struct retrieve_query {
    find_level at = find_level::study;
    std::string patient_id;  ///< empty: not given
    /// The UIDs of the path, then the list of the level: only the last of them that is given has several values.
    std::vector<std::string> studies;
    std::vector<std::string> series;
    std::vector<std::string> instances;

    /// Not all UIDs of the path are given: where it is has to be found out (`locate`).
    bool lacks_path() const
    {
        return (at >= find_level::series && studies.empty()) || (at == find_level::image && series.empty());
    }
};

/// Whether relational retrieve was agreed to by extended negotiation (PS3.4 C.5.2.1, C.5.3.1).
bool is_relational_retrieve(std::span<std::byte const> information);
/// The answer to what was proposed: what of it we do.
std::vector<std::byte> answer_retrieve_options(std::span<std::byte const> asked);

/// Understands an identifier: the unique keys of its level, a list of UIDs at the level itself, and those of the levels
/// above, one each, which may be left out where it is `relational`. Patient ID may be left out below PATIENT. Other
/// keys are passed over, as they have no meaning here.
///
/// Errors: mapping::errc::invalid_value, unknown_parameter (a level that the model does not have), too_long (more than
/// `most` UIDs); `where` is for the Error Comment, names the attribute and never a value.
result<retrieve_query> to_retrieve_query(mapping::data_set const& identifier, find_model model, std::size_t most,
                                         bool relational = false);

/// What an archive is asked for, one after the other: one for each entry of the list. None at PATIENT level, and of one
/// that `lacks_path`.
std::vector<upstream::retrieve_request> requests_of(retrieve_query const& query);

/// How many requests, from the first on, are for instances of one series; 1 when the first is for more than that. There
/// is one at least.
std::size_t in_series(std::span<upstream::retrieve_request const> requests);

}  // namespace pons::proxy::dimse
