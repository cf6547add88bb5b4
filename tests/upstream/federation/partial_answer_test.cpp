#include "upstream/federation/partial_answer.hpp"
#include "mapping/errc.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using namespace pons;
using upstream::source_answer;

TEST_CASE("what did not fail is an answer only when something matched")
{
    failure const down{make_error_code(upstream::errc::unreachable), "source b", std::chrono::seconds(7)};
    failure const unread{make_error_code(mapping::errc::unreadable_row), "source b"};
    failure const costly{make_error_code(mapping::errc::too_costly), "the search"};
    struct {
        char const* name;
        std::vector<source_answer> answers;
        std::optional<std::error_code> fails;
        char const* place = "";
    } const cases[] = {
        {"nobody was asked", {}, {}},
        {"all answered", {{nullptr, true, "source a"}, {nullptr, false, "source b"}}, {}},
        {"none matched", {{nullptr, false, "source a"}, {nullptr, false, "source b"}}, {}},
        {"one is down, the other matched", {{nullptr, true, "source a"}, {&down, false, "source b"}}, {}},
        {"one is down, and nothing else matched",
         {{nullptr, false, "source a"}, {&down, false, "source b"}},
         make_error_code(mapping::errc::incomplete),
         "source b: "},
        {"a row that cannot be read is the source's, not the request's",
         {{nullptr, true, "source a"}, {&unread, false, "source b"}},
         {}},
        {"all are down", {{&down, false, "source a"}, {&down, false, "source b"}}, down.code, "source b"},
        {"the request is at fault, whoever matched",
         {{nullptr, true, "source a"}, {&costly, false, "source b"}},
         costly.code,
         "the search"},
        {"the request is told of before a source",
         {{&down, false, "source a"}, {&costly, false, "source b"}},
         costly.code,
         "the search"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const weighed = upstream::weigh_failures(c.answers, config::partial_federation::answer);
        REQUIRE(weighed.has_value() == !c.fails.has_value());
        if (weighed)
            continue;
        CHECK(weighed.error().code == *c.fails);
        CHECK(weighed.error().where.starts_with(c.place));
        if (*c.fails == make_error_code(mapping::errc::incomplete))
            CHECK(weighed.error().retry_after == down.retry_after);
    }
}

TEST_CASE("where a part is not wanted, one that is down makes it none")
{
    failure const down{make_error_code(upstream::errc::unreachable), "source b", std::chrono::seconds(7)};
    auto const refuse = config::partial_federation::refuse;
    std::vector<source_answer> const all{{nullptr, true, "source a"}, {nullptr, false, "source b"}};
    CHECK(upstream::weigh_failures(all, refuse).has_value());
    std::vector<source_answer> const part{{nullptr, true, "source a"}, {&down, false, "source b"}};
    auto const weighed = upstream::weigh_failures(part, refuse);
    REQUIRE_FALSE(weighed.has_value());
    CHECK(weighed.error().code == mapping::errc::incomplete);
    CHECK(weighed.error().retry_after == down.retry_after);
}
