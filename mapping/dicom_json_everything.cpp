#include "mapping/binary.hpp"
#include "mapping/dicom_json_walk.hpp"
#include "mapping/tables/value_representation.hpp"

#include <cstring>

namespace pons::mapping {

/// Passes an attribute's members and says which VR they name; `{}` when none.
bool dicom_json_walk::named_vr(vr& as)
{
    return members([&](char const* key) {
        std::string_view letters;
        if (std::memcmp(key, "vr\"", 3) != 0 || at_.peek() != '"')
            return at_.skip();
        if (!at_.take_text(letters))
            return false;
        if (letters.size() == 2)
            as = vr_of(letters[0], letters[1]);
        return true;
    });
}

/// Passes the place of a value that is not here.
bool dicom_json_walk::place_of_value(data_set& into, entry const& a, std::string_view scheme)
{
    std::string_view place;
    bool escaped = false;
    if (at_.peek() != '"')
        return at_.skip();
    if (!text(place, escaped, a.tag))
        return false;
    if (!place.empty() && !is_binary(a.vr) && !values_elsewhere_)
        remark(issue::kind::incomplete, "the value of " + describe(a.tag) + " is not in the metadata");
    if (place.empty())
        into.begin(a.tag, a.vr);
    else
        into.add_one(a.tag, is_binary(a.vr) ? a.vr : "UN"_vr, std::string(scheme).append(place));
    return true;
}

/// An attribute of any form, when everything is kept. `a` has no VR when the dictionary does not know it.
bool dicom_json_walk::any_attribute(data_set& into, entry a, unsigned depth)
{
    auto const start = at_;
    if (a.vr == vr{} && at_.peek() == '{' && !named_vr(a.vr))
        return false;
    at_ = start;
    if (a.vr == vr{})
        a.vr = values_elsewhere_ ? tables::value_representation(a.tag) : "LO"_vr;
    if (at_.peek() != '{')
        return attribute(into, a, depth);
    bool found = false;
    auto const member = [&](char const* key) {
        bool const value = std::memcmp(key, "Value\"", 6) == 0;
        bool const elsewhere = std::memcmp(key, "BulkDataURI\"", 12) == 0;
        bool const binary = std::memcmp(key, "InlineBinary\"", 13) == 0;
        if (found || at_.peek() == 'n' || (!value && !elsewhere && !binary))
            return at_.skip();
        found = true;
        if (!value)
            return place_of_value(into, a, elsewhere ? "" : "data:;base64,");
        if (!is_binary(a.vr))
            return contents(into, a, depth);
        unreadable(a.tag);
        into.begin(a.tag, a.vr);
        return at_.skip();
    };
    if (!members(member))
        return false;
    if (!found)
        add_empty(into, a);
    return true;
}

bool dicom_json_walk::attributes_of_any_kind(data_set& into, unsigned depth)
{
    std::size_t count = 0;
    return members([&](char const* key) {
        auto const t = key[8] == '"' ? tag_from_hex({key, 8}) : std::nullopt;
        if (!t)
            return at_.skip();
        // A data set is in order; strangers who send it backwards would make that long.
        if (values_elsewhere_ && ++count > dicom_json_reader::max_attributes) {
            remark(issue::kind::incomplete, "a data set has too many attributes");
            return at_.skip();
        }
        auto const* const a = known_.find(key);
        return any_attribute(into, a ? *a : entry{0, *t, {}}, depth);
    });
}

}  // namespace pons::mapping
