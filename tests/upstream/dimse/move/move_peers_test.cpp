#include "mapping/dicom_stream.hpp"
#include "tests/support/process.hpp"
#include "tests/upstream/dimse/move/moving.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace {

using namespace pons;
using namespace pons::test;
using upstream::errc;
namespace fs = std::filesystem;
namespace tags = mapping::tags;

fs::path const samples = PONS_SOURCE_DIR "/tests/data/dicom/studies";

std::string read_file(fs::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What stands behind preamble and group 0002 in a PS3.10 file.
std::string data_set_of(std::string const& file)
{
    auto const field = file.substr(140, 4);  // the value of (0002,0000) UL
    auto const length = raw::from_big(bytes(field.rbegin(), field.rend()));
    return file.substr(144 + length);
}

struct sample_study {
    std::string uid;
    std::map<std::string, std::string> data_sets;  // by SOP Instance UID
    std::map<std::string, std::set<std::string>> series;
};

/// Studies that DCMTK's tools send as they are, bit by bit: what comes can be compared with the files.
std::vector<sample_study> read_studies()
{
    std::map<std::string, sample_study> all;
    for (auto const* const folder : {"tiny-alpha", "peter-mr"})
        for (auto const& each : fs::recursive_directory_iterator(samples / folder)) {
            if (each.path().extension() != ".dcm")
                continue;
            auto const bytes = data_set_of(read_file(each.path()));
            auto const read = mapping::read_data_set(std::as_bytes(std::span(bytes)), mapping::encoding::explicit_le,
                                                     "", {.size = 1 << 24});
            if (!read)
                throw std::runtime_error(each.path().string());
            auto& study = all[std::string(read->text(tags::StudyInstanceUID))];
            study.uid = read->text(tags::StudyInstanceUID);
            std::string const uid(read->text(tags::SOPInstanceUID));
            study.series[std::string(read->text(tags::SeriesInstanceUID))].insert(uid);
            study.data_sets[uid] = bytes;
        }
    std::vector<sample_study> studies;
    for (auto& [uid, study] : all)
        studies.push_back(std::move(study));
    return studies;
}

std::vector<sample_study> const& studies()
{
    static auto const all = read_studies();
    return all;
}

std::vector<std::string> store_command(std::uint16_t port, std::vector<std::string> const& folders)
{
    std::vector<std::string> command{"env",     "TCP_NODELAY=1", "storescu",          "+sd", "+r", "-aec",
                                     "ARCHIVE", "127.0.0.1",     std::to_string(port)};
    for (auto const& folder : folders)
        command.push_back((samples / folder).string());
    return command;
}

/// Several retrieves at once, as several clients would.
class retrieving {
public:
    retrieving(config::source const& source, move_destination& ours)
        : pool_(upstream::dimse::make_pool(source)),
          from_(upstream::dimse::make_dimse_archive(source, pool_, ours.moves))
    {
    }

    struct one {
        kept_parts parts;
        std::optional<result<upstream::retrieved>> answer;
    };

    std::list<one>& all(std::vector<upstream::retrieve_request> const& requests)
    {
        done_.clear();
        for (auto const& request : requests) {
            auto work = [](upstream::archive& a, upstream::retrieve_request what,
                           kept_parts& to) -> awaitable<result<upstream::retrieved>> {
                auto got = co_await a.retrieve(what, to, clock::now() + 60s);
                co_return got;
            };
            auto& into = done_.emplace_back();
            asio::co_spawn(context_, work(*from_, request, into.parts),
                           [&into](std::exception_ptr, result<upstream::retrieved> r) { into.answer = std::move(r); });
        }
        context_.restart();
        context_.run();
        return done_;
    }

private:
    asio::io_context context_{1};
    std::shared_ptr<upstream::dimse::association_pool> pool_;
    std::unique_ptr<upstream::archive> from_;
    std::list<one> done_;
};

config::source move_source(std::uint16_t port)
{
    auto s = source_at(port);
    s.retrieve = {config::retrieve_method::c_move};
    s.limits.associations = 4;
    s.timeouts.total = 60s;
    return s;
}

void check_same(kept_parts const& parts, sample_study const& study)
{
    CHECK(parts.data_sets.size() == study.data_sets.size());
    for (auto const& [uid, data_set] : study.data_sets) {
        CAPTURE(uid);
        REQUIRE(parts.data_sets.contains(uid));
        CHECK((parts.data_sets.at(uid) == data_set));
    }
}

void retrieve_everything(config::source const& source, move_destination& ours, errc how_unknown)
{
    retrieving from(source, ours);
    // One after another, the first without knowing that the archive tells the originator; then all at once, twice each.
    for (auto const& study : studies()) {
        auto const& got = from.all({{study.uid, {}, {}}}).front();
        REQUIRE(*got.answer);
        CHECK((*got.answer)->instances == study.data_sets.size());
        CHECK((*got.answer)->completed == study.data_sets.size());
        check_same(got.parts, study);
    }
    CHECK(ours.moves->tells_originator("tested"));
    std::vector<upstream::retrieve_request> requests;
    for (int i = 0; i < 2; ++i)
        for (auto const& study : studies())
            requests.push_back({study.uid, {}, {}});
    auto study = studies().begin();
    for (auto const& got : from.all(requests)) {
        REQUIRE(*got.answer);
        check_same(got.parts, *study);
        if (++study == studies().end())
            study = studies().begin();
    }
    auto const& some = studies().front();
    auto const& [series, instances] = *some.series.begin();
    auto const& of_series = from.all({{some.uid, series, {}}}).front();
    REQUIRE(*of_series.answer);
    CHECK(of_series.parts.data_sets.size() == instances.size());
    auto const& uid = *instances.begin();
    auto const& alone = from.all({{some.uid, series, uid}}).front();
    REQUIRE(*alone.answer);
    REQUIRE(alone.parts.data_sets.size() == 1);
    CHECK((alone.parts.data_sets.at(uid) == some.data_sets.at(uid)));
    auto const& none = from.all({{"1.2.3.4.5.6.7.8.9", {}, {}}}).front();
    REQUIRE_FALSE(*none.answer);
    CHECK(none.answer->error().code == how_unknown);
    CHECK(ours.provider->counts().unexpected == 0);
}

/// DCMTK's archive, which knows us as PONS_MOVE.
struct dcmqrscp {
    explicit dcmqrscp(std::uint16_t our_port, std::vector<std::string> const& folders = {"tiny-alpha", "peter-mr"},
                      char const* nodelay = "TCP_NODELAY=1")
        : port(free_port())
    {
        fs::create_directory(folder.path() / "db");
        auto const config = folder.path() / "dcmqrscp.cfg";
        std::ofstream(config) << "NetworkTCPPort = " << port
                              << "\nMaxPDUSize = 131072\nMaxAssociations = 16\nHostTable BEGIN\n"
                              << "pons = (PONS_MOVE, 127.0.0.1, " << our_port
                              << ")\nHostTable END\nVendorTable BEGIN\nVendorTable END\nAETable BEGIN\nARCHIVE "
                              << (folder.path() / "db").string() << " RW (200, 1024mb) ANY\nAETable END\n";
        server.emplace(std::vector<std::string>{"env", nodelay, "dcmqrscp", "-c", config.string()});
        if (!wait_for_listener(port) || run(store_command(port, folders)) != 0)
            throw std::runtime_error("dcmqrscp does not start");
    }

    temporary_folder folder;
    std::uint16_t port;
    std::optional<process> server;
};

TEST_CASE("dcmqrscp: everything by C-MOVE, several at once unmixed")
{
    move_destination ours(std::vector{move_source(0)});
    dcmqrscp const archive(ours.port());
    retrieve_everything(move_source(archive.port), ours, errc::not_found);
}

TEST_CASE("dcmqrscp: with Nagle's algorithm at work, and C-GET after C-MOVE failed")
{
    auto source = move_source(0);
    source.store_ae = "UNKNOWN";
    move_destination ours(std::vector{source});
    dcmqrscp const archive(ours.port(), {"peter-mr"}, "TCP_NODELAY=0");
    source.port = archive.port;
    auto const& study = *std::ranges::min_element(studies(), {}, [](auto const& s) { return s.data_sets.size(); });
    {
        retrieving by_move(source, ours);
        auto const& got = by_move.all({{study.uid, {}, {}}}).front();
        REQUIRE_FALSE(*got.answer);
        CHECK(got.answer->error().code == errc::refused);
        CHECK(got.answer->error().where.find("A801: move destination unknown there; enter the AE title UNKNOWN") !=
              std::string::npos);
    }
    source.retrieve.push_back(config::retrieve_method::c_get);
    retrieving by_both(source, ours);
    auto const& got = by_both.all({{study.uid, {}, {}}}).front();
    REQUIRE(*got.answer);
    check_same(got.parts, study);

    source.store_ae = "PONS_MOVE";
    source.retrieve.resize(1);
    move_destination known(std::vector{source});
    dcmqrscp const slow(known.port(), {"peter-mr"}, "TCP_NODELAY=0");
    source.port = slow.port;
    retrieving again(source, known);
    auto const& moved = again.all({{study.uid, {}, {}}}).front();
    REQUIRE(*moved.answer);
    check_same(moved.parts, study);
}

TEST_CASE("Orthanc: everything by C-MOVE, several at once unmixed" * doctest::timeout(300))
{
    constexpr auto program = "/usr/sbin/Orthanc";
    REQUIRE_MESSAGE(fs::exists(program), "Orthanc is not installed; deploy/install-packages does it");
    move_destination ours(std::vector{move_source(0)});
    temporary_folder folder;
    auto const dicom = free_port();
    auto const file = folder.path() / "orthanc.json";
    std::ofstream(file) << R"({"Name":"test","StorageDirectory":")" << folder.path().string()
                        << R"(","IndexDirectory":")" << folder.path().string() << R"(","HttpServerEnabled":false,)"
                        << R"("DicomPort":)" << dicom
                        << R"(,"DicomAet":"ARCHIVE","DicomAlwaysAllowFind":true,"DicomAlwaysAllowMove":true,)"
                        << R"("DicomModalities":{"pons":["PONS_MOVE","127.0.0.1",)" << ours.port() << "]}}";
    process const server({"env", "TCP_NODELAY=1", program, file.string()});
    REQUIRE(wait_for_listener(dicom));
    REQUIRE(run(store_command(dicom, {"tiny-alpha", "peter-mr"})) == 0);
    retrieve_everything(move_source(dicom), ours, errc::refused);  // C000
}

}  // namespace
