#pragma once

#include <string>

namespace pons::upstream {

/// How far the way to an archive goes, from its beginning on. Which of them failed decides the exit code of `pons
/// doctor`.
enum class step {
    settings,     ///< a file that the source names cannot be used
    name,         ///< the address of its host
    tcp,          ///< a connection
    tls,          ///< versions, certificates, the name in them
    association,  ///< AE titles, limits, presentation contexts
    echo,         ///< C-ECHO
    http,         ///< an answer that is of a DICOMweb service and lets us in
    find,         ///< C-FIND or QIDO-RS
    retrieve,     ///< one small instance
    destination,  ///< the archive knows where C-MOVE shall send to
    store_port,   ///< and can connect to there
    closed,       ///< the source is switched off, or outside its hours
    tls_wanted,   ///< the archive speaks TLS there, and the source does not
    tls_unknown,  ///< the other way round
};

/// One step on the way to an archive, as `pons doctor` tells it. No patient data.
struct stage {
    step at;
    std::string name;  ///< "name", "TCP", "association", "C-ECHO", …
    bool ok = false;
    std::string text;    ///< what happened, in plain sentences
    std::string advice;  ///< what to change and on which side when it is not ok; may be of several lines
};

}  // namespace pons::upstream
