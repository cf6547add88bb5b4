#include "upstream/guard/guard.hpp"
#include "mapping/errc.hpp"
#include "tests/support/http_stub.hpp"
#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/complete/told_archive.hpp"
#include "upstream/errc.hpp"
#include "upstream/guard/least_keys.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;
using namespace std::chrono_literals;

namespace {

struct no_rows final : upstream::row_sink {
    void row(mapping::data_set&&) override {}
};

/// A guarded archive around one that is told what to do.
struct tried {
    asio::io_context on;
    config::source source;
    told_archive* inner = nullptr;
    std::shared_ptr<upstream::gate> entrance;
    std::unique_ptr<upstream::archive> archive;

    explicit tried(config::source settings = {}) : source(std::move(settings))
    {
        source.name = "pacs";
        auto owned = std::make_unique<told_archive>();
        inner = owned.get();
        entrance = std::make_shared<upstream::gate>(source);
        archive = upstream::make_guarded(std::move(owned), entrance);
    }

    result<upstream::found> find(std::vector<mapping::key> keys = {})
    {
        no_rows none;
        mapping::find_request const request{mapping::level::study, std::move(keys), {}, 0};
        return run_on(on, archive->find(request, none, clock::now() + 20s));
    }
    /// Asks an archive that does not answer until it is left alone.
    void fails_too_often()
    {
        inner->find_fails = errc::timed_out;
        for (unsigned i = 0; i < source.breaker.failures; ++i)
            CHECK(find().error().code == errc::timed_out);
    }
    result<upstream::retrieved> retrieve()
    {
        collected_parts parts;
        return retrieve(parts);
    }
    result<upstream::retrieved> retrieve(collected_parts& parts)
    {
        upstream::retrieve_request const request{"1.2", {}, {}};
        return run_on(on, archive->retrieve(request, parts, clock::now() + 20s));
    }
};

/// Settings of a source that is tried again at once after its failures.
config::source without_pause()
{
    config::source settings;
    settings.breaker.pause = 0ms;
    return settings;
}

}  // namespace

TEST_CASE("an archive that does not answer is left alone, whatever is asked of it")
{
    tried t;
    t.inner->find_fails = errc::unreachable;
    for (unsigned i = 0; i < t.source.breaker.failures; ++i)
        CHECK(t.find().error().retry_after.count() == 0);
    auto const asked = t.inner->finds.size();
    t.inner->find_fails.reset();
    auto const left_alone = t.find();
    REQUIRE_FALSE(left_alone.has_value());
    CHECK(left_alone.error().code == errc::unreachable);
    CHECK(left_alone.error().retry_after == 10s);
    CHECK(left_alone.error().where.find("pacs") != std::string::npos);
    CHECK(t.retrieve().error().code == errc::unreachable);
    CHECK(run_on(t.on, t.archive->verify(clock::now() + 20s)).error().code == errc::unreachable);
    CHECK(t.inner->finds.size() == asked);
    CHECK(t.inner->asked.empty());
}

TEST_CASE("an archive that answers is asked, whatever it says")
{
    for (auto const code : {errc::refused, errc::too_broad, errc::malformed, errc::not_found, errc::not_yet,
                            errc::unauthorized, errc::cancelled, errc::unsupported, errc::stalled, errc::overloaded}) {
        CAPTURE(make_error_code(code).message());
        tried t;
        t.inner->find_fails = code;
        for (int i = 0; i < 20; ++i)
            CHECK(t.find().error().code == code);
        CHECK(t.inner->finds.size() == 20);
    }
}

TEST_CASE("a study that cannot be had is no reason to leave its archive alone")
{
    tried t;
    for (int i = 0; i < 20; ++i) {
        auto const code = i % 2 == 0 ? errc::aborted : errc::timed_out;
        t.inner->retrievals.push_back({.come = {}, .fails = code});
        CHECK(t.retrieve().error().code == code);
    }
    CHECK(t.find().has_value());
    for (int i = 0; i < 5; ++i) {
        t.inner->retrievals.push_back({.come = {}, .fails = errc::unreachable});
        CHECK(t.retrieve().error().retry_after.count() == 0);
    }
    CHECK(t.find().error().retry_after == 10s);
}

TEST_CASE("one trial is enough to ask it again")
{
    tried t(without_pause());
    t.fails_too_often();
    CHECK(t.find().error().code == errc::timed_out);  // the trial
    t.inner->find_fails.reset();
    CHECK(t.find().has_value());
    t.inner->retrievals.push_back({.come = {"1.1"}, .fails = {}});
    CHECK(t.retrieve().has_value());
}

