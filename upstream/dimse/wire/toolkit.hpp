#pragma once

/// Process-wide set-up of DCMTK.
namespace pons::upstream::dimse {

/// Sets DCMTK's globals, once for the process, and gives its T_ASC_Network for requestors, which all threads share.
/// Safe from any thread, also again. Whatever in this folder needs DCMTK calls it.
///
/// DCMTK's own log is off: at its debug level it prints whole data sets, and those name patients.
void* set_up_dcmtk();

}  // namespace pons::upstream::dimse
