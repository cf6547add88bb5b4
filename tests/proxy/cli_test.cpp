#include "proxy/cli/command_line.hpp"
#include "proxy/cli/exit_code.hpp"
#include "proxy/cli/json.hpp"

#include "config/describe.hpp"

#include <doctest/doctest.h>

#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

using namespace pons::proxy::cli;

namespace {

struct ended {
    int code;
    std::string out;
    std::string err;
};

ended call(std::vector<char const*> words, std::span<verb const> verbs_to_run = verbs())
{
    words.insert(words.begin(), "pons");
    std::ostringstream out;
    std::ostringstream err;
    int const code = run(verbs_to_run, static_cast<int>(words.size()), words.data(), out, err);
    return {code, out.str(), err.str()};
}

// A configuration that goes when the test ends.
struct file {
    std::string path;

    explicit file(std::string_view text)
    {
        path = "/tmp/pons-cli-XXXXXX";
        int const handle = mkstemp(path.data());
        if (handle < 0)
            std::abort();
        close(handle);
        std::ofstream(path) << text;
    }
    ~file() { unlink(path.c_str()); }
    file(file const&) = delete;
    file& operator=(file const&) = delete;
};

char const good[] = "sources: {a: {kind: dimse, host: h, port: 104, called_ae: A}}\n";

void fits_a_screen(std::string const& text)
{
    std::istringstream in(text);
    int lines = 0;
    for (std::string line; std::getline(in, line); ++lines)
        CHECK_MESSAGE(line.size() <= 80, line);
    CHECK(lines > 3);
    CHECK(lines <= 24);
}

// Verbs of the kinds that are still to come.
options last;

int remember(options const& o)
{
    last = o;
    *o.out << "ran";
    return to_int(exit_code::failed);
}

int break_down(options const&)
{
    throw std::runtime_error("the floor gave way");
}

constexpr flag json_flag[] = {{"json", "print JSON", &options::json}};
constexpr verb others[] = {
    {.name = "serve", .help = "serve", .run = &remember},
    {.name = "doctor",
     .help = "test a source",
     .run = &remember,
     .flags = json_flag,
     .operand = "source",
     .operand_help = "one of the sources; all when left out"},
    {.name = "explain",
     .help = "show what a request becomes",
     .run = &remember,
     .operand = "request",
     .operand_help = "such as 'ImagingStudy?patient=1'",
     .operand_required = true},
    {.name = "crash", .help = "has a bug", .run = &break_down},
};

}  // namespace

TEST_CASE("help fits a screen and exits well")
{
    auto const all = call({"--help"});
    CHECK(all.code == 0);
    CHECK(all.err.empty());
    fits_a_screen(all.out);
    CHECK(call({"-h"}).out == all.out);
    for (auto const& v : verbs()) {
        CAPTURE(std::string(v.name));
        auto const one = call({std::string(v.name).c_str(), "--help"});
        CHECK(one.code == 0);
        fits_a_screen(one.out);
        CHECK(all.out.find("  " + std::string(v.name) + ' ') != std::string::npos);
        for (auto const& f : v.flags)
            CHECK(one.out.find("--" + std::string(f.name)) != std::string::npos);
    }
    auto const explain = call({"explain", "--help"}, others);
    CHECK(explain.out.find("Usage: pons explain <request> [options]\n") != std::string::npos);
    fits_a_screen(explain.out);
}

TEST_CASE("the version is printed")
{
    auto const version = call({"--version"});
    CHECK(version.code == 0);
    CHECK(version.out == "pons " PONS_VERSION "\n");
}

