#include "upstream/dimse/store_provider.hpp"

#include "upstream/dimse/beginning.hpp"
#include "upstream/dimse/store_provider_contexts.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace pons::upstream::dimse {

namespace {

constexpr std::uint32_t places_of_others = 16;

namespace status {
constexpr std::uint16_t success = 0x0000;
constexpr std::uint16_t no_such_sop_instance = 0x0112;
constexpr std::uint16_t out_of_resources = 0xA700;
constexpr std::uint16_t unrecognized_operation = 0x0211;
constexpr std::uint16_t cannot_understand = 0xC000;
}  // namespace status

command_set response(command_set const& to, std::uint16_t status)
{
    command_set rsp;
    auto const field = to.number(command_element::command_field).value_or(0);
    rsp.set(command_element::command_field, static_cast<std::uint16_t>(field | 0x8000));
    rsp.set(command_element::message_id_being_responded_to, to.number(command_element::message_id).value_or(0));
    rsp.set(command_element::command_data_set_type, no_data_set);
    rsp.set(command_element::status, status);
    for (auto const e : {command_element::affected_sop_class_uid, command_element::affected_sop_instance_uid})
        if (auto const uid = to.text(e); !uid.empty())
            rsp.set(e, uid);
    return rsp;
}

context_answer answer_commitment_context(proposed_context const& asked)
{
    context_answer answer{.id = asked.id, .result = context_result::transfer_syntaxes_not_supported};
    for (auto const* const syntax : {uids::implicit_vr_little_endian, uids::explicit_vr_little_endian})
        if (std::ranges::find(asked.transfer_syntaxes, syntax) != asked.transfer_syntaxes.end()) {
            answer.result = context_result::acceptance;
            answer.transfer_syntax = syntax;
        }
    return answer;
}

}  // namespace

/// One association, on its thread.
class store_provider::receiving {
public:
    receiving(store_provider& of, accepted_association& over, interruption& stop)
        : registry_(*of.registry_),
          commitments_(of.commitments_.get()),
          times_(of.times_),
          counts_(of.counts_),
          over_(over),
          stop_(stop)
    {
    }

    void run()
    {
        for (;;) {
            auto const rq = over_.receive_command(within(times_.idle));
            if (!rq || !answer(*rq))
                return;
        }
    }

private:
    patience within(std::chrono::milliseconds time) const { return {clock::now() + time, &stop_}; }

    /// False: the association is of no more use.
    bool answer(message const& rq)
    {
        if (rq.command.is(command::c_cancel_rq))
            return true;
        if (rq.command.is(command::c_store_rq) && rq.command.has_data_set() && over_.context(rq.context))
            return store(rq);
        if (commitments_ && rq.command.is(command::n_event_report_rq) && rq.command.has_data_set())
            return hear_commitment(rq);
        auto const echo = rq.command.is(command::c_echo_rq);
        whole_ = false;
        if (rq.command.has_data_set() && !drain(times_.silence))
            return false;
        return respond(rq, echo ? status::success : status::unrecognized_operation);
    }

    bool respond(message const& rq, std::uint16_t code)
    {
        return over_.send(rq.context, response(rq.command, code), {}, within(times_.silence)).has_value();
    }

    bool hear_commitment(message const& rq)
    {
        auto const* const context = over_.context(rq.context);
        std::vector<std::byte> bytes;
        auto const fits = over_.receive_data_set(bytes, mapping::largest_storage_commitment, within(times_.silence));
        if (!context || !fits)
            return false;
        auto const told = mapping::read_storage_commitment(bytes, encoding_of(context->transfer_syntax));
        bool const awaited = *fits && told && commitments_->report(*told);
        auto const rsp = event_response(rq.command, awaited ? status::success : status::no_such_sop_instance);
        return over_.send(rq.context, rsp, {}, within(times_.silence)).has_value();
    }

