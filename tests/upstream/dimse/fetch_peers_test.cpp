#include "tests/support/process.hpp"
#include "tests/upstream/dimse/fetching.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;
namespace fs = std::filesystem;

std::string const test_files = PONS_SOURCE_DIR "/tests/data/dicom/";

std::string of_dump(std::string const& line)
{
    auto const begin = line.find('[');
    return begin == std::string::npos ? "" : line.substr(begin + 1, line.find(']') - begin - 1);
}

struct stored_file {
    std::string study, series, instance, sop_class, syntax, data_set;
};

/// What DCMTK says about a file.
stored_file describe(fs::path const& file, fs::path const& scratch)
{
    auto const out = scratch / "said";
    run({"sh", "-c",
         "dcmdump -q -s +L -Un +P 0020,000d +P 0020,000e +P 0008,0018 +P 0008,0016 +P 0002,0010 '" + file.string() +
             "' > '" + out.string() + "'"});
    std::ifstream lines(out);
    std::map<std::string, std::string> said;
    for (std::string line; std::getline(lines, line);)
        said[line.substr(0, 11)] = of_dump(line);
    return {said["(0020,000d)"], said["(0020,000e)"], said["(0008,0018)"],
            said["(0008,0016)"], said["(0002,0010)"], data_set_of(read_file(file.string()))};
}

/// The studies that the peers hold: computed tomography, and whole slide images of which some are compressed.
std::vector<fs::path> held_files()
{
    std::vector<fs::path> held;
    for (auto const* folder : {"studies/peter-ct", "studies/tiny-alpha"})
        for (auto const& entry : fs::recursive_directory_iterator(test_files + folder))
            if (entry.path().extension() == ".dcm")
                held.push_back(entry.path());
    for (auto const* name : {"sm_image", "sm_image_grayscale", "sm_image_jpegls", "seg_image_sm_dots_tiled_full"})
        held.push_back(test_files + "studies/slide/" + name + ".dcm");
    std::ranges::sort(held);
    return held;
}

/// A copy, written as DCMTK writes: both peers decode what they send, so that only then they send what they store.
void normalise(fs::path const& from, fs::path const& to)
{
    if (run({"dcmconv", "--padding-off", from.string(), to.string()}) != 0)
        throw std::runtime_error("dcmconv");
}

/// DCMTK's archive over copies of the files.
class dcmqrscp {
public:
    static dcmqrscp& get()
    {
        static dcmqrscp one;
        return one;
    }

    /// "QR" holds `files()`; "ODD" a study with an instance that DCMTK 3.6.7 cannot send: its class is too new.
    config::source source(char const* ae = "QR") const
    {
        auto s = source_at(port_);
        s.called_ae = ae;
        return s;
    }

    std::vector<stored_file> const& files() const { return files_; }

    std::vector<stored_file> of_study(std::string const& uid) const
    {
        std::vector<stored_file> some;
        std::ranges::copy_if(files_, std::back_inserter(some), [&](auto const& f) { return f.study == uid; });
        return some;
    }

private:
    dcmqrscp() : port_(free_port())
    {
        auto const db = folder_.path() / "db";
        auto const odd = folder_.path() / "odd";
        fs::create_directory(db);
        fs::create_directory(odd);
        auto const config = folder_.path() / "dcmqrscp.cfg";
        std::ofstream(config) << "NetworkTCPPort = " << port_
                              << "\nMaxPDUSize = 131072\nMaxAssociations = 16\n"
                                 "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
                                 "AETable BEGIN\nQR "
                              << db.string() << " RW (200, 1024mb) ANY\nODD " << odd.string()
                              << " RW (200, 1024mb) ANY\nAETable END\n";
        std::vector<std::string> index{"dcmqridx", db.string()};
        for (auto const& file : held_files()) {
            auto const copy = db / (std::to_string(files_.size()) + ".dcm");
            normalise(file, copy);
            index.push_back(copy.string());
            files_.push_back(describe(copy, folder_.path()));
        }
        std::vector<std::string> odd_index{"dcmqridx", odd.string()};
        for (auto const* name : {"sm_image.dcm", "sm_annotations.dcm"}) {
            fs::copy_file(test_files + "studies/slide/" + name, odd / name);
            odd_index.push_back((odd / name).string());
        }
        if (run(index) != 0 || run(odd_index) != 0)
            throw std::runtime_error("dcmqridx");
        server_.emplace(std::vector<std::string>{"dcmqrscp", "+xt", "-c", config.string()});
        if (!wait_for_listener(port_))
            throw std::runtime_error("dcmqrscp did not start");
    }

