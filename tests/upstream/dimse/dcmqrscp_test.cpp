#include "tests/support/process.hpp"
#include "tests/upstream/dimse/asking.hpp"
#include "upstream/dimse/diagnose.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace tags = mapping::tags;
namespace fs = std::filesystem;

/// One image as text for DCMTK's dump2dcm. Latin-1 on purpose: that is what old archives hold.
std::string image(int patient, int study, int series)
{
    auto const uid = "1.2.826.0.1.3680043.10.1." + std::to_string(patient) + "." + std::to_string(study);
    auto const of_series = uid + "." + std::to_string(series);
    return "(0008,0005) CS [ISO_IR 100]\n(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]\n(0008,0018) UI [" + of_series +
           ".1]\n(0008,0020) DA [2024010" + std::to_string(study) + "]\n(0008,0030) TM [101112]\n(0008,0050) SH [ACC" +
           std::to_string(study) +
           "]\n(0008,0060) CS [CT]\n(0008,1030) LO [Sch\xE4"
           "del]\n(0010,0010) PN [M\xFCller^P" +
           std::to_string(patient) + "]\n(0010,0020) LO [PID" + std::to_string(patient) +
           "]\n(0010,0030) DA []\n(0010,0040) CS [O]\n(0020,000D) UI [" + uid + "]\n(0020,000E) UI [" + of_series +
           "]\n(0020,0010) SH [S" + std::to_string(study) + "]\n(0020,0011) IS [" + std::to_string(series) +
           "]\n(0020,0013) IS [1]\n";
}

/// DCMTK's archive with three patients, two studies each, two series each. One for all tests of this file.
class real_archive {
public:
    static real_archive& get()
    {
        static real_archive one;
        return one;
    }

    config::source source() const
    {
        auto s = source_at(port_);
        s.called_ae = "QR";
        s.calling_ae = "PONS";
        return s;
    }

private:
    real_archive() : port_(free_port())
    {
        fs::create_directory(folder_.path() / "db");
        auto const config = folder_.path() / "dcmqrscp.cfg";
        std::ofstream(config) << "NetworkTCPPort = " << port_
                              << "\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
                                 "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
                                 "AETable BEGIN\nQR "
                              << (folder_.path() / "db").string() << " RW (200, 1024mb) ANY\nAETable END\n";
        server_.emplace(std::vector<std::string>{"dcmqrscp", "-c", config.string()});
        if (!wait_for_listener(port_))
            throw std::runtime_error("dcmqrscp did not start");
        std::vector<std::string> store{"storescu", "-aec", "QR", "127.0.0.1", std::to_string(port_)};
        for (int patient = 1; patient <= 3; ++patient)
            for (int study = 1; study <= 2; ++study)
                for (int series = 1; series <= 2; ++series) {
                    auto const stem = folder_.path() / (std::to_string(patient * 100 + study * 10 + series));
                    auto const text = stem.string() + ".dump";
                    auto const file = stem.string() + ".dcm";
                    std::ofstream(text) << image(patient, study, series);
                    if (run({"dump2dcm", text, file}) != 0)
                        throw std::runtime_error("dump2dcm");
                    store.push_back(file);
                }
        if (run(store) != 0)
            throw std::runtime_error("storescu");
    }

    temporary_folder folder_;
    std::uint16_t port_;
    std::optional<process> server_;
};

TEST_CASE("dcmqrscp: answers C-ECHO")
{
    caller us(real_archive::get().source());
    CHECK(us.verify());
    CHECK(us.verify());
}

TEST_CASE("dcmqrscp: finds the studies of a patient, in UTF-8")
{
    caller us(real_archive::get().source());
    row_list rows;
    auto const found = us.find({.at = mapping::level::study,
                                .keys = {{tags::PatientID, {"PID2"}}},
                                .return_keys = {tags::StudyInstanceUID, tags::PatientName, tags::StudyDate,
                                                tags::StudyDescription, tags::ProcedureCodeSequence}},
                               rows);
    REQUIRE(found);
    CHECK(found->rows == 2);
    REQUIRE(rows.rows.size() == 2);
    std::ranges::sort(rows.rows, {}, [](auto const& r) { return std::string(r.text(tags::StudyDate)); });
    CHECK(rows.rows[0].text(tags::StudyInstanceUID) == "1.2.826.0.1.3680043.10.1.2.1");
    CHECK(rows.rows[0].text(tags::PatientName) == "Müller^P2");
    CHECK(rows.rows[1].text(tags::StudyDate) == "20240102");
    CHECK(rows.rows[1].text(tags::StudyDescription) == "Schädel");
}

