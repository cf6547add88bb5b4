#include "tests/proxy/dicomweb/images.hpp"
#include "tests/proxy/dimse/provider_door.hpp"
#include "tests/support/known_by_both.hpp"

#include <future>

using namespace pons;
using namespace pons::test;
namespace tags = mapping::tags;
using texts = std::vector<std::string>;

namespace {

/// Three studies of P1 and one of P2, and an association to ask over.
struct asked : provider_door {
    fixed_state& web = add_source("web");

    asked()
    {
        for (int n = 1; n <= 3; ++n)
            web.studies.push_back(a_study(n, n == 3 ? "" : n == 2 ? "20240312" : "20240310"));
        auto& other = web.studies.emplace_back(a_study(4, "20240401"));
        mapping::data_set attributes;
        attributes.add(tags::PatientID, "P2");
        attributes.add(tags::PatientName, "Müller^Änne");
        other.attributes.for_each([&](mapping::tag t, mapping::vr as, bool) {
            texts const held(1, std::string(other.attributes.text(t)));
            if (!attributes.contains(t))
                attributes.add(t, as, {held.front()});
        });
        other.attributes = attributes;
    }

    wire::association& on()
    {
        if (!line_) {
            auto made = call(open());
            REQUIRE(made);
            line_.emplace(std::move(*made));
        }
        return *line_;
    }

private:
    std::optional<wire::association> line_;
};

/// Breaks off behind its rows of one level.
struct breaking_off final : upstream::archive {
    breaking_off(fixed_state& of, mapping::level at) : whole_(of), at_(at) {}

    awaitable<result<upstream::found>> find(mapping::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        result<upstream::found> how = co_await whole_.find(request, rows, deadline);
        if (request.at == at_)
            co_return fail(upstream::errc::aborted, "source web");
        co_return how;
    }
    awaitable<result<void>> verify(time_point) override { co_return result<void>(); }

private:
    fixed_archive whole_;
    mapping::level at_;
};

/// `study` with another value of `t`, or none.
fixed_study retold(fixed_study study, mapping::tag t, std::string const& value = {})
{
    mapping::data_set attributes;
    if (!value.empty())
        attributes.add(t, value);
    study.attributes.for_each([&](mapping::tag other, mapping::vr as, bool) {
        std::vector<std::string_view> values;
        for (std::size_t i = 0; i < study.attributes.count(other); ++i)
            values.push_back(study.attributes.text(other, i));
        if (other != t)
            attributes.add(other, as, values);
    });
    study.attributes = std::move(attributes);
    return study;
}

/// One study, told as CT and, without series, as SR.
std::vector<fixed_study> told_twice()
{
    auto const study = a_study(1, "20240310");
    auto sr = retold(study, tags::ModalitiesInStudy, "SR");
    sr.series.clear();
    return {retold(study, tags::ModalitiesInStudy, "CT"), sr};
}

/// With a search under way that its archive does not answer.
struct asked_in_vain : asked {
    asked_in_vain()
    {
        web.silent = true;
        web.on_silence = [this] { waits_.set_value(); };
        begin_find(on(), identifier_of("STUDY", {{tags::PatientID, "P1"}}));
        waits_.get_future().wait();
    }

private:
    std::promise<void> waits_;
};

}  // namespace

TEST_CASE("each level is found, and only what was asked for comes back")
{
    asked face;
    auto& on = face.on();
    auto const studies = find(
        on, "STUDY", {{tags::PatientID, "P1"}, {tags::StudyInstanceUID, ""}, {tags::StudyDate, "20240301-20240311"}});
    CHECK(studies.status == 0x0000);
    REQUIRE(studies.rows.size() == 1);
    CHECK(studies.pending.front() == 0xFF00);
    texts had;
    studies.rows.front().for_each([&](mapping::tag t, mapping::vr, bool) { had.push_back(mapping::to_hex(t)); });
    CHECK(had == texts{"00080020", "00080052", "00080054", "00100020", "0020000D"});
    CHECK(studies.rows.front().text(tags::RetrieveAETitle) == "PONS");
    CHECK(studies.rows.front().text(tags::QueryRetrieveLevel) == "STUDY");

    auto const series =
        find(on, "SERIES", {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, ""}, {tags::Modality, "SR"}});
    CHECK(series.status == 0x0000);
    CHECK(series.values(tags::SeriesInstanceUID) == texts{"1.2.1.2"});
    auto const images =
        find(on, "IMAGE",
             {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, "1.2.1.1"}, {tags::SOPInstanceUID, ""}});
    CHECK(images.status == 0x0000);
    CHECK(images.values(tags::SOPInstanceUID) == texts{"1.2.1.1.1", "1.2.1.1.2"});
    CHECK(images.values(tags::StudyInstanceUID) == texts{"1.2.1", "1.2.1"});
}

