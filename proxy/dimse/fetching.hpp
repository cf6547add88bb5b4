#pragma once

#include "proxy/dicomweb/instance_collection.hpp"
#include "proxy/dimse/expectation.hpp"
#include "proxy/dimse/form_desk.hpp"
#include "proxy/dimse/instance_stream.hpp"

#include <chrono>
#include <span>
#include <string>
#include <unordered_set>

namespace pons::proxy::dimse {

/// The coroutine's part of a C-GET or C-MOVE: retrieves what is expected, one request after the other, each as WADO-RS
/// does, from all holders; several instances of a series are first asked for by lists, of archives that can be asked
/// so, and those that did not come one by one. All of it goes into the stream, in the form that the desk says,
/// transcoded by `with.renderer` where need be. What came twice is passed over; what cannot be given on is refused in
/// the stream, and the others go on.
class fetching {
public:
    /// All outlive it.
    fetching(dicomweb::service& with, dicomweb::target const& whom, form_desk& forms, instance_stream& to)
        : service_(with), whom_(whom), forms_(forms), to_(to)
    {
    }

    /// The first failure when one of the requests did not end well, after all have been tried; or at once when
    /// `most_failures` fail in a row, or nobody listens any more. Cancelling (terminal): as archive::retrieve.
    awaitable<result<void>> run(expectation const& what, std::chrono::milliseconds first_byte);

    static constexpr unsigned most_failures = 3;

private:
    class incoming;
    class one_request;

    awaitable<result<void>> all_of(expectation const& what, std::chrono::milliseconds first_byte);
    awaitable<result<void>> try_lists(std::span<upstream::retrieve_request const> some,
                                      std::chrono::milliseconds first_byte);
    awaitable<result<void>> try_list(std::span<upstream::retrieve_request const> some, upstream::archive& from,
                                     std::chrono::milliseconds first_byte);

    dicomweb::service& service_;
    dicomweb::target const& whom_;
    form_desk& forms_;
    instance_stream& to_;
    std::unordered_set<std::string> come_;         // SOP Instance UIDs
    render::form form_ = render::form::as_stored;  // of the instance that comes
};

}  // namespace pons::proxy::dimse
