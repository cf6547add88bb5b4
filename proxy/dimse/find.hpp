#pragma once

#include "proxy/dimse/operation.hpp"

namespace pons::proxy::dimse {

/// C-FIND in the Study Root and the Patient Root model (PS3.4 C.4.1), asked of the sources behind the called AE title
/// by the same search as QIDO-RS, judged here, and sent as it comes where one source is asked, else when all have
/// answered (decision 0031).
///
/// Final statuses: 0000 only when nothing is missing; A700 when something is, after the rows that there are, or when
/// the search is too costly, or a source is not to be reached; A900 for an identifier that cannot be understood; FE00
/// after C-CANCEL, which ends the search at the archives; else those of `fault_of`. Error Comment says why, and what
/// would help. FF01 marks rows where a key could not be matched.
service make_find();

}  // namespace pons::proxy::dimse
