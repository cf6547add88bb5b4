#include "upstream/crosswalk/errc.hpp"

#include <string>

namespace pons::upstream {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "crosswalk"; }

    std::string message(int code) const override
    {
        switch (static_cast<crosswalk_errc>(code)) {
            case crosswalk_errc::unknown_patient:
                return "the patient crosswalk does not know this patient";
            case crosswalk_errc::ambiguous_patient:
                return "the patient crosswalk leads to more than one patient, and no link says that they are one";
            case crosswalk_errc::no_issuer:
                return "this source does not say who issues its patient ids; set issuer.system";
            case crosswalk_errc::unreachable:
                return "the patient crosswalk cannot be reached";
            case crosswalk_errc::unauthorized:
                return "the patient crosswalk did not accept our credentials, or its certificate was not accepted";
            case crosswalk_errc::refused:
                return "the patient crosswalk answered with a failure";
            case crosswalk_errc::malformed:
                return "the patient crosswalk's answer could not be understood";
            case crosswalk_errc::too_large:
                return "the patient crosswalk tells more of this patient than is looked at";
            case crosswalk_errc::timed_out:
                return "the patient crosswalk did not answer in time";
            case crosswalk_errc::overloaded:
                return "too many requests for the patient crosswalk are waiting";
            case crosswalk_errc::cancelled:
                return "the request was cancelled";
            case crosswalk_errc::unsupported:
                return "the patient crosswalk's settings cannot be used";
        }
        return "unknown error";
    }
};

}  // namespace

std::error_category const& crosswalk_category()
{
    static category const instance;
    return instance;
}

}  // namespace pons::upstream
