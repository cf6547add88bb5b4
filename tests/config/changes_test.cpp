#include "config/changes.hpp"

#include "config/load.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pons;

namespace {

config::settings read(std::string const& yaml)
{
    auto loaded = config::load_text(yaml, "pons.yaml");
    REQUIRE(loaded.settings);
    return std::move(*loaded.settings);
}

std::string pacs(std::string const& more = "")
{
    return "  pacs: { kind: dimse, host: a, port: 104, called_ae: PACS" + more + " }\n";
}
std::string web(std::string const& more = "")
{
    return "  web: { kind: dicomweb, url: \"http://b\", credentials: { kind: bearer, token: hunter2 }" + more + " }\n";
}

std::vector<std::string> names_of(std::vector<config::source> const& all)
{
    std::vector<std::string> names;
    for (auto const& one : all)
        names.push_back(one.name);
    return names;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("what a file says otherwise is told by its keys, and what may change while it is used apart")
{
    std::string const rest = "http: { listen: \"127.0.0.1:8080\" }\n";
    auto const was = read(rest + "sources:\n" + pacs() + web());
    struct {
        char const* name;
        std::string yaml;
        names while_used;
        names at_a_restart;
    } const cases[] = {
        {"nothing", rest + "sources:\n" + pacs() + web(), {}, {}},
        {"a default written down", rest + "sources:\n" + pacs(", enabled: true") + web(), {}, {}},
        {"switched off", rest + "sources:\n" + pacs(", enabled: false") + web(), {"pacs"}, {}},
        {"hours, and the zone that they need",
         rest + "sources:\n" + pacs(", hours: \"06:00-22:00\", timezone: Europe/Vienna") + web(),
         {"pacs"},
         {"sources.pacs.timezone"}},
        {"a zone without hours",
         rest + "sources:\n" + pacs(", timezone: Europe/Vienna") + web(),
         {},
         {"sources.pacs.timezone"}},
        {"the breaker", rest + "sources:\n" + pacs() + web(", breaker: { failures: 2, pause: 1s }"), {"web"}, {}},
        {"both kinds",
         rest + "sources:\n" + pacs(", enabled: false, limits: { associations: 3 }") + web(),
         {"pacs"},
         {"sources.pacs.limits.associations"}},
        {"a section elsewhere",
         "http: { listen: \"127.0.0.1:8081\", public_url: \"http://127.0.0.1:8080\" }\nsources:\n" + pacs() + web(),
         {},
         {"http.listen"}},
        {"a source more",
         rest + "sources:\n" + pacs() + web() + "  new: { kind: dicomweb, url: \"http://c\" }\n",
         {},
         {"sources.new"}},
        {"a source less", rest + "sources:\n" + web(), {}, {"sources.pacs"}},
        {"another order", rest + "sources:\n" + web() + pacs(), {}, {"sources"}},
        {"another order, by its key",
         rest + "federation: { order: [web] }\nsources:\n" + pacs() + web(),
         {},
         {"federation.order"}},
        {"a name that came elsewhere",
         rest + "peers: { CT1: { host: c, port: 104 } }\nsources:\n" + pacs() + web(),
         {},
         {"peers.CT1"}},
        {"a title",
         rest + "dicom: { ae_titles: { PONS_WEB: [web] } }\nsources:\n" + pacs() + web(),
         {},
         {"dicom.ae_titles.PONS_WEB"}},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const now = read(c.yaml);
        auto const told = config::changes_between(was, now);
        CHECK(names_of(told.while_used) == c.while_used);
        CHECK(told.at_a_restart == c.at_a_restart);
        auto const back = config::changes_between(now, was);
        CHECK(names_of(back.while_used) == c.while_used);
        CHECK(back.at_a_restart == c.at_a_restart);
    }
}

TEST_CASE("a secret that changed is told by its key alone")
{
    auto const was = read("sources:\n" + web());
    auto now = was;
    now.sources.front().credentials.token = "swordfish";
    CHECK(config::changes_between(was, now).at_a_restart == names{"sources.web.credentials.token"});
}
