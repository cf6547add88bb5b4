#include "upstream/orders/order_reader.hpp"

#include "upstream/errc.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string_view>

namespace pons::upstream::orders {

namespace {

namespace dom = simdjson::dom;
using namespace mapping::orders;

/// FHIR's own resources are flat; what is deeper is none.
constexpr std::size_t deepest = 64;
constexpr std::string_view representation_url = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

/// Takes elements of resources as they should be, and remembers the first that is not.
class elements {
public:
    result<void> verdict() const { return fault_ ? result<void>(tl::unexpected(*fault_)) : result<void>(); }

    void fail(errc code, std::string_view what, std::string_view because)
    {
        if (!fault_)
            fault_ = failure{make_error_code(code), std::string(what).append(because)};
    }

    /// Empty where there is none.
    std::string text(dom::object const& in, std::string_view name)
    {
        std::string_view text;
        if (auto const member = in[name]; there(member) && member.get(text) != simdjson::SUCCESS)
            fail(errc::malformed, name, " is no text");
        return std::string(text);
    }

    bool flag(dom::object const& in, std::string_view name)
    {
        bool is = false;
        if (auto const member = in[name]; there(member) && member.get(is) != simdjson::SUCCESS)
            fail(errc::malformed, name, " is no boolean");
        return is;
    }

    template <class F>
    void object(dom::object const& in, std::string_view name, F const& f)
    {
        auto const member = in[name];
        if (!there(member))
            return;
        dom::object one;
        if (member.get(one) != simdjson::SUCCESS)
            return fail(errc::malformed, name, " is no object");
        f(one);
    }

    template <class F>
    void each(dom::object const& in, std::string_view name, F const& f, std::size_t most = most_in_list)
    {
        each_element(in, name, most, [&](dom::element const& item) {
            dom::object one;
            if (item.get(one) != simdjson::SUCCESS)
                return fail(errc::malformed, name, " holds what is no object");
            f(one);
        });
    }

    std::vector<std::string> texts(dom::object const& in, std::string_view name)
    {
        std::vector<std::string> all;
        each_element(in, name, most_in_list, [&](dom::element const& item) {
            std::string_view text;
            if (item.is_null())  // the place of an extension (FHIR R4 §2.6.2)
                return;
            if (item.get(text) != simdjson::SUCCESS)
                return fail(errc::malformed, name, " holds what is no text");
            all.emplace_back(text);
        });
        return all;
    }

private:
    template <class Member>
    static bool there(Member const& member)
    {
        return member.error() != simdjson::NO_SUCH_FIELD;
    }

    template <class F>
    void each_element(dom::object const& in, std::string_view name, std::size_t most, F const& f)
    {
        auto const member = in[name];
        if (!there(member))
            return;
        dom::array list;
        if (member.get(list) != simdjson::SUCCESS)
            return fail(errc::malformed, name, " is no list");
        std::size_t count = 0;
        for (auto const item : list) {
            if (fault_)
                return;
            if (++count > most)
                return fail(errc::too_large, name, "");
            f(item);
        }
    }

    std::optional<failure> fault_;
};

class reader {
public:
    result<order_page> read(dom::object const& bundle)
    {
        if (in_.text(bundle, "resourceType") != "Bundle")
            in_.fail(errc::malformed, "a resource that is no Bundle", "");
        in_.each(bundle, "link", [&](dom::object const& link) {
            if (in_.text(link, "relation") == "next")
                page_.next = in_.text(link, "url");
        });
        std::uint64_t total = 0;
        if (auto const member = bundle["total"]; member.get(total) == simdjson::SUCCESS)
            page_.total = total;
        else if (member.error() != simdjson::NO_SUCH_FIELD)
            in_.fail(errc::malformed, "total", " is no number");
        auto const entry = [&](dom::object const& one) { read_entry(one); };
        in_.each(bundle, "entry", entry, most_entries);
        if (auto const well = in_.verdict(); !well)
            return tl::unexpected(well.error());
        return std::move(page_);
    }

private:
    void read_entry(dom::object const& entry)
    {
        in_.object(entry, "resource", [&](dom::object const& resource) {
            auto const type = in_.text(resource, "resourceType");
            if (type == "ServiceRequest") {
                page_.orders.push_back(to_order(resource));
            } else if (type == "OperationOutcome") {
                page_.fails = page_.fails || tells_failure(resource);
            } else {
                page_.parties.push_back(to_party(resource, type));
                page_.parties.back().full_url = in_.text(entry, "fullUrl");
            }
        });
    }

    /// An error, or an issue that says that something is missing.
    bool tells_failure(dom::object const& outcome)
    {
        constexpr std::string_view missing[] = {"incomplete", "timeout",   "too-costly", "throttled",
                                                "exception",  "transient", "no-store"};
        bool any = false;
        in_.each(outcome, "issue", [&](dom::object const& issue) {
            auto const severity = in_.text(issue, "severity");
            auto const code = in_.text(issue, "code");
            any = any || severity == "fatal" || severity == "error" ||
                  std::ranges::find(missing, code) != std::end(missing);
        });
        return any;
    }

    coding to_coding(dom::object const& from)
    {
        return {
            .system = in_.text(from, "system"), .code = in_.text(from, "code"), .display = in_.text(from, "display")};
    }

    /// A CodeableConcept, or that of a CodeableReference (R5).
    codeable_concept to_concept(dom::object const& from)
    {
        codeable_concept told;
        in_.each(from, "coding", [&](dom::object const& one) { told.codings.push_back(to_coding(one)); });
        told.text = in_.text(from, "text");
        in_.object(from, "concept", [&](dom::object const& of) {
            in_.each(of, "coding", [&](dom::object const& one) { told.codings.push_back(to_coding(one)); });
            told.text = in_.text(of, "text");
        });
        return told;
    }

