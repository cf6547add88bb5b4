#include "upstream/dimse/exchange.hpp"

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/source_text.hpp"

#include <algorithm>
#include <optional>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// C-CANCEL, then what still comes, thrown away, until the final response. True when that came in time.
bool cancel_and_drain(association& over, presentation_context const& in, std::uint16_t id, asker const& who,
                      interruption& by)
{
    by.reset();
    if (!over.usable() || !who.worth_draining())
        return false;
    patience const how_long{clock::now() + drain_time, &by};
    if (!over.send(in.id, make_cancel(id), {}, how_long))
        return false;
    bool in_data_set = false;
    bool final = false;
    std::vector<std::byte> command_bytes;
    for (;;) {
        auto const piece = over.next(how_long);
        if (!piece)
            return false;
        if (!piece->command) {
            in_data_set = !piece->last;
            if (final && piece->last)
                return true;
            continue;
        }
        if (in_data_set || command_bytes.size() + piece->bytes.size() > command_set::size_limit)
            return false;
        command_bytes.insert(command_bytes.end(), piece->bytes.begin(), piece->bytes.end());
        if (!piece->last)
            continue;
        auto const rsp = command_set::decode(command_bytes);
        command_bytes.clear();
        if (!rsp)
            return false;
        final = !status::is_pending(rsp->number(command_element::status).value_or(0));
        if (final && !rsp->has_data_set())
            return true;
    }
}

std::optional<mapping::encoding> encoding_of(presentation_context const& context)
{
    if (context.transfer_syntax == uids::implicit_vr_little_endian)
        return mapping::encoding::implicit_le;
    if (context.transfer_syntax == uids::explicit_vr_little_endian)
        return mapping::encoding::explicit_le;
    return {};
}

/// What the rows of one find have come to.
struct harvest {
    std::uint32_t delivered = 0;
    std::uint32_t unreadable = 0;
    mapping::letters_read letters;
    std::uint64_t size = 0;

    found told(bool truncated) const
    {
        found f{delivered, truncated, {}};
        if (unreadable > 0)
            f.issues.push_back(
                {issue::kind::incomplete, std::to_string(unreadable) + " matches could not be read and are missing"});
        if (letters.lost > 0)
            f.issues.push_back(
                {issue::kind::informational, std::to_string(letters.lost) + " characters could not be decoded"});
        if (letters.guessed > 0)
            f.issues.push_back(guessed_text());
        return f;
    }
};

}  // namespace

association_request proposals(config::source const& source)
{
    std::vector<std::string> const syntaxes{uids::explicit_vr_little_endian, uids::implicit_vr_little_endian};
    return {.calling_ae = source.calling_ae,
            .called_ae = source.called_ae,
            .contexts = {{uids::study_root_find, syntaxes}, {uids::verification, syntaxes}}};
}

association_request worklist_proposals(config::source const& source)
{
    auto what = proposals(source);
    what.contexts.front().abstract_syntax = uids::modality_worklist_find;
    return what;
}

char const* sop_class_of(find_command const& what)
{
    return what.of_worklist ? uids::modality_worklist_find : uids::study_root_find;
}

association_request introduced(association_request what, config::source const& source)
{
    if (source.credentials.kind == config::credentials_kind::basic)
        what.identity = user_identity{source.credentials.user, source.credentials.password};
    return what;
}

tl::expected<association, refusal> open_association(config::source const& source, association_request const& what,
                                                    patience const& how_long)
{
    auto const within = [&](milliseconds time) -> patience {
        return {std::min(how_long.deadline, clock::now() + time), how_long.by};
    };
    auto const to_connect = within(source.timeouts.connect);
    auto const where_to = resolve(source.host, source.port, to_connect);
    if (!where_to)
        return tl::unexpected(refusal{where_to.error()});
    auto connected = connect(*where_to, to_connect);
    if (!connected)
        return tl::unexpected(refusal{connected.error()});
    auto const to_associate = within(source.timeouts.association);
    auto secured = secure(std::move(*connected), source, to_associate);
    if (!secured)
        return tl::unexpected(refusal{tls::failure_of(secured.error()), false, secured.error()});
    return association::request(std::move(*secured), introduced(what, source), to_associate);
}

