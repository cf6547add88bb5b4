#include "proxy/dimse/store.hpp"

#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/instance_pipe.hpp"
#include "proxy/dimse/store_answer.hpp"
#include "proxy/store_target.hpp"
#include "upstream/dimse/beginning.hpp"
#include "upstream/dimse/c_store.hpp"
#include "upstream/dimse/store_provider_contexts.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <spdlog/spdlog.h>

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace pons::proxy::dimse {

namespace {

using element = wire::command_element;
using upstream::stored;

constexpr std::uint16_t does_not_match = 0xA900;  // Data Set does not match SOP Class
constexpr std::size_t dropped_at_once = 64 * 1024;

std::string_view what_it_did(failure const& why)
{
    if (why.code == upstream::errc::timed_out)
        return "was silent within an instance";
    return why.code == upstream::errc::aborted ? "has gone" : "broke the protocol";
}

/// One instance.
class storing {
public:
    storing(operation& of, stored_places* places) : of_(of), places_(places) {}

    result<void> run()
    {
        if (!of_.rq.command.has_data_set())
            return answer({wire::store_status::cannot_understand, "the command has no data set"});
        auto const begun = wire::read_beginning([this] { return next(); }, of_.context.transfer_syntax, beginning_);
        if (!begun)
            return broken(begun.error());
        whole_ = beginning_.whole;
        read_head();
        if (auto const refused = examine())
            return answer(*refused);
        auto const source = choose_store_source(of_.sources, of_.settings.dicomweb.store_to);
        if (!source)
            return answer({status::out_of_resources, "dicomweb.store_to names no source of this AE title"});
        source_ = *source;
        return hand_on();
    }

private:
    result<wire::fragment> next(std::span<std::byte> room = {})
    {
        return of_.over.next(of_.within(of_.times.silence), room);
    }

    void read_head()
    {
        head_.sop_class_uid = of_.rq.command.text(element::affected_sop_class_uid);
        if (head_.sop_class_uid.empty())
            head_.sop_class_uid = of_.context.abstract_syntax;
        head_.sop_instance_uid = of_.rq.command.text(element::affected_sop_instance_uid);
        head_.transfer_syntax_uid = of_.context.transfer_syntax;
    }

    /// Why it is refused without asking, if it is. What cannot be read is the archive's to judge.
    std::optional<store_answer> examine() const
    {
        if (!wire::may_be_uid(head_.sop_class_uid) || !wire::may_be_uid(head_.sop_instance_uid))
            return store_answer{wire::store_status::cannot_understand, "a UID of the command is none"};
        upstream::sop_uids is;
        auto const seen = upstream::peek_sop_uids(beginning_.bytes, head_.transfer_syntax_uid, beginning_.whole, is);
        if (seen == upstream::peeked::found && (is.sop_class.empty() || is.sop_instance.empty()))
            return store_answer{wire::store_status::cannot_understand,
                                "the data set has no SOP Class or SOP Instance UID"};
        auto const differ = [](std::string const& said, std::string const& found) {
            return !found.empty() && said != found;
        };
        if (differ(head_.sop_class_uid, is.sop_class))
            return store_answer{does_not_match, "the data set is of another SOP class than the command"};
        if (differ(head_.sop_instance_uid, is.sop_instance))
            return store_answer{does_not_match, "the data set is another SOP instance than the command's"};
        return {};
    }

    result<void> hand_on()
    {
        wire::interruption news;
        instance_pipe pipe(head_, news);
        put(pipe, beginning_.bytes);
        auto const deadline = clock::now() + of_.times.operation;
        auto store = of_.bridge.begin<stored>(news, [&pipe, source = source_, deadline](bridge::archives& all) {
            return upstream_of(all, source).store(pipe, deadline);
        });
        auto const fed = feed(pipe, store, news);
        if (!fed) {
            pipe.abandon();
            return broken(fed.error());
        }
        while (!store.ended())
            if (auto const word = await_news(of_, news); !word)
                return broken(word.error());
        auto with = answer_store(store.wait(), source_);
        if (!whole_ && with.comment.empty())  // it cannot have stored what it was not given
            with = {status::out_of_resources, fmt::format("source {} answered too soon", source_)};
        if (places_ && with.comment.empty())
            places_->remember(source_, head_.sop_instance_uid,
                              {beginning_.of.study, beginning_.of.series, head_.sop_class_uid});
        return answer(with);
    }

    static upstream::archive& upstream_of(bridge::archives& all, std::string_view name)
    {
        return *std::ranges::find(all, name, [](auto const& each) { return each.facts->name; })->where;
    }

    /// The beginning of a data set, which there is room for.
    static void put(instance_pipe& pipe, std::span<std::byte const> bytes)
    {
        while (!bytes.empty()) {
            auto const room = pipe.room();
            auto const size = std::min(room.size(), bytes.size());
            std::memcpy(room.data(), bytes.data(), size);
            pipe.wrote(size);
            bytes = bytes.subspan(size);
        }
    }

    /// All of it, or until the store has ended. An error is one of the association's.
    result<void> feed(instance_pipe& pipe, bridge::task<stored>& store, wire::interruption& news)
    {
        while (!whole_ && !store.ended()) {
            auto const room = pipe.room();
            if (room.empty()) {
                if (wire::wait_for(news.fd(), POLLIN, {time_point::max(), &of_.stop}) != wire::readiness::ready)
                    return fail(upstream::errc::cancelled, "association");
                news.reset();
                continue;
            }
            auto const piece = next(room);
            if (!piece)
                return tl::unexpected(piece.error());
            if (piece->command)
                return fail(upstream::errc::malformed, "association");
            pipe.wrote(piece->bytes.size());
            whole_ = piece->last;
        }
        if (whole_)
            pipe.end();
        return {};
    }

    /// The association is of no more use.
    result<void> broken(failure why)
    {
        of_.over.abort(wire::abort_reason::unexpected_pdu);
        if (!of_.stop.requested())
            spdlog::warn("C-STORE of {} at {} to {}: not answered, the sender {}", of_.who.calling_ae, of_.who.address,
                         of_.who.called_ae, what_it_did(why));
        return tl::unexpected(std::move(why));
    }

    /// When all of the data set has come: a peer does not listen before.
    result<void> answer(store_answer const& with)
    {
        std::vector<std::byte> dropped(whole_ ? 0 : dropped_at_once);
        while (!whole_ && of_.rq.command.has_data_set()) {
            auto const piece = next(dropped);
            if (!piece)
                return broken(piece.error());
            if (piece->command)
                return broken({make_error_code(upstream::errc::malformed), "association"});
            whole_ = piece->last;
        }
        if (!with.comment.empty())
            spdlog::warn("C-STORE of {} at {} to {}: not stored, {:04X}: {}", of_.who.calling_ae, of_.who.address,
                         of_.who.called_ae, with.status, with.comment);
        return of_.respond(with.status, with.in_full.empty() ? with.comment : with.in_full);
    }

    operation& of_;
    stored_places* const places_;
    wire::beginning beginning_;
    upstream::part_head head_;
    std::string_view source_;
    bool whole_ = false;  // all of the data set has been read
};

/// The first transfer syntax, since the peer will send in it. Where it will take C-GET's instances: one that all can be
/// brought into.
std::optional<std::string> choose(wire::proposed_context const& asked, wire::associate_request const& of)
{
    auto const role = std::ranges::find(of.roles, asked.abstract_syntax, &wire::role_selection::sop_class_uid);
    if (role != of.roles.end() && role->scp)
        for (auto const* const syntax : {wire::uids::explicit_vr_little_endian, wire::uids::implicit_vr_little_endian})
            if (std::ranges::find(asked.transfer_syntaxes, syntax) != asked.transfer_syntaxes.end())
                return syntax;
    return asked.transfer_syntaxes.front();
}

}  // namespace

service make_store(std::shared_ptr<stored_places> places)
{
    return {.name = "C-STORE",
            .metric = "c_store",
            .request = wire::command::c_store_rq,
            .offers = &wire::is_storage,
            .serve = [places = std::move(places)](operation& of) { return storing(of, places.get()).run(); },
            .choose = &choose,
            .each_is_logged = false};
}

}  // namespace pons::proxy::dimse
