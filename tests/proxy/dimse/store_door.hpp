#pragma once

#include "proxy/dimse/bridge.hpp"
#include "proxy/dimse/provider.hpp"
#include "proxy/dimse/store.hpp"
#include "tests/upstream/dimse/move/raw_scu.hpp"
#include "upstream/dimse/wire/acceptor.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Those who store by DIMSE, and archives behind Pons that do with it as they are told.
namespace pons::test {

/// What an archive does, and what it was given. Shared by the bridge's thread and the test's.
class taking {
public:
    struct manners {
        std::uint16_t status = 0;
        std::optional<failure> fails;
        std::optional<std::size_t> reads;  ///< so many bytes at most, then it answers
        bool waits = false;                ///< after all has come, until it is cancelled
        std::string comment = {};          ///< with the status
    };
    struct one {
        upstream::part_head head;
        std::string file;
        bool ended = false;                 ///< it was told that the instance is whole
        std::optional<failure> broken_off;  ///< or why it will not be
    };

    void be(manners how)
    {
        std::scoped_lock const lock(mutex_);
        how_ = std::move(how);
    }
    manners how() const
    {
        std::scoped_lock const lock(mutex_);
        return how_;
    }
    void change(std::function<void(std::vector<one>&)> const& by)
    {
        std::scoped_lock const lock(mutex_);
        by(given_);
        changed_.notify_all();
    }
    /// What was given so far, as soon as it is so.
    std::vector<one> once(std::function<bool(std::vector<one> const&)> const& so)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return so(given_); });
        return given_;
    }
    std::vector<one> given() const
    {
        std::scoped_lock const lock(mutex_);
        return given_;
    }

private:
    std::mutex mutable mutex_;
    std::condition_variable changed_;
    manners how_;
    std::vector<one> given_;
};

class taking_archive final : public upstream::archive {
public:
    explicit taking_archive(taking& by) : by_(by) {}

    awaitable<result<upstream::found>> find(mapping::find_request const&, upstream::row_sink&, time_point) override
    {
        co_return upstream::found{};
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    awaitable<result<upstream::stored>> store(upstream::instance_source& instances, time_point) override
    {
        auto const how = by_.how();
        upstream::stored all;
        for (;;) {
            result<std::optional<upstream::part_head>> const head = co_await instances.next();
            REQUIRE(head);
            if (!*head)
                break;
            by_.change(
                [&](auto& given) { given.push_back({.head = **head, .file = {}, .ended = false, .broken_off = {}}); });
            result<void> const read = co_await read_one(instances, how);
            if (!read)
                co_return tl::unexpected(read.error());
            upstream::stored::instance said;
            said.sop_class_uid = (*head)->sop_class_uid;
            said.sop_instance_uid = (*head)->sop_instance_uid;
            said.status = how.status;
            said.comment = how.comment;
            all.instances.push_back(std::move(said));
            if (how.reads)
                break;
        }
        if (how.waits) {
            auto const here = co_await asio::this_coro::executor;
            steady_timer never(here, time_point::max());
            auto const ended = co_await never.async_wait(as_tuple);
            static_cast<void>(ended);
            by_.change([](auto& given) {
                given.back().broken_off = failure{make_error_code(upstream::errc::cancelled), ""};
            });
            co_return fail(upstream::errc::cancelled);
        }
        if (how.fails)
            co_return tl::unexpected(*how.fails);
        co_return all;
    }

private:
    awaitable<result<void>> read_one(upstream::instance_source& instances, taking::manners const& how)
    {
        for (std::size_t size = 0; !how.reads || size < *how.reads;) {
            result<std::span<std::byte const>> const bytes = co_await instances.read();
            by_.change([&](auto& given) {
                if (!bytes)
                    given.back().broken_off = bytes.error();
                else if (bytes->empty())
                    given.back().ended = true;
                else
                    given.back().file.append(reinterpret_cast<char const*>(bytes->data()), bytes->size());
            });
            if (!bytes)
                co_return tl::unexpected(bytes.error());
            if (bytes->empty())
                break;
            size += bytes->size();
        }
        co_return result<void>();
    }

    taking& by_;
};

/// The provider before such archives, "a" and "b": PONS leads to both, A and B to one.
class store_door {
public:
    explicit store_door(std::string const& store_to = {}, proxy::dimse::provider_times times = {})
    {
        settings_.dicom.ae_titles = {{"A", {"a"}}, {"B", {"b"}}};
        settings_.dicomweb.store_to = store_to;
        for (auto const* const name : {"a", "b"}) {
            settings_.sources.emplace_back().name = name;
            archives.try_emplace(name);  // before the bridge's thread looks for it
        }
        bridge_ = std::make_unique<proxy::dimse::bridge>([this] {
            proxy::dimse::bridge::archives all;
            for (auto const& source : settings_.sources) {
                auto facts = std::make_shared<mapping::source_facts>();
                facts->name = source.name;
                all.push_back({.where = std::make_unique<taking_archive>(archives[source.name]),
                               .facts = std::move(facts),
                               .abilities = {}});
            }
            return all;
        });
        proxy::dimse::provider_bounds bounds;
        bounds.any_caller = true;
        std::vector<proxy::dimse::service> services;
        services.push_back(proxy::dimse::make_store());
        provider_ = std::make_shared<proxy::dimse::provider>(settings_, *bridge_, std::move(services), bounds, times);
        door_ = std::make_unique<upstream::dimse::acceptor>(
            config::address{"127.0.0.1", 0},
            upstream::dimse::association_services{{"PONS", provider_}, {"A", provider_}, {"B", provider_}});
        REQUIRE(door_->start());
    }
    ~store_door() { stop(); }

