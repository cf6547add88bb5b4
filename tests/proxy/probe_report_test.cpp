#include "proxy/cli/probe_report.hpp"

#include "config/load.hpp"
#include "tests/support/one_study.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace pons::proxy::cli::probe;
namespace config = pons::config;
namespace probing = pons::upstream::probe;
namespace tags = pons::mapping::tags;
using config::source_kind;

namespace {

config::settings loaded(std::string const& yaml)
{
    std::string path = "/tmp/pons-probe-XXXXXX";
    int const handle = mkstemp(path.data());
    if (handle < 0)
        std::abort();
    close(handle);
    std::ofstream(path) << yaml;
    auto all = config::load(path);
    unlink(path.c_str());
    for (auto const& d : all.diagnostics)
        MESSAGE(config::to_string(d));
    REQUIRE(all.settings);
    return std::move(*all.settings);
}

std::string source_of(source_kind kind)
{
    return std::string("sources:\n  pacs:\n") + (kind == source_kind::dimse
                                                     ? "    kind: dimse\n    host: h\n    port: 104\n    called_ae: A\n"
                                                     : "    kind: dicomweb\n    url: http://127.0.0.1:1\n");
}

probing::learned learned_from(probing::one_study& archive, source_kind kind)
{
    auto what = probing::learn(archive, kind, {.attribute = tags::AccessionNumber, .value = "ACC1"});
    REQUIRE(what);
    return std::move(*what);
}

/// The lines below "quirks:".
std::string pasted(std::string const& yaml)
{
    std::istringstream in(yaml);
    std::string lines;
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("      "))
            lines += line + '\n';
    return lines;
}

}  // namespace

TEST_CASE("what probe prints can be pasted: then nothing differs")
{
    for (auto const kind : {source_kind::dimse, source_kind::dicomweb}) {
        CAPTURE(static_cast<int>(kind));
        probing::one_study archive;
        archive.otherwise = [](probing::question const& q) -> std::optional<probing::answer> {
            if (q.form.offset != 0)
                return probing::answer{.how = probing::answer::kind::refused, .status = "HTTP 400"};
            return {};
        };
        auto const what = learned_from(archive, kind);
        auto const first = make_report(loaded(source_of(kind)), "pacs", what);
        CHECK(first.differs());
        auto const yaml = to_yaml(first);
        CHECK(yaml.find("name_matching: sensitive  # DIFFERS, now unknown: found as it is told") != yaml.npos);
        CHECK(yaml.find("modalities_in_study: true  # DIFFERS, now false: ") != yaml.npos);

        // The whole is YAML, and so are its lines below a source's quirks.
        auto const text = source_of(kind) + "    quirks:\n" + pasted(yaml);
        auto const again = make_report(loaded(text), "pacs", what);
        CHECK_FALSE(again.differs());
        auto const second = to_yaml(again);
        CHECK(second.find("DIFFERS") == second.npos);
        CHECK(second.find("# Nothing differs from what is configured.\n") != second.npos);
        CHECK(again.lines.size() == first.lines.size());
    }
}

TEST_CASE("presets that say the same are named, the configured one is not")
{
    probing::one_study archive;
    archive.otherwise = [](probing::question const& q) -> std::optional<probing::answer> {
        for (auto const& k : q.what.keys)  // the case of names does not count
            if (k.attribute == tags::PatientName && k.values.front() == "DOE^JANE") {
                probing::question same = q;
                same.what.keys = {{tags::StudyInstanceUID, {"1.2.3"}}};
                return probing::one_study().honest(same);
            }
        return {};
    };
    auto const what = learned_from(archive, source_kind::dimse);
    auto const plain = make_report(loaded(source_of(source_kind::dimse)), "pacs", what);
    auto const is_orthanc = [](report::likeness const& p) { return p.preset == "orthanc" && p.but_for.empty(); };
    CHECK(std::ranges::any_of(plain.presets, is_orthanc));
    CHECK(to_yaml(plain).find("# preset: orthanc  says the same\n") != std::string::npos);
    auto const same =
        make_report(loaded(source_of(source_kind::dimse) + "    quirks: {preset: orthanc}\n"), "pacs", what);
    CHECK(same.presets.empty());
    CHECK_FALSE(same.differs());
}

TEST_CASE("the same is told as JSON")
{
    probing::one_study archive;
    auto const what = learned_from(archive, source_kind::dicomweb);
    auto const told = make_report(loaded(source_of(source_kind::dicomweb)), "pacs", what);
    auto const json = nlohmann::json::parse(to_json(told));
    CHECK(json["source"] == "pacs");
    CHECK(json["queries"] == what.queries);
    CHECK(json["differs"] == told.differs());
    REQUIRE(json["quirks"].size() == told.lines.size());
    for (std::size_t i = 0; i < told.lines.size(); ++i) {
        CHECK(json["quirks"][i]["key"] == told.lines[i].key);
        CHECK(json["quirks"][i]["value"] == told.lines[i].value);
        CHECK(json["quirks"][i]["now"] == told.lines[i].now);
        CHECK(json["quirks"][i]["differs"] == told.lines[i].differs());
        CHECK(json["quirks"][i]["why"] == told.lines[i].why);
    }
    CHECK(json["untold"].size() == told.untold.size());
    CHECK(json["seen"].size() == told.seen.size());
}
