#include "upstream/errc.hpp"
#include "upstream/probe/not_answered.hpp"
#include "upstream/probe/web_asker.hpp"

#include <doctest/doctest.h>

using namespace pons::upstream::probe;
using pons::upstream::errc;
namespace tags = pons::mapping::tags;

TEST_CASE("the status of a refusal is taken from where it was told")
{
    struct {
        errc code;
        char const* where;
        answer::kind how;
        char const* status;
        bool hopeless;
    } const cases[] = {
        {errc::refused, "source pacs, C-FIND status C000", answer::kind::refused, "C000", false},
        {errc::too_broad, "source pacs, C-FIND status A700", answer::kind::refused, "A700", false},
        {errc::refused, "source web: HTTP status 400", answer::kind::refused, "HTTP 400", false},
        {errc::unauthorized, "source web: HTTP status 401", answer::kind::failed, nullptr, true},
        {errc::timed_out, "source pacs, response", answer::kind::failed, nullptr, false},
        {errc::unreachable, "source pacs", answer::kind::failed, nullptr, true},
        {errc::closed, "source pacs", answer::kind::failed, nullptr, true},
    };
    for (auto const& c : cases) {
        CAPTURE(c.where);
        auto const a = not_answered({make_error_code(c.code), c.where});
        CHECK(a.how == c.how);
        if (c.status)
            CHECK(a.status == c.status);
        CHECK(a.hopeless == c.hopeless);
    }
}

TEST_CASE("a question is written as a QIDO-RS request in the form that is wanted")
{
    pons::config::source source;
    source.kind = pons::config::source_kind::dicomweb;
    source.url = "http://127.0.0.1:1/dicom-web";
    web_asker const asker(source);
    question q;
    q.what.max_rows = 1;
    q.what.keys = {{tags::StudyInstanceUID, {"1.2"}}, {tags::PatientName, {"DOE^JANE"}}};
    q.what.return_keys = {tags::StudyDate, tags::StudyTime};
    auto const begin = std::string("/dicom-web/studies?StudyInstanceUID=1.2&PatientName=DOE");
    CHECK(asker.target_of(q) == begin + "%5EJANE&includefield=StudyDate,StudyTime&limit=1");
    q.form.encoding = pons::config::query_encoding::minimal;
    q.form.include = web_form::fields::repeated;
    q.form.limit = 500;
    q.form.offset = 1;
    CHECK(asker.target_of(q) == begin + "^JANE&limit=500&offset=1&includefield=StudyDate&includefield=StudyTime");
    q.form = {.include = web_form::fields::all, .extra = "fuzzymatching=true"};
    CHECK(asker.target_of(q) == begin + "%5EJANE&limit=1&includefield=all&fuzzymatching=true");
}
