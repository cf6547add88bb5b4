#pragma once

#include "proxy/dicomweb/routes.hpp"
#include "proxy/http/router.hpp"
#include "proxy/sources.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// STOW-RS at the routes of Pons, before archives that keep what they are given.
namespace pons::test {

using nlohmann::json;
using proxy::http::response;
using proxy::http::status;
using proxy::http::verb;
using upstream::errc;

inline constexpr auto instances_type = R"(multipart/related; type="application/dicom"; boundary=edge)";

/// An archive that keeps what it is given.
struct keeping_archive final : upstream::archive {
    struct state {
        std::vector<std::string> files;  // that ended
        std::vector<upstream::part_head> heads;
        std::size_t begun = 0;
        std::function<std::uint16_t(std::size_t)> answers = [](std::size_t) { return std::uint16_t{0}; };
        std::optional<failure> fails;
    };

    explicit keeping_archive(state& s) : state_(s) {}

    awaitable<result<upstream::found>> find(mapping::find_request const&, upstream::row_sink&, time_point) override
    {
        co_return upstream::found{};
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

    awaitable<result<upstream::stored>> store(upstream::instance_source& instances, time_point) override
    {
        upstream::stored all;
        for (;;) {
            auto const head = co_await instances.next();
            if (!head)
                co_return tl::unexpected(head.error());
            if (!*head)
                break;
            ++state_.begun;
            std::string file;
            for (;;) {
                auto const bytes = co_await instances.read();
                if (!bytes)
                    co_return tl::unexpected(bytes.error());
                if (bytes->empty())
                    break;
                file.append(reinterpret_cast<char const*>(bytes->data()), bytes->size());
            }
            state_.files.push_back(std::move(file));
            state_.heads.push_back(**head);
            upstream::stored::instance one;
            one.sop_class_uid = (*head)->sop_class_uid;
            one.sop_instance_uid = (*head)->sop_instance_uid;
            one.status = state_.answers(all.instances.size());
            one.retrieve_url = "http://the-archive-itself/";
            all.instances.push_back(std::move(one));
        }
        if (state_.fails)
            co_return tl::unexpected(*state_.fails);
        co_return all;
    }

private:
    state& state_;
};

struct held_body final : proxy::http::request_body {
    std::string bytes;
    std::size_t piece = 1000;
    std::optional<errc> ends;  ///< so, instead of well
    std::size_t at = 0;
    std::string out;  // what is given is gone with the next call

    awaitable<result<std::span<std::byte const>>> read() override
    {
        out = bytes.substr(std::min(at, bytes.size()), piece);
        at += out.size();
        if (out.empty() && ends)
            co_return fail(*ends, "the client");
        co_return std::as_bytes(std::span(out));
    }
};

class face {
public:
    explicit face(std::vector<std::string> const& names = {"web"})
    {
        settings.http.public_url = "http://pons.test/base";
        for (auto const& name : names) {
            auto& source = settings.sources.emplace_back();
            source.name = name;
        }
    }

    response post(std::string const& path, std::string bytes, std::string type = instances_type,
                  std::string accept = {})
    {
        body = {};
        body.bytes = std::move(bytes);
        return post_body(path, std::move(type), std::move(accept));
    }

    response post_body(std::string const& path, std::string type = instances_type, std::string accept = {})
    {
        auto all = std::make_shared<std::vector<upstream::searched_source>>();
        for (auto const& source : settings.sources)
            all->push_back({.where = std::make_unique<keeping_archive>(states[source.name]),
                            .facts = proxy::make_facts(settings, source),
                            .abilities = proxy::make_abilities(source.quirks)});
        proxy::dicomweb::service made{settings, std::move(all)};
        proxy::http::router const routes(
            proxy::dicomweb::make_routes(std::make_shared<proxy::dicomweb::service>(std::move(made))));
        proxy::http::request req{.method = verb::post};
        req.path = path;
        req.headers.emplace_back("Content-Type", std::move(type));
        if (!accept.empty())
            req.headers.emplace_back("Accept", std::move(accept));
        auto found = routes.find(req.method, req.path);
        REQUIRE(found.status == status::ok);
        CHECK(found.row->streams_body);
        proxy::http::exchange const x{.req = req,
                                      .path_parameters = std::move(found.parameters),
                                      .id = "id-1",
                                      .deadline = clock::now() + std::chrono::seconds(10),
                                      .remarks = nullptr,
                                      .stream = nullptr,
                                      .body = &body};
        response answer;
        asio::io_context context(1);
        asio::co_spawn(context, found.row->handler(x), [&](std::exception_ptr e, response r) {
            CHECK_FALSE(e);
            answer = std::move(r);
        });
        context.run();
        return answer;
    }

    config::settings settings;
    std::map<std::string, keeping_archive::state> states;
    held_body body;
};

inline json items(response const& answer, std::string const& tag)
{
    auto const report = json::parse(answer.body);
    return report.contains(tag) ? report[tag]["Value"] : json::array();
}

/// "1.2.1 1.2.2", with the value of `reason` behind each where it is there.
inline std::string told(response const& answer, std::string const& tag, std::string const& reason = {})
{
    std::string all;
    for (auto const& item : items(answer, tag)) {
        all.append(all.empty() ? "" : " ");
        all += item.contains("00081155") ? item["00081155"]["Value"][0].get<std::string>() : "?";
        if (item.contains(reason))
            all += ":" + std::to_string(item[reason]["Value"][0].get<int>());
    }
    return all;
}

}  // namespace pons::test
