#include "upstream/crosswalk/patient_reader.hpp"

#include "upstream/crosswalk/errc.hpp"

#include <simdjson.h>

#include <optional>

namespace pons::upstream {

namespace {

namespace dom = simdjson::dom;
using mapping::search::issued_id;

/// FHIR's own resources are flat; what is deeper is no Patient.
constexpr std::size_t deepest = 64;
constexpr std::size_t longest_text = 256;

tl::unexpected<failure> malformed(std::string place)
{
    return fail(crosswalk_errc::malformed, "crosswalk: " + std::move(place));
}

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A member that may be missing. Errors: it is there, and no text.
result<std::string> text_of(dom::object const& in, std::string_view name)
{
    auto const member = in[name];
    if (member.error() == simdjson::NO_SUCH_FIELD)
        return std::string();
    std::string_view text;
    if (member.get(text) != simdjson::SUCCESS)
        return malformed(std::string(name) + " is no text");
    return std::string(trimmed(text));
}

/// The objects of a list that may be missing.
template <class F>
result<void> for_each(dom::object const& in, std::string_view name, F const& f)
{
    auto const member = in[name];
    if (member.error() == simdjson::NO_SUCH_FIELD)
        return {};
    dom::array list;
    if (member.get(list) != simdjson::SUCCESS)
        return malformed(std::string(name) + " is no list");
    std::size_t count = 0;
    for (auto const item : list) {
        if (++count > most_in_list)
            return fail(crosswalk_errc::too_large, "crosswalk: " + std::string(name));
        dom::object one;
        if (item.get(one) != simdjson::SUCCESS)
            return malformed(std::string(name) + " holds what is no object");
        if (auto done = f(one); !done)
            return done;
    }
    return {};
}

/// The object behind a name that may be missing.
result<std::optional<dom::object>> object_of(dom::object const& in, std::string_view name)
{
    auto const member = in[name];
    if (member.error() == simdjson::NO_SUCH_FIELD)
        return std::optional<dom::object>();
    dom::object one;
    if (member.get(one) != simdjson::SUCCESS)
        return malformed(std::string(name) + " is no object");
    return std::optional(one);
}

/// Adds an Identifier that says who issued which value. One without a system could be anybody's, and no archive keeps
/// a longer id.
result<void> add_identifier(dom::object const& from, std::vector<issued_id>& to)
{
    auto system = text_of(from, "system");
    if (!system)
        return tl::unexpected(system.error());
    auto value = text_of(from, "value");
    if (!value)
        return tl::unexpected(value.error());
    bool const short_enough = system->size() <= longest_text && value->size() <= longest_text;
    if (!system->empty() && !value->empty() && short_enough)
        to.push_back({std::move(*system), std::move(*value)});
    return {};
}

result<void> add_link(dom::object const& from, std::vector<patient_link>& to)
{
    auto type = text_of(from, "type");
    if (!type)
        return tl::unexpected(type.error());
    auto const other = object_of(from, "other");
    if (!other)
        return tl::unexpected(other.error());
    std::string reference;
    if (*other) {
        auto text = text_of(**other, "reference");
        if (!text)
            return tl::unexpected(text.error());
        reference = std::move(*text);
    }
    to.push_back({std::move(*type), std::move(reference)});
    return {};
}

result<patient_record> to_patient(dom::object const& from)
{
    patient_record patient;
    auto id = text_of(from, "id");
    if (!id)
        return tl::unexpected(id.error());
    patient.id = std::move(*id);
    if (patient.id.empty())
        return malformed("Patient without an id");
    if (auto const active = from["active"];
        active.error() != simdjson::NO_SUCH_FIELD && active.get(patient.active) != simdjson::SUCCESS)
        return malformed("active is no boolean");
    auto done = for_each(from, "identifier", [&](dom::object const& one) { return add_identifier(one, patient.ids); });
    if (done)
        done = for_each(from, "link", [&](dom::object const& one) { return add_link(one, patient.links); });
    if (!done)
        return tl::unexpected(done.error());
    return patient;
}

/// `parser` holds what it refers to.
result<dom::object> read_object(dom::parser& parser, std::string const& json)
{
    if (parser.allocate(json.size() + 1, deepest) != simdjson::SUCCESS)
        return malformed("JSON");
    dom::object resource;
    if (parser.parse(json).get(resource) != simdjson::SUCCESS)
        return malformed("JSON");
    return resource;
}

/// A resource of a type.
result<dom::object> read_resource(dom::parser& parser, std::string const& json, std::string_view type)
{
    auto resource = read_object(parser, json);
    if (!resource)
        return resource;
    auto const found = text_of(*resource, "resourceType");
    if (!found)
        return tl::unexpected(found.error());
    if (*found != type)
        return malformed("a resource that is no " + std::string(type));
    return resource;
}

}  // namespace

result<std::string> read_resource_type(std::string const& json)
{
    dom::parser parser;
    auto const resource = read_object(parser, json);
    if (!resource)
        return tl::unexpected(resource.error());
    return text_of(*resource, "resourceType");
}

result<patient_record> read_patient(std::string const& json)
{
    dom::parser parser;
    auto const resource = read_resource(parser, json, "Patient");
    if (!resource)
        return tl::unexpected(resource.error());
    return to_patient(*resource);
}

result<patient_page> read_patients(std::string const& json)
{
    dom::parser parser;
    auto const bundle = read_resource(parser, json, "Bundle");
    if (!bundle)
        return tl::unexpected(bundle.error());
    patient_page page;
    auto done = for_each(*bundle, "link", [&](dom::object const& link) -> result<void> {
        auto const relation = text_of(link, "relation");
        if (!relation)
            return tl::unexpected(relation.error());
        page.more = page.more || *relation == "next";
        return {};
    });
    if (done)
        done = for_each(*bundle, "entry", [&](dom::object const& entry) -> result<void> {
            auto const resource = object_of(entry, "resource");
            if (!resource)
                return tl::unexpected(resource.error());
            if (!*resource)
                return malformed("Bundle.entry without a resource");
            auto const type = text_of(**resource, "resourceType");
            if (!type)
                return tl::unexpected(type.error());
            if (*type == "OperationOutcome")
                return {};
            if (*type != "Patient")
                return malformed("Bundle.entry with a resource that is no Patient");
            auto patient = to_patient(**resource);
            if (!patient)
                return tl::unexpected(patient.error());
            page.patients.push_back(std::move(*patient));
            return {};
        });
    if (!done)
        return tl::unexpected(done.error());
    return page;
}

result<std::vector<issued_id>> read_pix_answer(std::string const& json)
{
    dom::parser parser;
    auto const parameters = read_resource(parser, json, "Parameters");
    if (!parameters)
        return tl::unexpected(parameters.error());
    std::vector<issued_id> ids;
    auto const done = for_each(*parameters, "parameter", [&](dom::object const& one) -> result<void> {
        auto const name = text_of(one, "name");
        if (!name)
            return tl::unexpected(name.error());
        if (*name != "targetIdentifier")
            return {};
        auto const identifier = object_of(one, "valueIdentifier");
        if (!identifier)
            return tl::unexpected(identifier.error());
        if (!*identifier)
            return malformed("targetIdentifier without valueIdentifier");
        return add_identifier(**identifier, ids);
    });
    if (!done)
        return tl::unexpected(done.error());
    return ids;
}

}  // namespace pons::upstream
