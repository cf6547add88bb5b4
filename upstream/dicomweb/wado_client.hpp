#pragma once

#include "config/settings.hpp"
#include "mapping/dicom_json.hpp"
#include "upstream/archive.hpp"
#include "upstream/dicomweb/http_client.hpp"

#include <cstddef>
#include <optional>

namespace pons::upstream::dicomweb {

/// WADO-RS (PS3.18 §10.4) at one source, for one worker. The caller holds a permit of the source's budget, and runs it
/// inside `cancelled_as_value`.
///
/// HTTP statuses: 404, 410, 204 and an answer without instances not_found; 202 not_yet; 429, 503 overloaded, both with
/// the server's Retry-After; 401, 403 unauthorized; 413 too_broad; 206 incomplete, after all that it has came; others
/// refused. A body that is cut off, or lacks its closing delimiter, is aborted; anything but instances malformed.
class wado_client {
public:
    /// Both outlive it.
    wado_client(config::source const& source, http_client& client);

    /// As `archive::retrieve`. The way to ask that the server takes (`retrieve_accept`) is remembered.
    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts, time_point deadline);

    /// As `archive::retrieve_metadata`: one data set in memory at a time, at most `max_data_set` of JSON. Errors also:
    /// unsupported, before any row, for 400, 405, 406, 415 and 501, and from then on.
    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows, time_point deadline);

    /// As `archive::retrieve_bulk`: the metadata of the instance says where the value is, and it is fetched from there,
    /// if that is below the URL of the source (`bulk_target`). Errors also: unsupported, before anything was written,
    /// for a value that is elsewhere, or that the server does not give. Pixel Data (7FE0,0010) of an instance is
    /// unsupported: what a server makes of it when it is compressed differs.
    awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                          time_point deadline);

    static constexpr std::size_t max_data_set = 4 << 20;

private:
    using asked = http_client::asked;

    awaitable<result<asked>> ask_for_instances(std::string target, time_point deadline);
    awaitable<result<void>> fetch_bulk(std::string target, bulk_sink& to, time_point deadline);
    awaitable<std::optional<failure>> refusal(asked& answer, time_point deadline);
    awaitable<void> pass_over(asked& answer, time_point deadline);

    config::source const& source_;
    http_client& client_;
    mapping::dicom_json_reader reader_;
    std::size_t way_ = 0;
    bool way_is_known_ = false;
    bool makes_no_metadata_ = false;  // said so once
};

}  // namespace pons::upstream::dicomweb
