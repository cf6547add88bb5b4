#include "mapping/fhir/common.hpp"

#include "mapping/fhir/ready_made.hpp"

namespace pons::mapping::fhir {

void write_subsetted(writer& w)
{
    static ready_made const meta([](writer& once) {
        once.begin_object("meta");
        once.begin_list("tag");
        once.begin_item();
        once.property("system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue");
        once.property("code", "SUBSETTED");
        once.end_item();
        once.end_list();
        once.end_object();
    });
    meta.write(w);
}

outcome_issue to_outcome_issue(issue const& remark)
{
    switch (remark.what) {
        case issue::kind::not_supported:
            return {"warning", "not-supported", remark.text, {}};
        case issue::kind::incomplete:
            return {"warning", "incomplete", remark.text, {}};
        case issue::kind::invalid:
            return {"warning", "invalid", remark.text, {}};
        case issue::kind::informational:
            break;
    }
    return {"information", "informational", remark.text, {}};
}

void write_outcome(writer& w, std::string_view element, std::string_view id, std::span<outcome_issue const> issues)
{
    w.begin_resource(element, "OperationOutcome");
    w.optional("id", id);
    w.begin_list("issue");
    for (auto const& one : issues) {
        w.begin_item();
        w.property("severity", one.severity);
        w.property("code", one.code);
        w.optional("diagnostics", one.diagnostics);
        if (!one.expression.empty()) {
            w.begin_list("expression");
            w.item(one.expression);
            w.end_list();
        }
        w.end_item();
    }
    w.end_list();
    w.end_resource();
}

}  // namespace pons::mapping::fhir