aftermath c_echo(association& over, config::source const& source, asker& who, time_point until, interruption& by)
{
    conversation talk(over, source, until, by);
    auto const* const in = over.context(uids::verification);
    if (!in) {
        who.end(fail(errc::association_rejected, talk.at("Verification not accepted")));
        return {};
    }
    auto const sent = talk.send(in->id, make_request(command::c_echo_rq, uids::verification, talk.id(), false), {});
    auto const rsp = sent ? talk.next(command::c_echo_rsp) : result<message>(tl::unexpected(sent.error()));
    if (!rsp) {
        if (!talk.heard() && rsp.error().code == errc::aborted)
            return {.unanswered = true, .why = rsp.error()};
        who.end(tl::unexpected(rsp.error()));
        return {};
    }
    if (rsp->command.number(command_element::status) != status::success)
        who.end(tl::unexpected(talk.refused("C-ECHO", rsp->command)));
    else
        who.end(found{});
    return {.in_step = !rsp->command.has_data_set()};
}

aftermath c_find(association& over, find_command const& what, config::source const& source, asker& who,
                 time_point until, interruption& by)
{
    conversation talk(over, source, until, by);
    auto const* const in = over.context(sop_class_of(what));
    auto const as = in ? encoding_of(*in) : std::nullopt;
    if (!as) {
        auto const* const model = what.of_worklist ? "Modality Worklist" : "Study Root";
        who.end(fail(errc::association_rejected, talk.at(model + std::string(" C-FIND not accepted"))));
        return {};
    }
    auto const give_up = [&](failure why) -> aftermath {
        who.end(tl::unexpected(std::move(why)));
        return {};
    };
    auto const stop = [&](result<found> how) -> aftermath {
        who.end(std::move(how));
        return {.in_step = cancel_and_drain(over, *in, talk.id(), who, by)};
    };

    auto const text = text_of(source);
    auto const identifier = mapping::write_data_set(what.identifier, *as, source.quirks.charset_query, text);
    auto const rq = make_request(command::c_find_rq, sop_class_of(what), talk.id(), true);
    if (auto const sent = talk.send(in->id, rq, identifier.bytes); !sent)
        return sent.error().code == errc::aborted ? aftermath{.unanswered = true, .why = sent.error()}
                                                  : give_up(sent.error());
    harvest rows;
    std::vector<std::byte> bytes;
    mapping::read_limits limits;
    limits.everything = limits.standard_vr = what.of_worklist;
    for (;;) {
        if (!over.buffered())
            who.pause();
        auto const rsp = talk.next(command::c_find_rsp);
        if (!rsp) {
            if (!talk.heard() && rsp.error().code == errc::aborted)
                return {.unanswered = true, .why = rsp.error()};
            return rsp.error().code == errc::cancelled ? stop(tl::unexpected(rsp.error())) : give_up(rsp.error());
        }
        auto const code = *rsp->command.number(command_element::status);
        bytes.clear();
        bool readable = false;
        if (rsp->command.has_data_set()) {
            auto const came = talk.data_set(bytes, limits.size);
            if (!came)
                return came.error().code == errc::cancelled ? stop(tl::unexpected(came.error()))
                                                            : give_up(came.error());
            readable = *came;
        }
        if (!status::is_pending(code)) {
            if (code == status::success)
                who.end(rows.told(false));
            else
                who.end(tl::unexpected(talk.refused("C-FIND", rsp->command)));
            return {.in_step = true};
        }

        // The row after the last one wanted: there is more.
        if (what.max_rows != 0 && rows.delivered == what.max_rows)
            return stop(rows.told(true));
        rows.size += bytes.size();
        if (rows.size > source.limits.max_answer)
            return stop(fail(errc::too_large, talk.at("C-FIND")));
        mapping::letters_read letters;
        auto row = readable ? mapping::read_data_set(bytes, *as, text, limits, &letters)
                            : result<mapping::data_set>(fail(errc::malformed));
        if (!row) {
            ++rows.unreadable;
            continue;
        }
        ++rows.delivered;
        rows.letters.lost += letters.lost;
        rows.letters.guessed += is_assumed(source) ? letters.guessed : 0;
        if (!who.row(std::move(*row), bytes.size()))
            return stop(fail(errc::cancelled, talk.at("C-FIND")));
    }
}

}  // namespace pons::upstream::dimse
