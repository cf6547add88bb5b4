#include "upstream/metadata_of.hpp"

#include "tests/support/http_stub.hpp"
#include "tests/upstream/collected_parts.hpp"
#include "upstream/dicomweb/file_head.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace pons;
using namespace pons::test;
using upstream::errc;

namespace {

struct one_row final : upstream::row_sink {
    std::optional<mapping::data_set> row_;
    void row(mapping::data_set&& one) override { row_ = std::move(one); }
};

result<mapping::data_set> metadata(std::string file, std::size_t piece)
{
    auto const bytes = std::as_bytes(std::span(file));
    auto const head = upstream::dicomweb::read_file_head(bytes, {});
    REQUIRE(head.has_value());
    REQUIRE(head->has_value());
    one_row rows;
    asio::io_context on;
    auto const work = [&]() -> awaitable<result<void>> {
        upstream::metadata_of parts(rows, "ISO_IR 100");
        result<void> done = co_await parts.begin(**head);
        for (std::size_t at = 0; done && at < bytes.size(); at += piece)
            done = co_await parts.write(bytes.subspan(at, std::min(piece, bytes.size() - at)));
        if (done)
            done = co_await parts.end();
        co_return done;
    };
    auto const done = run_on(on, work());
    if (!done)
        return tl::unexpected(done.error());
    return std::move(*rows.row_);
}

std::string read_file(std::string const& name)
{
    std::ifstream in(PONS_SOURCE_DIR "/tests/data/dicom/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("makes metadata of files in every transfer syntax")
{
    struct {
        char const* file;
        mapping::tag t;
        char const* value;
    } const cases[] = {
        {"ct/CT_small.dcm", mapping::tag{0x00280010}, "128"},                         // explicit LE
        {"us/ExplVR_BigEnd.dcm", mapping::tag{0x00280010}, "60"},                     // explicit BE
        {"sr-ko/report_dfl.dcm", mapping::tag{0x0040A491}, "PARTIAL"},                // deflated
        {"us/JPGLosslessP14SV1_1s_1f_8b.dcm", mapping::tag{0x7FE00010}, "7FE00010"},  // encapsulated
        {"nm-pt/1.dcm", mapping::tag{0x7FE00010}, "7FE00010"},
        {"rt/rtplan.dcm", mapping::tags::Modality, "RTPLAN"},  // implicit LE
        {"pdf/pdf.dcm", mapping::tag{0x00420011}, "00420011"},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.file));
        auto const file = read_file(c.file);
        for (auto const piece : {std::size_t{100}, std::size_t{5000}, file.size()}) {
            auto const row = metadata(file, piece);
            REQUIRE_MESSAGE(row.has_value(), row.error().where);
            CHECK(row->text(c.t) == c.value);
        }
    }
}

TEST_CASE("an instance that is cut off, or is none, has no metadata")
{
    auto const file = read_file("ct/CT_small.dcm");
    CHECK(metadata(file.substr(0, file.size() - 100), 1000).error().code == errc::malformed);
    auto const deflated = read_file("sr-ko/report_dfl.dcm");
    CHECK(metadata(deflated.substr(0, deflated.size() - 20), 100).error().code == errc::malformed);
    CHECK(metadata(dicom_file("1.2.3", std::string(500, 'x')), 100).error().code == errc::malformed);
    CHECK(metadata(dicom_file("1.2.3", std::string(500, 'x'), "1.2.840.10008.1.2.1.99"), 100).error().code ==
          errc::malformed);
}
