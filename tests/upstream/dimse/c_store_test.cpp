#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dimse/asking.hpp"
#include "tests/upstream/dimse/get_peer.hpp"
#include "tests/upstream/given_instances.hpp"
#include "upstream/dimse/shipment.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <mutex>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

constexpr auto sr_class = "1.2.840.10008.5.1.4.1.1.88.11";
constexpr auto jpeg = "1.2.840.10008.1.2.4.50";
constexpr auto deflated = "1.2.840.10008.1.2.1.99";

bytes some_bytes(std::size_t size)
{
    bytes b(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        b[i] = static_cast<char>(i * 7 + i / 251);
    return b;
}

/// A file and the data set in it.
struct made {
    std::string file;
    std::string data_set;
};

made make(std::string const& uid, std::size_t size = 1000, std::string const& syntax = explicit_le,
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
raw_scp::script takes(received& got, std::function<std::uint16_t(std::size_t)> answer, std::string refuse = "none",
                      char reason = '\3')
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

std::uint16_t always_well(std::size_t)
{
    return 0;
}

struct storer {
    explicit storer(std::uint16_t port) : storer(source_at(port)) {}
    explicit storer(config::source const& source)
        : archive(upstream::dimse::make_dimse_archive(source, upstream::dimse::make_pool(source)))
    {
    }

    result<upstream::stored> store(upstream::instance_source& files, std::chrono::milliseconds within = 10s)
    {
        std::optional<result<upstream::stored>> done;
        auto const keep = [&](std::exception_ptr e, result<upstream::stored> r) {
            CHECK_FALSE(e);
            done = std::move(r);
        };
        asio::co_spawn(context, archive->store(files, clock::now() + within), keep);
        context.restart();
        context.run();
        return std::move(done.value());
    }

    asio::io_context context{1};
    std::unique_ptr<upstream::archive> archive;
};

std::vector<int> statuses(upstream::stored const& all)
{
    std::vector<int> each;
    for (auto const& one : all.instances)
        each.push_back(one.status);
    return each;
}

TEST_CASE("data sets arrive byte for byte, in even PDVs, and each has the archive's own status")
{
    received got;
    raw_scp const peer(takes(got, [](std::size_t n) {
        constexpr std::uint16_t in_order[] = {0x0000, 0xB000, 0xA700, 0xC123, 0x0000};
        return in_order[n];
    }));
    std::vector<made> const files{make("1.2.1", 300'001), make("1.2.2", 0), make("1.2.3", 64 * 1024), make("1.2.4", 7),
                                  make("1.2.5", 5'000'000)};
    for (auto const piece : {std::size_t{1000}, std::size_t{64 * 1024}, std::size_t{3'000'000}}) {
        CAPTURE(piece);
        given_instances given;
        given.piece = piece;
        for (auto const& f : files)
            given.files.push_back(f.file);
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>{0x0000, 0xB000, 0xA700, 0xC123, 0x0000});
        CHECK(done->instances[1].sop_instance_uid == "1.2.2");
        CHECK(done->instances[1].sop_class_uid == ct_class);
        auto const taken = got.taken();
        REQUIRE(taken.size() == files.size());
        for (std::size_t i = 0; i < files.size(); ++i) {
            // What is odd is padded.
            auto const& data_set = files[i].data_set;
            CHECK((taken[i].data_set == data_set + bytes(data_set.size() % 2, '\0')));
            CHECK(std::ranges::all_of(taken[i].pdvs, [](std::size_t size) { return size % 2 == 0; }));
            CHECK(taken[i].association == taken[0].association);
        }
    }
}

TEST_CASE("each class and transfer syntax has a context of its own; the next store finds an association that has all")
{
    received got;
    raw_scp const peer(takes(got, &always_well));
    std::vector<made> const files{make("1.2.1"), make("1.2.2", 100, jpeg),    make("1.2.3", 100, explicit_le, sr_class),
                                  make("1.2.4"), make("1.2.5", 64, deflated), make("1.2.6", 100, jpeg)};
    storer us(peer.port());
    for (int const round : {1, 2}) {
        CAPTURE(round);
        given_instances given;
        for (auto const& f : files)
            given.files.push_back(f.file);
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>(6, 0));
        auto const taken = got.taken();
        REQUIRE(taken.size() == 6);
        CHECK(taken[1].syntax == jpeg);
        CHECK(taken[2].sop_class == sr_class);
        CHECK(taken[4].syntax == deflated);
        for (std::size_t i = 0; i < 6; ++i)
            CHECK((taken[i].data_set == files[i].data_set));
        CHECK(taken[5].association == 4);
        CHECK(taken[0].association == (round == 1 ? 1 : 4));
    }
    CHECK(got.proposed == std::vector<std::size_t>{1, 2, 3, 4});
}

TEST_CASE("an idle association that the archive has closed is not used again, and a new one proposes what was needed")
{
    received got;
    std::promise<void> closed;
    raw_scp const peer([&](raw_scp::connection& over) {
        get_peer p(over);
        std::size_t association = 0;
        {
            std::lock_guard const lock(got.mutex);
            got.proposed.push_back(p.proposed().size());
            association = got.proposed.size();
        }
        p.accept();
        for (std::size_t left = association == 3 ? 100 : 1; left > 0; --left)
            p.answer_store(over.read_message(), 0);
        over.shut_down();
        if (association == 2)
            closed.set_value();
    });
    storer us(peer.port());
    given_instances first;
    first.files = {make("1.2.1").file, make("1.2.2", 10, jpeg).file};
    REQUIRE(us.store(first));
    REQUIRE(closed.get_future().wait_for(10s) == std::future_status::ready);
    given_instances second;
    second.files = {make("1.2.3").file, make("1.2.4", 10, jpeg).file};
    auto const done = us.store(second);
    REQUIRE(done);
    CHECK(statuses(*done) == std::vector<int>{0, 0});
    CHECK(got.proposed == std::vector<std::size_t>{1, 2, 2});
}

TEST_CASE("an instance whose context is not accepted is told so, and the others are stored")
{
    struct {
        char reason;
        int status;
    } const cases[] = {{'\3', 0x0122}, {'\4', 0xC122}, {'\1', 0x0122}};
    for (auto const& c : cases) {
        CAPTURE(c.status);
        received got;
        raw_scp const peer(takes(got, &always_well, sr_class, c.reason));
        given_instances given;
        for (auto const* uid : {"1.2.1", "1.2.3", "1.2.5"})
            given.files.push_back(make(uid, 200'000, explicit_le, sr_class).file);
        given.files.insert(given.files.begin() + 1, make("1.2.2", 200'000).file);
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>{c.status, 0, c.status, c.status});
        CHECK(got.taken().size() == 1);
        CHECK(peer.connections() == 2);  // it was not asked again for what it refused
    }
}

TEST_CASE("an association that breaks costs the instance that was on its way; what was told stays told")
{
    struct {
        char const* name;
        std::size_t size;
        bool answers;  // else it goes before the end of the instance
    } const cases[] = {{"after the instance", 1000, false}, {"within a long one", 20'000'000, true}};
    for (auto const& c : cases) {
        CAPTURE(c.name);
        received got;
        std::atomic<int> associations{0};
        raw_scp const peer([&, well = takes(got, &always_well)](raw_scp::connection& over) {
            if (++associations != 1)
                return well(over);
            get_peer first(over);
            first.accept();
            first.answer_store(over.read_message(), 0);
            if (c.answers)
                (void)over.read_pdu();
            else
                (void)over.read_message();
            over.abort();
        });
        given_instances given;
        given.files = {make("1.2.1").file, make("1.2.2", c.size).file, make("1.2.3", 70'000).file};
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE(done);
        CHECK(statuses(*done) == std::vector<int>{0, 0x0110, 0});
        auto const taken = got.taken();
        REQUIRE(taken.size() == 1);
        CHECK((taken[0].data_set == make("1.2.3", 70'000).data_set));
    }
}

TEST_CASE("an archive that answers for none of them is an error")
{
    SUBCASE("it breaks off")
    {
        raw_scp const peer([](raw_scp::connection& over) {
            get_peer p(over);
            p.accept();
            (void)over.read_message();
            over.abort();
        });
        given_instances given;
        given.files.assign(5, make("1.2.1").file);
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == errc::aborted);
        CHECK(peer.connections() == 3);  // and then it is left in peace
    }
    SUBCASE("it rejects the association")
    {
        raw_scp const peer([](raw_scp::connection& over) { over.reject_association(1, 1, 7); });
        given_instances given;
        given.files = {make("1.2.1").file, make("1.2.2").file};
        storer us(peer.port());
        auto const done = us.store(given);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == errc::association_rejected);
        CHECK(given.index == 1);
    }
    SUBCASE("nobody is there")
    {
        std::uint16_t port = 0;
        {
            raw_scp const gone_again([](raw_scp::connection&) {});
            port = gone_again.port();
        }
        given_instances given;
        given.files = {make("1.2.1").file};
        storer us(port);
        auto const done = us.store(given);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == errc::unreachable);
    }
}

TEST_CASE("an archive that rejects an association for what it proposes is asked for one context alone")
{
    received got;
    raw_scp const peer([&](raw_scp::connection& over) {
        get_peer p(over);
        std::unique_lock lock(got.mutex);
        got.proposed.push_back(p.proposed().size());
        lock.unlock();
        if (p.proposed().size() > 1)
            return p.reject();
        p.accept();
        for (;;)
            p.answer_store(over.read_message(), 0);
    });
    given_instances given;
    given.files = {make("1.2.1").file, make("1.2.2", 100, jpeg).file};
    storer us(peer.port());
    auto const done = us.store(given);
    REQUIRE(done);
    CHECK(statuses(*done) == std::vector<int>{0, 0});
    CHECK(got.proposed == std::vector<std::size_t>{1, 2, 1});
}

/// Gives a piece, and then nothing until it fails.
struct slow_giver final : upstream::instance_source {
    made const one = make("1.2.1", 300'000);
    steady_timer* waits = nullptr;
    bool fails = false;
    bool given = false;

    awaitable<result<std::optional<upstream::part_head>>> next() override
    {
        co_return upstream::dicomweb::read_file_head(std::as_bytes(std::span(one.file)), {}, true);
    }
    awaitable<result<std::span<std::byte const>>> read() override
    {
        if (!std::exchange(given, true))
            co_return std::as_bytes(std::span(one.file)).first(200'000);
        steady_timer timer(co_await asio::this_coro::executor, time_point::max());
        waits = &timer;
        if (!fails) {
            auto const [ec] = co_await timer.async_wait(as_tuple);
            static_cast<void>(ec);
        }
        waits = nullptr;
        co_return fail(errc::cancelled, "the giver");
    }
};

TEST_CASE("a giver who fails, or is cancelled, in the middle of an instance: it never ends at the archive")
{
    for (bool const cancelled : {false, true}) {
        CAPTURE(cancelled);
        std::function<void()> when_it_has_begun;
        std::promise<bool> broken_off;
        raw_scp const peer([&](raw_scp::connection& over) {
            get_peer p(over);
            p.accept();
            (void)over.read_pdu();  // the command
            (void)over.read_pdu();
            when_it_has_begun();
            try {
                for (;;) {
                    auto const pdu = over.read_pdu();
                    CHECK((pdu.type != 0x04 || (pdu.body[5] & 2) == 0));  // the last PDV never comes
                    if (pdu.type == 0x07)
                        return broken_off.set_value(true);
                }
            } catch (raw_scp::gone const&) {
                broken_off.set_value(false);
            }
        });
        storer us(peer.port());
        slow_giver giver;
        asio::cancellation_signal signal;
        when_it_has_begun = [&] {
            asio::post(us.context, [&] {
                giver.fails = true;
                if (cancelled)
                    signal.emit(asio::cancellation_type::terminal);
                else if (giver.waits)
                    giver.waits->cancel();
            });
        };
        std::optional<result<upstream::stored>> done;
        auto const keep = [&](std::exception_ptr e, result<upstream::stored> r) {
            CHECK_FALSE(e);
            done = std::move(r);
        };
        asio::co_spawn(us.context, us.archive->store(giver, clock::now() + 10s),
                       asio::bind_cancellation_slot(signal.slot(), keep));
        us.context.run();
        REQUIRE(done);
        REQUIRE_FALSE(*done);
        CHECK(done->error().code == errc::cancelled);
        auto told = broken_off.get_future();
        REQUIRE(told.wait_for(10s) == std::future_status::ready);
        CHECK(told.get());
    }
}

TEST_CASE("nothing to store asks nobody")
{
    given_instances none;
    storer us(std::uint16_t{1});
    auto const done = us.store(none);
    REQUIRE(done);
    CHECK(done->instances.empty());
}

struct idle_shipment final : upstream::dimse::shipment {
    using shipment::shipment;
    void work(upstream::dimse::workbench&) override {}
};

TEST_CASE("a shipment holds a megabyte, and the next instance begins when the last piece of the one before was sent")
{
    using wants = upstream::dimse::shipment::wants;
    asio::io_context context;
    auto const s = std::make_shared<idle_shipment>(context.get_executor(), time_point::max());
    upstream::part_head const head{"1.2", "1.2.3", explicit_le, 0};
    auto const data = some_bytes(3 << 20);
    auto rest = std::as_bytes(std::span(data));
    CHECK(s->now() == wants::instance);
    s->begin(head);
    CHECK(s->now() == wants::bytes);
    rest = s->put(rest);
    CHECK(rest.size() == data.size() - (1 << 20));
    CHECK(s->now() == wants::nothing);

    bytes got;
    REQUIRE(s->next(time_point::max()));
    while (!rest.empty()) {
        auto const piece = s->next_piece(time_point::max());
        REQUIRE(piece);
        CHECK_FALSE(piece->last);
        got.append(reinterpret_cast<char const*>(piece->bytes.data()), piece->bytes.size());
        rest = s->put(rest);
    }
    s->end();
    CHECK(s->now() == wants::nothing);
    for (bool last = false; !last;) {
        auto const piece = s->next_piece(time_point::max());
        REQUIRE(piece);
        got.append(reinterpret_cast<char const*>(piece->bytes.data()), piece->bytes.size());
        last = piece->last;
    }
    CHECK(s->now() == wants::nothing);
    s->sent();
    CHECK((got == data));
    CHECK(s->now() == wants::instance);
    s->no_more();
    CHECK(s->now() == wants::nothing);
    CHECK_FALSE(s->next(time_point::max()));
    CHECK_FALSE(s->lost());
    s->finish({});
    CHECK(s->now() == wants::over);
}

}  // namespace
