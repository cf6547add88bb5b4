#include "upstream/dicomweb/multipart_reader.hpp"

#include "upstream/dicomweb/media_type.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons;
using namespace pons::upstream::dicomweb;
using upstream::errc;

namespace {

/// All that a reader saw, in words: "<type|bytes>" for each whole part, "<type|bytes" for one that is not, "." at the
/// end, "!" and the error.
std::string read(std::string_view body, std::string_view boundary, std::vector<std::size_t> const& cuts)
{
    using kind = multipart_reader::kind;
    multipart_reader reader(boundary);
    std::string seen;
    std::size_t from = 0;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
        auto const to = i < cuts.size() ? cuts[i] : body.size();
        std::string const piece(body.substr(from, to - from));  // its own memory: views must not outlive it
        from = to;
        for (std::string_view rest = piece;;) {
            auto const e = reader.next(rest);
            if (!e)
                return seen + "!" + e.error().code.message();
            if (e->what == kind::part)
                seen.append("<").append(reader.header("content-type")).append("|");
            else if (e->what == kind::bytes)
                seen.append(e->bytes);
            else if (e->what == kind::part_end)
                seen.append(">");
            else if (e->what == kind::end)
                seen.append(".");
            else
                break;
        }
        if (reader.ended() != seen.ends_with('.'))
            return seen + "?";
    }
    return seen;
}

std::string read(std::string_view body, std::string_view boundary = "b")
{
    return read(body, boundary, {});
}

std::string const malformed = "!" + make_error_code(errc::malformed).message();
std::string const too_large = "!" + make_error_code(errc::too_large).message();

struct {
    char const* name;
    std::string body;
    char const* seen;
} const bodies[] = {
    {"two parts", "--b\r\nContent-Type: x\r\n\r\none\r\n--b\r\nContent-Type: y\r\n\r\ntwo\r\n--b--\r\n",
     "<x|one><y|two>."},
    {"no line end after the last delimiter", "--b\r\n\r\none\r\n--b--", "<|one>."},
    {"a line end before the first delimiter", "\r\n--b\r\n\r\none\r\n--b--", "<|one>."},
    {"preamble and epilogue", "hello\r\n--bad\r\n--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--", "<|one>."},
    {"bare LF", "--b\nContent-Type: x\n\none\n--b\n\ntwo\n--b--\n", "<x|one><|two>."},
    {"LF that is data before a bare delimiter", "--b\r\n\r\none\n\n--b--", "<|one\n>."},
    {"CR that is data", "--b\r\n\r\none\r\r\n--b--", "<|one\r>."},
    {"blanks behind the boundary", "--b \t\r\n\r\none\r\n--b  \r\n\r\ntwo\r\n--b--", "<|one><|two>."},
    {"an empty part", "--b\r\n\r\n\r\n--b\r\n\r\n--b--", "<|><|>."},
    {"no parts", "--b--\r\n", "."},
    {"something behind the boundary is data", "--b\r\n\r\none\r\n--bc\r\n--b-\r\n--b x\r\n--b--",
     "<|one\r\n--bc\r\n--b-\r\n--b x>."},
    {"what begins like a delimiter", "--b\r\n\r\n\r\n-\r\n\r\n\r\r\n--\r\n--\r\n--b--",
     "<|\r\n-\r\n\r\n\r\r\n--\r\n-->."},
    {"a delimiter that is not at the beginning of a line", "--b\r\n\r\nx--b\r\n--b--", "<|x--b>."},
    {"a folded header", "--b\r\nContent-Type: x;\r\n y=z\r\nA: b\r\n\r\none\r\n--b--", "<x; y=z|one>."},
    {"a line without a colon", "--b\r\nnonsense\r\ncontent-TYPE :x\r\nCONTENT-TYPE:\t y \r\n\r\none\r\n--b--",
     "<y|one>."},
    {"cut in the data", "--b\r\n\r\none", "<|one"},
    {"cut in the delimiter", "--b\r\n\r\none\r\n--b-", "<|one"},
    {"cut in the header", "--b\r\nContent-Type: x\r\n", ""},
};

}  // namespace

TEST_CASE("takes multipart bodies apart, wherever the network cuts them")
{
    for (auto const& c : bodies) {
        CAPTURE(std::string(c.name));
        CHECK(read(c.body) == c.seen);
        for (std::size_t first = 0; first <= c.body.size(); ++first) {
            CAPTURE(first);
            REQUIRE(read(c.body, "b", {first}) == c.seen);
            for (std::size_t second = first; second <= c.body.size(); ++second)
                if (read(c.body, "b", {first, second}) != c.seen)
                    FAIL("cut again at " << second);
        }
        std::vector<std::size_t> each;
        for (std::size_t at = 0; at < c.body.size(); ++at)
            each.push_back(at);
        CHECK(read(c.body, "b", each) == c.seen);
    }
}

