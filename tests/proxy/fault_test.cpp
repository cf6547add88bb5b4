#include "proxy/fault.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/errc.hpp"
#include "mapping/stream_errc.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/fhir/outcome.hpp"
#include "render/errc.hpp"
#include "tests/support/fhir_tree.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/errc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace pons;
using proxy::fault_of;

namespace {

/// FHIR R4 issue-type, all that are not abstract groups.
std::set<std::string_view> const issue_types{
    "invalid",          "structure", "required",     "value",      "invariant",    "security",      "login",
    "unknown",          "expired",   "forbidden",    "suppressed", "processing",   "not-supported", "duplicate",
    "multiple-matches", "not-found", "deleted",      "too-long",   "code-invalid", "extension",     "too-costly",
    "business-rule",    "conflict",  "transient",    "lock-error", "no-store",     "exception",     "timeout",
    "incomplete",       "throttled", "informational"};

/// Every code of a category: those that it has its own words for.
std::vector<std::error_code> codes_of(std::error_category const& category)
{
    std::vector<std::error_code> all;
    for (int value = 1; category.message(value) != "unknown error"; ++value)
        all.emplace_back(value, category);
    return all;
}

}  // namespace

TEST_CASE("every errc has a fault, and an OperationOutcome")
{
    std::vector<std::error_code> all;
    for (auto const* category :
         {&mapping::error_category(), &upstream::error_category(), &mapping::stream_error_category(),
          &mapping::dicom_json_category(), &render::error_category(), &upstream::crosswalk_category()}) {
        auto const some = codes_of(*category);
        CHECK(some.size() > 3);
        all.insert(all.end(), some.begin(), some.end());
    }
    CHECK(all.size() == proxy::faults().size());
    for (auto const& code : all) {
        CAPTURE(code.message());
        auto const& row = fault_of(code);
        CHECK(row.code == code);
        CHECK(static_cast<unsigned>(row.status) >= 400);
        CHECK(row.status != proxy::http::status::internal_server_error);
        CHECK(issue_types.contains(row.issue_type));
        // Final statuses of a C-FIND (PS3.4 Table C.4-1; PS3.7 §9.1.2.1.5): no warning, which would read as an answer.
        bool const fails =
            row.dimse >> 12 == 0xC || row.dimse >> 8 == 0xA7 || row.dimse == 0xA900 || row.dimse == 0x0110;
        CHECK((fails || row.dimse == 0x0122 || row.dimse == 0xFE00));

        auto const answer = proxy::fhir::to_response({code, "a place", {}}, {}, "id-7");
        CHECK(answer.status == row.status);
        CHECK(answer.content_type == "application/fhir+json; charset=utf-8");
        auto const outcome = test::json::parse(answer.body);
        CHECK(outcome["resourceType"] == "OperationOutcome");
        CHECK(outcome["id"] == "id-7");
        CHECK(outcome["issue"].size() == 1);
        CHECK(outcome["issue"][0]["severity"] == "error");
        CHECK(outcome["issue"][0]["code"] == row.issue_type);
        CHECK(outcome["issue"][0]["diagnostics"] == "a place: " + code.message());
        bool const waits = row.status == proxy::http::status::service_unavailable;
        CHECK(std::ranges::any_of(answer.headers, [](auto const& h) { return h.first == "Retry-After"; }) == waits);
    }
}

TEST_CASE("no code stands in the table twice")
{
    std::set<std::pair<std::string_view, int>> seen;
    for (auto const& row : proxy::faults())
        CHECK(seen.emplace(row.code.category().name(), row.code.value()).second);
}

TEST_CASE("what has no fault is an internal error that says nothing of itself")
{
    failure const unknown{std::make_error_code(std::errc::no_space_on_device), {}, {}};
    auto const answer = proxy::fhir::to_response(unknown, {}, "id_with_underscore");
    CHECK(answer.status == proxy::http::status::internal_server_error);
    auto const outcome = test::json::parse(answer.body);
    CHECK_FALSE(outcome.contains("id"));
    CHECK(outcome["issue"][0]["severity"] == "fatal");
    CHECK(outcome["issue"][0]["code"] == "exception");
}

TEST_CASE("503 says when to come again")
{
    struct {
        std::chrono::seconds known;
        char const* header;
    } const cases[] = {{std::chrono::seconds(0), "10"}, {std::chrono::seconds(7), "7"}};
    for (auto const& c : cases) {
        failure const f{make_error_code(upstream::errc::overloaded), "source a", c.known};
        auto const answer = proxy::fhir::to_response(f, {}, "id");
        REQUIRE(answer.headers.size() == 1);
        CHECK(answer.headers.front() == proxy::http::header("Retry-After", c.header));
    }
}

TEST_CASE("an association that was rejected for now is worth repeating, one that was rejected is not")
{
    auto const code = make_error_code(upstream::errc::association_rejected);
    failure const for_now{code, "source a", std::chrono::seconds(2)};
    failure const for_good{code, "source a", {}};
    auto const answer = proxy::fhir::to_response(for_now, {}, "id");
    CHECK(answer.status == proxy::http::status::service_unavailable);
    CHECK(answer.headers.at(0) == proxy::http::header("Retry-After", "2"));
    CHECK(proxy::dicomweb::to_response(for_now).status == proxy::http::status::service_unavailable);
    CHECK(proxy::fhir::to_response(for_good, {}, "id").status == proxy::http::status::bad_gateway);
    CHECK(proxy::dicomweb::to_response(for_good).status == proxy::http::status::bad_gateway);
}

TEST_CASE("a retrieve that was refused for now is worth repeating, one that was refused is not")
{
    auto const code = make_error_code(upstream::errc::refused);
    failure const for_now{code, "source a, C-GET status C000", std::chrono::seconds(30)};
    failure const for_good{code, "source a, C-MOVE status A801", {}};
    for (auto const& answer : {proxy::dicomweb::to_response(for_now), proxy::fhir::to_response(for_now, {}, "id")}) {
        CHECK(answer.status == proxy::http::status::service_unavailable);
        CHECK(answer.headers.at(0) == proxy::http::header("Retry-After", "30"));
    }
    CHECK(fault_of(for_now).dimse == 0xA700);
    CHECK(proxy::dicomweb::to_response(for_good).status == proxy::http::status::bad_gateway);
    CHECK(fault_of(for_good).dimse == 0xC003);
}
