#pragma once

#include "mapping/data_set.hpp"

#include <string_view>

namespace pons::mapping {

/// Whether a backslash inside a text of this VR parts two values (PS3.5 §6.2).
constexpr bool is_multi_valued(vr as)
{
    return as != "ST"_vr && as != "LT"_vr && as != "UT"_vr && as != "UR"_vr;
}

/// The values of one attribute on their way into the data set. An attribute whose only value is empty has none.
struct value_list {
    data_set& into;
    vr as;
    bool any = false;
    bool first_is_empty = false;

    void add(std::string_view text)
    {
        if (!any) {
            any = true;
            first_is_empty = text.empty() || (text.front() <= ' ' && trim(text, as).empty());
            if (first_is_empty)
                return;
        } else if (first_is_empty) {
            first_is_empty = false;
            into.value({});
        }
        into.value(text);
    }

    void add_split(std::string_view text)
    {
        while (is_multi_valued(as)) {
            auto const end = text.find('\\');
            if (end == text.npos)
                break;
            add(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
        add(text);
    }
};

}  // namespace pons::mapping