TEST_CASE("an archive that begins to give what a trial asks for answers, however long the rest takes")
{
    tried t(without_pause());
    t.fails_too_often();
    auto const is_left_alone = [&] {
        auto const pass = t.entrance->enter(clock::now(), std::chrono::system_clock::now());
        return !pass || pass->is_trial();
    };
    CHECK(is_left_alone());
    collected_parts parts;
    bool before_the_end = true;
    parts.on_begin = [&] {
        before_the_end = is_left_alone();
        return result<void>();
    };
    t.inner->retrievals.push_back({.come = {"1.1", "(1.2)"}, .fails = errc::aborted});
    CHECK(t.retrieve(parts).error().code == errc::aborted);
    CHECK(parts.parts.size() == 2);
    CHECK_FALSE(before_the_end);
    CHECK_FALSE(is_left_alone());
}

TEST_CASE("a source that is switched off, or outside its hours, hears nothing")
{
    config::source settings;
    SUBCASE("switched off")
    {
        settings.enabled = false;
        tried t(settings);
        CHECK(t.find().error().code == errc::closed);
        CHECK(t.find().error().retry_after.count() == 0);
        CHECK(t.retrieve().error().code == errc::closed);
        CHECK(run_on(t.on, t.archive->verify(clock::now() + 20s)).error().code == errc::closed);
        CHECK(t.inner->finds.empty());
        CHECK(t.inner->asked.empty());
    }
    SUBCASE("by the clock")
    {
        settings.name = "pacs";
        settings.timezone = "Europe/Vienna";
        settings.hours = "06:00-22:00";
        upstream::gate gate(settings);
        auto const at = [](std::time_t when) { return std::chrono::system_clock::from_time_t(when); };
        CHECK(gate.enter(clock::now(), at(1768453200)).has_value());  // 2026-01-15T06:00 in Vienna
        auto const night = gate.enter(clock::now(), at(1768453200 - 60));
        REQUIRE_FALSE(night.has_value());
        CHECK(night.error().code == errc::closed);
        CHECK(night.error().retry_after == 60s);
    }
}

TEST_CASE("a query must narrow as the source wants it")
{
    using keys = std::vector<mapping::key>;
    struct {
        char const* name;
        std::vector<std::string> any_of;
        std::uint32_t chars;
        keys asked;
        bool good;
    } const cases[] = {
        {"nothing is wanted", {}, 0, {{tags::StudyDate, {}}}, true},
        {"a patient", {"PatientID"}, 0, {{tags::PatientID, {"1"}}}, true},
        {"one of two", {"PatientID", "AccessionNumber"}, 0, {{tags::AccessionNumber, {"1"}}}, true},
        {"another key", {"PatientID"}, 0, {{tags::StudyDate, {"20240101-"}}}, false},
        {"the key without a value", {"PatientID"}, 0, {{tags::PatientID, {}}}, false},
        {"a wild card alone", {"PatientID"}, 0, {{tags::PatientID, {"*"}}}, false},
        {"enough characters", {}, 3, {{tags::PatientName, {"DOE*"}}}, true},
        {"too few", {}, 3, {{tags::PatientName, {"D?*"}}}, false},
        {"characters, not bytes", {}, 3, {{tags::PatientName, {"\xC3\xBC\xC3\xBC*"}}}, false},
        {"too few in the right key", {"PatientName"}, 3, {{tags::PatientName, {"D*"}}}, false},
        {"below a study", {"PatientID"}, 9, {{tags::StudyInstanceUID, {"1.2"}}, {tags::Modality, {}}}, true},
        {"below no study", {"PatientID"}, 0, {{tags::StudyInstanceUID, {}}, {tags::Modality, {"CT"}}}, false},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        config::source settings;
        settings.limits.require_any_of = c.any_of;
        settings.limits.min_chars = c.chars;
        tried t(settings);
        auto const how = t.find(c.asked);
        CHECK(how.has_value() == c.good);
        CHECK(t.inner->finds.size() == (c.good ? 1 : 0));
        if (how)
            continue;
        CHECK(how.error().code == mapping::errc::too_costly);
        for (auto const& each : c.any_of)
            CHECK(how.error().where.find(each) != std::string::npos);
        CHECK(how.error().where.find("DOE") == std::string::npos);
    }
}

TEST_CASE("texts too short for the archive are left out where another key narrows")
{
    config::source settings;
    settings.limits.min_chars = 3;
    std::vector<mapping::key> const keys{{tags::PatientID, {"P1003"}},
                                         {tags::AccessionNumber, {"*A1*"}},
                                         {tags::StudyDate, {"20240101-"}},
                                         {tags::ModalitiesInStudy, {"CT"}},
                                         {tags::PatientName, {}}};
    {
        tried t(settings);
        CHECK(t.find(keys).has_value());
        REQUIRE(t.inner->finds.size() == 1);
        auto expected = keys;
        expected[1].values.clear();
        CHECK(t.inner->finds.front().keys == expected);
    }
    settings.limits.min_chars = 0;
    tried t(settings);
    CHECK(t.find(keys).has_value());
    CHECK(t.inner->finds.front().keys == keys);
}
