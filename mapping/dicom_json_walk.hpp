#pragma once

#include "mapping/dicom_json.hpp"
#include "mapping/dicom_json_keys.hpp"
#include "mapping/dicom_json_values.hpp"
#include "mapping/json_cursor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pons::mapping {

/// The walk of `dicom_json_reader` over the tokens of one text, from data set to value. Every function passes what it
/// is named for, and returns false when the text is not JSON after all.
class dicom_json_walk {
public:
    explicit dicom_json_walk(dicom_json_reader::keep what)
        : everything_(what != dicom_json_reader::keep::known),
          values_elsewhere_(what == dicom_json_reader::keep::instances)
    {
    }

    json_scanner scanner;
    std::vector<issue> issues;

    /// From the first token of what `scanner` scanned.
    void begin()
    {
        at_ = scanner.cursor();
        may_escape_ = scanner.has_escapes();
    }
    char peek() const { return at_.peek(); }

    /// An array of data sets. Ends early, as if well, when the handler has enough.
    bool rows(dicom_json_reader::row_handler const& row, dicom_json_found& found);
    /// One data set.
    bool attributes(data_set& into, unsigned depth = 0);

    /// Each text once, and no more than are of use.
    void remark(issue::kind what, std::string text);

private:
    using entry = dicom_json_keys::entry;

    /// Calls `f` before each element of an array, which passes it.
    template <class F>
    bool elements(F&& f)
    {
        if (!at_.take('['))
            return false;
        if (at_.take(']'))
            return true;
        do
            if (!f())
                return false;
        while (at_.take(','));
        return at_.take(']');
    }

    /// Calls `f(key)` before each value of an object, which passes it; `key` has its escapes and 64 readable bytes.
    template <class F>
    bool members(F&& f)
    {
        if (!at_.take('{'))
            return false;
        if (at_.take('}'))
            return true;
        do {
            if (at_.peek() != '"')
                return false;
            auto const* const key = at_.here() + 1;
            std::string_view passed;
            if (!at_.take_text(passed) || !at_.take(':') || !f(key))
                return false;
        } while (at_.take(','));
        return at_.take('}');
    }

    void unreadable(tag t);
    bool text(std::string_view& value, bool& escaped, tag t);

    bool person_name(value_list& to, tag t);
    bool value(value_list& to, tag t);
    bool any_value(value_list& to, tag t);
    bool item(std::vector<data_set>& items, tag t, unsigned depth);
    bool sequence(data_set& into, tag t, unsigned depth);
    bool contents(data_set& into, entry const& a, unsigned depth);
    static void add_empty(data_set& into, entry const& a);

    [[gnu::always_inline]] inline bool quick_attribute(data_set& into);
    bool usual_attribute(data_set& into, entry const& a, unsigned depth);
    bool attribute(data_set& into, entry const& a, unsigned depth);
    bool member(data_set& into, unsigned depth);

    // When everything is kept.
    bool named_vr(vr& as);
    bool place_of_value(data_set& into, entry const& a, std::string_view scheme);
    bool any_attribute(data_set& into, entry a, unsigned depth);
    bool attributes_of_any_kind(data_set& into, unsigned depth);

    json_cursor at_{nullptr, nullptr};
    bool may_escape_ = false;
    bool everything_;
    bool values_elsewhere_;  // `instances`: of any VR, which is no issue
    dicom_json_keys const known_;
    std::string unescaped_;
    std::string name_;
};

}  // namespace pons::mapping
