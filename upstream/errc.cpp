#include "upstream/errc.hpp"

#include <string>

namespace pons::upstream {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "upstream"; }

    std::string message(int code) const override
    {
        switch (static_cast<errc>(code)) {
            case errc::unreachable:
                return "the archive cannot be reached";
            case errc::association_rejected:
                return "the archive rejected the association";
            case errc::unauthorized:
                return "the archive did not accept our credentials, or its certificate was not accepted";
            case errc::refused:
                return "the archive answered with a failure";
            case errc::too_broad:
                return "the archive would have to answer too much";
            case errc::aborted:
                return "the archive broke off in the middle of its answer";
            case errc::malformed:
                return "the archive's answer could not be understood";
            case errc::too_large:
                return "the archive's answer is larger than the configured limit";
            case errc::timed_out:
                return "the archive did not answer in time";
            case errc::overloaded:
                return "too many requests for this archive are waiting";
            case errc::cancelled:
                return "the request was cancelled";
            case errc::unsupported:
                return "the archive does not support this";
            case errc::not_found:
                return "the archive holds nothing of this";
            case errc::not_yet:
                return "the archive is still fetching this from slow storage";
            case errc::incomplete:
                return "the archive did not deliver everything that it holds of this";
            case errc::closed:
                return "the archive may not be asked now";
            case errc::stalled:
                return "the receiver stopped taking bytes";
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

}  // namespace pons::upstream