TEST_CASE("dcmqrscp: lists of UIDs, ranges of dates, and the levels below")
{
    caller us(real_archive::get().source());
    std::string const study = "1.2.826.0.1.3680043.10.1.1.1";
    struct {
        char const* name;
        mapping::find_request request;
        std::size_t rows;
    } const cases[] = {
        {"two UIDs",
         {.keys = {{tags::StudyInstanceUID, {study, "1.2.826.0.1.3680043.10.1.3.2"}}},
          .return_keys = {tags::StudyDate}},
         2},
        {"a day", {.keys = {{tags::StudyDate, {"20240101"}}}, .return_keys = {tags::StudyInstanceUID}}, 3},
        {"from a day on", {.keys = {{tags::StudyDate, {"20240102-"}}}, .return_keys = {tags::StudyInstanceUID}}, 3},
        {"all", {.return_keys = {tags::StudyInstanceUID}}, 6},
        {"none", {.keys = {{tags::PatientID, {"NOBODY"}}}, .return_keys = {tags::StudyInstanceUID}}, 0},
        {"series",
         {.at = mapping::level::series,
          .keys = {{tags::StudyInstanceUID, {study}}},
          .return_keys = {tags::SeriesInstanceUID, tags::Modality, tags::PatientName}},
         2},
        {"instances",
         {.at = mapping::level::instance,
          .keys = {{tags::StudyInstanceUID, {study}}, {tags::SeriesInstanceUID, {study + ".2"}}},
          .return_keys = {tags::SOPInstanceUID}},
         1},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        row_list rows;
        auto const found = us.find(c.request, rows);
        REQUIRE(found);
        CHECK(rows.rows.size() == c.rows);
        CHECK(found->issues.empty());
    }
}

TEST_CASE("dcmqrscp: stops at max_rows and goes on with the same association")
{
    caller us(real_archive::get().source());
    row_list rows;
    auto const found = us.find({.return_keys = {tags::StudyInstanceUID}, .max_rows = 2}, rows);
    REQUIRE(found);
    CHECK(found->truncated);
    CHECK(rows.rows.size() == 2);
    CHECK(us.find());
}

TEST_CASE("dcmqrscp: a find on an open association takes no delayed acknowledgements")
{
    caller us(real_archive::get().source());
    std::vector<clock::duration> times;
    for (int i = 0; i < 200; ++i) {
        row_list rows;
        auto const begin = clock::now();
        REQUIRE(us.find({.keys = {{tags::PatientID, {"PID1"}}}, .return_keys = {tags::StudyInstanceUID}}, rows));
        times.push_back(clock::now() - begin);
    }
    std::ranges::sort(times);
    auto const median = std::chrono::duration<double, std::milli>(times[100]).count();
    MESSAGE("C-FIND on an open association: median " << median << " ms");
    CHECK(median < 40);  // one delayed acknowledgement alone
}

std::vector<upstream::stage> diagnosed(config::source const& source)
{
    asio::io_context context{1};
    std::vector<upstream::stage> stages;
    asio::co_spawn(context, upstream::dimse::diagnose(source, {"127.0.0.1", 11112}, clock::now() + 20s),
                   [&](std::exception_ptr e, std::vector<upstream::stage> s) {
                       if (e)
                           std::rethrow_exception(e);
                       stages = std::move(s);
                   });
    context.run();
    return stages;
}

TEST_CASE("dcmqrscp: the diagnosis walks all the way")
{
    auto const stages = diagnosed(real_archive::get().source());
    REQUIRE(stages.size() == 5);
    for (auto const& s : stages) {
        CAPTURE(s.text);
        CHECK(s.ok);
        CHECK(s.advice.empty());
    }
    CHECK(stages[0].text == "127.0.0.1 is 127.0.0.1.");
    CHECK(stages[2].text == "Association as PONS to QR, with Study Root C-FIND.");
    CHECK(stages[4].text == "The archive answered C-FIND; it has no study of today.");
}

TEST_CASE("dcmqrscp: the diagnosis says which AE title is wrong")
{
    auto source = real_archive::get().source();
    source.called_ae = "WRONG";
    auto const stages = diagnosed(source);
    REQUIRE(stages.size() == 3);
    CHECK(stages[1].ok);
    CHECK_FALSE(stages[2].ok);
    CHECK(stages[2].advice.find("called_ae") != std::string::npos);
}

TEST_CASE("the diagnosis ends where the way ends")
{
    raw_scp const silent([](raw_scp::connection& peer) { (void)peer.read_pdu(), peer.wait_until_closed(); });
    raw_scp const without_find([](raw_scp::connection& peer) {
        peer.accept_no_context();
        (void)peer.read_message();
    });
    struct {
        char const* name;
        config::source source;
        std::size_t stages;
        char const* last;
    } cases[] = {
        {"no such name", source_at(104), 1, "name"},
        {"nobody listens", source_at(free_port()), 2, "TCP"},
        {"no DICOM", source_at(silent.port()), 3, "association"},
        {"no C-FIND", source_at(without_find.port()), 4, "C-ECHO"},
    };
    cases[0].source.host = "no-such-host.invalid";
    cases[0].source.timeouts.connect = 20s;
    cases[2].source.timeouts.association = 40ms;
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const stages = diagnosed(c.source);
        REQUIRE(stages.size() == c.stages);
        CHECK(stages.back().name == c.last);
        CHECK_FALSE(stages.back().ok);
        CHECK_FALSE(stages.back().advice.empty());
    }
}

}  // namespace