TEST_CASE("a command line that cannot be understood exits with 2 and says why")
{
    struct {
        std::vector<char const*> words;
        std::string says;
    } const cases[] = {
        {{}, "pons: a verb is missing\nTry: pons --help\n"},
        {{"chekc"}, "pons: The following argument was not expected: chekc; did you mean check?\nTry: pons --help\n"},
        {{"check", "--bogus"}, "pons: The following argument was not expected: --bogus\nTry: pons --help\n"},
        {{"check", "surplus"}, "pons: The following argument was not expected: surplus\nTry: pons --help\n"},
        {{"check", "--config"}, "pons: --config: 1 required TEXT missing\nTry: pons --help\n"},
    };
    for (auto const& c : cases) {
        auto const it = call(c.words);
        CHECK(it.code == to_int(exit_code::usage));
        CHECK(it.out.empty());
        CHECK(it.err == c.says);
    }
    auto const bare = call({"explain"}, others);
    CHECK(bare.code == to_int(exit_code::usage));
    CHECK(bare.err == "pons: explain needs a request\nTry: pons --help\n");
}

TEST_CASE("a verb gets its options, wherever they stand, and gives the exit code")
{
    for (auto const& words :
         std::vector<std::vector<char const*>>{{"-c", "x.yaml", "doctor", "--json", "main-pacs"},
                                               {"doctor", "main-pacs", "--json", "--config", "x.yaml"},
                                               {"doctor", "--config=x.yaml", "main-pacs", "--json"}}) {
        last = {};
        auto const it = call(words, others);
        CHECK(it.code == to_int(exit_code::failed));
        CHECK(it.out == "ran");
        CHECK(last.config == "x.yaml");
        CHECK(last.operand == "main-pacs");
        CHECK(last.json);
    }
    call({"explain", "ImagingStudy?patient=1&_sort=-started"}, others);
    CHECK(last.operand == "ImagingStudy?patient=1&_sort=-started");
    CHECK(last.config.empty());
    auto const bug = call({"crash"}, others);
    CHECK(bug.code == to_int(exit_code::internal));
    CHECK(bug.err == "pons: a bug: the floor gave way\n");
}

TEST_CASE("options that take a text are told to the verb and in its help")
{
    constexpr text_option texts[] = {{"accession", "X", "the study with this number", &options::accession}};
    verb const one[] = {{.name = "probe", .help = "learn", .run = &remember, .texts = texts}};
    call({"probe", "--accession", "A 1"}, one);
    CHECK(last.accession == "A 1");
    CHECK(call({"probe", "--help"}, one).out.find("  --accession X      the study with this number\n") !=
          std::string::npos);
    CHECK(call({"probe", "--accession"}, one).code == to_int(exit_code::usage));
}

TEST_CASE("probe asks nothing when its command line is not right")
{
    file const right(good);
    struct {
        std::vector<char const*> words;
        std::string says;
    } const cases[] = {
        {{"probe", "-c", right.path.c_str()}, "pons: probe needs a source\nTry: pons --help\n"},
        {{"probe", "b", "-c", right.path.c_str()}, "pons: there is no source b in the configuration\n"},
        {{"probe", "a", "--study", "1.2*", "-c", right.path.c_str()}, "pons: --study is not a UID\n"},
        {{"probe", "a", "--accession", "*", "-c", right.path.c_str()},
         "pons: --accession is not one value without * and ?\n"},
        {{"probe", "a", "--patient", " ", "-c", right.path.c_str()},
         "pons: --patient is not one value without * and ?\n"},
        {{"probe", "a", "--study", "1.2", "--patient", "P", "-c", right.path.c_str()},
         "pons: name the study in one way only\n"},
    };
    for (auto const& c : cases) {
        auto const it = call(c.words);
        CHECK(it.code == to_int(exit_code::usage));
        CHECK(it.out.empty());
        CHECK(it.err == c.says);
    }
}

