#include "upstream/capped/short_texts.hpp"

#include "tests/support/kept_log.hpp"
#include "tests/upstream/capped/bench.hpp"
#include "upstream/capped/text_trial.hpp"

#include <doctest/doctest.h>

using namespace pons;
using namespace pons::upstream;
using namespace pons::mapping;
using namespace pons::test::capped;

namespace {

/// Leaves other keys aside where a study is asked for by its UID (pacs-quirks F5).
struct short_circuiting final : archive {
    explicit short_circuiting(std::unique_ptr<archive> of) : inner(std::move(of)) {}
    awaitable<result<found>> find(find_request const& request, row_sink& to, time_point deadline) override
    {
        auto as_read = request;
        bool const by_uid = std::ranges::any_of(
            request.keys, [](key const& k) { return k.attribute == tags::StudyInstanceUID && !k.values.empty(); });
        if (by_uid)
            std::erase_if(as_read.keys, [](key const& k) { return k.attribute != tags::StudyInstanceUID; });
        co_return co_await inner->find(as_read, to, deadline);
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }
    std::unique_ptr<archive> inner;
};

/// Studies of the patients P0 to P99, with accession numbers ACC1 and on, and names.
struct text_bench {
    std::vector<test::stored_study> stored = make_studies(120, 4);
    test::quirks how{};
    std::set<std::size_t> refused{};  ///< which of the queries of a find, the first being 1
    boost::system::error_code refusal = upstream::errc::too_broad;
    bool unique_key_wins = false;
    config::source source{};
    test::record_of_queries log{};
    std::shared_ptr<source_lore> lore = std::make_shared<source_lore>("pacs");

    struct outcome {
        std::size_t studies = 0;
        std::size_t queries = 0;
        bool incomplete = false;

        friend bool operator==(outcome const&, outcome const&) = default;
        friend doctest::String toString(outcome const& o)
        {
            return (std::to_string(o.studies) + " studies, " + std::to_string(o.queries) + " queries" +
                    (o.incomplete ? ", incomplete" : ""))
                .c_str();
        }
    };

    outcome find(std::vector<key> keys)
    {
        log = {};
        std::unique_ptr<archive> itself = std::make_unique<test::scripted_archive>(stored, how, log);
        if (unique_key_wins)
            itself = std::make_unique<short_circuiting>(std::move(itself));
        auto busy = std::make_unique<busy_archive>(std::move(itself), refused, log, refusal);
        auto doubting = make_text_doubting(std::move(busy), source, lore);
        auto const all = make_whole_finding(std::move(doubting), test::make_limit(how), source, lore);
        rows_in rows;
        auto const found = test::run(all->find(search::to_find_request({}, keys, nullptr), rows, time_point::max()));
        REQUIRE(found);
        CHECK(log.faults.empty());
        CHECK(found->queries == log.requests.size());
        return {rows.uids.size(), log.requests.size(), bench::is_told(*found)};
    }
    outcome find(tag t, std::string value) { return find({{t, {std::move(value)}}}); }
};

using outcome = text_bench::outcome;

constexpr bool honest = false, loud = true;

}  // namespace

TEST_CASE("an archive that finds studies by short texts is asked for that once for an attribute and a length")
{
    text_bench b;
    // A study that it holds, a piece of its Patient ID, and a text that it does not have.
    CHECK(b.find(tags::PatientID, "X1") == outcome{0, 4, honest});
    CHECK(b.find(tags::PatientID, "X2") == outcome{0, 1, honest});
    CHECK(b.find(tags::PatientID, "X23") == outcome{0, 1, honest});
    CHECK(b.find(tags::PatientID, "X*") == outcome{0, 2, honest});
    CHECK(b.find(tags::PatientID, "Y*") == outcome{0, 1, honest});
    CHECK(b.find(tags::AccessionNumber, "X") == outcome{0, 3, honest});
    CHECK(b.find(tags::AccessionNumber, "X") == outcome{0, 1, honest});
    // None of its studies has one: what is known of others holds.
    CHECK(b.find(tags::StudyID, "X") == outcome{0, 1, honest});
}

