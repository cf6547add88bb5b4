#include "upstream/dimse/frame_level.hpp"
#include "mapping/dicom_stream.hpp"
#include "tests/support/run.hpp"
#include "tests/upstream/collected_parts.hpp"
#include "tests/upstream/dimse/getting.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/retrieve_way.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <utility>

namespace {

using namespace pons;
using namespace pons::test;
using namespace pons::upstream;
using namespace pons::upstream::dimse;
namespace tags = mapping::tags;

constexpr auto multi_frame = "1.2.840.10008.5.1.4.1.1.7.2";
constexpr auto implicit_le = "1.2.840.10008.1.2";
constexpr auto jpeg_2000 = "1.2.840.10008.1.2.4.90";
constexpr auto frame_model = "1.2.840.10008.5.1.4.1.2.4.3";

retrieve_request frames_of(std::vector<std::uint32_t> frames)
{
    return {"1.2.3", "1.2.3.4", first_instance, std::move(frames)};
}

/// An archive that holds the instance, with ten frames, in `syntaxes`.
contents ten_frames(std::set<std::string> syntaxes)
{
    contents known;
    known.series.push_back({"1.2.3.4", "OT", {{multi_frame, std::move(syntaxes)}}});
    known.instances = 1;
    known.frames = 10;
    return known;
}

bytes numbers(std::vector<std::uint32_t> const& list)
{
    bytes all;
    for (auto const each : list)
        all += raw::little(each, 4);
    return all;
}

/// A sequence of one item, and it and the item of undefined length.
bytes sequence(std::uint32_t tag, bytes const& item)
{
    auto const all_ones = raw::little(0xFFFFFFFF, 4);
    return raw::tag(tag) + "SQ" + bytes(2, '\0') + all_ones + raw::tag(0xFFFEE000) + all_ones + item +
           raw::tag(0xFFFEE00D) + bytes(4, '\0') + raw::tag(0xFFFEE0DD) + bytes(4, '\0');
}

/// The data set of an instance that an archive has made of frames.
bytes extracted_data_set(std::vector<std::uint32_t> const& list, std::string const& source, std::string const& count)
{
    auto const extraction =
        explicit_element(0x00081161, "UL", numbers(list)) + explicit_element(0x00081167, "UI", source, '\0');
    return explicit_element(0x00080016, "UI", multi_frame, '\0') + explicit_element(0x00080018, "UI", "2.25.7", '\0') +
           sequence(0x00081164, extraction) + explicit_element(0x0020000D, "UI", "1.2.3", '\0') +
           explicit_element(0x0020000E, "UI", "1.2.3.4", '\0') + explicit_element(0x00280008, "IS", count) +
           explicit_element(0x00280010, "US", raw::little(1, 2)) + explicit_element(0x7FE00010, "OW", "pixels");
}

/// Gives the instance of such a data set to `part`, a few bytes at a time.
awaitable<result<void>> give(part_sink& part, std::string file, std::size_t piece)
{
    part_head head{multi_frame, "2.25.7", explicit_le, file.size()};
    head.data_set_offset = file.find(explicit_element(0x00080016, "UI", multi_frame, '\0'));
    result<void> done = co_await part.begin(head);
    auto left = std::as_bytes(std::span(file));
    while (done && !left.empty()) {
        auto const now = left.first(std::min(left.size(), piece));
        left = left.subspan(now.size());
        done = co_await part.write(now);
    }
    if (done)
        done = co_await part.end();
    co_return done;
}

}  // namespace

TEST_CASE("frames are asked for by their numbers, of an instance, at FRAME level")
{
    auto const identifier = to_identifier(frames_of({2, 7, 70000}));
    CHECK(identifier.text(tags::QueryRetrieveLevel) == "FRAME");
    CHECK(identifier.text(tags::SOPInstanceUID) == first_instance);
    CHECK_FALSE(identifier.contains(tags::StudyInstanceUID));
    auto const written = mapping::write_data_set(identifier, mapping::encoding::explicit_le, "");
    bytes const wire(reinterpret_cast<char const*>(written.bytes.data()), written.bytes.size());
    CHECK(wire.find(explicit_element(0x00081161, "UL", numbers({2, 7, 70000}))) != bytes::npos);
}

