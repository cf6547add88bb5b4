#include "proxy/dimse/conformance.hpp"

#include "proxy/dimse/expectation.hpp"
#include "proxy/dimse/services.hpp"
#include "proxy/dimse/store_answer.hpp"
#include "proxy/fault.hpp"
#include "upstream/dimse/commitment.hpp"
#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/wire/accepted_association.hpp"
#include "upstream/dimse/wire/acceptor.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/errc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <vector>

namespace pons::proxy::dimse {

namespace {

namespace uids = wire::uids;

struct named_uid {
    std::string_view uid;
    std::string_view name;
};

/// What somebody may propose: the classes that Pons could have, offered or not, and one that stands for storage.
constexpr named_uid sop_classes[] = {
    {uids::verification, "Verification"},
    {"1.2.840.10008.5.1.4.1.1.2", "Storage (CT Image, and all others of the standard)"},
    {"1.2.3.4.5.6", "Storage (private SOP Classes)"},
    {uids::patient_root_find, "Patient Root Query/Retrieve - FIND"},
    {uids::patient_root_move, "Patient Root Query/Retrieve - MOVE"},
    {uids::patient_root_get, "Patient Root Query/Retrieve - GET"},
    {uids::study_root_find, "Study Root Query/Retrieve - FIND"},
    {uids::study_root_move, "Study Root Query/Retrieve - MOVE"},
    {uids::study_root_get, "Study Root Query/Retrieve - GET"},
    {uids::modality_worklist_find, "Modality Worklist - FIND"},
    {uids::storage_commitment, "Storage Commitment Push Model"},
    {"1.2.840.10008.3.1.2.3.3", "Modality Performed Procedure Step"},
    {"1.2.840.10008.5.1.4.33", "Instance Availability Notification"},
    {"1.2.840.10008.5.1.4.34.6.1", "Unified Procedure Step - Push"},
};

constexpr named_uid transfer_syntaxes[] = {
    {uids::implicit_vr_little_endian, "Implicit VR Little Endian"},
    {uids::explicit_vr_little_endian, "Explicit VR Little Endian"},
    {uids::explicit_vr_big_endian, "Explicit VR Big Endian"},
    {uids::deflated_explicit_vr_little_endian, "Deflated"},
    {"1.2.840.10008.1.2.4.70", "JPEG Lossless"},
    {"1.2.3.4.5.7", "private"},
};

template <std::size_t N>
std::string_view name_of(named_uid const (&all)[N], std::string_view uid)
{
    auto const at = std::ranges::find(all, uid, &named_uid::uid);
    return at != std::end(all) ? at->name : uid;
}

/// In the order in which it prefers them.
std::string accepted_syntaxes(service const& of, std::string_view abstract_syntax)
{
    wire::proposed_context asked{.id = 1, .abstract_syntax = std::string(abstract_syntax), .transfer_syntaxes = {}};
    for (auto const& each : transfer_syntaxes)
        asked.transfer_syntaxes.emplace_back(each.uid);
    auto const all = asked.transfer_syntaxes;
    std::vector<std::string> chosen;
    while (!asked.transfer_syntaxes.empty()) {
        auto const one = of.choose ? of.choose(asked, {}) : choose_uncompressed(asked, {});
        if (!one)
            break;
        chosen.push_back(*one);
        std::erase(asked.transfer_syntaxes, *one);
    }
    if (chosen == all)
        return "any: the first that is proposed";
    std::string text;
    for (auto const& one : chosen)
        text.append(text.empty() ? "" : ", ").append(name_of(transfer_syntaxes, one));
    return text;
}

/// Of those who call: SCU, SCP where that is agreed to.
std::string roles_of_caller(std::vector<service> const& all, std::string_view abstract_syntax)
{
    wire::role_selection const both{.sop_class_uid = std::string(abstract_syntax), .scu = true, .scp = true};
    bool const scp = std::ranges::any_of(all, [&](service const& each) {
        auto const part = each.role ? each.role(both) : std::nullopt;
        return part && part->scp;
    });
    return scp ? "SCU, SCP by role selection" : "SCU";
}

/// What it agrees to, byte by byte.
std::string extended(service const& of, std::string_view abstract_syntax)
{
    if (!of.extend)
        return {};
    auto const answer = of.extend({std::string(abstract_syntax), std::vector<std::byte>(5, std::byte{1})});
    if (!answer)
        return {};
    constexpr std::string_view of_queries[] = {"relational queries", "combined date-time matching", "fuzzy matching",
                                               "time zone adjustment", "enhanced multi-frame conversion"};
    constexpr std::string_view of_retrieves[] = {"relational retrieval", "enhanced multi-frame conversion"};
    bool const is_query = of.request == wire::command::c_find_rq;
    auto const options = is_query ? std::span<std::string_view const>(of_queries) : of_retrieves;
    std::string text;
    for (std::size_t i = 0; i < options.size() && i < answer->information.size(); ++i)
        if (answer->information[i] == std::byte{1})
            text.append(text.empty() ? "" : ", ").append(options[i]);
    return text;
}

void add_proposals(std::string& to, std::string_view what, std::string_view as, wire::association_request const& rq)
{
    for (auto const& context : rq.contexts) {
        std::string syntaxes;
        for (auto const& each : context.transfer_syntaxes)
            syntaxes.append(syntaxes.empty() ? "" : ", ").append(name_of(transfer_syntaxes, each));
        to += fmt::format("| {} | {} | {} | {} | {} | `{}` |\n", what, name_of(sop_classes, context.abstract_syntax),
                          context.abstract_syntax, syntaxes, context.provider ? "SCP" : "SCU", as);
    }
}

}  // namespace

std::string describe_accepted()
{
    std::string text =
        "| SOP Class | UID | service | transfer syntaxes, the preferred one first | role of the caller | extended "
        "negotiation |\n| --- | --- | --- | --- | --- | --- |\n";
    auto const all = make_services();
    for (auto const& row : sop_classes)
        for (auto const& each : all)
            if (each.offers(row.uid))
                text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.name, row.uid, each.name,
                                    accepted_syntaxes(each, row.uid), roles_of_caller(all, row.uid),
                                    extended(each, row.uid));
    return text;
}

