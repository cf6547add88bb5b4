#include "mapping/search/token_match.hpp"

#include "mapping/codecs/identifier.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

namespace pons::mapping::search {

namespace {

using codecs::system_uri;

template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

bool system_matches(token const& t, system_uri const& system)
{
    return !t.system || system == std::string_view(*t.system);
}

bool is_uid_system(token const& t)
{
    return !t.system || *t.system == codecs::urn_dicom_uid || *t.system == codecs::system_uri_rfc3986;
}

/// "1.2.3" and "urn:oid:1.2.3" name the same object; clients send both.
bool uid_matches(std::string_view code, std::string_view uid)
{
    return code == uid || codecs::uid_of_urn(code) == uid;
}

bool matches(token const& t, fhir::coding const& c)
{
    if (!system_matches(t, c.system))
        return false;
    if (t.code.empty())
        return true;
    if (c.system == codecs::system_uri_rfc3986 && c.code.starts_with(codecs::urn_oid))  // SOP classes
        return uid_matches(t.code, c.code.substr(codecs::urn_oid.size()));
    return !c.code.empty() && t.code == c.code;
}

bool matches(token const& t, fhir::identifier const& id, study_record const& record)
{
    if (!t.type_code.empty() && (t.type_code != id.type.code || !(id.type.system == std::string_view(t.type_system))))
        return false;
    if (!system_matches(t, id.system))
        return false;
    if (t.code.empty())
        return true;
    if (id.value == std::string_view(t.code))
        return true;
    if (id.system == codecs::urn_dicom_uid)
        return t.code == id.value.tail;
    if (id.type.code == "ACSN") {
        auto const& rules = record.source->accession;
        return rules.normal(t.code) == rules.normal(id.value.str());
    }
    return false;
}

/// `status` and `gender` are codes of a system that the element itself fixes.
std::string_view system_of(criterion const& c)
{
    return c.chain ? "http://hl7.org/fhir/administrative-gender" : "http://hl7.org/fhir/imagingstudy-status";
}

}  // namespace

bool matches(token const& t, fhir::value const& v, criterion const& c, study_record const& record)
{
    return std::visit(
        overloaded{
            [&](fhir::coding const& x) { return matches(t, x); },
            [&](fhir::codeable_concept const& x) {
                return std::ranges::any_of(x.codings, [&](auto const& one) { return matches(t, one); });
            },
            [&](fhir::identifier const& x) { return matches(t, x, record); },
            [&](fhir::code const& x) {
                return system_matches(t, {system_of(c), {}}) && (t.code.empty() || t.code == x.text);
            },
            [&](fhir::id const& x) {
                if (c.row->name == "_id")
                    return (!t.system || t.system->empty()) && t.code == x.text;
                return (is_uid_system(t) || t.system->empty()) && (t.code.empty() || uid_matches(t.code, x.text));
            },
            [&](fhir::reference const& x) { return !x.logical.empty() && matches(t, x.logical, record); },
            [&](fhir::performer const& x) { return !x.actor.logical.empty() && matches(t, x.actor.logical, record); },
            [](auto const&) { return false; },
        },
        v);
}

}  // namespace pons::mapping::search
