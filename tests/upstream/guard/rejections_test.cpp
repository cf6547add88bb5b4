#include "tests/support/holdings.hpp"
#include "tests/upstream/dimse/asking.hpp"
#include "upstream/budget.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"
#include "upstream/guard/guard.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

/// What an archive that turns us away costs us: nothing that stays (DESIGN law 5, law 8).
namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

constexpr std::uint32_t at_once = 32;
constexpr int usual = 1000;  // after so many what a process needs once is there
constexpr int all = 10'000;

struct no_rows final : upstream::row_sink {
    void row(mapping::data_set&&) override {}
};

/// A guarded source that is asked by many at once.
struct crowd {
    asio::io_context context{1};
    std::unique_ptr<upstream::archive> archive;

    crowd(config::source const& source, std::unique_ptr<upstream::archive> itself)
        : archive(upstream::make_guarded(std::move(itself), std::make_shared<upstream::gate>(source)))
    {
    }

    static awaitable<result<upstream::found>> ask(upstream::archive& who)
    {
        no_rows none;
        auto const what = all_studies();
        auto found = co_await who.find(what, none, clock::now() + 60s);
        co_return found;
    }

    /// What became of `count` queries at once: how many ended so.
    std::map<std::error_code, int> find(std::uint32_t count)
    {
        std::map<std::error_code, int> ends;
        for (std::uint32_t i = 0; i < count; ++i)
            asio::co_spawn(context, ask(*archive), [&](std::exception_ptr e, result<upstream::found> how) {
                if (e)
                    std::rethrow_exception(e);
                ++ends[how ? std::error_code{} : how.error().code];
            });
        context.restart();
        context.run();
        return ends;
    }
};

config::source source_that_is_always_asked(std::uint16_t port)
{
    auto source = source_at(port);
    source.breaker.failures = 0;  // else it would be left alone, as it should
    source.limits.associations = at_once;
    source.limits.queue = 60s;
    source.timeouts.total = 60s;
    return source;
}

/// Waits until as many are here, so that none is served before all are; gives up in the end.
void meet(std::atomic<std::uint32_t>& here, std::uint32_t as_many)
{
    ++here;
    for (auto const until = clock::now() + 20s; here < as_many && clock::now() < until;)
        std::this_thread::yield();
}

}  // namespace

TEST_CASE("10,000 rejected associations leak nothing, and the source works right after")
{
    std::atomic<bool> takes_us{false};
    std::atomic<int> number{0};
    std::atomic<int> rejected{0};
    std::atomic<std::uint32_t> asked{0};
    raw_scp const archive([&](raw_scp::connection& peer) {
        if (takes_us) {
            peer.accept_association();
            auto const rq = peer.read_message();
            meet(asked, at_once);
            peer.respond(rq, 0x0000);
            (void)peer.read_message();
            return;
        }
        ++rejected;
        switch (number++ % 8) {
            case 0:
                return peer.reject_association(2, 3, 2);  // for now: local limit exceeded; we come again after a while
            case 1:
            case 2:
                (void)peer.read_pdu();
                return;  // hangs up
            case 3:
                return;  // does not even listen
            default:
                return peer.reject_association(1, 1, 7);  // for good: called AE title not recognized
        }
    });
    auto const source = source_that_is_always_asked(archive.port());
    auto const begin = holdings::now();
    {
        crowd us(source, upstream::dimse::make_dimse_archive(source, upstream::dimse::make_pool(source)));
        std::map<std::error_code, int> ends;
        auto const reject_until = [&](int count) {
            while (rejected < count)
                for (auto const& [code, times] : us.find(8 * at_once))
                    ends[code] += times;
        };
        reject_until(usual);
        auto const before = holdings::now();
        reject_until(all);
        // The peer is of this process: its last connections may still be open.
        check_that_nothing_leaked(before, holdings::now(), all - usual, 2 * at_once);
        CHECK(ends[errc::association_rejected] > all / 3);
        CHECK(ends[errc::aborted] > all / 5);
        CHECK(ends.size() == 2);

        takes_us = true;
        CHECK(us.find(at_once)[{}] == at_once);
        CHECK(asked == at_once);
    }
    auto const end = holdings::now();
    CHECK(end.threads <= begin.threads + 2 * at_once);
    CHECK(end.descriptors <= begin.descriptors + 2 * at_once);
}

TEST_CASE("10,000 connections that a DICOMweb server closes leak nothing, and the source works right after")
{
    std::atomic<bool> takes_us{false};
    std::atomic<int> closed{0};
    std::atomic<std::uint32_t> asked{0};
    raw_scp const server([&](raw_scp::connection& peer) {
        if (takes_us) {
            meet(asked, at_once);
            peer.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            (void)peer.wait_until_closed();
        } else if (closed++ % 2 == 0) {
            peer.write("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        }
    });
    auto source = source_that_is_always_asked(0);
    source.kind = config::source_kind::dicomweb;
    source.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/rs";
    auto const slots = std::make_shared<upstream::budget>(source.name, source.limits);
    crowd us(source, upstream::dicomweb::make_dicomweb_archive(source, slots));
    auto const close_until = [&](int count) {
        while (closed < count)
            CHECK(us.find(8 * at_once).count({}) == 0);
    };
    close_until(usual);
    auto const before = holdings::now();
    close_until(all);
    check_that_nothing_leaked(before, holdings::now(), all - usual, 2 * at_once);
    CHECK(slots->in_use() == 0);
    CHECK(slots->waiting() == 0);

    takes_us = true;
    CHECK(us.find(at_once)[{}] == at_once);
    CHECK(asked == at_once);
}