    temporary_folder folder_;
    std::uint16_t port_;
    std::vector<stored_file> files_;
    std::optional<process> server_;
};

/// Orthanc with the same files, those of "ODD" too.
class orthanc {
public:
    static orthanc& get()
    {
        static orthanc one;
        return one;
    }

    config::source source() const
    {
        auto s = source_at(dicom_);
        s.called_ae = "ORTHANC";
        return s;
    }

    std::map<std::string, std::vector<stored_file>> const& studies() const { return studies_; }

private:
    orthanc() : dicom_(free_port()), http_(free_port())
    {
        auto const folder = folder_.path().string();
        auto const config = folder_.path() / "orthanc.json";
        std::ofstream(config)
            << R"({"StorageDirectory":")" << folder << R"(","IndexDirectory":")" << folder << R"(","HttpPort":)"
            << http_ << R"(,"DicomPort":)" << dicom_
            << R"(,"RemoteAccessAllowed":false,"AuthenticationEnabled":false,"Plugins":[],)"
            << R"("DicomAlwaysAllowEcho":true,"DicomAlwaysAllowFind":true,"DicomAlwaysAllowGet":true})";
        server_.emplace(std::vector<std::string>{"/usr/sbin/Orthanc", config.string()});
        if (!wait_for_listener(http_) || !wait_for_listener(dicom_))
            throw std::runtime_error("Orthanc did not start");
        auto files = held_files();
        files.emplace_back(test_files + "studies/slide/sm_annotations.dcm");
        auto const copy = folder_.path() / "one.dcm";
        for (auto const& file : files) {
            normalise(file, copy);
            auto one = describe(copy, folder_.path());
            studies_[one.study].push_back(std::move(one));
            if (run({"curl", "-sf", "-o", "/dev/null", "--data-binary", "@" + copy.string(),
                     "http://127.0.0.1:" + std::to_string(http_) + "/instances"}) != 0)
                throw std::runtime_error("Orthanc took no " + file.filename().string());
        }
    }

    temporary_folder folder_;
    std::uint16_t dicom_;
    std::uint16_t http_;
    std::map<std::string, std::vector<stored_file>> studies_;
    std::optional<process> server_;
};

void check_same(std::vector<stored_file> const& stored, part_list const& parts)
{
    CHECK(parts.parts.size() == stored.size());
    for (auto const& file : stored) {
        CAPTURE(file.instance);
        auto const* const part = parts.find(file.instance);
        REQUIRE(part);
        CHECK(part->ended);
        CHECK(part->head.transfer_syntax_uid == file.syntax);
        CHECK(part->head.sop_class_uid == file.sop_class);
        CHECK((part->data_set() == file.data_set));
    }
}

TEST_CASE("dcmqrscp: retrieves every study, each instance as it is stored, bit by bit")
{
    auto& archive = dcmqrscp::get();
    std::set<std::string> studies;
    for (auto const& file : archive.files())
        studies.insert(file.study);
    REQUIRE(studies.size() >= 3);
    for (auto const& uid : studies) {
        CAPTURE(uid);
        fetcher us(archive.source());
        part_list parts;
        auto const got = us.fetch({uid, {}, {}}, parts);
        auto const stored = archive.of_study(uid);
        if (stored.size() ==
            4) {  // of several transfer syntaxes: it sends all in one, and fails what it cannot convert
            REQUIRE_FALSE(got);
            CHECK(got.error().code == errc::incomplete);
            continue;
        }
        REQUIRE(got);
        CHECK(got->instances == stored.size());
        CHECK(got->completed == stored.size());
        check_same(stored, parts);
    }
}