TEST_CASE("long boundaries, and data that repeats their beginning")
{
    std::string const boundary = "==" + std::string(68, '=') + " x";
    std::string data;
    for (std::size_t n = 0; n < boundary.size(); ++n)
        data += "\r\n--" + boundary.substr(0, n);
    auto const body = "--" + boundary + "\r\n\r\n" + data + "\r\n--" + boundary + "--";
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{72}, std::size_t{1000}, body.size()}) {
        CAPTURE(piece);
        std::vector<std::size_t> cuts;
        for (auto at = piece; at < body.size(); at += piece)
            cuts.push_back(at);
        CHECK(read(body, boundary, cuts) == "<|" + data + ">.");
    }
}

TEST_CASE("gives data without copying it")
{
    multipart_reader reader("b");
    std::string const body = "--b\r\n\r\n" + std::string(1000, 'x');
    std::string_view rest = body;
    REQUIRE(reader.next(rest)->what == multipart_reader::kind::part);
    std::size_t in_place = 0;
    for (;;) {
        auto const e = reader.next(rest);
        REQUIRE(e.has_value());
        if (e->what != multipart_reader::kind::bytes)
            break;
        if (e->bytes.data() >= body.data() && e->bytes.data() < body.data() + body.size())
            in_place += e->bytes.size();
    }
    CHECK(in_place > 900);
    std::string const more(100000, 'y');
    rest = more;
    auto const e = reader.next(rest);
    REQUIRE(e.has_value());
    CHECK(e->bytes.data() == more.data());
    CHECK(e->bytes.size() == more.size());
}

TEST_CASE("what is no multipart body is refused, within bounds")
{
    CHECK(read("<html>" + std::string(multipart_reader::max_preamble, ' ')) == malformed);
    CHECK(read("--b\r\nX: " + std::string(multipart_reader::max_header, 'x')) == too_large);
    std::string many = "--b\r\n";
    for (std::size_t i = 0; i < multipart_reader::max_header; ++i)
        many += "x:y\r\n";
    CHECK(read(many) == too_large);
    CHECK(read("--b\r\nContent-Type: x\r\n--b\r\n\r\none\r\n--b--") == malformed);
}

TEST_CASE("finds the boundary in whatever Content-Type a server writes")
{
    struct {
        char const* type;
        char const* boundary;  // null: none
    } const cases[] = {
        {"multipart/related; boundary=abc", "abc"},
        {"multipart/related;boundary=\"abc\"", "abc"},
        {"multipart/related; type=\"application/dicom\"; BOUNDARY=a=b", "a=b"},
        {"multipart/related; boundary=\"a b;c\"; type=application/dicom", "a b;c"},
        {R"(multipart/related; boundary="a\"b\\c")", R"(a"b\c)"},
        {"multipart/related ; boundary = abc ; type=x", "abc"},
        {"multipart/related; boundary=abc def", "abc def"},
        {"multipart/related; type=\"application/dicom; boundary=abc\"", "abc"},
        {"multipart/related; type=\"application/octet-stream; transfer-syntax=1.2\"; boundary=abc", "abc"},
        {"multipart/related; type=\"boundary=no\"; boundary=abc", "abc"},
        {"multipart/related; x; boundary=abc", "abc"},
        {"multipart/related; boundary=\"abc", "abc"},
        {"multipart/related; boundary=", nullptr},
        {"multipart/related; boundary=\"\"", nullptr},
        {"multipart/related; boundary=\"abc \"", nullptr},
        {"multipart/related; notboundary=abc", nullptr},
        {"multipart/related", nullptr},
        {"", nullptr},
    };
    for (auto const& c : cases) {
        CAPTURE(std::string(c.type));
        auto const boundary = multipart_boundary(c.type);
        CHECK(boundary.has_value() == (c.boundary != nullptr));
        if (boundary && c.boundary)
            CHECK(*boundary == c.boundary);
    }
    CHECK(multipart_boundary("multipart/related; boundary=" + std::string(max_boundary, 'x')).has_value());
    CHECK_FALSE(multipart_boundary("multipart/related; boundary=" + std::string(max_boundary + 1, 'x')).has_value());
    CHECK(is_media_type("Multipart/Related ; x=y", "multipart/related"));
    CHECK_FALSE(is_media_type("multipart/mixed", "multipart/related"));
}
