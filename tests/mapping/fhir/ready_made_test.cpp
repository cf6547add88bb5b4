#include "mapping/fhir/ready_made.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pons::mapping::fhir;

namespace {

std::string written(coding const& c, format as, bool pretty)
{
    std::string text;
    writer w(text, as, pretty);
    w.begin_resource({}, "Basic");
    w.begin_object("code");
    write_coding(w, c);
    w.end_object();
    write_concept(w, "type", c);
    w.property("status", "after it");
    w.end_resource();
    return text;
}

}  // namespace

TEST_CASE("a ready coding is written as the constant would be")
{
    coding const constants[] = {
        {{"http://dicom.nema.org/resources/ontology/DCM", {}}, "CT", "Computed Tomography"},
        {{"urn:oid:", "1.2.3"}, "A", {}},
        {{}, {}, "to \"escape\" & <so on>"},
    };
    for (auto const& constant : constants) {
        ready_coding const ready(constant);
        CHECK(ready.get() == constant);
        for (auto const as : {format::json, format::xml})
            for (bool const pretty : {false, true})
                CHECK(written(ready.get(), as, pretty) == written(constant, as, pretty));
    }
}
