#pragma once

#include "upstream/archive.hpp"
#include "upstream/dimse/move_registry.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pons::upstream::dimse {

/// Which transfer syntax a C-MOVE prefers where the archive leaves the choice to us, attempt by attempt, as long as
/// they bring nothing. An archive that offers several in one context and cannot convert fails what it has stored
/// otherwise, and nothing says beforehand how that is (decision 0021).
///
/// The first is what the archive offers first, then comes what has worked at this source lately, then all else that it
/// offers, the syntaxes without loss before those with. For a single instance what has worked lately comes first.
class move_attempts {
public:
    move_attempts(retrieve_request const& what, std::string worked_lately);

    /// Empty: the first that is offered.
    std::string const& preferred() const { return order_[at_]; }

    /// After one that brought nothing: whether there is another, which is then `preferred`. There is none when the
    /// archive did not reach us or left us no choice. The same one comes again when an association that may have been
    /// for it was given what another C-MOVE preferred.
    bool another(waiting_move::negotiated const& was);

private:
    std::vector<std::string> order_;
    std::size_t at_ = 0;
    int most_repeats_ = 3;
};

}  // namespace pons::upstream::dimse