TEST_CASE("matching is that of PS3.4, judged here")
{
    asked face;
    struct {
        char const* name;
        keys_of_find keys;
        texts found;
        std::uint16_t pending = 0xFF00;
    } const cases[] = {
        {"single value", {{tags::AccessionNumber, "A2"}}, {"1.2.2"}},
        {"nothing", {{tags::AccessionNumber, "A9"}}, {}},
        {"list of UIDs", {{tags::StudyInstanceUID, "1.2.1\\1.2.4"}}, {"1.2.1", "1.2.4"}},
        {"several modalities",
         {{tags::PatientID, "P1"}, {tags::ModalitiesInStudy, "MR\\SR"}},
         {"1.2.1", "1.2.2", "1.2.3"}},
        {"no such modality", {{tags::PatientID, "P1"}, {tags::ModalitiesInStudy, "MR"}}, {}},
        {"a range of dates", {{tags::StudyDate, "20240311-"}}, {"1.2.2", "1.2.4"}},
        {"universal, written as a star", {{tags::AccessionNumber, "A1"}, {tags::StudyDescription, "*"}}, {"1.2.1"}},
        {"a time by itself, not with its date",
         {{tags::StudyDate, "20240310-20240312"}, {tags::StudyTime, "1100-1200"}},
         {}},
        {"not known here: passed over, and told",
         {{tags::AccessionNumber, "A1"}, {mapping::tag{0x00104000}, "x"}},
         {"1.2.1"},
         0xFF01},
        {"of a level below: passed over, and told",
         {{tags::AccessionNumber, "A1"}, {tags::Modality, "XX"}},
         {"1.2.1"},
         0xFF01},
        {"not told by the archive: doubtful, and told",
         {{tags::AccessionNumber, "A1"}, {tags::NameOfPhysiciansReadingStudy, "X"}},
         {"1.2.1"},
         0xFF01},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.name));
        auto keys = c.keys;
        if (keys.front().first != tags::StudyInstanceUID)
            keys.emplace_back(tags::StudyInstanceUID, "");
        auto const found = find(face.on(), "STUDY", keys);
        CHECK(found.status == 0x0000);
        CHECK(found.comment.empty());
        CHECK(found.values(tags::StudyInstanceUID) == c.found);
        CHECK(found.pending == std::vector<std::uint16_t>(c.found.size(), c.pending));
    }
}

TEST_CASE("an attribute that the archive tells of others is one that the rest has not")
{
    asked face;
    auto& ours = face.web.studies.front().attributes;
    ours.add(tags::ReferringPhysicianName, "House^Gregory");
    keys_of_find const keys{
        {tags::PatientID, "P1"}, {tags::StudyInstanceUID, ""}, {tags::ReferringPhysicianName, "House*"}};
    auto const found = find(face.on(), "STUDY", keys);
    CHECK(found.values(tags::StudyInstanceUID) == texts{"1.2.1"});
    CHECK(found.pending == std::vector<std::uint16_t>{0xFF00});
}

TEST_CASE("Patient Root: patients once each, and the hierarchy below")
{
    asked face;
    auto& on = face.on();
    auto const root = wire::uids::patient_root_find;
    auto const patients = find(on, "PATIENT", {{tags::PatientID, "P1\\P2"}, {tags::PatientName, ""}}, root);
    CHECK(patients.status == 0x0000);
    CHECK(patients.values(tags::PatientID) == texts{"P2", "P1"});
    CHECK(patients.values(tags::PatientName) == texts{"Müller^Änne", "Doe^Jane"});
    CHECK(find(on, "STUDY", {{tags::PatientID, "P2"}, {tags::StudyInstanceUID, ""}}, root).rows.size() == 1);
    CHECK(find(on, "STUDY", {{tags::AccessionNumber, "A1"}}, root).status == 0xA900);
    CHECK(find(on, "SERIES", {{tags::PatientID, "P1"}, {tags::StudyInstanceUID, "1.2.1"}}, root).rows.size() == 2);
    CHECK(find(on, "SERIES", {{tags::PatientID, "P2"}, {tags::StudyInstanceUID, "1.2.1"}}, root).rows.empty());
    CHECK(find(on, "PATIENT", {{tags::PatientID, "P1"}}).status == 0xA900);  // Study Root has no such level
}

