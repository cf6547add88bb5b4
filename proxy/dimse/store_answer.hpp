#pragma once

#include "upstream/archive.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pons::proxy::dimse {

/// What a C-STORE is answered with (PS3.7 §9.1.1, PS3.4 Table B.2-1).
struct store_answer {
    std::uint16_t status = 0;
    std::string comment;    ///< for Error Comment (0000,0902): of a failure, in words of ours
    std::string in_full{};  ///< the same with the archive's own words, which are for the sender alone

    friend bool operator==(store_answer const&, store_answer const&) = default;
};

/// Of what became of the one instance that `source` was given. What the archive said of it is passed on as it is:
/// Success and warnings, when it said that it stored it, and its failures, with its Error Comment. Where nothing is
/// known of it the answer is A700 (out of resources), so that the sender keeps the instance and tries again: the
/// archive is down, slow, busy or refused the request as a whole. A status that says neither, and an answer that tells
/// nothing of the instance, is 0110 (processing failure).
store_answer answer_store(result<upstream::stored> const& how, std::string_view source);

/// A failure status of C-STORE, or a range of them.
struct store_failure {
    std::uint16_t first;
    std::uint16_t last;
    std::string_view words;
};

/// Those that have a name (PS3.4 Table B.2-1, PS3.7 Annex C, PS3.18 Table I.2-2); the first that fits.
std::span<store_failure const> store_failures();

/// "out of resources": a failure status in the standard's words.
std::string_view describe_store_status(std::uint16_t status);

}  // namespace pons::proxy::dimse