TEST_CASE("an archive that found something by as few letters is not asked for that at all")
{
    text_bench b;
    CHECK(b.find(tags::PatientID, "P7").studies != 0);
    CHECK(b.find(tags::PatientID, "X1") == outcome{0, 1, honest});
    CHECK(b.find(tags::PatientID, "X12345") == outcome{0, 1, honest});
}

TEST_CASE("an archive that finds nothing by short texts does not say so in silence")
{
    test::kept_log log;
    text_bench b{.how = {.min_chars = 4}};
    CHECK(b.find(tags::PatientID, "P7").incomplete);  // no Patient ID is long enough to tell: the accession number does
    CHECK(b.find(tags::PatientID, "P7") == outcome{0, 1, loud});
    CHECK(b.find(tags::AccessionNumber, "AC*") == outcome{0, 1, loud});
    CHECK(b.find(tags::AccessionNumber, "ACC7") == outcome{1, 1, honest});
    CHECK(b.find(tags::AccessionNumber, "XCC7") == outcome{0, 1, honest});
    CHECK(b.find(tags::PatientName, "Doe*").incomplete);
    CHECK(log.has("limits.min_chars"));
    CHECK(!log.has("P7"));
}

TEST_CASE("a text by which an archive finds nothing is left out where another text or a UID narrows")
{
    text_bench b{.how = {.min_chars = 4}};
    auto const& one = b.stored[6].attributes;
    std::string const uid(one.text(tags::StudyInstanceUID));
    std::string const number(one.text(tags::AccessionNumber));
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::StudyInstanceUID, {uid}}}).studies == 1);
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::StudyInstanceUID, {uid}}}) == outcome{1, 2, honest});
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::AccessionNumber, {number}}}).studies == 1);
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::AccessionNumber, {number}}}) == outcome{1, 2, honest});
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::StudyDate, {"19000101-"}}}) == outcome{0, 1, loud});
}

TEST_CASE("an archive that wants more letters than any of its texts has is found out as well")
{
    text_bench b{.how = {.min_chars = 40}};
    for (auto const* const value : {"P7", "P", "X1", "XYZ"}) {
        CAPTURE(std::string(value));
        CHECK(b.find(tags::PatientID, value).incomplete);
    }
    CHECK(b.find(tags::StudyID, "X").incomplete);
}

TEST_CASE("what was learned of short texts does not stay when the archive finds something by them")
{
    text_bench b{.how = {.min_chars = 4}};
    CHECK(b.find(tags::PatientID, "P7").incomplete);
    b.how.min_chars = 0;
    CHECK(b.find(tags::PatientID, "X7").incomplete);  // nobody can know that yet
    CHECK(b.find(tags::PatientID, "P7").studies != 0);
    CHECK(b.find(tags::PatientID, "X7") == outcome{0, 1, honest});
}

TEST_CASE("an archive that holds nothing says so, and that is not remembered")
{
    text_bench b{.stored = {}, .how = {.min_chars = 4}};
    CHECK(b.find(tags::PatientID, "P7") == outcome{0, 3, honest});
    CHECK(b.find(tags::PatientID, "P7") == outcome{0, 3, honest});
    b.stored = make_studies(120, 4);
    CHECK(b.find(tags::PatientID, "P7").incomplete);
}

