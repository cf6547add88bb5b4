#include "proxy/fault.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/errc.hpp"
#include "mapping/stream_errc.hpp"
#include "render/errc.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/errc.hpp"

#include <algorithm>

namespace pons::proxy {

namespace {

using mapping_errc = mapping::errc;
using upstream_errc = upstream::errc;
using upstream::crosswalk_errc;
using render_errc = pons::render::errc;
using json_errc = mapping::dicom_json_errc;
using http::status;
using mapping::stream_errc;

template <class Errc>
std::error_code code(Errc e)
{
    return make_error_code(e);
}

// clang-format off
fault_row const rows[] = {
    {code(mapping_errc::unknown_parameter),     status::bad_request,         "not-supported",    0xA900},
    {code(mapping_errc::unsupported_modifier),  status::bad_request,         "not-supported",    0xA900},
    {code(mapping_errc::unsupported_chain),     status::bad_request,         "not-supported",    0xA900},
    {code(mapping_errc::unsupported_parameter), status::bad_request,         "not-supported",    0xA900},
    {code(mapping_errc::invalid_value),         status::bad_request,         "value",            0xA900},
    {code(mapping_errc::unsupported_sort),      status::bad_request,         "not-supported",    0xA900},
    {code(mapping_errc::ambiguous_patient),     status::bad_request,         "multiple-matches", 0xA900},
    {code(mapping_errc::too_costly),            status::forbidden,           "too-costly",       0xA700},
    {code(mapping_errc::expired_page),          status::gone,                "not-found",        0xA900},
    {code(mapping_errc::not_found),             status::not_found,           "not-found",        0xC001},
    {code(mapping_errc::not_acceptable),        status::not_acceptable,      "not-supported",    0xA900},
    {code(mapping_errc::unsupported_media),     status::unsupported_media_type, "not-supported", 0xA900},
    {code(mapping_errc::too_long),              status::bad_request,         "too-long",         0xA900},
    {code(mapping_errc::unreadable_row),        status::bad_gateway,         "exception",        0xC002},
    {code(mapping_errc::incomplete),            status::service_unavailable, "incomplete",       0xA700},
    {code(mapping_errc::differing_patients),    status::conflict,            "multiple-matches", 0xA900},
    {code(upstream_errc::unreachable),          status::service_unavailable, "transient",        0xA700},
    {code(upstream_errc::association_rejected), status::bad_gateway,         "exception",        0xA700},
    {code(upstream_errc::unauthorized),         status::bad_gateway,         "exception",        0xA700},
    {code(upstream_errc::refused),              status::bad_gateway,         "exception",        0xC003},
    {code(upstream_errc::too_broad),            status::forbidden,           "too-costly",       0xA700},
    {code(upstream_errc::aborted),              status::bad_gateway,         "exception",        0xC004},
    {code(upstream_errc::malformed),            status::bad_gateway,         "exception",        0xC005},
    {code(upstream_errc::too_large),            status::bad_gateway,         "too-costly",       0xA700},
    {code(upstream_errc::timed_out),            status::gateway_timeout,     "timeout",          0xC001},
    {code(upstream_errc::overloaded),           status::service_unavailable, "throttled",        0xA700},
    {code(upstream_errc::cancelled),            status::service_unavailable, "transient",        0xFE00},
    {code(upstream_errc::unsupported),          status::not_implemented,     "not-supported",    0x0122},
    {code(upstream_errc::not_found),            status::not_found,           "not-found",        0xC001},
    {code(upstream_errc::not_yet),              status::service_unavailable, "transient",        0xA700},
    {code(upstream_errc::incomplete),           status::bad_gateway,         "incomplete",       0xC006},
    {code(upstream_errc::closed),               status::service_unavailable, "transient",        0xA700},
    {code(upstream_errc::stalled),              status::request_timeout,     "timeout",          0xA700},
    {code(crosswalk_errc::unknown_patient),     status::forbidden,           "not-found",        0xA900},
    {code(crosswalk_errc::ambiguous_patient),   status::conflict,            "multiple-matches", 0xA900},
    {code(crosswalk_errc::no_issuer),           status::bad_request,         "not-supported",    0xA900},
    {code(crosswalk_errc::unreachable),         status::service_unavailable, "transient",        0xA700},
    {code(crosswalk_errc::unauthorized),        status::bad_gateway,         "exception",        0xA700},
    {code(crosswalk_errc::refused),             status::bad_gateway,         "exception",        0xC003},
    {code(crosswalk_errc::malformed),           status::bad_gateway,         "exception",        0xC005},
    {code(crosswalk_errc::too_large),           status::bad_gateway,         "too-costly",       0xA700},
    {code(crosswalk_errc::timed_out),           status::gateway_timeout,     "timeout",          0xC001},
    {code(crosswalk_errc::overloaded),          status::service_unavailable, "throttled",        0xA700},
    {code(crosswalk_errc::cancelled),           status::service_unavailable, "transient",        0xFE00},
    {code(crosswalk_errc::unsupported),         status::not_implemented,     "not-supported",    0x0122},
    {code(render_errc::unsupported_syntax),     status::not_acceptable,      "not-supported",    0x0122},
    {code(render_errc::no_pixel_data),          status::not_acceptable,      "not-supported",    0xA900},
    {code(render_errc::no_such_frame),          status::not_found,           "not-found",        0xA900},
    {code(render_errc::not_acceptable),         status::not_acceptable,      "not-supported",    0xA900},
    {code(render_errc::malformed),              status::bad_gateway,         "exception",        0xC005},
    {code(render_errc::too_deep),               status::bad_gateway,         "exception",        0xC005},
    {code(render_errc::too_large),              status::payload_too_large,   "too-costly",       0xA700},
    {code(render_errc::out_of_memory),          status::payload_too_large,   "too-costly",       0xA700},
    {code(render_errc::out_of_time),            status::gateway_timeout,     "timeout",          0xC001},
    {code(render_errc::bad_request),            status::bad_gateway,         "exception",        0x0110},
    {code(render_errc::crashed),                status::bad_gateway,         "exception",        0x0110},
    {code(render_errc::unavailable),            status::service_unavailable, "exception",        0xA700},
    // What an archive sent, should it ever come this far under its own name.
    {code(stream_errc::malformed_data_set),     status::bad_gateway,         "exception",        0xC005},
    {code(stream_errc::too_deep),               status::bad_gateway,         "exception",        0xC005},
    {code(stream_errc::too_many_elements),      status::bad_gateway,         "exception",        0xC005},
    {code(stream_errc::too_large),              status::bad_gateway,         "exception",        0xC005},
    {code(json_errc::not_json),                 status::bad_gateway,         "exception",        0xC005},
    {code(json_errc::not_utf8),                 status::bad_gateway,         "exception",        0xC005},
    {code(json_errc::not_data_sets),            status::bad_gateway,         "exception",        0xC005},
    {code(json_errc::too_large),                status::bad_gateway,         "exception",        0xC005},
};
// clang-format on

}  // namespace

fault_row const& fault_of(std::error_code code)
{
    static fault_row const internal{{}, status::internal_server_error, "exception", 0x0110};
    auto const row = std::ranges::find(rows, code, &fault_row::code);
    return row != std::end(rows) ? *row : internal;
}

fault_row const& fault_of(failure const& f)
{
    static constexpr auto later = status::service_unavailable;
    static fault_row const worth_repeating[] = {
        {code(upstream_errc::association_rejected), later, "transient", 0xA700},
        // It goes on, and its answer will be there when it is asked for again.
        {code(upstream_errc::timed_out), later, "timeout", 0xA700},
        // A retrieve ended with a status that cures itself, or a web server said when to come again.
        {code(upstream_errc::refused), later, "transient", 0xA700},
    };
    auto const row = std::ranges::find(worth_repeating, f.code, &fault_row::code);
    return f.retry_after.count() > 0 && row != std::end(worth_repeating) ? *row : fault_of(f.code);
}

std::span<fault_row const> faults()
{
    return rows;
}

}  // namespace pons::proxy