TEST_CASE("only the transfer syntax in which the instance is stored is proposed")
{
    auto const compressed = plan_frames(frames_of({3, 5}), ten_frames({jpeg_2000}));
    REQUIRE(compressed);
    REQUIRE(compressed->size() == 1);
    CHECK(compressed->front().requests == std::vector{frames_of({3, 5})});
    REQUIRE(compressed->front().storage.size() == 1);
    CHECK(compressed->front().storage.front().abstract_syntax == multi_frame);
    CHECK(compressed->front().storage.front().transfer_syntaxes == std::vector<std::string>{jpeg_2000});
    auto const native = plan_frames(frames_of({3, 5}), ten_frames({implicit_le}));
    REQUIRE(native);
    CHECK(native->front().storage.size() == 2);
}

TEST_CASE("frames are not asked for alone where that does not help, or what came could not be told from something else")
{
    std::vector<std::uint32_t> most(6);
    std::iota(most.begin(), most.end(), 1u);
    auto const here = ten_frames({jpeg_2000});
    CHECK(plan_frames(frames_of({1}), here));
    CHECK_FALSE(plan_frames(frames_of({}), here));
    CHECK_FALSE(plan_frames(frames_of(most), here));
    CHECK_FALSE(plan_frames(frames_of({11}), here));
    CHECK_FALSE(plan_frames({"1.2.3", "1.2.3.4", {}, {1}}, here));
    for (auto const& syntaxes : {std::set<std::string>{}, {jpeg_2000, explicit_le}, {"1.2.840.10008.1.2.2"}})
        CHECK_FALSE(plan_frames(frames_of({1}), ten_frames(syntaxes)));
    auto unsaid = here;
    SUBCASE("how many frames there are")
    {
        unsaid.frames = 0;
    }
    SUBCASE("that it is one instance")
    {
        unsaid.instances = 2;
    }
    SUBCASE("of which class it is")
    {
        unsaid.series.front().classes.clear();
    }
    CHECK_FALSE(plan_frames(frames_of({1}), unsaid));
}