    bool store(message const& rq)
    {
        sub_operation what{.called_ae = over_.called_ae(),
                           .calling_ae = over_.calling_ae(),
                           .originator_ae = std::string(rq.command.text(command_element::move_originator_ae_title)),
                           .originator_id = rq.command.number(command_element::move_originator_message_id).value_or(0),
                           .sop_instance_uid = std::string(rq.command.text(command_element::affected_sop_instance_uid)),
                           .in = {}};
        auto const& context = *over_.context(rq.context);
        auto const& syntax = context.transfer_syntax;
        auto const next = [this] { return over_.next(within(times_.silence)); };
        if (auto const read = read_beginning(next, syntax, beginning_); !read) {
            ++counts_.broken;
            over_.abort(abort_reason::unexpected_pdu);
            return false;
        }
        whole_ = beginning_.whole;
        what.in = beginning_.of;
        if (what.sop_instance_uid.empty())
            return refuse(rq, times_.silence, status::cannot_understand);
        auto const move = registry_.find(what);
        auto part = move ? move->begin() : waiting_move::part(nullptr);
        if (!part) {
            ++counts_.unexpected;
            if (!std::exchange(told_, true))
                spdlog::warn("a C-STORE to {} from {} that no retrieve waits for was refused", what.called_ae,
                             what.calling_ae);
            return refuse(rq, times_.silence);
        }
        part_head head;
        head.sop_class_uid = rq.command.text(command_element::affected_sop_class_uid);
        if (head.sop_class_uid.empty())
            head.sop_class_uid = context.abstract_syntax;
        head.sop_instance_uid = what.sop_instance_uid;
        head.transfer_syntax_uid = syntax;
        return hand_on(rq, head, part);
    }

    bool hand_on(message const& rq, part_head const& head, waiting_move::part& part)
    {
        auto& taker = part.taker();
        auto taken = taker.begin(head) && taker.write(beginning_.bytes);
        while (taken && !whole_) {
            auto const room = taker.room();
            if (room.empty()) {
                taken = false;
                break;
            }
            auto const piece = over_.next(within(times_.silence), room);
            if (!piece || piece->command) {
                ++counts_.broken;
                over_.abort(abort_reason::unexpected_pdu);
                taker.abandon({errc::aborted, "source " + part.source() + ", C-STORE of a C-MOVE"});
                return false;
            }
            whole_ = piece->last;
            taken = taker.wrote(piece->bytes.size());
        }
        if (!taken || !taker.end()) {
            ++counts_.undelivered;
            return refuse(rq, times_.drain);
        }
        part.delivered(head.sop_instance_uid);
        ++counts_.delivered;
        return respond(rq, status::success);
    }

    /// After the rest; when that does not come in time the association is aborted.
    bool refuse(message const& rq, std::chrono::milliseconds time, std::uint16_t code = status::out_of_resources)
    {
        if (drain(time))
            return respond(rq, code);
        over_.abort();
        return false;
    }

    bool drain(std::chrono::milliseconds time)
    {
        auto const how_long = within(time);
        while (!whole_) {
            auto const piece = over_.next(how_long);
            if (!piece || piece->command)
                return false;
            whole_ = piece->last;
        }
        return true;
    }

    move_registry& registry_;
    commitment_registry* const commitments_;
    store_provider_times const& times_;
    counters& counts_;
    accepted_association& over_;
    interruption& stop_;
    beginning beginning_;
    bool whole_ = false;  // the last piece of the data set has been read
    bool told_ = false;   // in the log, that somebody sends what nobody waits for
};

store_provider::store_provider(std::shared_ptr<move_registry> registry, store_provider_times times,
                               std::shared_ptr<commitment_registry> commitments)
    : registry_(std::move(registry)), commitments_(std::move(commitments)), times_(times)
{
}

tl::expected<associate_answer, rejection> store_provider::negotiate(associate_request const& asked)
{
    associate_answer answer;
    auto const preferred =
        registry_->opened(asked.called_ae, asked.calling_ae, other_transfer_syntaxes(asked.contexts));
    for (auto const& context : asked.contexts) {
        if (commitments_ && context.abstract_syntax == uids::storage_commitment)
            answer.contexts.push_back(answer_commitment_context(context));
        else
            answer.contexts.push_back(answer_storage_context(context, preferred));
    }
    // An archive that reports on an association of its own is the SCP on it (PS3.4 §J.3.3).
    for (auto const& role : asked.roles)
        if (commitments_ && role.sop_class_uid == uids::storage_commitment)
            answer.roles.push_back(role);
    return answer;
}

std::optional<places_apart> store_provider::places_for(associate_request const& asked)
{
    // No AE title has control characters.
    if (auto const own = registry_->places(asked.called_ae, asked.calling_ae); own > 0) {
        bool const there = registry_->stands_at(asked.called_ae, asked.calling_ae, asked.address);
        return places_apart{asked.called_ae + '\n' + asked.calling_ae + (there ? "" : "\nelsewhere"), own};
    }
    if (registry_->is_waiting(asked.called_ae) || (commitments_ && commitments_->is_waiting()))
        return places_apart{asked.called_ae + "\nexpected",
                            std::max(registry_->places(asked.called_ae), places_of_others)};
    return places_apart{asked.called_ae + "\nstranger", places_of_others};
}

void store_provider::serve(accepted_association& over, interruption& stop)
{
    receiving(*this, over, stop).run();
}

}  // namespace pons::upstream::dimse
