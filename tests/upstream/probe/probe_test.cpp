#include "upstream/probe/probe.hpp"
#include "upstream/errc.hpp"
#include "upstream/probe/decisions.hpp"
#include "upstream/probe/experiments.hpp"

#include "config/keys.hpp"
#include "tests/support/one_study.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pons::upstream::probe;
using pons::config::source_kind;
using pons::upstream::errc;
namespace mapping = pons::mapping;
namespace config = pons::config;
namespace tags = pons::mapping::tags;

namespace {

wish const by_uid{.attribute = tags::StudyInstanceUID, .value = "1.2.3"};
wish const by_accession{.attribute = tags::AccessionNumber, .value = "ACC1"};

answer refused(char const* status)
{
    return {.how = answer::kind::refused, .status = status};
}
answer failed(bool hopeless)
{
    return {.how = answer::kind::failed, .status = "gone", .hopeless = hopeless};
}
answer nothing()
{
    return {.how = answer::kind::rows};
}

std::string value_of(question const& q, mapping::tag t)
{
    for (auto const& k : q.what.keys)
        if (k.attribute == t && !k.values.empty())
            return k.values.front();
    return {};
}

decision const& decision_on(std::vector<decision> const& all, std::string_view key)
{
    auto const at = std::ranges::find(all, key, &decision::key);
    REQUIRE(at != all.end());
    return *at;
}

}  // namespace

TEST_CASE("an archive that does all as the standard says is learned as such, by few queries")
{
    for (auto const kind : {source_kind::dimse, source_kind::dicomweb}) {
        CAPTURE(static_cast<int>(kind));
        one_study archive;
        auto const what = learn(archive, kind, by_accession);
        REQUIRE(what);
        CHECK(what->queries == archive.asked.size());
        CHECK(what->queries <= most_queries);
        CHECK(what->queries > 30);
        config::quirks quirks;
        auto const all = decide(what->all, quirks);
        CHECK(quirks.name_matching == config::name_matching::sensitive);
        CHECK(quirks.modalities_in_study);
        CHECK(quirks.relational);
        CHECK(quirks.series_by_uid_list);
        CHECK(quirks.wildcards);
        CHECK(quirks.offset);
        CHECK_FALSE(decision_on(all, "empty_value_matching").told);
        CHECK_FALSE(decision_on(all, "max_results").told);
        for (auto const& d : all)
            CHECK_MESSAGE(d.why.size() > 5, d.key);
    }
}

TEST_CASE("each query can match one study at most")
{
    for (auto const kind : {source_kind::dimse, source_kind::dicomweb}) {
        one_study archive;
        REQUIRE(learn(archive, kind, by_uid));
        for (auto const& q : archive.asked) {
            CHECK(q.what.max_rows != 0);
            bool held = false;
            for (auto const& k : q.what.keys)
                for (auto const& v : k.values) {
                    bool const known = v == "1.2.3" || v == "1.2.3.4" || v == "1.2.3.4.5" || v == nobodys_uid;
                    if (mapping::find_attribute(k.attribute)->vr == mapping::vr_of('U', 'I'))
                        CHECK(known);
                    held = held || known;
                }
            auto const contradicts =
                value_of(q, tags::AccessionNumber) == "ACC1" && value_of(q, tags::PatientID) == "PONSPROBE0";
            CHECK((held || contradicts));
        }
    }
}

TEST_CASE("a passed bound of queries is kept, and told of what was not asked")
{
    one_study archive;
    auto const what = learn(archive, source_kind::dimse, by_uid, 12);
    REQUIRE(what);
    CHECK(archive.asked.size() == 12);
    config::quirks quirks;
    CHECK(decision_on(decide(what->all, quirks), "relational").why == "not asked, no queries were left");
}

TEST_CASE("what an archive dropped is asked once more, and counts")
{
    one_study archive;
    archive.otherwise = [&](question const&) -> std::optional<answer> {
        if (archive.asked.size() % 2 == 0)
            return {};
        return answer{.how = answer::kind::failed, .status = "gone", .dropped = true};
    };
    auto const what = learn(archive, source_kind::dimse, by_uid, 30);
    REQUIRE(what);
    CHECK(what->queries == 30);
    CHECK(archive.asked.size() == 30);
    CHECK(what->all.found("empty keys"));
}

