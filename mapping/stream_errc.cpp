#include "mapping/stream_errc.hpp"

#include <string>

namespace pons::mapping {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "data set"; }

    std::string message(int code) const override
    {
        switch (static_cast<stream_errc>(code)) {
            case stream_errc::malformed_data_set:
                return "the data set is not encoded as DICOM says";
            case stream_errc::too_deep:
                return "the data set nests sequences deeper than the limit";
            case stream_errc::too_many_elements:
                return "the data set has more elements than the limit";
            case stream_errc::too_large:
                return "the data set is larger than the limit";
        }
        return "unknown error";
    }
};

}  // namespace

std::error_category const& stream_error_category()
{
    static category const instance;
    return instance;
}

}  // namespace pons::mapping
