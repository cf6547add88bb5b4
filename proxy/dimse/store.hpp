#pragma once

#include "proxy/dimse/operation.hpp"
#include "proxy/dimse/stored_places.hpp"

#include <memory>

namespace pons::proxy::dimse {

/// C-STORE (PS3.7 §9.1.1, PS3.4 Annex B): each instance goes on to the source behind the called AE title as it comes,
/// as it is, and the answer waits for that source's own word (`answer_store`). Nothing is kept, and of no instance more
/// than a megabyte is held.
///
/// Contexts as `answer_storage_context`: every storage SOP Class, every transfer syntax. What the source does not take
/// is told with the instance.
///
/// An AE title of several sources leads to the one that `dicomweb.store_to` names, if it is among them, else to none:
/// A700. Refused before the source is asked: an instance whose SOP Class or SOP Instance UID is not that of its command
/// (A900), and one without such UIDs, or with none that may be UIDs (C000).
///
/// A peer that ends within an instance, or says nothing for `times.silence`, is aborted, and so is the store at the
/// source: it never sees an end of the instance. A source that has refused before all has come is not sent the rest,
/// which is read and dropped.
///
/// Where an instance is that was stored goes to `places`, if there are any.
///
/// A failure is a line in the log: who sent, whom to, which source, status and words; no UID.
service make_store(std::shared_ptr<stored_places> places = nullptr);

}  // namespace pons::proxy::dimse
