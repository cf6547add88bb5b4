#include "config/secrets.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <fstream>

using pons::config::expand;

namespace {

// A folder that goes when the test ends.
struct folder {
    std::filesystem::path path;

    folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "pons-secrets-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            std::abort();
        path = name;
    }
    ~folder() { std::filesystem::remove_all(path); }
    folder(folder const&) = delete;
    folder& operator=(folder const&) = delete;

    void write(char const* name, std::string_view text) const { std::ofstream(path / name, std::ios::binary) << text; }
};

}  // namespace

TEST_CASE("references are replaced by what the environment and files hold")
{
    setenv("PONS_TEST_A", "alpha", 1);
    setenv("PONS_TEST_B", "${env:PONS_TEST_A}: # [", 1);
    folder const f;
    f.write("secret", "s3cret\n");
    f.write("crlf", "s3cret\r\n");
    f.write("two", "one\ntwo\n\n");
    struct {
        std::string text;
        char const* becomes;
        bool from_outside;
    } const cases[] = {
        {"plain", "plain", false},
        {"$HOME and $ and {x}", "$HOME and $ and {x}", false},
        {"${env:PONS_TEST_A}", "alpha", true},
        {"<${env:PONS_TEST_A}|${env:PONS_TEST_A}>", "<alpha|alpha>", true},
        {"${file:secret}-${env:PONS_TEST_A}", "s3cret-alpha", true},
        {"${file:crlf}", "s3cret", true},
        {"${file:two}", "one\ntwo\n", true},                      // one line end, no more
        {"${env:PONS_TEST_B}", "${env:PONS_TEST_A}: # [", true},  // what was put in is not looked at again
        {"$${env:X}", "${env:X}", false},
        {"a$${b}${env:PONS_TEST_A}", "a${b}alpha", true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.text);
        auto const given = expand(c.text, f.path);
        REQUIRE(given);
        CHECK(given->text == c.becomes);
        CHECK(given->from_outside == c.from_outside);
    }
    CHECK(expand("${file:" + (f.path / "secret").string() + "}", "/")->text == "s3cret");
}

TEST_CASE("a reference that leads nowhere is told by its name")
{
    unsetenv("PONS_TEST_NONE");
    setenv("PONS_TEST_EMPTY", "", 1);
    folder const f;
    f.write("empty", "\n");
    f.write("zero", std::string_view("a\0b", 3));
    f.write("large", std::string(65537, 'x'));
    mkfifo((f.path / "pipe").c_str(), 0600);
    auto const file = [&](char const* name) { return "the file '" + (f.path / name).string() + "' "; };
    struct {
        std::string text;
        std::string says;
    } const cases[] = {
        {"${env:PONS_TEST_NONE}", "the environment has no variable PONS_TEST_NONE; set it before Pons starts"},
        {"${env:PONS_TEST_EMPTY}", "the variable PONS_TEST_EMPTY is empty; give it a value"},
        {"${env:}", "${env:…} holds no name of a variable; write letters, digits and _, such as ${env:PONS_KEY}"},
        {"${env:1A}", "${env:…} holds no name of a variable; write letters, digits and _, such as ${env:PONS_KEY}"},
        {"${env:hunter 2}",
         "${env:…} holds no name of a variable; write letters, digits and _, such as ${env:PONS_KEY}"},
        {"${file:}", "${file:…} names no file; write its path, such as ${file:/run/secrets/pons}"},
        {"${file:none}", file("none") + "does not exist; create it, or correct the path"},
        {"${file:pipe}", file("pipe") + "is not an ordinary file; name one"},
        {"${file:zero}", file("zero") + "holds zero bytes; a secret is text"},
        {"${file:large}", file("large") + "is larger than 64 KiB; that is no secret"},
        {"${file:empty}", file("empty") + "is empty; write the value into it"},
        {"hunter2${", "${ is not closed; write ${env:NAME} or ${file:path}, or $${ for the text ${"},
        {"${hunter2}", "${…} is neither ${env:NAME} nor ${file:path}; write $${ where the text itself holds ${"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.text);
        auto const given = expand(c.text, f.path);
        REQUIRE_FALSE(given);
        CHECK(given.error() == c.says);
    }
}
