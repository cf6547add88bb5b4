#include "mapping/image_head.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace pons::mapping;
using namespace std::string_literals;

namespace {

std::string two(std::size_t n)
{
    return {static_cast<char>(n >> 8), static_cast<char>(n)};
}
std::string four(std::size_t n)
{
    return two(n >> 16) + two(n & 0xFFFF);
}
std::string segment(int marker, std::string const& contents)
{
    return "\xFF"s + static_cast<char>(marker) + two(contents.size() + 2) + contents;
}

struct made_jpeg {
    int process = 0xC0;
    int bits = 8;
    std::string sampling = "\x22\x11\x11";
    std::string names = "\1\2\3";
    std::string before;
    int parameter = 0;

    std::string text() const
    {
        auto frame = std::string(1, static_cast<char>(bits)) + two(480) + two(640) + static_cast<char>(sampling.size());
        auto scan = std::string(1, static_cast<char>(sampling.size()));
        for (std::size_t n = 0; n < sampling.size(); ++n) {
            frame += std::string{names[n], sampling[n], '\0'};
            scan += std::string{names[n], '\0'};
        }
        scan += std::string{static_cast<char>(parameter), '\x3F', '\0'};
        return "\xFF\xD8"s + before + segment(0xDB, std::string(65, 'q')) + segment(process, frame) +
               segment(0xC4, "huffman") + segment(0xDA, scan) + "data";
    }
};

image_look look(std::string const& bytes, image_head& into)
{
    auto const all = std::as_bytes(std::span(bytes));
    return bytes.starts_with("\xFF\xD8") ? look_at_jpeg(all, into) : look_at_jpeg_2000(all, into);
}

std::string made_jpeg_2000(int components, int depth, int transformed, int reversible, bool high_throughput = false)
{
    auto size = two(0) + four(740) + four(580) + four(100) + four(100) + four(640) + four(480) + four(0) + four(0) +
                two(static_cast<std::size_t>(components));
    for (int n = 0; n < components; ++n)
        size += std::string{static_cast<char>(depth), '\1', '\1'};
    auto const style = std::string{'\0', '\0', '\0', '\1', static_cast<char>(transformed),
                                   '\5', '\4', '\4', '\0', static_cast<char>(reversible)};
    return "\xFF\x4F"s + segment(0x51, size) + (high_throughput ? segment(0x50, four(1)) : ""s) + segment(0x52, style) +
           "data";
}

std::string box(std::string const& type, std::string const& contents, std::size_t size = 0)
{
    return four(size == 0 ? contents.size() + 8 : size) + type + contents;
}

}  // namespace

TEST_CASE("a JPEG file says its process, size and colours")
{
    struct {
        made_jpeg image;
        char const* syntax;
        char const* photometric;
        bool lossy;
    } const cases[] = {
        {{}, "1.2.840.10008.1.2.4.50", "YBR_FULL_422", true},
        {{.sampling = "\x11\x11\x11"}, "1.2.840.10008.1.2.4.50", "YBR_FULL", true},
        {{.sampling = "\x11"}, "1.2.840.10008.1.2.4.50", "MONOCHROME2", true},
        {{.sampling = "\x11\x11\x11", .names = "RGB"}, "1.2.840.10008.1.2.4.50", "RGB", true},
        {{.before = segment(0xEE, "Adobe\0\x64\0\0\0\0\0"s)}, "1.2.840.10008.1.2.4.50", "RGB", true},
        {{.before = segment(0xEE, "Adobe\0\x64\0\0\0\0\1"s)}, "1.2.840.10008.1.2.4.50", "YBR_FULL_422", true},
        {{.sampling = "\x11\x11\x11", .names = "RGB", .before = segment(0xE0, "JFIF\0\1"s)},
         "1.2.840.10008.1.2.4.50",
         "YBR_FULL",
         true},
        {{.process = 0xC1, .bits = 12, .sampling = "\x11"}, "1.2.840.10008.1.2.4.51", "MONOCHROME2", true},
        {{.process = 0xC3, .bits = 16, .sampling = "\x11", .parameter = 1},
         "1.2.840.10008.1.2.4.70",
         "MONOCHROME2",
         false},
        {{.process = 0xC3, .sampling = "\x11\x11\x11", .parameter = 4}, "1.2.840.10008.1.2.4.57", "RGB", false},
        {{.process = 0xF7, .bits = 10, .sampling = "\x11"}, "1.2.840.10008.1.2.4.80", "MONOCHROME2", false},
        {{.process = 0xF7, .sampling = "\x11\x11\x11", .parameter = 2}, "1.2.840.10008.1.2.4.81", "RGB", true},
    };
    for (auto const& c : cases) {
        auto const bytes = c.image.text();
        image_head head;
        REQUIRE(look(bytes, head) == image_look::found);
        CHECK(head.transfer_syntax_uid == c.syntax);
        CHECK(head.photometric_interpretation == c.photometric);
        CHECK(head.lossy == c.lossy);
        CHECK(head.rows == 480);
        CHECK(head.columns == 640);
        CHECK(head.samples == c.image.sampling.size());
        CHECK(head.bits == c.image.bits);
        CHECK(may_be(head, c.syntax));
        CHECK_FALSE(may_be(head, "1.2.840.10008.1.2.1"));
        // Each beginning of it says nothing yet, up to the end of the header of the scan.
        for (std::size_t size = 0; size + 4 < bytes.size(); ++size) {
            image_head none;
            REQUIRE(look_at_jpeg(std::as_bytes(std::span(bytes).first(size)), none) == image_look::more);
        }
    }
}