TEST_CASE("dcmqrscp: what was retrieved is a PS3.10 file that DCMTK reads")
{
    auto& archive = dcmqrscp::get();
    auto const& file = archive.files().front();
    fetcher us(archive.source());
    part_list parts;
    REQUIRE(us.fetch({file.study, file.series, file.instance}, parts));
    REQUIRE(parts.parts.size() == 1);
    temporary_folder folder;
    auto const to = folder.path() / "one.dcm";
    std::ofstream(to, std::ios::binary) << parts.parts[0].bytes;
    auto const read = describe(to, folder.path());
    CHECK(read.instance == file.instance);
    CHECK(read.syntax == file.syntax);
    CHECK(run({"dcmftest", to.string()}) == 0);
}

TEST_CASE("dcmqrscp: retrieves a series, an instance, and nothing")
{
    auto& archive = dcmqrscp::get();
    auto const& file = archive.files().front();
    auto series = archive.of_study(file.study);
    std::erase_if(series, [&](auto const& f) { return f.series != file.series; });
    REQUIRE(series.size() > 1);
    REQUIRE(series.size() < archive.of_study(file.study).size());

    fetcher us(archive.source());
    part_list of_series;
    REQUIRE(us.fetch({file.study, file.series, {}}, of_series));
    check_same(series, of_series);

    part_list one;
    REQUIRE(us.fetch({file.study, file.series, file.instance}, one));
    check_same({file}, one);

    part_list none;
    auto const got = us.fetch({"1.2.3.4", {}, {}}, none);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::not_found);
    CHECK(none.parts.empty());
}

TEST_CASE("dcmqrscp: an instance that it cannot send makes the retrieve incomplete")
{
    fetcher us(dcmqrscp::get().source("ODD"));
    part_list parts;
    auto const got = us.fetch({"1.2.826.0.1.3680043.9.7433.3.82970457260936734119270346325882945", {}, {}}, parts);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::incomplete);
    CHECK(parts.parts.size() == 1);
}

TEST_CASE("dcmqrscp: an instance that is stored compressed comes as it is")
{
    auto& archive = dcmqrscp::get();
    auto const file = std::ranges::find(archive.files(), "1.2.840.10008.1.2.4.80", &stored_file::syntax);
    REQUIRE(file != archive.files().end());
    fetcher us(archive.source());
    part_list parts;
    REQUIRE(us.fetch({file->study, file->series, file->instance}, parts));
    check_same({*file}, parts);
}

TEST_CASE("Orthanc: retrieves every study, each instance as it is stored, bit by bit")
{
    for (auto const& [uid, stored] : orthanc::get().studies()) {
        CAPTURE(uid);
        fetcher us(orthanc::get().source());
        part_list parts;
        auto const got = us.fetch({uid, {}, {}}, parts);
        REQUIRE(got);
        CHECK(got->instances == stored.size());
        CHECK(got->completed == stored.size());
        check_same(stored, parts);
    }
}

TEST_CASE("dcmqrscp: a receiver who has enough ends it, and the next retrieve is whole")
{
    auto& archive = dcmqrscp::get();
    auto const& file = archive.files().front();
    fetcher us(archive.source());
    part_list some;
    some.at_end = []() -> result<void> { return fail(errc::cancelled, "test"); };
    auto const got = us.fetch({file.study, {}, {}}, some);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::cancelled);
    CHECK(some.parts.size() == 1);

    part_list all;
    REQUIRE(us.fetch({file.study, {}, {}}, all));
    check_same(archive.of_study(file.study), all);
}

}  // namespace
