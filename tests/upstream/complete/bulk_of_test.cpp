#include "upstream/complete/bulk_of.hpp"

#include "tests/support/http_stub.hpp"
#include "tests/upstream/collected_bulk.hpp"
#include "tests/upstream/complete/told_archive.hpp"
#include "upstream/complete/complete.hpp"
#include "upstream/dicomweb/file_head.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace pons;
using namespace pons::test;
using namespace std::chrono_literals;
using upstream::errc;

namespace {

std::string read_file(std::string const& name)
{
    std::ifstream in(PONS_SOURCE_DIR "/tests/data/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Cuts the value at `place` out of a file that comes in pieces.
result<void> cut(std::string const& file, std::string place, std::size_t piece, collected_bulk& value)
{
    auto const bytes = std::as_bytes(std::span(file));
    auto const head = upstream::dicomweb::read_file_head(bytes, {});
    REQUIRE(head.has_value());
    REQUIRE(head->has_value());
    asio::io_context on;
    auto const work = [&]() -> awaitable<result<void>> {
        upstream::bulk_of part(place, value);
        result<void> done = co_await part.begin(**head);
        for (std::size_t at = 0; done && at < bytes.size(); at += piece)
            done = co_await part.write(bytes.subspan(at, std::min(piece, bytes.size() - at)));
        if (done)
            done = co_await part.end();
        if (done && !part.whole())
            done = fail(errc::not_found);
        co_return done;
    };
    return run_on(on, work());
}

}  // namespace

TEST_CASE("a value is cut out of instances in every transfer syntax")
{
    struct {
        char const* file;
        char const* place;
        std::size_t size;
        bool encapsulated;
    } const cases[] = {
        {"dicom/ct/CT_small.dcm", "7FE00010", 32768, false},
        {"dicom/us/JPGLosslessP14SV1_1s_1f_8b.dcm", "7FE00010", 0, true},
        {"dicom/pdf/pdf.dcm", "00420011", 0, false},
        {"dicom/ecg/waveform_ecg.dcm", "54000100/1/54001010", 0, false},
        {"dicom/sr-ko/report_dfl.dcm", "00080018", 0, false},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.file));
        auto const file = read_file(c.file);
        collected_bulk whole;
        REQUIRE(cut(file, c.place, file.size(), whole).has_value());
        CHECK(whole.begun == 1);
        CHECK(whole.encapsulated == c.encapsulated);
        CHECK_FALSE(whole.bytes.empty());
        if (c.size != 0)
            CHECK(whole.bytes.size() == c.size);
        for (auto const piece : {std::size_t{97}, std::size_t{5000}}) {
            collected_bulk again;
            REQUIRE(cut(file, c.place, piece, again).has_value());
            CHECK(again.bytes == whole.bytes);
        }
    }
    collected_bulk pdf;
    REQUIRE(cut(read_file("dicom/pdf/pdf.dcm"), "00420011", 1000, pdf).has_value());
    CHECK(pdf.bytes.starts_with("%PDF-"));
    collected_bulk uid;
    REQUIRE(cut(read_file("dicom/sr-ko/report_dfl.dcm"), "00080018", 10, uid).has_value());
    CHECK(uid.bytes.find_first_not_of(std::string("0123456789.\0", 12)) == std::string::npos);
}

TEST_CASE("values come little endian, also where a number is cut")
{
    auto const big = read_file("pixels/mr/MR_small_bigendian.dcm");
    collected_bulk plain;
    REQUIRE(cut(read_file("dicom/mr/MR_small.dcm"), "7FE00010", 1000, plain).has_value());
    REQUIRE(plain.bytes.size() == 8192);
    for (auto const piece : {std::size_t{1}, std::size_t{3}, std::size_t{999}, std::size_t{100'000}}) {
        collected_bulk turned;
        REQUIRE(cut(big, "7FE00010", piece, turned).has_value());
        CHECK(turned.bytes == plain.bytes);
    }
}

TEST_CASE("what is not there is not found, what is cut off is no value, and a sink may refuse")
{
    auto const file = read_file("dicom/ct/CT_small.dcm");
    collected_bulk none;
    CHECK(cut(file, "00420011", 1000, none).error().code == errc::not_found);
    CHECK(none.begun == 0);
    collected_bulk half;
    CHECK(cut(file.substr(0, file.size() - 500), "7FE00010", 1000, half).error().code == errc::malformed);
    collected_bulk broken;
    broken.on_write = [] { return result<void>(fail(errc::stalled)); };
    CHECK(cut(file, "7FE00010", 1000, broken).error().code == errc::stalled);
}

TEST_CASE("an archive is told to stop when much would follow the value")
{
    auto const file = read_file("dicom/ct/CT_small.dcm");
    collected_bulk pixels;
    auto const stopped = cut(file + std::string(2 << 20, 'x'), "7FE00010", 4096, pixels);
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().code == errc::cancelled);
    CHECK(pixels.bytes.size() == 32768);
}

namespace {

struct tried {
    asio::io_context on;
    config::source source;
    told_archive* inner = nullptr;
    std::unique_ptr<upstream::archive> archive;
    collected_bulk value;

    tried()
    {
        source.name = "pacs";
        auto owned = std::make_unique<told_archive>();
        inner = owned.get();
        archive = upstream::make_complete(std::move(owned), source);
    }
    result<void> bulk(std::string const& place)
    {
        upstream::retrieve_request const request{"1.2", "1.2.1", "1.4"};
        return run_on(on, archive->retrieve_bulk(request, place, value, clock::now() + 20s));
    }
};

}  // namespace

TEST_CASE("a value of an archive that cannot give it alone comes of the instance")
{
    tried t;
    t.inner->listed = {"1.4"};
    t.inner->retrievals.push_back({.come = {"1.4"}});
    REQUIRE(t.bulk("7FE00010").has_value());
    CHECK(t.value.bytes == "pixelsss");
    CHECK(t.inner->asked.at(0).sop_instance_uid == "1.4");
}

TEST_CASE("an instance without the value, and no instance, are not found; half a value is no success")
{
    tried without;
    without.inner->listed = {"1.4"};
    without.inner->retrievals.push_back({.come = {"1.4"}});
    CHECK(without.bulk("00420011").error().code == errc::not_found);
    CHECK(without.value.begun == 0);
    tried nothing;
    CHECK(nothing.bulk("7FE00010").error().code == errc::not_found);
    tried other;
    other.inner->retrievals.push_back({.come = {"1.5"}});
    CHECK(other.bulk("7FE00010").error().code == errc::not_found);
    CHECK(other.value.begun == 0);
    tried broken;
    broken.value.on_write = [] { return result<void>(fail(errc::stalled)); };
    broken.inner->retrievals.push_back({.come = {"1.4"}});
    CHECK(broken.bulk("7FE00010").error().code == errc::stalled);
}