TEST_CASE("what is no JPEG for DICOM")
{
    image_head head;
    CHECK(look(made_jpeg{.process = 0xC2}.text(), head) == image_look::none);  // progressive
    CHECK(look(made_jpeg{.process = 0xC9}.text(), head) == image_look::none);  // arithmetic
    CHECK(look(made_jpeg{.bits = 9}.text(), head) == image_look::none);
    CHECK(look(made_jpeg{.sampling = "\x11\x11\x11\x11", .names = "CMYK"}.text(), head) == image_look::none);
    CHECK(look("\xFF\xD8\xFF\xD9\0\0"s, head) == image_look::none);
    CHECK(look("\xFF\xD8nothing"s, head) == image_look::none);
    auto const png = "\x89PNG\r\n"s + std::string(100, 'x');
    CHECK(look_at_jpeg(std::as_bytes(std::span(png)), head) == image_look::none);
    CHECK(look_at_jpeg_2000(std::as_bytes(std::span(png)), head) == image_look::none);
}

TEST_CASE("a JPEG 2000 code stream says its size, colours and loss")
{
    struct {
        std::string bytes;
        char const* syntax;
        char const* photometric;
    } const cases[] = {
        {made_jpeg_2000(1, 11, 0, 1), "1.2.840.10008.1.2.4.90", "MONOCHROME2"},
        {made_jpeg_2000(3, 7, 1, 1), "1.2.840.10008.1.2.4.90", "YBR_RCT"},
        {made_jpeg_2000(3, 7, 1, 0), "1.2.840.10008.1.2.4.91", "YBR_ICT"},
        {made_jpeg_2000(3, 7, 0, 0), "1.2.840.10008.1.2.4.91", "RGB"},
        {made_jpeg_2000(1, 0x8F, 0, 1, true), "1.2.840.10008.1.2.4.201", "MONOCHROME2"},
        {made_jpeg_2000(3, 7, 1, 0, true), "1.2.840.10008.1.2.4.203", "YBR_ICT"},
    };
    auto const file_type = four(12) + "jP  " + "\r\n\x87\n" + box("ftyp", "jp2 " + four(0) + "jp2 ");
    for (auto const& c : cases) {
        image_head head;
        REQUIRE(look(c.bytes, head) == image_look::found);
        CHECK(head.transfer_syntax_uid == c.syntax);
        CHECK(head.photometric_interpretation == c.photometric);
        CHECK(head.rows == 480);
        CHECK(head.columns == 640);
        CHECK(head.begins == 0);

        auto const before = file_type + box("jp2h", std::string(40, 'h'));
        for (auto const& [length, wrapped] :
             {std::pair(std::optional(c.bytes.size()), box("jp2c", c.bytes) + box("xml ", "behind")),
              std::pair(std::optional<std::size_t>(), four(0) + "jp2c" + c.bytes)}) {
            image_head boxed;
            auto const file = before + wrapped;
            REQUIRE(look(file, boxed) == image_look::found);
            CHECK(boxed.begins == before.size() + 8);
            CHECK(boxed.length == length);
            CHECK(boxed.transfer_syntax_uid == c.syntax);
            for (std::size_t size = 0; size < before.size() + 20; ++size)
                REQUIRE(look_at_jpeg_2000(std::as_bytes(std::span(file).first(size)), boxed) == image_look::more);
        }
    }
    image_head head;
    CHECK(look(made_jpeg_2000(2, 7, 0, 0), head) == image_look::none);
    CHECK(look(made_jpeg_2000(1, 31, 0, 0), head) == image_look::none);
    CHECK(look(file_type + four(4) + "bad " + std::string(60, 'x'), head) == image_look::none);
}