TEST_CASE("what cannot be asked is refused, with a reason that helps")
{
    asked face;
    auto& on = face.on();
    struct {
        char const* level;
        keys_of_find keys;
        std::uint16_t status;
        char const* comment;
    } const cases[] = {
        {"STUDY", {{tags::StudyInstanceUID, ""}}, 0xA700, "too broad"},
        {"STUDY", {{tags::PatientName, "*"}}, 0xA700, "too broad"},
        {"STUDY", {{tags::PatientID, "*1"}}, 0xA700, "too broad"},
        {"SERIES", {{tags::Modality, "CT"}}, 0xA900, "StudyInstanceUID (0020,000D)"},
        {"SERIES", {{tags::StudyInstanceUID, "1.2.1\\1.2.2"}}, 0xA900, "StudyInstanceUID (0020,000D)"},
        {"IMAGE", {{tags::StudyInstanceUID, "1.2.1"}}, 0xA900, "SeriesInstanceUID (0020,000E)"},
        {"WORLD", {{tags::StudyInstanceUID, "1.2.1"}}, 0xA900, "Level"},
        {"STUDY", {{tags::StudyDate, "yesterday"}}, 0xA900, "StudyDate (0008,0020)"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.comment));
        auto const found = find(on, c.level, c.keys);
        CHECK(found.rows.empty());
        CHECK(found.status == c.status);
        CHECK(found.comment.find(c.comment) != std::string::npos);
        CHECK(found.comment.size() <= 64);
        CHECK(found.comment.find("yesterday") == std::string::npos);
    }
    auto const context = on.context(wire::uids::study_root_find)->id;
    auto const rq = request(wire::command::c_find_rq, wire::uids::study_root_find, on.next_message_id(), true);
    std::vector<std::byte> const nonsense(3000, std::byte{0xFF});
    REQUIRE(on.send(context, rq, nonsense, a_while()));
    CHECK(end_find(on).status == 0xA900);
    std::vector<std::byte> const huge((1 << 20) + 2);
    REQUIRE(on.send(context, rq, huge, a_while()));
    CHECK(end_find(on).status == 0xA900);
    CHECK(find(on, "STUDY", {{tags::AccessionNumber, "A1"}}).rows.size() == 1);  // and it goes on
}

TEST_CASE("without narrowing keys where that is allowed")
{
    asked face;
    face.bounds.allow_unbounded = true;
    CHECK(find(face.on(), "STUDY", {{tags::StudyInstanceUID, ""}}).rows.size() == 4);
}

TEST_CASE("never Success when something is missing")
{
    asked face;
    auto& other = face.add_source("other");
    other.fail_everywhere(upstream::errc::unreachable);
    auto const partial = find(face.on(), "STUDY", {{tags::AccessionNumber, "A1"}});
    CHECK(partial.rows.size() == 1);
    CHECK(partial.status == 0xA700);
    CHECK(partial.comment.starts_with("source other: "));
    auto const none = find(face.on(), "STUDY", {{tags::AccessionNumber, "A9"}});
    CHECK(none.rows.empty());
    CHECK(none.status == 0xA700);

    asked alone;
    alone.web.fail_everywhere(upstream::errc::timed_out);
    auto const failed = find(alone.on(), "STUDY", {{tags::AccessionNumber, "A1"}});
    CHECK(failed.status == 0xC001);
    CHECK_FALSE(failed.comment.empty());

    asked crowded;
    crowded.bounds.max_candidates = 2;
    auto const many = find(crowded.on(), "STUDY", {{tags::StudyDate, "2024-"}, {tags::PatientName, "Doe*"}});
    CHECK(many.status != 0x0000);
}

