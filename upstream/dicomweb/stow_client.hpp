#pragma once

#include "config/settings.hpp"
#include "mapping/dicom_json.hpp"
#include "upstream/archive.hpp"
#include "upstream/dicomweb/http_client.hpp"
#include "upstream/dicomweb/retrieve_answer.hpp"

namespace pons::upstream::dicomweb {

/// STOW-RS (PS3.18 §10.5) at one source, for one worker: one request with all instances, sent in chunks as they come,
/// on a new connection or the one that the last answer came by just now, since what went out cannot be sent again. The
/// caller holds a permit of the source's
/// budget, and runs it inside `cancelled_as_value`.
///
/// HTTP statuses: 200, 202 and 409 tell of each instance what became of it; one that their report does not name was not
/// stored (processing failure, 0110), also with 200, which some servers answer when they passed over everything. 200
/// without a report: all were. 401, 403 unauthorized; 413 too_large; 404, 405, 415, 501 unsupported; 429, 503
/// overloaded; others refused.
class stow_client {
public:
    /// Both outlive it.
    stow_client(config::source const& source, http_client& client);

    /// As `archive::store`. Nothing is sent when there is no instance.
    awaitable<result<stored>> store(instance_source& instances, time_point deadline);

private:
    awaitable<result<void>> send(connection& on, instance_source& instances, std::string const& edge, part_head first,
                                 stored& all, transfer_times const& until);
    result<void> judge(http_answer& answer, stored& all);

    config::source const& source_;
    http_client& client_;
    mapping::dicom_json_reader reader_;
};

}  // namespace pons::upstream::dicomweb
