#include "tests/proxy/dimse/provider_door.hpp"
#include "upstream/errc.hpp"

using namespace pons;
using namespace pons::test;
using wire::command;
using wire::command_element;

namespace {

/// The final status of a command without a data set.
std::optional<std::uint16_t> ask(wire::association& on, command what, char const* abstract_syntax)
{
    auto const id = on.context(abstract_syntax)->id;
    REQUIRE(on.send(id, request(what, abstract_syntax, on.next_message_id(), false), {}, a_while()));
    auto const rsp = on.receive_command(a_while());
    return rsp ? rsp->command.number(command_element::status) : std::nullopt;
}

}  // namespace

TEST_CASE("a peer's C-ECHO is answered, whatever the archives do")
{
    provider_door pons;
    pons.add_source("a").fail_everywhere(upstream::errc::unreachable);
    auto on = call(pons.open());
    REQUIRE(on);
    for (int n = 0; n < 3; ++n)
        CHECK(ask(*on, command::c_echo_rq, wire::uids::verification) == 0x0000);
    on->release(a_while());
    pons.close();
    CHECK(pons.provider->services().front()->counts.all == 3);
    CHECK(pons.provider->services().front()->counts.failed == 0);
}

TEST_CASE("who is not to call is told so in the rejection")
{
    provider_door pons;
    pons.settings.peers.push_back({.name = "FAR", .host = "192.0.2.7", .port = 104});
    pons.bounds.per_peer = 1;
    auto const port = pons.open();
    auto const reason = [&](calling const& how) {
        auto const refused = call(port, how);
        REQUIRE_FALSE(refused);
        return refused.error().why.where;
    };
    CHECK(reason({.as = "STRANGER"}).find("calling AE title not recognized") != std::string::npos);
    CHECK(reason({.as = "FAR"}).find("calling AE title not recognized") != std::string::npos);  // another address
    CHECK(reason({.whom = "OTHER"}).find("called AE title not recognized") != std::string::npos);
    {
        auto const first = call(port);
        REQUIRE(first);
        CHECK(reason({}).find("local limit exceeded") != std::string::npos);
    }
    CHECK(pons.provider->counts().not_admitted == 2);
    CHECK(pons.provider->counts().too_many == 1);
}

TEST_CASE("the place of an association is free again when it has ended")
{
    provider_door pons;
    pons.bounds.per_peer = 1;
    auto const port = pons.open();
    for (int n = 0; n < 5; ++n) {
        auto on = call(port);
        while (!on)  // the last one may still be ending
            on = call(port);
        on->release(a_while());
    }
}

TEST_CASE("contexts are accepted as services offer them")
{
    provider_door pons;
    auto on =
        call(pons.open(), {.classes = {wire::uids::verification, "1.2.840.10008.5.1.1.9"},
                           .syntaxes = {wire::uids::implicit_vr_little_endian, wire::uids::explicit_vr_little_endian}});
    REQUIRE(on);
    REQUIRE(on->context(wire::uids::verification));
    CHECK(on->context(wire::uids::verification)->transfer_syntax == wire::uids::explicit_vr_little_endian);
    CHECK_FALSE(on->context("1.2.840.10008.5.1.1.9"));  // printing
    auto other = call(pons.door->endpoint().port(),
                      {.classes = {wire::uids::study_root_find}, .syntaxes = {"1.2.840.10008.1.2.4.50"}});
    REQUIRE(other);
    REQUIRE(other->refused().size() == 1);
    CHECK(other->refused().front().for_transfer_syntax);
}

TEST_CASE("what nobody serves is refused, and the association goes on")
{
    provider_door pons;
    auto on = call(pons.open());
    REQUIRE(on);
    auto const n_get = static_cast<command>(0x0110);
    CHECK(ask(*on, n_get, wire::uids::study_root_find) == 0x0211);              // no such service
    CHECK(ask(*on, command::c_get_rq, wire::uids::study_root_find) == 0x0122);  // in a context of another
    CHECK(ask(*on, command::c_echo_rq, wire::uids::study_root_find) == 0x0122);
    auto rq = request(command::c_find_rq, wire::uids::verification, 7, true);
    std::vector<std::byte> const bytes(100'000);
    REQUIRE(on->send(on->context(wire::uids::verification)->id, rq, bytes, a_while()));
    auto const rsp = on->receive_command(a_while());
    REQUIRE(rsp);
    CHECK(rsp->command.number(command_element::status) == 0x0122);
    CHECK(rsp->command.number(command_element::message_id_being_responded_to) == 7);
    CHECK(ask(*on, command::c_echo_rq, wire::uids::verification) == 0x0000);
}

TEST_CASE("a service has part in roles and extended negotiation as it says")
{
    using proxy::dimse::service;
    provider_door pons;
    std::string const storage = "1.2.840.10008.5.1.4.1.1.2";
    auto const offers = [storage](std::string_view uid) { return uid == storage; };
    auto const nothing = [](proxy::dimse::operation&) { return result<void>(); };
    std::vector<service> services;
    services.push_back(
        {.name = "C-STORE", .metric = "c_store", .request = command::c_store_rq, .offers = offers, .serve = nothing});
    services.push_back(
        {.name = "C-GET",
         .metric = "c_get",
         .request = command::c_get_rq,
         .offers = [](std::string_view) { return false; },
         .serve = nothing,
         .role = [](wire::role_selection const& asked) -> std::optional<wire::role_selection> {
             return wire::role_selection{asked.sop_class_uid, false, true};
         },
         .extend = [](wire::extended_negotiation const& asked) -> std::optional<wire::extended_negotiation> {
             return wire::extended_negotiation{asked.sop_class_uid, {std::byte{9}}};
         }});
    pons.open(std::move(services));
    wire::associate_request asked{.address = "127.0.0.1", .called_ae = "PONS", .calling_ae = "CT1"};
    asked.roles = {{storage, true, true}, {storage + ".1", false, true}, {storage + ".2", true, false}};
    asked.extended = {{"1.2.3", {std::byte{1}}}};
    auto const answer = pons.provider->negotiate(asked);
    REQUIRE(answer);
    CHECK(answer->roles == std::vector<wire::role_selection>{
                               {storage, true, true}, {storage + ".1", false, true}, {storage + ".2", false, false}});
    CHECK(answer->extended == std::vector<wire::extended_negotiation>{{"1.2.3", {std::byte{9}}}});
}

TEST_CASE("an association that is idle, or silent within a message, is broken off")
{
    provider_door pons;
    pons.times.idle = std::chrono::milliseconds(50);
    auto on = call(pons.open());
    REQUIRE(on);
    auto const ended = on->receive_command(a_while());
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == upstream::errc::aborted);
}

TEST_CASE("what the provider lets happen, and how long it waits, is configured")
{
    config::settings settings;
    settings.dicom.any_caller = true;
    settings.dicom.associations_per_peer = 3;
    settings.dicom.idle_timeout = std::chrono::seconds(1);
    settings.dicom.silence_timeout = std::chrono::seconds(2);
    settings.dicom.operation_timeout = std::chrono::seconds(3);
    auto const bounds = proxy::dimse::bounds_of(settings);
    CHECK(bounds.any_caller);
    CHECK(bounds.per_peer == 3);
    auto const times = proxy::dimse::times_of(settings);
    CHECK(times.idle == std::chrono::seconds(1));
    CHECK(times.silence == std::chrono::seconds(2));
    CHECK(times.operation == std::chrono::seconds(3));
}
