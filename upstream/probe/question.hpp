#pragma once

#include "config/settings.hpp"
#include "mapping/data_set.hpp"
#include "mapping/find_request.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What `pons probe` asks of an archive and what came, one query at a time.
namespace pons::upstream::probe {

/// How a QIDO-RS request is written; means nothing by DIMSE.
struct web_form {
    enum class fields { list, repeated, all, none };

    config::query_encoding encoding = config::query_encoding::strict;
    std::string accept = "application/dicom+json";
    fields include = fields::list;  ///< how the return keys are named
    std::string extra{};            ///< a parameter as it is, "fuzzymatching=true"
    std::uint32_t limit = 0;        ///< 0: `max_rows` of the request
    std::uint32_t offset = 0;
};

/// One query. Values go out as they stand, leading spaces included.
struct question {
    mapping::find_request what{};                ///< `max_rows` is not 0
    std::string charset_query = "ISO_IR 192";    ///< DIMSE: for values that are not ASCII
    std::string charset_default = "ISO_IR 100";  ///< DIMSE: for what comes without a label and is not UTF-8
    bool stars = false;                          ///< DIMSE: return keys go out as *, not empty
    bool wants_label = true;                     ///< DIMSE: asks for Specific Character Set
    web_form form{};
};

struct answer {
    enum class kind {
        rows,     ///< it was answered; by as many rows as there are
        refused,  ///< the archive understood and did not do it
        failed,   ///< there was no answer, or none that can be read
    };

    kind how = kind::failed;
    std::string status{};   ///< of what was refused, "C000", "HTTP 400"; why it failed, in words
    bool dropped = false;   ///< failed, because the archive no longer wanted the association; worth asking once more
    bool hopeless = false;  ///< failed, and asking on makes no sense: not reachable, not allowed
    std::vector<mapping::data_set> rows{};
    bool more = false;           ///< there were more rows than were wanted
    bool remarked = false;       ///< web: a Warning header
    unsigned http_status = 0;    ///< web
    std::string content_type{};  ///< web
};

/// Asks an archive. Blocks the calling thread until the answer is there or its time is over.
struct asker {
    virtual answer ask(question const& q) = 0;

protected:
    ~asker() = default;
};

}  // namespace pons::upstream::probe
