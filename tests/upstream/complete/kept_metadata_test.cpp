#include "upstream/complete/kept_metadata.hpp"

#include "tests/support/run.hpp"
#include "tests/upstream/complete/told_archive.hpp"
#include "upstream/complete/complete.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using namespace std::chrono_literals;
using upstream::errc;
using upstream::metadata_cache;
using upstream::retrieve_request;

namespace {

struct collected_rows final : upstream::row_sink {
    std::string uids;
    std::vector<mapping::data_set> rows;
    void row(mapping::data_set&& one) override
    {
        uids.append(uids.empty() ? "" : " ").append(one.text(mapping::tags::SOPInstanceUID));
        rows.push_back(std::move(one));
    }
};

/// One worker's archive, which is told what to do, around what all workers keep.
struct worker {
    asio::io_context on{1};
    config::source const& source;
    told_archive* inner = nullptr;
    std::unique_ptr<upstream::archive> archive;

    worker(config::source const& source_, std::shared_ptr<metadata_cache> kept) : source(source_)
    {
        auto owned = std::make_unique<told_archive>();
        inner = owned.get();
        archive = upstream::make_complete(std::move(owned), source, std::move(kept));
    }

    result<upstream::found> metadata(collected_rows& rows, retrieve_request const& request = {"1.2", {}, {}})
    {
        return run(on, archive->retrieve_metadata(request, rows, clock::now() + 20s));
    }
    std::string uids(retrieve_request const& request = {"1.2", {}, {}})
    {
        collected_rows rows;
        auto const all = metadata(rows, request);
        if (!all)
            return all.error().code.message();
        CHECK(all->issues.empty());
        CHECK(all->rows == rows.rows.size());
        return rows.uids;
    }
};

struct tried {
    config::source source = [] {
        config::source s;
        s.name = "web";
        return s;
    }();
    clock::time_point now{};
    std::shared_ptr<metadata_cache> kept =
        std::make_shared<metadata_cache>(metadata_cache::bounds{.size = 1 << 20, .time = 60s}, [this] { return now; });
    worker one{source, kept};

    /// The study is asked for, and came as a whole.
    void fill()
    {
        one.inner->listed = {"1.1", "1.2", "2.1"};
        one.inner->retrievals = {{.come = {"2.1", "1.1", "1.2"}, .fails = {}}};
        REQUIRE(one.uids() == "2.1 1.1 1.2");
        REQUIRE(one.inner->asked.size() == 1);
        one.inner->finds.clear();
    }
};

std::string const not_found = make_error_code(errc::not_found).message();

}  // namespace

TEST_CASE("what was retrieved for metadata answers again, for the study, its series and its instances")
{
    tried t;
    t.fill();
    CHECK(t.one.uids() == "1.1 1.2 2.1");
    CHECK(t.one.inner->finds.size() == 4);  // what there is: STUDY, SERIES, IMAGE twice
    CHECK(t.one.uids({"1.2", "1.2.1", {}}) == "1.1 1.2");
    CHECK(t.one.uids({"1.2", "1.2.2", {}}) == "2.1");
    CHECK(t.one.uids({"1.2", "1.2.1", "1.2"}) == "1.2");
    CHECK(t.one.inner->asked.size() == 1);
}

TEST_CASE("what is kept is the same as what came")
{
    tried t;
    t.one.inner->listed = {"1.1"};
    t.one.inner->retrievals = {{.come = {"1.1"}, .fails = {}}};
    collected_rows first;
    collected_rows again;
    REQUIRE(t.one.metadata(first).has_value());
    REQUIRE(t.one.metadata(again).has_value());
    CHECK(t.one.inner->asked.size() == 1);
    CHECK(first.rows == again.rows);
    CHECK(again.rows.at(0).text(mapping::tag{0x7FE00010}) == "7FE00010");
}

TEST_CASE("a series answers for itself only, and its study when the others came, too")
{
    tried t;
    t.one.inner->listed = {"1.1", "2.1"};
    t.one.inner->retrievals = {{.come = {"1.1"}, .fails = {}}, {.come = {"2.1"}, .fails = {}}};
    CHECK(t.one.uids({"1.2", "1.2.1", {}}) == "1.1");
    CHECK(t.one.uids({"1.2", "1.2.1", {}}) == "1.1");
    CHECK(t.one.inner->asked.size() == 1);
    t.one.inner->finds.clear();
    CHECK(t.one.uids({"1.2", "1.2.2", {}}) == "2.1");
    CHECK(t.one.inner->asked.size() == 2);
    CHECK(t.one.inner->finds.size() == 2);  // the retrieve's own: nothing of the series was kept
    CHECK(t.one.uids() == "1.1 2.1");
    CHECK(t.one.inner->asked.size() == 2);
}