TEST_CASE("wild cards that do not work, and keys that are not matched, are not taken for a limit")
{
    struct {
        char const* name;
        text_bench b;
    } cases[] = {
        {"no wild cards", {.how = {.matching = {.wildcards = false}}}},
        {"no wild cards, as is known", {.how = {.matching = {.wildcards = false}}}},
        {"beside a UID nothing is matched", {.unique_key_wins = true}},
        {"to be asked for any study is refused", {.refused = {2, 3}}},
        {"every further question is refused", {.refused = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}}},
    };
    cases[1].b.source.quirks.wildcards = false;
    for (auto& c : cases) {
        CAPTURE(std::string(c.name));
        CHECK(!c.b.find(tags::AccessionNumber, "X").incomplete);
        c.b.refused = {};
        CHECK(c.b.find(tags::AccessionNumber, "X") == outcome{0, 1, honest});
    }
}

TEST_CASE("where a UID wins over other keys, what it finds proves nothing of short texts")
{
    text_bench b{.how = {.min_chars = 4}, .unique_key_wins = true};
    std::string const uid(b.stored[6].attributes.text(tags::StudyInstanceUID));
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::StudyInstanceUID, {uid}}}).studies == 1);
    CHECK(b.lore->texts.of(tags::PatientID, 2, clock::now()) == text_lore::verdict::unknown);
}

TEST_CASE("a study that is gone proves nothing of short texts: another one is asked for")
{
    text_bench b{.how = {.min_chars = 4}};
    b.lore->studies.told(test::plain_study(999, "20240101", "101500").attributes);
    CHECK(b.find(tags::AccessionNumber, "A*").incomplete);
    text_bench fine;
    fine.lore->studies.told(test::plain_study(999, "20240101", "101500").attributes);
    CHECK(!fine.find(tags::AccessionNumber, "X*").incomplete);
}

TEST_CASE("a study that was corrected, or merged into another patient, since it was told proves nothing either")
{
    text_bench b;
    auto const& now = b.stored.back().attributes;
    data_set told;
    told.add(tags::StudyInstanceUID, now.text(tags::StudyInstanceUID));
    told.add(tags::PatientID, "FORMER-ID");
    told.add(tags::AccessionNumber, "FORMER-ACC");
    told.add(tags::PatientName, "Former^Name");
    told.add(tags::StudyID, "FORMER-STUDY");
    told.add(tags::StudyDescription, "FORMER");
    told.add(tags::ReferringPhysicianName, "Former^Doctor");
    b.lore->studies.told(told);
    CHECK(!b.find(tags::AccessionNumber, "X").incomplete);
    CHECK(b.find(tags::AccessionNumber, "X") == outcome{0, 1, honest});
    CHECK(b.lore->studies.studies().front().texts.front().second != "FORMER-ID");
}

TEST_CASE("what speaks against an archive is not forgotten for the attribute by which it spoke")
{
    text_bench b{.how = {.min_chars = 40}};
    CHECK(b.find(tags::StudyID, "XY").incomplete);    // known by the Patient ID, by which it loses its own
    CHECK(b.find(tags::PatientID, "P7").incomplete);  // which is asked for after that
}

TEST_CASE("a study that is gone, or tells nothing, does not close a question that another one answers")
{
    data_set gone;
    gone.add(tags::StudyInstanceUID, "1.2.3.4.5");
    gone.add(tags::PatientID, "P123456");
    gone.add(tags::PatientName, "Long^Name");
    text_bench b{.how = {.min_chars = 4}};
    for (auto& study : b.stored) {
        data_set told;
        study.attributes.for_each([&](tag t, vr as, bool) {
            if (t != tags::AccessionNumber)
                told.add(t, as, {study.attributes.text(t)});
        });
        study.attributes = told;
    }
    b.lore->studies.told(b.stored[3].attributes);
    b.lore->studies.told(gone);
    CHECK(b.find(tags::AccessionNumber, "AB").incomplete);
    CHECK(b.find(tags::PatientName, "Do").incomplete);
}

TEST_CASE("an archive that fails meanwhile is asked no more, and nothing is remembered")
{
    text_bench b{.how = {.min_chars = 4}, .refused = {3}, .refusal = upstream::errc::unreachable};
    CHECK(b.find(tags::AccessionNumber, "AB") == outcome{0, 3, honest});
    b.refused = {};
    CHECK(b.find(tags::AccessionNumber, "AB").incomplete);
}

