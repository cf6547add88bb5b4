#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dicomweb/client.hpp"
#include "tests/upstream/dicomweb/orthanc.hpp"
#include "upstream/complete/complete.hpp"
#include "upstream/dicomweb/file_head.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;
namespace fs = std::filesystem;
namespace tags = mapping::tags;

namespace {

/// A DICOMweb archive that makes no metadata itself.
struct without_metadata final : upstream::archive {
    std::unique_ptr<upstream::archive> inner;
    explicit without_metadata(std::unique_ptr<upstream::archive> inner_) : inner(std::move(inner_)) {}
    awaitable<result<upstream::found>> find(upstream::find_request const& request, upstream::row_sink& rows,
                                            time_point deadline) override
    {
        return inner->find(request, rows, deadline);
    }
    awaitable<result<upstream::retrieved>> retrieve(retrieve_request const& request, upstream::part_sink& parts,
                                                    time_point deadline) override
    {
        return inner->retrieve(request, parts, deadline);
    }
    awaitable<result<void>> verify(time_point deadline) override { return inner->verify(deadline); }
};

std::map<std::string, mapping::data_set> by_uid(collected const& rows)
{
    std::map<std::string, mapping::data_set> all;
    for (auto const& row : rows.rows)
        all.emplace(row.text(tags::SOPInstanceUID), row);
    return all;
}

}  // namespace

TEST_CASE("Orthanc: retrieves bring what it holds, bit by bit" * doctest::timeout(300))
{
    REQUIRE_MESSAGE(orthanc::is_installed(),
                    "Orthanc or its DICOMweb plugin is not installed; deploy/install-packages does it");
    orthanc server;
    std::map<std::string, std::string> file_of;                 // by SOP Instance UID
    std::map<std::string, std::set<std::string>> instances_of;  // by study
    std::map<std::string, std::string> series_of;
    asio::io_context on;
    auto const source = source_at(server.url());
    client plain(on, source);
    auto const archive =
        upstream::make_complete(upstream::dicomweb::make_dicomweb_archive(plain.source, plain.budget), plain.source);

    for (auto const* folder : {"studies", "us", "ct", "sr-ko"})
        for (auto const& entry :
             fs::recursive_directory_iterator(fs::path(PONS_SOURCE_DIR "/tests/data/dicom") / folder)) {
            if (entry.path().extension() != ".dcm")
                continue;
            auto const file = read_file(entry.path());
            auto const head = upstream::dicomweb::read_file_head(std::as_bytes(std::span(file)), "");
            if (!head || !*head)
                continue;
            auto const stored = server.file_of(server.store_file(file));
            file_of[(*head)->sop_instance_uid] = stored;
        }
    REQUIRE(file_of.size() > 60);
    for (auto const& [uid, file] : file_of) {
        collected rows;
        REQUIRE(plain
                    .find(rows, {.at = mapping::level::instance,
                                 .keys = {{tags::SOPInstanceUID, {uid}}},
                                 .return_keys = {tags::StudyInstanceUID, tags::SeriesInstanceUID},
                                 .max_rows = 0})
                    .has_value());
        REQUIRE(rows.rows.size() == 1);
        instances_of[std::string(rows.rows[0].text(tags::StudyInstanceUID))].insert(uid);
        series_of[uid] = rows.rows[0].text(tags::SeriesInstanceUID);
    }
    REQUIRE(instances_of.size() > 5);

    std::size_t compared = 0;
    for (auto const& [study, uids] : instances_of) {
        CAPTURE(study);
        collected_parts parts;
        retrieve_request const request{study, {}, {}};
        auto const all = run_on(on, archive->retrieve(request, parts, clock::now() + 60s));
        REQUIRE_MESSAGE(all.has_value(), all.error().where);
        CHECK(all->instances == uids.size());
        CHECK(parts.faults.empty());
        CHECK(parts.parts.size() == uids.size());
        for (auto const& part : parts.parts) {
            CHECK(part.ended);
            CHECK(uids.contains(part.head.sop_instance_uid));
            bool const same = part.bytes == file_of[part.head.sop_instance_uid];
            CHECK(same);
            compared += same ? 1 : 0;
        }
    }
    CHECK(compared == file_of.size());

    auto const& [study, uids] = *instances_of.begin();
    auto const& uid = *uids.begin();
    collected_parts one;
    retrieve_request const request{study, series_of[uid], uid};
    REQUIRE(run_on(on, archive->retrieve(request, one, clock::now() + 60s)).has_value());
    REQUIRE(one.uids() == uid);
    CHECK(one.parts[0].bytes == file_of[uid]);
    retrieve_request const series{study, series_of[uid], {}};
    collected_parts some;
    CHECK(run_on(on, archive->retrieve(series, some, clock::now() + 60s)).has_value());

    retrieve_request const nowhere{"1.2.3.4.5", {}, {}};
    collected_parts none;
    auto const missing = run_on(on, archive->retrieve(nowhere, none, clock::now() + 60s));
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().code == errc::not_found);

    // Its own metadata and what is made of the instances say the same.
    auto const derived = upstream::make_complete(
        std::make_unique<without_metadata>(upstream::dicomweb::make_dicomweb_archive(plain.source, plain.budget)),
        plain.source);
    std::size_t values = 0;
    for (auto const& [of, its] : instances_of) {
        CAPTURE(of);
        retrieve_request const whole{of, {}, {}};
        collected own_rows;
        collected made_rows;
        auto const own = run_on(on, archive->retrieve_metadata(whole, own_rows, clock::now() + 60s));
        REQUIRE_MESSAGE(own.has_value(), own.error().where);
        auto const made = run_on(on, derived->retrieve_metadata(whole, made_rows, clock::now() + 60s));
        REQUIRE_MESSAGE(made.has_value(), made.error().where);
        CHECK(own->rows == its.size());
        CHECK(made->rows == its.size());
        auto const theirs = by_uid(own_rows);
        for (auto const& [id, row] : by_uid(made_rows)) {
            CAPTURE(id);
            REQUIRE(theirs.contains(id));
            auto const& their = theirs.at(id);
            row.for_each([&](mapping::tag t, mapping::vr as, bool sequence) {
                using namespace mapping;
                if (sequence || group(t) % 2 != 0 || row.count(t) == 0)
                    return;
                CAPTURE(describe(t));
                if (as != "UI"_vr && as != "DA"_vr && as != "US"_vr)
                    return;
                CHECK(their.text(t) == row.text(t));
                CHECK(their.count(t) == row.count(t));
                ++values;
            });
        }
    }
    CHECK(values > 1000);
}