TEST_CASE("a study that is not there, and an archive that cannot be asked, end it")
{
    one_study archive;
    auto const absent = learn(archive, source_kind::dimse, {.attribute = tags::AccessionNumber, .value = "X"});
    CHECK(absent.error().code == errc::not_found);
    CHECK(archive.asked.size() == 2);  // with empty keys, then with stars

    archive.asked.clear();
    archive.otherwise = [](question const&) { return failed(true); };
    CHECK(learn(archive, source_kind::dimse, by_uid).error().code == errc::incomplete);
    CHECK(archive.asked.size() == 1);

    // One that breaks off at some questions is asked on; one that does so twice in a row is left alone.
    archive.asked.clear();
    archive.otherwise = [](question const& q) -> std::optional<answer> {
        return value_of(q, tags::PatientName) == "*" ? std::optional(failed(false)) : std::nullopt;
    };
    CHECK(learn(archive, source_kind::dimse, by_uid));
    archive.asked.clear();
    archive.otherwise = [&](question const&) -> std::optional<answer> {
        return archive.asked.size() > 10 ? std::optional(failed(false)) : std::nullopt;
    };
    CHECK_FALSE(learn(archive, source_kind::dimse, by_uid));
    CHECK(archive.asked.size() == 12);
}

TEST_CASE("an archive that looks at study UIDs only is held by an accession number that only that study has")
{
    one_study archive;
    archive.otherwise = [&](question const& q) -> std::optional<answer> {
        if (value_of(q, tags::StudyInstanceUID) != "1.2.3")
            return {};
        auto bare = q;
        bare.what.keys = {{tags::StudyInstanceUID, {"1.2.3"}}};
        return archive.honest(bare);
    };
    auto const what = learn(archive, source_kind::dimse, by_accession);
    REQUIRE(what);
    CHECK(what->all.pin == tags::AccessionNumber);
    CHECK(what->queries <= most_queries);
    config::quirks quirks;
    auto const all = decide(what->all, quirks);
    CHECK(decision_on(all, "name_matching").told);
    CHECK(quirks.modalities_in_study);
    auto const said = remarks(what->all);
    CHECK(std::ranges::any_of(said, [](auto const& s) { return s.find("all other keys are ignored") != s.npos; }));

    // Named by its UID, nobody knows whether the number is its own: what is pinned cannot be told.
    auto const by_study = learn(archive, source_kind::dimse, by_uid);
    REQUIRE(by_study);
    CHECK(by_study->all.pin == tags::StudyInstanceUID);
    auto untouched = config::quirks{};
    CHECK_FALSE(decision_on(decide(by_study->all, untouched), "name_matching").told);
}

