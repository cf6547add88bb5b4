#include "mapping/errc.hpp"

#include <string>

namespace pons::mapping {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "mapping"; }

    std::string message(int code) const override
    {
        switch (static_cast<errc>(code)) {
            case errc::unknown_parameter:
                return "unknown parameter";
            case errc::unsupported_modifier:
                return "unsupported modifier";
            case errc::unsupported_chain:
                return "unsupported chain";
            case errc::unsupported_parameter:
                return "this parameter is not supported, and leaving it out would widen the answer";
            case errc::invalid_value:
                return "the value cannot be understood";
            case errc::unsupported_sort:
                return "results cannot be sorted by this";
            case errc::too_costly:
                return "the search would cost the archive too much";
            case errc::expired_page:
                return "this page link is not valid here, or not any more; repeat the search";
            case errc::ambiguous_patient:
                return "this patient id is used by several issuers; search by patient.identifier=system|value";
            case errc::not_found:
                return "there is no such resource";
            case errc::not_acceptable:
                return "none of the formats asked for can be given";
            case errc::unsupported_media:
                return "the body must be application/x-www-form-urlencoded, and not be compressed";
            case errc::too_long:
                return "the search is longer than allowed";
            case errc::unreadable_row:
                return "a match of the archive could not be read";
            case errc::differing_patients:
                return "under this Study Instance UID the sources tell of different patients; ask one source alone";
            case errc::incomplete:
                return "without this source the answer could lack studies";
        }
        return "unknown error";
    }
};

}  // namespace

std::error_category const& error_category()
{
    static category const instance;
    return instance;
}

}  // namespace pons::mapping
