#pragma once

#include "proxy/dimse/operation.hpp"

namespace pons::proxy::dimse {

/// C-GET and C-MOVE in the Patient Root and Study Root models (PS3.4 C.4.2, C.4.3, C.6), hierarchical, and relational
/// where that was agreed to by extended negotiation.
///
/// What is asked for is listed, then retrieved as WADO-RS does, from all holders, and goes on as it comes: in C-STORE
/// sub-operations on the same association (`get_carrier`), or on one to the peer that is the destination
/// (`move_carrier`). As it is stored where the receiver takes that; else in Explicit or Implicit VR Little Endian, as
/// far as pons-render can make that; else it has failed. A Pending response after each, and while nothing comes.
///
/// | what happens                                             | the final response                                   |
/// | -------------------------------------------------------- | ---------------------------------------------------- |
/// | an identifier that says nothing of the kind              | A900                                                 |
/// | one without the UIDs above, and no archive can be asked  | A900                                                 |
/// | the destination is none of `peers`                       | A801                                                 |
/// | it is not known what there is: a source cannot be asked  | A701                                                 |
/// | the Patient ID is that of several patients (by issuer)   | A701                                                 |
/// | nothing there, all sources say                           | 0000, all counts 0                                   |
/// | everything was taken                                     | 0000                                                 |
/// | some failed, were taken with a warning, or did not come  | B000, or A702 when none was taken; failed UIDs       |
/// | all that is listed was taken, but the archive failed     | A702                                                 |
/// | C-CANCEL                                                 | FE00 after the instance that is on its way; the rest |
/// |                                                          | is no longer fetched, and is told as remaining       |
/// | an instance breaks off after part of it was sent         | C-GET: the association is aborted; C-MOVE: it failed |
/// | the peer stops reading for `times.stall`, or has gone    | the association is aborted, the archive's part ends  |
service make_get();
service make_move();

}  // namespace pons::proxy::dimse