TEST_CASE("an instance of these frames passes as one of the source, byte by byte")
{
    auto const request = frames_of({2, 7});
    auto const file = dicom_file("2.25.7", extracted_data_set({2, 7}, first_instance, "2"));
    for (std::size_t const piece : {1u, 50u, 100'000u}) {
        CAPTURE(piece);
        asio::io_context on;
        collected_parts to;
        extracted_frames part(request, to);
        auto const done = run(on, give(part, file, piece));
        CHECK(done.has_value());
        CHECK(part.whole());
        REQUIRE(to.parts.size() == 1);
        CHECK(to.parts.front().head.sop_instance_uid == first_instance);
        CHECK(to.parts.front().head.frames == request.frames);
        CHECK(to.parts.front().bytes == file);
        CHECK(to.parts.front().ended);
        // Whatever comes after it goes nowhere.
        CHECK(run(on, give(part, file, piece)).has_value());
        CHECK(to.parts.size() == 1);
    }
}

TEST_CASE("anything else is refused before a byte of it is handed on")
{
    struct {
        char const* name;
        bytes data_set;
    } const cases[] = {
        {"other frames", extracted_data_set({2, 8}, first_instance, "2")},
        {"too few frames", extracted_data_set({2}, first_instance, "1")},
        {"too few frames, and it does not say so", extracted_data_set({2, 7}, first_instance, "1")},
        {"of another instance", extracted_data_set({2, 7}, second_instance, "2")},
        {"the whole instance", explicit_element(0x00080016, "UI", multi_frame, '\0') +
                                   explicit_element(0x00280008, "IS", "2") +
                                   explicit_element(0x7FE00010, "OW", "pixels")},
        {"not even a number of frames", explicit_element(0x00080016, "UI", multi_frame, '\0')},
        {"no data set", explicit_element(0x00080016, "UI", multi_frame, '\0') + bytes(40, '\1')},
        {"a beginning without end", explicit_element(0x00080016, "UI", multi_frame, '\0') + raw::tag(0x00090010) +
                                        "OB" + bytes(2, '\0') + raw::little(4 << 20, 4) + bytes(2 << 20, 'x')},
    };
    auto const request = frames_of({2, 7});
    for (auto const& c : cases) {
        CAPTURE(c.name);
        asio::io_context on;
        collected_parts to;
        extracted_frames part(request, to);
        auto const done = run(on, give(part, dicom_file("2.25.7", c.data_set), 5'000));
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().code == errc::malformed);
        CHECK(to.parts.empty());
        CHECK_FALSE(part.handed_on());
    }
}

TEST_CASE(
    "a frame comes alone from an archive that does that; from another the whole instance comes on the next association")
{
    struct {
        char const* name;
        bytes data_set;
        std::uint16_t status;
        bool alone;
    } const cases[] = {
        {"given", extracted_data_set({7}, first_instance, "1"), 0x0000, true},
        {"too many", extracted_data_set({7}, first_instance, "2"), 0x0000, false},
        {"refused", {}, 0xA900, false},
        {"unable", {}, 0xAA02, false},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        std::atomic<int> for_frames{0};
        std::atomic<int> for_all{0};
        raw_scp const archive([&](raw_scp::connection& over) {
            get_peer peer(over);
            peer.accept();
            bool const of_frames = peer.find(frame_model, {}) != nullptr;
            if (of_frames || peer.for_get()) {
                peer.read_get();
                ++(of_frames ? for_frames : for_all);
                auto const context = context_of(peer, multi_frame, explicit_le);
                bytes const whole = explicit_element(0x00080016, "UI", multi_frame, '\0') + "whole!";
                if (!of_frames)
                    peer.store(context, multi_frame, first_instance, whole);
                else if (!c.data_set.empty())
                    peer.store(context, multi_frame, "2.25.7", c.data_set);
                if (!of_frames || !c.data_set.empty())
                    (void)peer.read_response();
                peer.respond(of_frames ? c.status : 0, {});
                for (;;)
                    (void)peer.read_response();
            }
            for (;;) {
                auto const rq = over.read_message();
                over.respond(rq, 0xFF00,
                             explicit_element(0x00080016, "UI", multi_frame, '\0') +
                                 explicit_element(0x00083002, "UI", explicit_le, '\0') +
                                 explicit_element(0x00280008, "IS", "10"));
                over.respond(rq, 0);
            }
        });
        part_list parts;
        fetcher us(source_at(archive.port()));
        auto const done = us.fetch(frames_of({7}), parts, 10s);
        REQUIRE(done.has_value());
        CHECK(done->instances == 1);
        REQUIRE(parts.parts.size() == 1);
        CHECK(parts.parts.front().ended);
        CHECK(parts.parts.front().head.sop_instance_uid == first_instance);
        CHECK((parts.parts.front().head.frames == std::vector<std::uint32_t>{7}) == c.alone);
        CHECK(for_frames == 1);
        CHECK(for_all == (c.alone ? 0 : 1));
    }
}

TEST_CASE(
    "what an archive cannot do is not asked of it for an hour: with a class after three failures, at all after it said "
    "so")
{
    retrieve_way way({config::retrieve_method::c_get});
    auto const now = clock::now();
    CHECK(way.may_extract_frames("1.1", now));
    SUBCASE("three failures, one after the other")
    {
        for (int i = 0; i < 2; ++i)
            way.failed_to_extract_frames("1.1", false, now);
        way.extracted_frames("1.1");
        for (int i = 0; i < 2; ++i)
            way.failed_to_extract_frames("1.1", false, now);
        CHECK(way.may_extract_frames("1.1", now));
        way.failed_to_extract_frames("1.1", false, now);
        CHECK_FALSE(way.may_extract_frames("1.1", now));
        CHECK(way.may_extract_frames("1.2", now));
    }
    SUBCASE("it does not know that")
    {
        way.failed_to_extract_frames("1.2", true, now);
        CHECK_FALSE(way.may_extract_frames("1.1", now));
    }
    CHECK(way.may_extract_frames("1.1", now + 61min));
}