std::string describe_proposed()
{
    std::string text =
        "| for | SOP Class | UID | transfer syntaxes | role | calling AE title |\n"
        "| --- | --- | --- | --- | --- | --- |\n";
    config::source const source;
    add_proposals(text, "queries", "calling_ae", upstream::dimse::proposals(source));
    add_proposals(text, "the worklist", "calling_ae", upstream::dimse::worklist_proposals(source));
    add_proposals(text, "storage commitment", "store_ae", upstream::dimse::commitment_proposals(source));
    return text;
}

std::string describe_find_statuses()
{
    std::map<std::uint16_t, std::vector<std::string>> by_status;
    for (auto const& row : faults())
        if (row.code.category() == upstream::error_category())
            by_status[row.dimse].push_back(row.code.message());
    std::string text = "| status | when |\n| --- | --- |\n";
    for (auto const& [status, reasons] : by_status)
        text += fmt::format("| {:04X} | {} |\n", status, fmt::join(reasons, "; "));
    return text;
}

std::string describe_store_statuses()
{
    std::string text = "| status | in the words of the Error Comment |\n| --- | --- |\n";
    for (auto const& row : store_failures())
        text += row.first == row.last ? fmt::format("| {:04X} | {} |\n", row.first, row.words)
                                      : fmt::format("| {:04X} to {:04X} | {} |\n", row.first, row.last, row.words);
    return text;
}

std::string describe_associations()
{
    config::dicom const defaults;
    upstream::dimse::acceptor_limits const limits;
    std::string text = "| | |\n| --- | --- |\n";
    auto const add = [&](std::string_view what, auto const& value) {
        text += fmt::format("| {} | {} |\n", what, value);
    };
    auto const seconds = [](std::chrono::milliseconds time) { return fmt::format("{} s", time.count() / 1000); };
    add("Application Context Name", uids::application_context);
    add("Implementation Class UID", uids::implementation_class);
    add("Implementation Version Name", upstream::dimse::implementation_version_name);
    add("Maximum PDU size, received", upstream::dimse::accepted_association::max_pdu);
    add("Asynchronous operations", "none: one at a time");
    add("Associations accepted at once (`dicom.max_associations`)", defaults.max_associations);
    add("of them with one calling AE title (`dicom.associations_per_peer`)", defaults.associations_per_peer);
    add("Time for a whole A-ASSOCIATE-RQ", seconds(limits.request_time));
    add("Time between messages (`dicom.idle_timeout`)", seconds(defaults.idle_timeout));
    add("Silence within a message (`dicom.silence_timeout`)", seconds(defaults.silence_timeout));
    add("Time for an operation (`dicom.operation_timeout`)", seconds(defaults.operation_timeout));
    add("of all searches for what one retrieve is to bring", seconds(longest_listing));
    add("Time for an archive to say what it keeps (`dicom.commitment_timeout`)", seconds(defaults.commitment_timeout));
    add("Between signs of life of a retrieve (`dicom.pending_interval`)", seconds(defaults.pending_interval));
    return text;
}

}  // namespace pons::proxy::dimse
