#pragma once

#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dimse/asking.hpp"
#include "tests/upstream/dimse/get_peer.hpp"
#include "tests/upstream/dimse/some_bytes.hpp"
#include "tests/upstream/given_instances.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// What the tests of C-STORE share: files, a peer that takes them, and storing to the end.
namespace pons::test {

inline constexpr auto sr_class = "1.2.840.10008.5.1.4.1.1.88.11";
inline constexpr auto jpeg = "1.2.840.10008.1.2.4.50";
inline constexpr auto deflated = "1.2.840.10008.1.2.1.99";

/// A file and the data set in it.
struct made {
    std::string file;
    std::string data_set;
};

inline made make(std::string const& uid, std::size_t size = 1000, std::string const& syntax = explicit_le,
                 std::string const& sop_class = ct_class)
{
    made m;
    m.data_set = (syntax == deflated ? std::string() : data_set_of(uid, sop_class)) + some_bytes(size);
    m.file = dicom_file(uid, m.data_set, syntax, sop_class);
    return m;
}

/// What a peer got, all its associations together.
struct received {
    struct one {
        std::string sop_class;
        std::string syntax;
        bytes data_set;
        std::vector<std::size_t> pdvs;
        int association = 0;
    };
    std::mutex mutex;
    std::vector<one> all;
    std::vector<std::size_t> proposed;  // contexts, by association

    std::vector<one> taken()
    {
        std::lock_guard const lock(mutex);
        return std::move(all);
    }
};

/// Takes everything; `answer` gives the status of the n-th instance, and may throw `raw_scp::gone` instead.
inline raw_scp::script takes(received& got, std::function<std::uint16_t(std::size_t)> answer,
                             std::string refuse = "none", char reason = '\3')
{
    return [&got, answer = std::move(answer), refuse = std::move(refuse), reason](raw_scp::connection& over) {
        get_peer peer(over);
        int association = 0;
        {
            std::lock_guard const lock(got.mutex);
            got.proposed.push_back(peer.proposed().size());
            association = static_cast<int>(got.proposed.size());
        }
        peer.accept(refuse, reason);
        for (;;) {
            auto const rq = over.read_message();
            std::size_t index = 0;
            {
                std::lock_guard const lock(got.mutex);
                index = got.all.size();
                auto& one = got.all.emplace_back();
                one.data_set = rq.data_set;
                one.pdvs = rq.pdv_sizes;
                one.association = association;
                for (auto const& c : peer.proposed())
                    if (c.id == rq.context) {
                        one.sop_class = c.abstract_syntax;
                        one.syntax = c.transfer_syntaxes.front();
                        CHECK(c.transfer_syntaxes.size() == 1);
                    }
            }
            peer.answer_store(rq, answer(index));
        }
    };
}

inline std::uint16_t always_well(std::size_t)
{
    return 0;
}

/// One who stores, with an io_context of its own.
struct storer : asker {
    using asker::asker;
    explicit storer(std::uint16_t port) : asker(source_at(port)) {}

    result<upstream::stored> store(upstream::instance_source& files, std::chrono::milliseconds within = 10s)
    {
        std::optional<result<upstream::stored>> done;
        auto const keep = [&](std::exception_ptr e, result<upstream::stored> r) {
            CHECK_FALSE(e);
            done = std::move(r);
        };
        asio::co_spawn(context(), archive().store(files, clock::now() + within), keep);
        run();
        return std::move(done.value());
    }
};

inline std::vector<int> statuses(upstream::stored const& all)
{
    std::vector<int> each;
    for (auto const& one : all.instances)
        each.push_back(one.status);
    return each;
}

}  // namespace pons::test