TEST_CASE("what has changed at the archive since then is seen")
{
    tried t;
    t.fill();
    SUBCASE("a new instance")
    {
        t.one.inner->listed.push_back("2.2");
        CHECK(t.one.uids({"1.2", "1.2.1", {}}) == "1.1 1.2");  // not in this series
        CHECK(t.one.inner->asked.size() == 1);
        t.one.inner->retrievals = {{.come = {"1.1", "1.2", "2.1", "2.2"}, .fails = {}}};
        CHECK(t.one.uids() == "1.1 1.2 2.1 2.2");
        CHECK(t.one.inner->asked.size() == 2);
        CHECK(t.one.uids() == "1.1 1.2 2.1 2.2");
        CHECK(t.one.inner->asked.size() == 2);
    }
    SUBCASE("one that is gone")
    {
        t.one.inner->listed = {"1.1", "2.1"};
        CHECK(t.one.uids() == "1.1 2.1");
        CHECK(t.one.inner->asked.size() == 1);
    }
    SUBCASE("a study that is gone")
    {
        t.one.inner->listed.clear();
        CHECK(t.one.uids() == not_found);
        CHECK(t.one.inner->asked.size() == 2);
    }
}

TEST_CASE("an archive whose listing confirms nothing is asked for everything again")
{
    tried t;
    t.fill();
    t.one.inner->retrievals = {{.come = {"1.1", "1.2", "2.1"}, .fails = errc::unreachable}};
    SUBCASE("it fails")
    {
        t.one.inner->find_fails = errc::refused;
    }
    SUBCASE("it holds back")
    {
        t.one.inner->truncates = true;
    }
    SUBCASE("it contradicts itself")
    {
        t.one.inner->instances_announced = 4;
    }
    CHECK(t.one.uids() == make_error_code(errc::unreachable).message());
    CHECK(t.one.inner->asked.size() == 2);
}

TEST_CASE("after its time it is retrieved again")
{
    tried t;
    t.fill();
    t.now += 60s;
    t.one.inner->retrievals = {{.come = {"1.2", "1.1", "2.1"}, .fails = {}}};
    CHECK(t.one.uids() == "1.2 1.1 2.1");
    CHECK(t.one.inner->asked.size() == 2);
}

TEST_CASE("retrieves that did not bring everything, or for all we know, are not kept")
{
    tried t;
    t.one.inner->listed = {"1.1", "1.2"};
    auto const whole = told_archive::retrieval{.come = {"1.1", "1.2"}, .fails = {}};
    SUBCASE("one is missing")
    {
        t.one.inner->single = [](std::string const&) { return errc::refused; };
        t.one.inner->retrievals = {{.come = {"1.1"}, .fails = {}}, whole};
        CHECK(t.one.uids() == make_error_code(errc::incomplete).message());
    }
    SUBCASE("it breaks off")
    {
        t.one.inner->retrievals = {{.come = {"1.1", "(1.2)"}, .fails = errc::aborted}, whole};
        CHECK(t.one.uids() == make_error_code(errc::aborted).message());
    }
    SUBCASE("nothing confirms it, and the source is lenient")
    {
        t.source.verify = config::verify_mode::lenient;
        t.one.inner->truncates = true;
        t.one.inner->retrievals = {whole, whole};
        collected_rows rows;
        auto const all = t.one.metadata(rows);
        REQUIRE(all.has_value());
        CHECK(all->issues.size() == 1);
        t.one.inner->truncates = false;
    }
    CHECK(t.kept->bytes() == 0);
    t.one.inner->single = nullptr;
    t.one.inner->asked.clear();
    CHECK(t.one.uids() == "1.1 1.2");
    CHECK(t.one.inner->asked.size() == 1);
}

TEST_CASE("missing ones that came when they were asked for again are kept with the others")
{
    tried t;
    t.one.inner->listed = {"1.1", "1.2"};
    t.one.inner->single = [](std::string const&) { return std::optional<errc>(); };
    t.one.inner->retrievals = {{.come = {"1.1"}, .fails = {}}};
    CHECK(t.one.uids() == "1.1 1.2");
    CHECK(t.one.inner->asked.size() == 2);
    CHECK(t.one.uids() == "1.1 1.2");
    CHECK(t.one.inner->asked.size() == 2);
}

