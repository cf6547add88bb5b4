#pragma once

#include "upstream/dimse/wire/associate_answer.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::upstream::dimse {

/// Whether that is a storage SOP Class of the standard, or private.
bool is_storage(std::string_view abstract_syntax);

/// Whether to take a presentation context as Storage SCP, and with which of its transfer syntaxes. Accepted are the
/// Verification and all storage SOP Classes of the standard, and every private abstract syntax. Of several transfer
/// syntaxes: `preferred`, if it is one of them, else the first.
context_answer answer_storage_context(proposed_context const& asked, std::string_view preferred = {});

/// What could be preferred to the first transfer syntaxes of contexts that offer several, as far as it makes a
/// difference for pixel data: the compressed ones, and where the first is compressed an uncompressed one. Each once;
/// first those without loss, then those with loss and unknown ones.
std::vector<std::string> other_transfer_syntaxes(std::span<proposed_context const> asked);

}  // namespace pons::upstream::dimse