TEST_CASE("what one odd answer decides")
{
    struct {
        char const* name;
        source_kind kind;
        std::function<std::optional<answer>(question const&)> odd;
        char const* key;
        bool told;
        std::function<bool(config::quirks const&)> holds;
        char const* says;
    } const cases[] = {
        {"modalities are refused", source_kind::dimse,
         [](question const& q) -> std::optional<answer> {
             return value_of(q, tags::ModalitiesInStudy).empty() ? std::nullopt : std::optional(refused("A900"));
         },
         "modalities_in_study", true, [](auto const& q) { return !q.modalities_in_study; }, "refused with A900"},
        {"a star is a letter", source_kind::dimse,
         [](question const& q) -> std::optional<answer> {
             auto const name = value_of(q, tags::PatientName);
             return name.size() > 1 && name.ends_with('*') ? std::optional(nothing()) : std::nullopt;
         },
         "wildcards", true, [](auto const& q) { return !q.wildcards; }, "nothing came"},
        {"a list of UIDs is cut to the first", source_kind::dimse,
         [](question const& q) -> std::optional<answer> {
             return value_of(q, tags::StudyInstanceUID) == nobodys_uid ? std::optional(nothing()) : std::nullopt;
         },
         "series_by_uid_list", true, [](auto const& q) { return !q.series_by_uid_list; }, "its own last"},
        {"only SERIES without the study", source_kind::dimse,
         [](question const& q) -> std::optional<answer> {
             return q.what.at == mapping::level::instance && value_of(q, tags::StudyInstanceUID).empty()
                        ? std::optional(refused("A900"))
                        : std::nullopt;
         },
         "relational", true, [](auto const& q) { return !q.relational; }, "instance without study and series"},
        {"pages are short", source_kind::dicomweb,
         [](question const& q) -> std::optional<answer> {
             return q.form.limit > 200 ? std::optional(refused("HTTP 400")) : std::nullopt;
         },
         "page_limit", true, [](auto const& q) { return q.page_limit == 200; }, "refused with HTTP 400"},
        {"pages are shorter still", source_kind::dicomweb,
         [](question const& q) -> std::optional<answer> {
             return q.form.limit > 10 ? std::optional(refused("HTTP 400")) : std::nullopt;
         },
         "page_limit", false, [](auto const& q) { return q.page_limit == 0; }, "refused with HTTP 400"},
        {"only plain JSON", source_kind::dicomweb,
         [](question const& q) -> std::optional<answer> {
             return q.form.accept == "application/json" ? std::nullopt : std::optional(refused("HTTP 406"));
         },
         "accept", true, [](auto const& q) { return q.accept == "application/json"; }, "refused with HTTP 406"},
        {"names are not found", source_kind::dimse,
         [](question const& q) -> std::optional<answer> {
             return value_of(q, tags::PatientName).size() > 1 ? std::optional(nothing()) : std::nullopt;
         },
         "name_matching", false, [](auto const& q) { return q.name_matching == config::name_matching::unknown; },
         "nothing came"},
        {"empty keys find nothing", source_kind::dimse,
         [](question const& q) -> std::optional<answer> {
             return q.what.return_keys.size() > 5 && !q.stars ? std::optional(nothing()) : std::nullopt;
         },
         "universal", true, [](auto const& q) { return q.universal == config::universal_matching::star; },
         "nothing came"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        one_study archive;
        archive.otherwise = c.odd;
        auto const what = learn(archive, c.kind, by_uid);
        REQUIRE(what);
        config::quirks quirks;
        auto const all = decide(what->all, quirks);
        auto const& d = decision_on(all, c.key);
        CAPTURE(d.why);
        CHECK(d.told == c.told);
        CHECK(c.holds(quirks));
        CHECK(d.why.find(c.says) != std::string::npos);
        CHECK(what->queries <= most_queries);
    }
}

TEST_CASE("a date without value, found by an empty value, is empty value matching; a text is none")
{
    for (bool const understood : {true, false}) {
        one_study archive;
        archive.attributes.erase(tags::StudyDate);
        archive.attributes[tags::StudyDate] = "";
        archive.otherwise = [&](question const& q) -> std::optional<answer> {
            if (value_of(q, tags::StudyDate) != "\"\"")
                return {};
            auto without = q;
            without.what.keys = {{tags::StudyInstanceUID, {"1.2.3"}}};
            return understood ? archive.honest(without) : nothing();
        };
        auto const what = learn(archive, source_kind::dicomweb, by_uid);
        REQUIRE(what);
        config::quirks quirks;
        auto const all = decide(what->all, quirks);
        CHECK(decision_on(all, "empty_value_matching").told);
        CHECK(quirks.empty_value_matching == understood);
    }
}

TEST_CASE("each key of quirks has a decision, and no value of the study is in it")
{
    constexpr std::string_view section = "sources.*.quirks.";
    for (auto const kind : {source_kind::dimse, source_kind::dicomweb}) {
        one_study archive;
        auto const what = learn(archive, kind, by_accession);
        REQUIRE(what);
        config::quirks quirks;
        auto const all = decide(what->all, quirks);
        for (auto const& k : config::keys())
            if (k.path.starts_with(section) && k.path != "sources.*.quirks.preset" && (!k.only || *k.only == kind))
                decision_on(all, k.path.substr(section.size(), k.path.find(".*", section.size()) - section.size()));
        std::string text;
        for (auto const& d : all)
            text += d.why + '\n';
        for (auto const& s : remarks(what->all))
            text += s + '\n';
        for (auto const* const value : {"1.2.3", "P77", "Doe", "Jane", "ACC1", "20240310", "HEAD", "Roe", "19700203"})
            CHECK_MESSAGE(text.find(value) == std::string::npos, text);
    }
}
