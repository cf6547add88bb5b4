#pragma once

#include "proxy/dimse/expectation.hpp"
#include "proxy/dimse/form_desk.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pons::proxy::dimse {

/// Where the instances of a C-GET or C-MOVE go, by C-STORE sub-operations (PS3.4 C.4.2.3, C.4.3.3): one after the
/// other, `begin`, `send`s, `response`. On the thread of the association that asked; every call may block, within the
/// stall budget or the time of an answer, and until Pons stops.
///
/// After an error of theirs the instance is lost, and `break_off` is due. Where the association that asked is lost with
/// it, that is no longer usable.
struct carrier {
    virtual ~carrier() = default;

    /// What will probably come: so that an association can be opened for all of it.
    virtual void expect(expectation const& /*what*/) {}
    /// In which form an instance can be sent.
    virtual deliverable form_for(upstream::part_head const& head) = 0;

    /// Why there is none, for an Error Comment.
    virtual std::string_view without_form(upstream::part_head const& /*head*/) const
    {
        return "no accepted context has their class and a possible syntax";
    }

    /// Errors, of these three: their `where` says it in words, for an Error Comment. upstream::errc::unsupported: there
    /// is no presentation context for it, and nothing to be broken off; those of the association.
    virtual result<void> begin(upstream::part_head const& head) = 0;
    virtual result<void> send(std::span<std::byte const> bytes, bool last) = 0;
    /// The status of the C-STORE-RSP, once all was sent.
    virtual result<std::uint16_t> response() = 0;
    /// Nothing shall be left of the instance that has begun: A-ABORT.
    virtual void break_off() = 0;

    /// It sends on an association of its own: the one that asked can be told something within an instance.
    virtual bool is_apart() const = 0;

    /// Why nothing more can be sent, "destination WS1: …"; empty: it can.
    virtual std::string const& down() const = 0;
};

}  // namespace pons::proxy::dimse