TEST_CASE("what came before the only source broke off was sent, where nothing could change it any more")
{
    using mapping::level;
    struct {
        char const* level;
        keys_of_find keys;
        mapping::level breaks;
        texts found;
        char const* root = wire::uids::study_root_find;
    } const cases[] = {
        {"STUDY",
         {{tags::PatientID, "P1"}, {tags::StudyDate, "20240310-"}, {tags::StudyInstanceUID, ""}},
         level::study,
         {"1.2.1", "1.2.2"}},
        {"STUDY",  // not judged, since the archive may tell it of another
         {{tags::PatientID, "P1"}, {tags::NameOfPhysiciansReadingStudy, "X"}, {tags::StudyInstanceUID, ""}},
         level::study,
         {}},
        {"STUDY",  // the archive does not count the series of the second
         {{tags::PatientID, "P1"}, {tags::NumberOfStudyRelatedSeries, ""}, {tags::StudyInstanceUID, ""}},
         level::study,
         {"1.2.1", "1.2.3"}},
        {"STUDY",
         {{tags::PatientID, "P1"}, {tags::ModalitiesInStudy, ""}, {tags::StudyInstanceUID, ""}},
         level::study,
         {"1.2.1", "1.2.2", "1.2.3"}},
        {"SERIES",
         {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, ""}, {tags::Modality, "SR"}},
         level::series,
         {"1.2.1.2"}},
        {"SERIES",
         {{tags::PatientID, "P1"}, {tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, ""}},
         level::series,
         {"1.2.1.1", "1.2.1.2"}},
        {"SERIES", {{tags::PatientID, "P2"}, {tags::StudyInstanceUID, "1.2.1"}}, level::series, {}},
        {"IMAGE",
         {{tags::StudyInstanceUID, "1.2.1"}, {tags::SeriesInstanceUID, "1.2.1.1"}, {tags::SOPInstanceUID, ""}},
         level::instance,
         {"1.2.1.1.1", "1.2.1.1.2"}},
        {"PATIENT", {{tags::PatientID, "P1"}}, level::study, {}, wire::uids::patient_root_find},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.level));
        CAPTURE(c.keys.size());
        asked face;
        face.web.studies[1] = retold(face.web.studies[1], tags::NumberOfStudyRelatedSeries);
        face.dress = [&](std::size_t, upstream::searched_source& source) {
            source.where = std::make_unique<breaking_off>(face.web, c.breaks);
        };
        auto const found = find(face.on(), c.level, c.keys, c.root);
        auto const unique = std::string_view(c.level) == "SERIES"  ? tags::SeriesInstanceUID
                            : std::string_view(c.level) == "IMAGE" ? tags::SOPInstanceUID
                                                                   : tags::StudyInstanceUID;
        CHECK(found.values(unique) == c.found);
        bool const is_other = c.keys.front().second == "P2";  // its series are not asked for
        CHECK(found.status == (is_other ? 0x0000 : 0xC004));
    }
}

TEST_CASE("what the first of several sources finds is sent while the others are asked")
{
    asked face;
    auto& other = face.add_source("other");
    other.silent = true;
    std::promise<void> waits;
    other.on_silence = [&] { waits.set_value(); };
    auto& on = face.on();
    begin_find(on, identifier_of("STUDY", {{tags::PatientID, "P1"}, {tags::StudyInstanceUID, ""}}));
    waits.get_future().wait();
    found_rows early;
    for (int n = 0; n < 3; ++n)
        REQUIRE(receive_row(on, early));
    CHECK(early.values(tags::StudyInstanceUID) == texts{"1.2.1", "1.2.2", "1.2.3"});
}

TEST_CASE("a row with the modalities of one of two rows of its study is never followed by Success")
{
    asked face;
    face.web.studies = told_twice();
    auto const repeats = std::make_shared<upstream::told_twice>();
    face.dress = [&](std::size_t, upstream::searched_source& source) { source.repeats = repeats; };
    keys_of_find const keys{{tags::PatientID, "P1"}, {tags::ModalitiesInStudy, ""}, {tags::StudyInstanceUID, ""}};
    auto const too_early = find(face.on(), "STUDY", keys);
    CHECK(too_early.status == 0xA700);
    CHECK(too_early.comment.find("ask again") != std::string::npos);
    CHECK(too_early.rows.size() == 1);
    auto const whole = find(face.on(), "STUDY", keys);
    CHECK(whole.status == 0x0000);
    REQUIRE(whole.rows.size() == 1);
    CHECK(whole.rows.front().count(tags::ModalitiesInStudy) == 2);
}

TEST_CASE("series of a study that is told twice have the modalities of both rows")
{
    constexpr auto of_study = tags::ModalitiesInStudy;
    for (auto const* const level : {"SERIES", "IMAGE"}) {
        CAPTURE(std::string(level));
        asked face;
        face.web.studies = told_twice();
        keys_of_find keys{{tags::PatientID, "P1"}, {tags::StudyInstanceUID, "1.2.1"}, {of_study, ""}};
        keys.emplace_back(tags::SeriesInstanceUID, std::string(level) == "IMAGE" ? "1.2.1.1" : "");
        auto const found = find(face.on(), level, keys);
        CHECK(found.status == 0x0000);
        REQUIRE(found.rows.size() == 2);
        for (auto const& row : found.rows)
            CHECK(row.count(of_study) == 2);
    }
}

