#pragma once

#include "proxy/dimse/crossing.hpp"
#include "proxy/render/renderer.hpp"
#include "upstream/archive.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace pons::proxy::dimse {

/// In which form an instance can be given on: as it is stored, or in one of the two that pons-render makes of it.
/// Nothing: in none.
using deliverable = std::optional<render::form>;

/// Where the coroutine that retrieves asks in which form it may give an instance on; the thread knows, which has the
/// presentation contexts, and may have to open an association to know. Asked once for a SOP class in a transfer syntax.
///
/// Shared by these two, and outlives both their uses.
class form_desk {
public:
    /// `news` is rung for the thread when there is a question.
    explicit form_desk(upstream::dimse::interruption& news) : news_(news) {}

    // --- the coroutine -----------------------------------------------------------------------------------------------

    /// Errors: errc::cancelled, also when nobody answers any more.
    awaitable<result<deliverable>> ask(upstream::part_head const& head);

    // --- the thread --------------------------------------------------------------------------------------------------

    struct asked {
        std::uint64_t number;
        upstream::part_head head;
    };
    /// What is asked now, to be answered.
    std::optional<asked> question();
    /// Goes nowhere when something else is asked by now: who asked has gone.
    void answer(std::uint64_t number, deliverable in);
    void close();

private:
    enum class step { answered, wait, closed };
    step look(deliverable& into);

    upstream::dimse::interruption& news_;
    std::shared_ptr<coroutine_bell> const bell_ = std::make_shared<coroutine_bell>();
    std::map<std::pair<std::string, std::string>, deliverable> known_;  // of the coroutine alone

    std::mutex mutex_;
    std::uint64_t questions_ = 0;  // so far
    std::optional<asked> question_;
    std::optional<deliverable> answer_;
    bool closed_ = false;
};

/// By what a peer takes: `has(transfer syntax)` for the SOP class of `head`. As it is stored if that can be.
template <class Has>
deliverable choose_form(upstream::part_head const& head, Has const& has)
{
    if (has(head.transfer_syntax_uid))
        return render::form::as_stored;
    if (has("1.2.840.10008.1.2.1"))
        return render::form::explicit_vr;
    if (has("1.2.840.10008.1.2"))
        return render::form::implicit_vr;
    return {};
}

}  // namespace pons::proxy::dimse
