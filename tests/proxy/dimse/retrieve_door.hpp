#pragma once

#include "tests/proxy/dicomweb/images.hpp"
#include "tests/proxy/dimse/provider_door.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The DIMSE provider before an archive with a study, and one who retrieves by C-GET or C-MOVE.
namespace pons::test {

inline namespace retrieving_peer {

inline constexpr auto ct = "1.2.840.10008.5.1.4.1.1.2";
inline constexpr auto explicit_le = wire::uids::explicit_vr_little_endian;
inline constexpr auto jpeg = "1.2.840.10008.1.2.4.50";

/// Study 1.2.1, of three instances.
struct retrieved_from : provider_door {
    fixed_state& web = add_source("web");

    explicit retrieved_from(std::string const& syntax = explicit_le)
    {
        web.studies.push_back(a_study(1));
        add_instances(web, web.studies.back(), syntax);
    }
};

/// What one who retrieves was told, and got.
struct outcome {
    std::map<std::string, std::string> got;  ///< data sets by SOP Instance UID
    std::size_t pending = 0;
    std::optional<std::uint16_t> status;  ///< nothing: no final response came
    std::string comment;
    std::optional<std::uint16_t> remaining, completed, failed, warned;
    std::vector<std::string> failed_uids;

    std::vector<std::optional<std::uint16_t>> counts() const { return {completed, failed, warned}; }
};

inline std::vector<std::optional<std::uint16_t>> counts(std::uint16_t completed, std::uint16_t failed,
                                                        std::uint16_t warned)
{
    return {completed, failed, warned};
}

struct receiving {
    std::vector<std::string> syntaxes{explicit_le};          ///< a context each, of CT
    std::function<std::uint16_t(std::size_t)> answers = {};  ///< to the n-th C-STORE
    std::optional<std::size_t> cancels_after = {};           ///< so many
    bool provider = true;                                    ///< role selection
    char const* model = wire::uids::study_root_get;
};

inline wire::association open_line(std::uint16_t port, receiving const& how, std::string_view whom = "PONS")
{
    auto const where = wire::resolve("127.0.0.1", port, a_while());
    REQUIRE(where);
    auto connected = wire::connect(*where, a_while());
    REQUIRE(connected);
    wire::association_request asked{.calling_ae = "CT1", .called_ae = std::string(whom), .contexts = {}};
    asked.contexts.push_back({.abstract_syntax = how.model, .transfer_syntaxes = {explicit_le}});
    for (auto const& syntax : how.syntaxes)
        asked.contexts.push_back({.abstract_syntax = ct, .transfer_syntaxes = {syntax}, .provider = how.provider});
    auto made = wire::association::request(wire::transport{.socket = std::move(*connected)}, asked, a_while());
    REQUIRE(made);
    return std::move(*made);
}

inline void take_response(wire::association& on, wire::message const& rsp, outcome& to)
{
    auto const& c = rsp.command;
    to.remaining = c.number(wire::command_element::number_of_remaining_suboperations);
    to.completed = c.number(wire::command_element::number_of_completed_suboperations);
    to.failed = c.number(wire::command_element::number_of_failed_suboperations);
    to.warned = c.number(wire::command_element::number_of_warning_suboperations);
    auto const status = *c.number(wire::command_element::status);
    if (status == 0xFF00) {
        ++to.pending;
        return;
    }
    to.status = status;
    to.comment = c.text(wire::command_element::error_comment);
    if (!c.has_data_set())
        return;
    std::vector<std::byte> bytes;
    REQUIRE(on.receive_data_set(bytes, 1 << 20, a_while()));
    auto const list = mapping::read_data_set(bytes, mapping::encoding::explicit_le, {});
    REQUIRE(list);
    mapping::tag const failed{0x00080058};
    for (std::size_t i = 0; i < list->count(failed); ++i)
        to.failed_uids.emplace_back(list->text(failed, i));
}

/// Asks; the message id.
inline std::uint16_t begin_retrieve(wire::association& on, receiving const& how, std::string_view level,
                                    keys_of_find const& keys, std::string_view destination = {})
{
    auto const* const context = on.context(how.model);
    REQUIRE(context);
    bool const move = !destination.empty();
    auto const id = on.next_message_id();
    auto rq = request(move ? wire::command::c_move_rq : wire::command::c_get_rq, how.model, id, true);
    if (move)
        rq.set(wire::command_element::move_destination, destination);
    auto const bytes = mapping::write_data_set(identifier_of(level, keys), mapping::encoding::explicit_le, {}).bytes;
    REQUIRE(on.send(context->id, rq, bytes, a_while()));
    return id;
}

inline void cancel_retrieve(wire::association& on, receiving const& how, std::uint16_t id)
{
    wire::command_set cancel;
    cancel.set(wire::command_element::command_field, static_cast<std::uint16_t>(wire::command::c_cancel_rq));
    cancel.set(wire::command_element::message_id_being_responded_to, id);
    cancel.set(wire::command_element::command_data_set_type, wire::no_data_set);
    REQUIRE(on.send(on.context(how.model)->id, cancel, {}, a_while()));
}

/// C-STORE-RSP.
inline wire::command_set stored(wire::command_set const& rq, std::uint16_t status)
{
    wire::command_set rsp;
    rsp.set(wire::command_element::command_field, static_cast<std::uint16_t>(wire::command::c_store_rsp));
    rsp.set(wire::command_element::message_id_being_responded_to, *rq.number(wire::command_element::message_id));
    rsp.set(wire::command_element::command_data_set_type, wire::no_data_set);
    rsp.set(wire::command_element::status, status);
    return rsp;
}

/// Takes what comes, and answers it, up to the final response.
inline outcome take_all(wire::association& on, receiving const& how, std::uint16_t id)
{
    outcome all;
    std::size_t stores = 0;
    while (!all.status) {
        auto const came = on.receive_command(a_while());
        if (!came)
            break;
        if (!came->command.is(wire::command::c_store_rq)) {
            take_response(on, *came, all);
            continue;
        }
        std::vector<std::byte> data;
        if (!on.receive_data_set(data, 64 << 20, a_while()))
            break;
        std::string const uid(came->command.text(wire::command_element::affected_sop_instance_uid));
        all.got[uid].assign(reinterpret_cast<char const*>(data.data()), data.size());
        auto const n = stores++;
        if (how.cancels_after == stores)
            cancel_retrieve(on, how, id);
        auto const rsp = stored(came->command, how.answers ? how.answers(n) : std::uint16_t{0});
        REQUIRE(on.send(came->context, rsp, {}, a_while()));
    }
    return all;
}

inline outcome retrieve(wire::association& on, receiving const& how, std::string_view level, keys_of_find const& keys,
                        std::string_view destination = {})
{
    auto const id = begin_retrieve(on, how, level, keys, destination);
    return take_all(on, how, id);
}

inline outcome get(std::uint16_t port, keys_of_find const& keys, receiving const& how = {},
                   std::string_view level = "STUDY", std::string_view whom = "PONS")
{
    auto on = open_line(port, how, whom);
    return retrieve(on, how, level, keys);
}

inline std::vector<std::string> names(outcome const& of)
{
    std::vector<std::string> all;
    for (auto const& [uid, data] : of.got)
        all.push_back(uid);
    return all;
}

inline keys_of_find const study_1{{mapping::tags::StudyInstanceUID, "1.2.1"}};

}  // namespace retrieving_peer

}  // namespace pons::test
