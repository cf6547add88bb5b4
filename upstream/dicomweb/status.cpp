#include "upstream/dicomweb/status.hpp"

#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/errc.hpp"

namespace pons::upstream::dicomweb {

std::string place_of_status(std::string const& source_name, unsigned status)
{
    return "source " + source_name + ": HTTP status " + std::to_string(status);
}

std::optional<failure> failure_of_status(std::string const& source_name, http_head const& answer)
{
    auto const where = place_of_status(source_name, answer.status);
    auto const because = [&](errc code) { return failure{make_error_code(code), where, answer.retry_after}; };
    switch (answer.status) {
        case 200:
        case 204:
        case 206:
            return {};
        case 401:
        case 403:
            return because(errc::unauthorized);
        case 413:
            return because(errc::too_broad);
        case 429:
        case 503:
            return because(errc::overloaded);
        default:
            return because(errc::refused);
    }
}

bool is_refusal(unsigned status)
{
    return status == 400 || status == 404 || status == 406 || status == 413 || status == 416 || status == 501;
}

std::string probe_target(config::source const& source)
{
    mapping::find_request const one{
        .at = mapping::level::study, .keys = {}, .return_keys = {mapping::tags::StudyInstanceUID}, .max_rows = 1};
    return qido_target(source, one, {.limit = 1, .offset = 0});
}

}  // namespace pons::upstream::dicomweb
