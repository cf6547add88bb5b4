#include "upstream/search/lettered_criteria.hpp"

#include "mapping/dictionary.hpp"
#include "mapping/search/query_string.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace pons;
using namespace pons::mapping;

namespace {

/// Whether a study of a Russian, read as Latin-1 without a label, is told to be one that the query may mean.
bool tells(std::string_view query, bool guessed = true, bool matched = false)
{
    auto const asked = search::parse(search::split_query(query), {.base = "https://pons.example/fhir"});
    REQUIRE_MESSAGE(asked, query);
    source_facts const facts;
    study_record study;
    study.source = &facts;
    study.attributes.add(tags::StudyInstanceUID, "1.2.3");
    study.attributes.add(tags::StudyDate, "20240331");
    study.attributes.add(tags::PatientID, "¶1");
    study.attributes.add(tags::PatientName, "¸ÒÐÝÞÒ^¿Ñâà");
    study.attributes.add(tags::AccessionNumber, "¶7");
    study.attributes.add(tags::ReferringPhysicianName, "Roe^C");
    CHECK(search::judge(asked->criteria).of(study) == search::verdict::no);
    upstream::lettered_criteria lettered(asked->criteria, "ISO_IR 100");
    if (guessed)
        lettered.guessed();
    lettered.refused(study, {});
    std::vector<issue> issues;
    lettered.tell(matched, issues);
    return !issues.empty();
}

}  // namespace

TEST_CASE("criteria with letters beyond ASCII doubt a study that nothing else refuses")
{
    CHECK(tells("patient.name=%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2"));  // Иванов
    CHECK(tells("patient.identifier=%D0%961"));                         // Ж1
    CHECK(tells("identifier=%D0%967"));
    CHECK(tells("patient.family=%D0%98&patient.identifier=%D0%961&started=2024-03-31"));
    CHECK(tells("patient.name=%D0%98", true, true));                  // whatever else was found
    CHECK_FALSE(tells("patient.name=%D0%98", false));                 // nothing was guessed
    CHECK_FALSE(tells("patient.name=%D0%98&started=2023"));           // the date refuses it
    CHECK_FALSE(tells("patient.name=%D0%98&patient.identifier=P1"));  // so does a number in ASCII
    CHECK_FALSE(tells("patient.name=K%C3%B6hler"));                   // it would be seen
    CHECK_FALSE(tells("patient.name=Miller"));
    CHECK_FALSE(tells("referrer.name=%D0%98"));  // that is ASCII
}