TEST_CASE("an issuer or a description is not what narrows where a short text is left out")
{
    text_bench b{.how = {.min_chars = 4}};
    CHECK(b.find(tags::PatientID, "P7").incomplete);
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::StudyDescription, {"HEAD"}}}).incomplete);
    CHECK(std::ranges::none_of(b.log.requests, [](find_request const& asked) {
        return std::ranges::all_of(
            asked.keys, [](key const& k) { return k.attribute == tags::StudyDescription || k.values.empty(); });
    }));
}

TEST_CASE("the wider question that the guard does not let through leaves the answer incomplete")
{
    text_bench b{.how = {.min_chars = 4}};
    CHECK(b.find(tags::PatientID, "P7").incomplete);
    CHECK(b.find(tags::AccessionNumber, "ACC7").studies == 1);
    b.refused = {2};
    b.refusal = mapping::errc::too_costly;
    CHECK(b.find({{tags::PatientID, {"P7"}}, {tags::AccessionNumber, {"ACC7"}}}) == outcome{0, 2, loud});
}

TEST_CASE("wild cards that do not work are tried once for an attribute")
{
    text_bench b{.how = {.matching = {.wildcards = false}}};
    for (int again = 0; again < 5; ++again) {
        CHECK(!b.find(tags::AccessionNumber, "XY").incomplete);
        CHECK(b.log.requests.size() <= text_trial::most_queries + 6);
    }
    CHECK(b.log.requests.size() == 1);
    b.find(tags::AccessionNumber, "X");
    CHECK(b.log.requests.size() == 11);  // two other attributes
    b.find(tags::StudyID, "X");
    CHECK(b.log.requests.size() == 1);
}

TEST_CASE("texts that are shorter than what is configured are not looked into, and prove nothing of longer ones")
{
    text_bench b{.how = {.min_chars = 6}};
    b.source.limits.min_chars = 4;
    CHECK(b.find(tags::PatientID, "P7") == outcome{0, 1, honest});  // the guard refuses it, or leaves it out
    CHECK(b.find(tags::PatientID, "X1234").incomplete);
    CHECK(!b.find(tags::PatientID, "X12345").incomplete);  // a name is found by as many
}

TEST_CASE("what is known of short texts is known of longer ones that find, and of shorter ones that do not")
{
    using verdict = text_lore::verdict;
    text_lore lore("pacs");
    auto const now = clock::now();
    lore.finds(tags::PatientID, 4, now);
    CHECK(lore.of(tags::PatientID, 3, now) == verdict::unknown);
    CHECK(lore.of(tags::PatientID, 5, now) == verdict::finds);
    CHECK(lore.of(tags::PatientName, 5, now) == verdict::unknown);
    lore.finds_nothing(tags::PatientID, 2, now);
    CHECK(lore.of(tags::PatientID, 1, now) == verdict::nothing);
    CHECK(lore.of(tags::PatientID, 2, now) == verdict::nothing);
    CHECK(lore.of(tags::PatientID, 3, now) == verdict::unknown);
    CHECK(lore.of(tags::PatientID, 4, now) == verdict::finds);
    lore.stays_open(tags::PatientID, 3, now);
    CHECK(lore.of(tags::PatientID, 3, now) == verdict::open);
    CHECK(lore.of(tags::PatientID, 3, now + text_lore::open_for) == verdict::unknown);
    CHECK(lore.of(tags::PatientID, 2, now + text_lore::nothing_for) == verdict::unknown);
    CHECK(lore.of(tags::PatientID, 4, now + text_lore::finds_for) == verdict::unknown);
    lore.finds(tags::PatientID, 1, now);
    CHECK(lore.of(tags::PatientID, 1, now) == verdict::finds);
}
