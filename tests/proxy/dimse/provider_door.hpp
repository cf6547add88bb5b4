#pragma once

#include "mapping/dicom_stream.hpp"
#include "proxy/dimse/provider.hpp"
#include "proxy/dimse/services.hpp"
#include "proxy/sources.hpp"
#include "tests/support/fixed_archive.hpp"
#include "upstream/dimse/wire/acceptor.hpp"
#include "upstream/dimse/wire/association.hpp"
#include "upstream/dimse/wire/connect.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// The DIMSE provider before archives in memory, and somebody who calls it.
namespace pons::test {

namespace wire = upstream::dimse;

inline wire::patience a_while()
{
    return {clock::now() + std::chrono::seconds(20)};
}

/// `open` must be called before anything is asked; sources and peers are added before that.
struct provider_door {
    config::settings settings;
    proxy::dimse::provider_bounds bounds;
    proxy::dimse::provider_times times;
    std::deque<fixed_state> states;
    std::function<void(std::size_t, upstream::searched_source&)> dress;  ///< what else the sources can do
    std::vector<upstream::named_worklist> more_worklists;                ///< of `settings.worklists`

    provider_door() { settings.peers.push_back({.name = "CT1", .host = "127.0.0.1", .port = 104}); }

    fixed_state& add_source(std::string const& name)
    {
        config::source source;
        source.name = name;
        source.kind = config::source_kind::dicomweb;
        settings.sources.push_back(source);
        return states.emplace_back();
    }

    std::uint16_t open(std::vector<proxy::dimse::service> services = proxy::dimse::make_services())
    {
        auto make = [this] {
            std::vector<upstream::searched_source> made;
            for (std::size_t i = 0; i < states.size(); ++i) {
                auto const& source = settings.sources[i];
                made.push_back({.where = std::make_unique<fixed_archive>(states[i]),
                                .facts = proxy::make_facts(settings, source),
                                .abilities = proxy::make_abilities(source.quirks),
                                .limit = nullptr,
                                .omits_empty = true});
                if (dress)
                    dress(i, made.back());
            }
            return made;
        };
        bridge.emplace(std::move(make), proxy::dimse::bridge::make_renderer(), [this] { return more_worklists; });
        provider = std::make_shared<proxy::dimse::provider>(settings, *bridge, std::move(services), bounds, times);
        wire::association_services by_title{{settings.dicom.ae_title, provider}};
        for (auto const& [title, sources] : settings.dicom.ae_titles)
            by_title.emplace(title, provider);
        door.emplace(config::address{"127.0.0.1", 0}, std::move(by_title));
        REQUIRE(door->start());
        return door->endpoint().port();
    }

    /// Everything has ended, so that `states` may be looked at.
    void close()
    {
        door.reset();
        bridge->stop();
    }

    std::optional<proxy::dimse::bridge> bridge;
    std::shared_ptr<proxy::dimse::provider> provider;
    std::optional<wire::acceptor> door;
};

/// One who calls.
struct calling {
    std::string as = "CT1";
    std::string whom = "PONS";
    std::vector<std::string> classes{wire::uids::verification, wire::uids::study_root_find,
                                     wire::uids::patient_root_find};
    std::vector<std::string> syntaxes{wire::uids::explicit_vr_little_endian};
};

inline tl::expected<wire::association, wire::refusal> call(std::uint16_t port, calling const& how = {})
{
    auto const where = wire::resolve("127.0.0.1", port, a_while());
    REQUIRE(where);
    auto connected = wire::connect(*where, a_while());
    REQUIRE(connected);
    wire::association_request asked{.calling_ae = how.as, .called_ae = how.whom, .contexts = {}};
    for (auto const& uid : how.classes)
        asked.contexts.push_back({.abstract_syntax = uid, .transfer_syntaxes = how.syntaxes});
    return wire::association::request(wire::transport{.socket = std::move(*connected)}, asked, a_while());
}

inline wire::command_set request(wire::command what, std::string_view sop_class, std::uint16_t id, bool data_set)
{
    wire::command_set rq;
    rq.set(wire::command_element::affected_sop_class_uid, sop_class);
    rq.set(wire::command_element::command_field, static_cast<std::uint16_t>(what));
    rq.set(wire::command_element::message_id, id);
    rq.set(wire::command_element::priority, std::uint16_t{0});
    rq.set(wire::command_element::command_data_set_type, data_set ? std::uint16_t{1} : wire::no_data_set);
    return rq;
}

/// What a C-FIND brought.
struct found_rows {
    std::vector<mapping::data_set> rows;
    std::vector<std::uint16_t> pending;
    std::optional<std::uint16_t> status;  ///< nothing: no final response came
    std::string comment;

    std::vector<std::string> values(mapping::tag t) const
    {
        std::vector<std::string> all;
        for (auto const& row : rows)
            all.emplace_back(row.text(t));
        return all;
    }
};

inline void begin_find(wire::association& on, mapping::data_set const& keys,
                       std::string_view sop_class = wire::uids::study_root_find)
{
    auto const* const context = on.context(sop_class);
    REQUIRE(context);
    auto const as = context->transfer_syntax == wire::uids::implicit_vr_little_endian ? mapping::encoding::implicit_le
                                                                                      : mapping::encoding::explicit_le;
    auto const bytes = mapping::write_data_set(keys, as, "ISO_IR 192").bytes;
    auto const rq = request(wire::command::c_find_rq, sop_class, on.next_message_id(), true);
    REQUIRE(on.send(context->id, rq, bytes, a_while()));
}

/// One response into `all`. Whether it was a row, and so not the last.
inline bool receive_row(wire::association& on, found_rows& all)
{
    auto const rsp = on.receive_command(a_while());
    if (!rsp)
        return false;
    auto const status = rsp->command.number(wire::command_element::status).value_or(0xFFFF);
    if (!rsp->command.has_data_set()) {
        all.status = status;
        all.comment = rsp->command.text(wire::command_element::error_comment);
        return false;
    }
    std::vector<std::byte> bytes;
    REQUIRE(on.receive_data_set(bytes, 1 << 20, a_while()));
    auto const as = on.context(rsp->context)->transfer_syntax == wire::uids::implicit_vr_little_endian
                        ? mapping::encoding::implicit_le
                        : mapping::encoding::explicit_le;
    auto row = mapping::read_data_set(bytes, as, {});
    REQUIRE(row);
    all.pending.push_back(status);
    all.rows.push_back(std::move(*row));
    return true;
}

inline found_rows end_find(wire::association& on)
{
    found_rows all;
    while (receive_row(on, all)) {
    }
    return all;
}

/// A key, and what is asked for: "" is universal.
using keys_of_find = std::vector<std::pair<mapping::tag, std::string>>;

inline mapping::data_set identifier_of(std::string_view level, keys_of_find const& keys)
{
    mapping::data_set identifier;
    identifier.add(mapping::tags::QueryRetrieveLevel, level);
    for (auto const& [t, value] : keys) {
        auto const* const known = mapping::find_attribute(t);
        std::vector<std::string_view> values;
        for (std::string_view rest = value; !rest.empty();) {
            values.push_back(rest.substr(0, rest.find('\\')));
            rest.remove_prefix(std::min(values.back().size() + 1, rest.size()));
        }
        identifier.add(t, known ? known->vr : mapping::vr_of('L', 'O'), values);
    }
    return identifier;
}

inline found_rows find(wire::association& on, std::string_view level, keys_of_find const& keys,
                       std::string_view sop_class = wire::uids::study_root_find)
{
    begin_find(on, identifier_of(level, keys), sop_class);
    return end_find(on);
}

}  // namespace pons::test
