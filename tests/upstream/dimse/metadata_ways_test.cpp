#include "tests/support/run.hpp"
#include "tests/upstream/dimse/getting.hpp"
#include "upstream/complete/complete.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <vector>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;

using uid_list = std::vector<std::string>;

/// An archive that has each study that it is asked for: one series of so many instances. It knows instances without
/// bulk data, and does `bare` when some are asked for.
class bare_archive {
public:
    using script = std::function<void(get_peer&, uid_list const&)>;

    bare_archive(int instances, script bare) : instances_(instances), bare_(std::move(bare)) {}

    std::uint16_t port() const { return peer_.port(); }

    /// How many instances each C-GET without bulk data named so far.
    std::vector<std::size_t> lists() const
    {
        std::scoped_lock const lock(mutex_);
        return lists_;
    }
    /// Associations for them.
    int associations() const
    {
        std::scoped_lock const lock(mutex_);
        return associations_;
    }

    static void store(get_peer& to, std::string const& uid)
    {
        auto const series = uid.substr(0, uid.rfind('.'));
        to.store(context_of(to), ct_class, uid,
                 explicit_element(0x00080016, "UI", ct_class, '\0') + explicit_element(0x00080018, "UI", uid, '\0') +
                     explicit_element(0x0020000D, "UI", series.substr(0, series.rfind('.')), '\0') +
                     explicit_element(0x0020000E, "UI", series, '\0'));
        (void)to.read_response();
    }
    /// The first of them, and Success.
    static void serve(get_peer& to, uid_list const& uids, std::size_t most)
    {
        auto const count = std::min(most, uids.size());
        for (std::size_t i = 0; i < count; ++i)
            store(to, uids[i]);
        to.respond(0, {.completed = static_cast<int>(count), .failed = 0, .warning = 0});
    }

private:
    static constexpr auto bare_class = "1.2.840.10008.5.1.4.1.2.5.3";

    /// Of a UI element of an identifier in Explicit VR Little Endian; none where it has none.
    static uid_list uids_in(bytes const& identifier, std::uint32_t tag)
    {
        uid_list all;
        auto const at = identifier.find(raw::tag(tag) + "UI");
        if (at == bytes::npos)
            return all;
        std::string value = identifier.substr(at + 8, raw::from_little(identifier.substr(at + 6, 2)));
        if (!value.empty() && value.back() == '\0')
            value.pop_back();
        for (std::size_t from = 0; from < value.size();) {
            auto const end = std::min(value.find('\\', from), value.size());
            all.push_back(value.substr(from, end - from));
            from = end + 1;
        }
        return all;
    }

    uid_list held(bytes const& identifier) const
    {
        auto const one = uids_in(identifier, 0x00080018);
        if (!one.empty())
            return one;
        uid_list all;
        for (int i = 1; i <= instances_; ++i)
            all.push_back(uids_in(identifier, 0x0020000D).at(0) + ".1." + std::to_string(i));
        return all;
    }

    void find(raw_scp::connection& over) const
    {
        auto const rq = over.read_message();
        auto const series = uids_in(rq.data_set, 0x0020000D).at(0) + ".1";
        auto const count = std::to_string(instances_);
        if (rq.data_set.find("STUDY ") != bytes::npos)
            over.respond(rq, 0xFF00, explicit_element(0x00201208, "IS", count));
        else if (rq.data_set.find("SERIES") != bytes::npos)
            over.respond(rq, 0xFF00,
                         explicit_element(0x0020000E, "UI", series, '\0') + explicit_element(0x00201209, "IS", count));
        else
            for (auto const& uid : held(rq.data_set))
                over.respond(rq, 0xFF00,
                             explicit_element(0x00080016, "UI", ct_class, '\0') +
                                 explicit_element(0x00080018, "UI", uid, '\0') +
                                 explicit_element(0x0020000E, "UI", series, '\0'));
        over.respond(rq, 0);
    }

    void talk(raw_scp::connection& over)
    {
        get_peer peer(over);
        peer.accept();
        bool const bare = peer.find(bare_class, {}) != nullptr;
        {
            std::scoped_lock const lock(mutex_);
            associations_ += bare ? 1 : 0;
        }
        for (;;) {
            if (!bare && !peer.for_get()) {
                find(over);
                continue;
            }
            auto const wanted = held(peer.read_get().data_set);
            if (!bare) {
                serve(peer, wanted, wanted.size());
                continue;
            }
            {
                std::scoped_lock const lock(mutex_);
                lists_.push_back(wanted.size());
            }
            bare_(peer, wanted);
        }
    }