TEST_CASE("never Success when studies that are found by one Patient ID are told by another")
{
    asked face;
    face.dress = [&](std::size_t, upstream::searched_source& source) {
        source.where = std::make_unique<known_by_both>(face.web);
    };
    auto const gone = find(face.on(), "STUDY", {{tags::PatientID, "OLD1"}, {tags::StudyInstanceUID, ""}});
    CHECK(gone.rows.empty());
    CHECK(gone.status == 0xA700);
    auto const known = find(face.on(), "STUDY", {{tags::PatientID, "P1"}, {tags::StudyInstanceUID, ""}});
    CHECK(known.rows.size() == 3);
    CHECK(known.status == 0x0000);
}

TEST_CASE("answers are in the character set of the query, or in UTF-8 where that cannot say it")
{
    asked face;
    struct {
        char const* asked;
        char const* answered;
    } const cases[] = {
        {"", "ISO_IR 192"}, {"ISO_IR 100", "ISO_IR 100"}, {"ISO_IR 144", "ISO_IR 192"}, {"FOREIGN", "ISO_IR 192"}};
    for (auto const& c : cases) {
        CAPTURE(std::string(c.asked));
        keys_of_find keys{{tags::PatientID, "P2"}, {tags::PatientName, ""}};
        if (*c.asked != '\0')
            keys.insert(keys.begin(), {tags::SpecificCharacterSet, c.asked});
        auto const found = find(face.on(), "STUDY", keys);
        CHECK(found.values(tags::PatientName) == texts{"Müller^Änne"});
        CHECK(found.values(tags::SpecificCharacterSet) == texts{c.answered});
    }
}

TEST_CASE("an AE title leads to its sources")
{
    asked face;
    face.add_source("other").studies.push_back(a_study(7));
    face.settings.dicom.ae_titles = {{"PONS_OTHER", {"other"}}};
    auto const port = face.open();
    auto all = call(port);
    auto only = call(port, {.whom = "PONS_OTHER"});
    REQUIRE((all && only));
    CHECK(find(*all, "STUDY", {{tags::StudyDate, "20240101-"}}).rows.size() == 4);
    auto const few = find(*only, "STUDY", {{tags::StudyDate, "20240101-"}, {tags::StudyInstanceUID, ""}});
    CHECK(few.values(tags::StudyInstanceUID) == texts{"1.2.7"});
    CHECK(few.values(tags::RetrieveAETitle) == texts{"PONS_OTHER"});
}

TEST_CASE("C-CANCEL ends the search at the archive; the association goes on")
{
    asked_in_vain face;
    auto& on = face.on();
    auto const context = on.context(wire::uids::study_root_find)->id;
    auto const cancel = [&](std::uint16_t id) {
        wire::command_set rq;
        rq.set(wire::command_element::command_field, static_cast<std::uint16_t>(wire::command::c_cancel_rq));
        rq.set(wire::command_element::command_data_set_type, wire::no_data_set);
        rq.set(wire::command_element::message_id_being_responded_to, id);
        REQUIRE(on.send(context, rq, {}, a_while()));
    };
    cancel(99);  // of no operation
    cancel(on.operations());
    CHECK(end_find(on).status == 0xFE00);
    cancel(on.operations());  // too late: nothing
    CHECK(find(on, "WORLD", {}).status == 0xA900);
    face.close();
    CHECK(face.web.cancelled == 1);
}

TEST_CASE("a peer that goes away takes its search along")
{
    asked_in_vain face;
    face.on().abort();
    while (face.door->counts().serving != 0)
        std::this_thread::yield();
    face.close();
    CHECK(face.web.cancelled == 1);
}

TEST_CASE("when Pons stops, searches end")
{
    asked_in_vain face;
    face.close();
    CHECK(face.web.cancelled == 1);
}

TEST_CASE("thousands of rows flow, and a peer may cancel while they do")
{
    asked face;
    face.web.studies.clear();
    for (int n = 1; n <= 2000; ++n)
        face.web.studies.push_back(a_study(n));
    auto& on = face.on();
    auto const all = find(on, "STUDY", {{tags::PatientID, "P1"}, {tags::StudyInstanceUID, ""}});
    CHECK(all.rows.size() == 2000);
    CHECK(all.status == 0x0000);
}
