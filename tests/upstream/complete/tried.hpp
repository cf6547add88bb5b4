#pragma once

#include "tests/support/http_stub.hpp"
#include "tests/upstream/complete/told_archive.hpp"
#include "upstream/complete/complete.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pons::test {

struct collected_rows final : upstream::row_sink {
    std::string uids;
    std::vector<mapping::data_set> rows;
    void row(mapping::data_set&& one) override
    {
        uids.append(uids.empty() ? "" : " ").append(one.text(mapping::tags::SOPInstanceUID));
        rows.push_back(std::move(one));
    }
};

/// A complete archive around one that is told what to do.
struct tried {
    asio::io_context on;
    config::source source;
    told_archive* inner = nullptr;
    std::unique_ptr<upstream::archive> archive;
    collected_parts parts;

    tried()
    {
        source.name = "web";
        auto owned = std::make_unique<told_archive>();
        inner = owned.get();
        archive = upstream::make_complete(std::move(owned), source);
    }

    result<upstream::retrieved> retrieve(upstream::retrieve_request const& request = {"1.2", {}, {}})
    {
        return run_on(on, archive->retrieve(request, parts, clock::now() + std::chrono::seconds(20)));
    }
    result<upstream::found> metadata(collected_rows& rows, upstream::retrieve_request const& request = {"1.2", {}, {}})
    {
        return run_on(on, archive->retrieve_metadata(request, rows, clock::now() + std::chrono::seconds(20)));
    }
};

}  // namespace pons::test
