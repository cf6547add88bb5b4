#pragma once

#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/carrier.hpp"
#include "proxy/dimse/crossing.hpp"
#include "proxy/dimse/expectation.hpp"
#include "proxy/dimse/form_desk.hpp"
#include "proxy/dimse/instance_stream.hpp"
#include "proxy/dimse/operation.hpp"
#include "proxy/dimse/sub_operations.hpp"

#include <cstdint>
#include <string>

namespace pons::proxy::dimse {

/// One C-GET or C-MOVE, on the association's thread: asks on the bridge, hands what comes to a carrier, and tells the
/// peer how far it is: after each sub-operation, and every `times.pending` while nothing comes (PS3.4 C.4.2.1.8,
/// C.4.3.1.7; the counts are 0 until it is known what there is).
class retrieving {
public:
    /// Both outlive it.
    retrieving(operation& of, retrieve_query const& query) : of_(of), query_(query) {}

    /// Until the final response has been sent. Errors: of the association.
    result<void> run(carrier& to);

    bool cancelled = false;  ///< by the peer

private:
    awaitable<result<void>> fetch(bridge::archives& all);
    result<void> hold(bridge::task<void> const& task);
    result<void> listen(bool within_instance);
    result<void> tell_progress();
    void put_off_sign()
    {
        auto const every = of_.times.pending;
        sign_due_ = every.count() == 0 ? time_point::max() : clock::now() + every;
    }
    result<void> deliver(instance_stream::item const& one, bridge::task<void> const& task);
    result<void> lose(instance_stream::item const& one, failure why);
    result<void> lost(instance_stream::item const& one, failure why);
    result<void> conclude(result<void> const& how);
    result<void> finish(std::uint16_t code, std::string const& comment);

    operation& of_;
    retrieve_query const& query_;
    carrier* to_ = nullptr;
    wire::interruption news_;
    outward<expectation> expected_{1, news_};
    form_desk forms_{news_};
    instance_stream stream_{news_};
    sub_operations done_;
    bool known_ = false;                       // what is expected
    std::string first_loss_;                   // why the first instance that was lost was
    time_point sign_due_ = time_point::max();  // of life
};

}  // namespace pons::proxy::dimse
