#pragma once

#include "proxy/dimse/operation.hpp"

namespace pons::proxy::dimse {

/// C-FIND of the Modality Worklist (PS3.4 Annex K): the worklists of the sources behind the called AE title, by their
/// `worklist`, and those of `worklists`, one after the other. Every key is judged again here (`judge_item`), and of
/// each item what was asked for is answered, in the character set that the peer asked for; what several worklists tell
/// alike is one row (`shared_items`).
///
/// A source that fails is told by its status (`to_ending`) after what the others had, and what goes beyond
/// `max_candidates` by A700. An AE title without any worklist is C000.
service make_worklist();

}  // namespace pons::proxy::dimse