TEST_CASE("instances themselves are never kept, and metadata that a DICOMweb archive makes itself is not")
{
    tried t;
    t.one.inner->listed = {"1.1"};
    t.one.inner->retrievals = {{.come = {"1.1"}, .fails = {}}, {.come = {"1.1"}, .fails = {}}};
    SUBCASE("instances")
    {
        for (int i = 0; i < 2; ++i) {
            collected_parts parts;
            retrieve_request const study{"1.2", {}, {}};
            CHECK(run(t.one.on, t.one.archive->retrieve(study, parts, clock::now() + 20s)).has_value());
        }
    }
    SUBCASE("its own metadata")
    {
        t.source.kind = config::source_kind::dicomweb;
        t.one.inner->has_metadata = true;
        CHECK(t.one.uids() == "1.1");
        CHECK(t.one.uids() == "1.1");
    }
    CHECK(t.one.inner->asked.size() == 2);
    CHECK(t.kept->bytes() == 0);
}

TEST_CASE("what a DIMSE archive sent without bulk data answers again, for no more than the archive's listing")
{
    tried t;
    t.source.kind = config::source_kind::dimse;
    t.one.inner->has_metadata = true;
    t.one.inner->listed = {"1.1", "1.2", "2.1"};
    t.one.inner->retrievals = {{.come = {"2.1", "1.1", "1.2"}, .fails = {}}};
    CHECK(t.one.uids() == "2.1 1.1 1.2");
    for (int again = 1; again <= 2; ++again) {
        t.one.inner->finds.clear();
        CHECK(t.one.uids() == "1.1 1.2 2.1");
        CHECK(t.one.inner->finds.size() == 4);  // STUDY, SERIES, IMAGE twice
        CHECK(t.one.inner->metadata_asked == 1);
        CHECK(t.one.inner->asked.size() == 1);
    }
}

TEST_CASE("what came without bulk data is kept only when it was all")
{
    tried t;
    t.source.kind = config::source_kind::dimse;
    t.one.inner->has_metadata = true;
    t.one.inner->listed = {"1.1", "1.2"};
    t.one.inner->retrievals = {{.come = {"1.1"}, .fails = {}}, {.come = {"1.2"}, .fails = {}}};
    SUBCASE("one is missing")
    {
        t.one.inner->single = [](std::string const&) { return std::optional(errc::refused); };
        CHECK(t.one.uids() == make_error_code(errc::incomplete).message());
        CHECK(t.kept->bytes() == 0);
    }
    SUBCASE("it came when it was asked for again")
    {
        t.one.inner->single = [](std::string const&) { return std::optional<errc>(); };
        CHECK(t.one.uids() == "1.1 1.2");
        CHECK(t.kept->bytes() != 0);
    }
}

TEST_CASE("what is kept answers before the archive is asked for its own metadata")
{
    tried t;
    t.fill();
    auto const before = t.one.inner->metadata_asked;
    CHECK(t.one.uids() == "1.1 1.2 2.1");
    CHECK(t.one.inner->metadata_asked == before);
}

TEST_CASE("what came for one worker answers at another")
{
    tried t;
    t.fill();
    worker other{t.source, t.kept};
    other.inner->listed = t.one.inner->listed;
    CHECK(other.uids({"1.2", "1.2.1", {}}) == "1.1 1.2");
    CHECK(other.inner->asked.empty());
}

TEST_CASE("two workers that ask for the same at the same time both get all of it")
{
    tried t;
    worker other{t.source, t.kept};
    collected_rows rows[2];
    worker* const both[] = {&t.one, &other};
    std::optional<result<upstream::found>> done[2];
    asio::io_context on{1};
    retrieve_request const study{"1.2", {}, {}};
    for (std::size_t i = 0; i < 2; ++i) {
        both[i]->inner->listed = {"1.1", "1.2"};
        both[i]->inner->retrievals = {{.come = {"1.1", "1.2"}, .fails = {}}};
        asio::co_spawn(on, both[i]->archive->retrieve_metadata(study, rows[i], clock::now() + 20s),
                       [&, i](std::exception_ptr, result<upstream::found> how) { done[i] = std::move(how); });
    }
    on.run();
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE(done[i]->has_value());
        CHECK(rows[i].uids == "1.1 1.2");
        CHECK(both[i]->inner->asked.size() == 1);
    }
    auto const kept = t.kept->bytes();
    CHECK(t.one.uids() == "1.1 1.2");
    CHECK(other.uids() == "1.1 1.2");
    CHECK(t.one.inner->asked.size() + other.inner->asked.size() == 2);
    CHECK(t.kept->bytes() == kept);  // once
}