TEST_CASE("check sums up what it found")
{
    file const right(good);
    auto const ok = call({"check", "-c", right.path.c_str()});
    CHECK(ok.code == 0);
    CHECK(ok.out == "ok: 1 source\n");
    CHECK(ok.err.empty());

    file const unwise("sources: {w: {kind: dicomweb, url: http://127.0.0.1, verify: lenient}}\n");
    auto const warned = call({"check", "-c", unwise.path.c_str()});
    CHECK(warned.code == 0);
    CHECK(warned.out == "ok: 1 source, 1 warning\n");
    CHECK(warned.err.starts_with(unwise.path + ":1:62: warning: sources.w.verify: "));

    file const faulty(std::string(good) + "htpp: 1\nlog: {level: loud}\n");
    auto const refused = call({"check", "-c", faulty.path.c_str()});
    CHECK(refused.code == to_int(exit_code::configuration));
    CHECK(refused.out == "faulty: 2 errors\n");
    CHECK(refused.err == faulty.path + ":2:1: htpp: is not a key; did you mean http?\n" + faulty.path +
                             ":3:14: log.level: 'loud' is not known; write debug, info, warning or error\n");

    auto const absent = call({"check", "-c", "/nowhere/pons.yaml"});
    CHECK(absent.code == to_int(exit_code::configuration));
    CHECK(absent.err == "/nowhere/pons.yaml: does not exist; name the configuration with --config\n");
}

TEST_CASE("check --json is for programs")
{
    file const right(good);
    CHECK(call({"check", "--json", "-c", right.path.c_str()}).out == "[]\n");

    file const faulty(std::string(good) + "log: {level: 'a\"b'}\n");
    auto const it = call({"check", "--json", "-c", faulty.path.c_str()});
    CHECK(it.code == to_int(exit_code::configuration));
    CHECK(it.err.empty());
    CHECK(it.out == "[\n  {\"file\": \"" + faulty.path +
                        R"(", "line": 2, "column": 14, "severity": "error", "key": "log.level", "message": )"
                        R"("'a\"b' is not known; write debug, info, warning or error"})"
                        "\n]\n");
    auto const both = call({"check", "--json", "--explain", "-c", right.path.c_str()});
    CHECK(both.code == 0);
    CHECK(both.out.starts_with("{\"diagnostics\": [], \"settings\": [\n"));
    CHECK(both.out.find(R"("sources",)") != std::string::npos);
    CHECK(both.out.find(R"("value": "104", "from": "file", "line": )") != std::string::npos);
    CHECK(json_text("a\"\\\n\x01ü") == R"("a\"\\\u000a\u0001ü")");
}

TEST_CASE("check --explain shows what holds, without secrets, and check --keys what there is")
{
    file const config("paging: {key: hunter2hunter2hunter2}\n" + std::string(good));
    auto const it = call({"check", "--explain", "-c", config.path.c_str()});
    CHECK(it.code == 0);
    CHECK(it.out.find("hunter2") == std::string::npos);
    CHECK(it.out.find("  key: \"********\"\n") != std::string::npos);
    CHECK(it.out.find("    port: 104\n") != std::string::npos);
    CHECK(it.out.find("      preset: generic  # default\n") != std::string::npos);
    CHECK(call({"check", "--keys"}).out == pons::config::keys_as_markdown());
}

TEST_CASE("docs/cli.md tells every verb, flag and exit code")
{
    std::ifstream in(PONS_SOURCE_DIR "/docs/cli.md");
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    auto const page = text.str();
    std::set<int> numbers;
    for (auto const& row : exit_codes()) {
        CAPTURE(to_int(row.code));
        CHECK(numbers.insert(to_int(row.code)).second);
        CHECK(page.find("| " + std::to_string(to_int(row.code)) + " | " + std::string(row.meaning) + " |\n") !=
              std::string::npos);
    }
    for (auto const& v : verbs()) {
        CAPTURE(std::string(v.name));
        auto const row = page.find("\n| `" + std::string(v.name));  // an operand may follow
        REQUIRE(row != std::string::npos);
        auto const behind = page[row + 4 + v.name.size()];
        CHECK((behind == '`' || behind == ' '));
        for (auto const& f : v.flags)
            CHECK(page.find("`--" + std::string(f.name) + '`') != std::string::npos);
        for (auto const& t : v.texts)
            CHECK(page.find("`--" + std::string(t.name) + '`') != std::string::npos);
    }
}