    std::uint16_t port() const { return door_->endpoint().port(); }
    auto const& counts() const { return provider_->services().front()->counts; }
    void stop() { door_->stop(); }

    std::map<std::string, taking> archives;

private:
    config::settings settings_;
    std::unique_ptr<proxy::dimse::bridge> bridge_;
    std::shared_ptr<proxy::dimse::provider> provider_;
    std::unique_ptr<upstream::dimse::acceptor> door_;
};

inline constexpr auto image_class = "1.2.840.10008.5.1.4.1.1.7";

/// A data set that says what it is, and has `more` bytes of pixels.
inline bytes instance_bytes(std::string const& uid, std::size_t more = 0, std::string const& sop_class = image_class)
{
    bytes data;
    if (!sop_class.empty())
        data += explicit_element(0x00080016, "UI", sop_class, '\0');
    if (!uid.empty())
        data += explicit_element(0x00080018, "UI", uid, '\0');
    data += explicit_element(0x00100010, "PN", "Nobody") + explicit_element(0x0020000D, "UI", "1.2.3", '\0') +
            explicit_element(0x0020000E, "UI", "1.2.3.9", '\0') + explicit_element(0x00200013, "IS", "1");
    if (more > 0)
        data += bytes("\xE0\x7F\x10\0OW\0\0", 8) + raw::little(static_cast<std::uint32_t>(more), 4) + bytes(more, 'p');
    return data;
}

/// A C-STORE-RSP.
struct store_response {
    std::uint16_t status = 0;
    std::string comment;
};

inline store_response read_response(raw_scu& peer)
{
    auto const p = peer.read_pdu();
    REQUIRE(p.type == 4);
    store_response rsp;
    rsp.status = raw::number_in(p.body, 0x0900, 6).value();
    for (std::size_t at = 6; at + 8 <= p.body.size();) {
        auto const size = raw::from_little(p.body.substr(at + 4, 4));
        if (raw::from_little(p.body.substr(at + 2, 2)) == 0x0902)
            rsp.comment = p.body.substr(at + 8, size);
        at += 8 + size;
    }
    CHECK(rsp.comment.size() <= 64);
    while (rsp.comment.ends_with(' '))
        rsp.comment.pop_back();
    return rsp;
}

inline store_response store(raw_scu& peer, std::string const& uid, bytes const& data,
                            std::string const& said_class = image_class)
{
    peer.write(raw_scu::store_request({.message_id = 1,
                                       .sop_instance_uid = uid,
                                       .originator_ae = {},
                                       .originator_id = 0,
                                       .sop_class_uid = said_class}) +
               raw_scu::data_set(data));
    return read_response(peer);
}

}  // namespace pons::test