    int const instances_;
    script const bare_;
    std::mutex mutable mutex_;
    std::vector<std::size_t> lists_;
    int associations_ = 0;
    raw_scp peer_{[this](raw_scp::connection& over) { talk(over); }};
};

/// Asks for metadata as a worker does, all of it or a failure.
struct metadata_asker {
    config::source source;
    asio::io_context on{1};
    std::unique_ptr<upstream::archive> archive;

    explicit metadata_asker(bare_archive const& peer, config::source settings = source_at(0))
        : source(std::move(settings))
    {
        source.port = peer.port();
        archive = upstream::make_complete(
            upstream::dimse::make_dimse_archive(source, upstream::dimse::make_pool(source)), source);
    }

    /// The number of its rows, -1 when it ends with `expected`.
    int rows(std::string const& study, errc expected = errc::incomplete, std::chrono::milliseconds within = 1min)
    {
        row_list all;
        upstream::retrieve_request const what{study, {}, {}};
        auto const how = run(on, archive->retrieve_metadata(what, all, clock::now() + within));
        if (!how) {
            CHECK(how.error().code == expected);
            return -1;
        }
        return static_cast<int>(all.rows.size());
    }
};

TEST_CASE("metadata comes all the same where the archive does not serve a list, which it is not sent again")
{
    struct {
        char const* name;
        bare_archive::script bare;
    } const cases[] = {
        {"only its beginning", [](get_peer& p, uid_list const& uids) { bare_archive::serve(p, uids, 10); }},
        {"it breaks off within",
         [](get_peer& p, uid_list const& uids) {
             bare_archive::store(p, uids.front());
             p.over().abort();
             throw raw_scp::gone{};
         }},
        {"it breaks off at once",
         [](get_peer& p, uid_list const&) {
             p.over().abort();
             throw raw_scp::gone{};
         }},
        {"it is out of resources", [](get_peer& p, uid_list const&) { p.respond(0xA700, {}); }},
        {"it never answers", [](get_peer& p, uid_list const&) { (void)p.read_response(); }},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        bare_archive const peer(30, c.bare);
        auto source = source_at(0);
        source.timeouts.first_response = 2s;
        metadata_asker us(peer, source);
        CHECK(us.rows("1.2.3.5") == 30);
        CHECK(us.rows("1.2.3.5") == 30);
        CHECK(peer.lists() == std::vector<std::size_t>{30});
    }
}

TEST_CASE("a study that was waited for until the deadline is had when it is asked for again")
{
    bare_archive const peer(3, [](get_peer& p, uid_list const&) { (void)p.read_response(); });
    metadata_asker us(peer);
    CHECK(us.rows("1.2.3.5", errc::timed_out, 2s) == -1);
    CHECK(us.rows("1.2.3.5") == 3);
    CHECK(peer.lists() == std::vector<std::size_t>{3});
}

TEST_CASE("an archive that failed with three studies is not asked so again")
{
    bare_archive const peer(2, [](get_peer& p, uid_list const& uids) { bare_archive::serve(p, uids, 1); });
    metadata_asker us(peer);
    for (auto const* const study : {"1.2.3.5", "1.2.3.6", "1.2.3.7", "1.2.3.8"})
        CHECK(us.rows(study) == 2);
    CHECK(peer.lists() == std::vector<std::size_t>{2, 2, 2});
}

TEST_CASE("a study of which too much is missing to be asked for one by one is had when it is asked for again")
{
    bare_archive const peer(150, [](get_peer& p, uid_list const& uids) { bare_archive::serve(p, uids, 10); });
    metadata_asker us(peer);
    CHECK(us.rows("1.2.3.5") == -1);
    CHECK(us.rows("1.2.3.5") == 150);
}

TEST_CASE("a long list goes out in parts, on one association")
{
    bare_archive const peer(150, [](get_peer& p, uid_list const& uids) { bare_archive::serve(p, uids, uids.size()); });
    metadata_asker us(peer);
    CHECK(us.rows("1.2.3.5") == 150);
    CHECK(peer.lists() == std::vector<std::size_t>{100, 50});
    CHECK(peer.associations() == 1);
}

TEST_CASE("where an association may have one operation only, each part of a list has its own")
{
    bare_archive const peer(250, [](get_peer& p, uid_list const& uids) { bare_archive::serve(p, uids, uids.size()); });
    auto source = source_at(0);
    source.limits.operations = 1;
    metadata_asker us(peer, source);
    CHECK(us.rows("1.2.3.5") == 250);
    CHECK(peer.lists() == std::vector<std::size_t>{100, 100, 50});
    CHECK(peer.associations() == 3);
}

}  // namespace
