#pragma once

#include "upstream/dimse/wire/associate_answer.hpp"

namespace pons::upstream::dimse {

/// Whether to take a presentation context as Storage SCP, and with which of its transfer syntaxes. Accepted are the
/// Verification and all storage SOP Classes of the standard, and every private abstract syntax. Of several transfer
/// syntaxes: the first, if it is a compressed one; else the first that compresses without loss, since an object stored
/// so would be decompressed otherwise; else the first. So nobody compresses with loss because of us.
context_answer answer_storage_context(proposed_context const& asked);

}  // namespace pons::upstream::dimse