    std::vector<codeable_concept> to_concepts(dom::object const& from, std::string_view name)
    {
        std::vector<codeable_concept> all;
        in_.each(from, name, [&](dom::object const& one) { all.push_back(to_concept(one)); });
        return all;
    }

    identifier to_identifier(dom::object const& from)
    {
        identifier told{.system = in_.text(from, "system"),
                        .value = in_.text(from, "value"),
                        .use = in_.text(from, "use"),
                        .type = {}};
        in_.object(from, "type", [&](dom::object const& type) { told.type = to_concept(type); });
        return told;
    }

    std::vector<identifier> to_identifiers(dom::object const& from)
    {
        std::vector<identifier> all;
        in_.each(from, "identifier", [&](dom::object const& one) { all.push_back(to_identifier(one)); });
        return all;
    }

    reference to_reference(dom::object const& from)
    {
        reference told{.to = in_.text(from, "reference"), .display = in_.text(from, "display"), .logical = {}};
        in_.object(from, "identifier", [&](dom::object const& one) { told.logical = to_identifier(one); });
        return told;
    }

    reference reference_of(dom::object const& from, std::string_view name)
    {
        reference told;
        in_.object(from, name, [&](dom::object const& one) { told = to_reference(one); });
        return told;
    }

    human_name to_name(dom::object const& from)
    {
        human_name name{.use = in_.text(from, "use"),
                        .representation = {},
                        .text = in_.text(from, "text"),
                        .family = in_.text(from, "family"),
                        .given = in_.texts(from, "given"),
                        .prefix = in_.texts(from, "prefix"),
                        .suffix = in_.texts(from, "suffix")};
        in_.each(from, "extension", [&](dom::object const& extension) {
            if (in_.text(extension, "url") == representation_url)
                name.representation = in_.text(extension, "valueCode");
        });
        return name;
    }

    party to_party(dom::object const& from, std::string_view type)
    {
        party one;
        one.type = type;
        one.id = in_.text(from, "id");
        one.identifiers = to_identifiers(from);
        if (type == "Patient" || type == "Practitioner" || type == "RelatedPerson") {
            in_.each(from, "name", [&](dom::object const& name) { one.names.push_back(to_name(name)); });
            one.gender = in_.text(from, "gender");
            one.birth_date = in_.text(from, "birthDate");
        } else if (type == "Device") {
            auto const name = [&](std::string_view list, std::string_view member) {
                in_.each(from, list, [&](dom::object const& each) {
                    if (one.name.empty())
                        one.name = in_.text(each, member);
                });
            };
            name("deviceName", "name");
            name("name", "value");  // R5
        } else if (type == "Organization") {
            one.name = in_.text(from, "name");
        } else if (type == "PractitionerRole") {
            one.practitioner = reference_of(from, "practitioner");
            one.organization = reference_of(from, "organization");
        }
        return one;
    }

    void read_details(dom::object const& from, order& to)
    {
        in_.each(from, "orderDetail", [&](dom::object const& detail) {
            to.details.push_back(to_concept(detail));
            in_.each(detail, "parameter", [&](dom::object const& parameter) {  // R5
                in_.object(parameter, "valueCodeableConcept",
                           [&](dom::object const& value) { to.details.push_back(to_concept(value)); });
            });
        });
    }

    void read_places(dom::object const& from, order& to)
    {
        to.locations = to_concepts(from, "locationCode");
        auto more = to_concepts(from, "location");  // R5
        std::ranges::move(more, std::back_inserter(to.locations));
        in_.each(from, "locationReference", [&](dom::object const& one) {
            to.locations.push_back({.codings = {}, .text = in_.text(one, "display")});
        });
    }

    order to_order(dom::object const& from)
    {
        order one;
        one.id = in_.text(from, "id");
        if (one.id.empty())
            in_.fail(errc::malformed, "ServiceRequest", " without an id");
        one.status = in_.text(from, "status");
        one.intent = in_.text(from, "intent");
        one.do_not_perform = in_.flag(from, "doNotPerform");
        one.priority = in_.text(from, "priority");
        one.identifiers = to_identifiers(from);
        one.categories = to_concepts(from, "category");
        in_.object(from, "code", [&](dom::object const& code) { one.code = to_concept(code); });
        read_details(from, one);
        one.start = in_.text(from, "occurrenceDateTime");
        in_.object(from, "occurrencePeriod", [&](dom::object const& period) { one.start = in_.text(period, "start"); });
        one.authored_on = in_.text(from, "authoredOn");
        one.subject = reference_of(from, "subject");
        one.requester = reference_of(from, "requester");
        in_.each(from, "performer", [&](dom::object const& who) { one.performers.push_back(to_reference(who)); });
        read_places(from, one);
        one.reasons = to_concepts(from, "reasonCode");
        auto more = to_concepts(from, "reason");  // R5
        std::ranges::move(more, std::back_inserter(one.reasons));
        in_.each(from, "note", [&](dom::object const& note) { one.notes.push_back(in_.text(note, "text")); });
        in_.each(from, "contained", [&](dom::object const& resource) {
            one.contained.push_back(to_party(resource, in_.text(resource, "resourceType")));
        });
        return one;
    }

    elements in_;
    order_page page_;
};

}  // namespace

result<order_page> read_orders(std::string const& json)
{
    dom::parser parser;
    dom::object bundle;
    if (parser.allocate(json.size() + 1, deepest) != simdjson::SUCCESS ||
        parser.parse(json).get(bundle) != simdjson::SUCCESS)
        return fail(errc::malformed, "JSON");
    return reader().read(bundle);
}

}  // namespace pons::upstream::orders
