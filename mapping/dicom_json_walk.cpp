#include "mapping/dicom_json_walk.hpp"

#include "mapping/dicom_json_usual.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace pons::mapping {

using namespace usual_form;

void dicom_json_walk::remark(issue::kind what, std::string text)
{
    constexpr std::size_t enough = 20;
    issue one{what, std::move(text)};
    if (issues.size() < enough && std::ranges::find(issues, one) == issues.end())
        issues.push_back(std::move(one));
}

void dicom_json_walk::unreadable(tag t)
{
    remark(issue::kind::invalid, "a value of " + describe(t) + " could not be read");
}

/// A text without its escapes, valid until the next one. `escaped` tells whether it had some.
bool dicom_json_walk::text(std::string_view& value, bool& escaped, tag t)
{
    if (!at_.take_text(value))
        return false;
    escaped = may_escape_ && std::memchr(value.data(), '\\', value.size()) != nullptr;
    if (!escaped)
        return true;
    unescaped_.clear();
    if (!append_unescaped(unescaped_, value))
        unreadable(t);
    value = unescaped_;
    return true;
}

/// {"Alphabetic": …, "Ideographic": …, "Phonetic": …} (PS3.18 §F.2.2), told apart by the initial.
bool dicom_json_walk::person_name(value_list& to, tag t)
{
    std::array<std::string, 3> groups;
    auto const group = [&](char const* key) {
        auto const which = std::string_view("aip").find(static_cast<char>(*key | 0x20));
        if (which == std::string_view::npos || at_.peek() != '"')
            return at_.skip();
        std::string_view value;
        bool escaped = false;
        if (!text(value, escaped, t))
            return false;
        groups[which] = trim(value, "PN"_vr);
        return true;
    };
    if (!members(group))
        return false;
    name_ = groups[0];
    if (!groups[1].empty() || !groups[2].empty())
        name_.append(1, '=').append(groups[1]);
    if (!groups[2].empty())
        name_.append(1, '=').append(groups[2]);
    to.add(name_);
    return true;
}

bool dicom_json_walk::value(value_list& to, tag t)
{
    std::string_view plain;
    if (may_escape_ || at_.peek() != '"')
        return any_value(to, t);
    if (!at_.take_text(plain))
        return false;
    to.add(plain);
    return true;
}

bool dicom_json_walk::any_value(value_list& to, tag t)
{
    std::string_view word;
    switch (at_.peek()) {
        case '"': {
            bool escaped = false;
            if (!text(word, escaped, t))
                return false;
            escaped ? to.add_split(word) : to.add(word);
            return true;
        }
        case '{':
            return person_name(to, t);
        case '[':
            unreadable(t);
            to.add({});
            return at_.skip();
        default:
            if (!at_.take_word(word))
                return false;
            if (word == "true" || word == "false")
                unreadable(t);
            to.add(word[0] == '-' || (word[0] >= '0' && word[0] <= '9') ? word : std::string_view());
            return true;
    }
}

bool dicom_json_walk::item(std::vector<data_set>& items, tag t, unsigned depth)
{
    if (at_.peek() == '{')
        return attributes(items.emplace_back(), depth + 1);
    if (at_.peek() == 'n')
        items.emplace_back();
    else
        unreadable(t);
    return at_.skip();
}

bool dicom_json_walk::sequence(data_set& into, tag t, unsigned depth)
{
    auto* const items = into.add_sequence(t);
    if (items && depth >= dicom_json_reader::max_depth)
        remark(issue::kind::incomplete, "items of " + describe(t) + " are nested too deep and were left out");
    if (!items || depth >= dicom_json_reader::max_depth)
        return at_.skip();
    if (at_.peek() == '[')
        return elements([&] { return item(*items, t, depth); });
    return item(*items, t, depth);
}

/// What stands behind "Value", or in place of the whole attribute.
bool dicom_json_walk::contents(data_set& into, entry const& a, unsigned depth)
{
    if (a.vr == "SQ"_vr)
        return sequence(into, a.tag, depth);
    if (!into.begin(a.tag, a.vr))
        return at_.skip();
    value_list to{into, a.vr};
    if (at_.peek() != '[')
        return value(to, a.tag);
    return elements([&] { return value(to, a.tag); });
}

/// Passes an attribute, key and all, of the usual form with one value: nearly all that archives send. False when it
/// is another, and nothing is passed.
bool dicom_json_walk::quick_attribute(data_set& into)
{
    auto ahead = at_;
    auto const* const key = at_.here() + 1;
    std::string_view value;
    if (may_escape_ || key[-1] != '"' || !is_usual(key) || !only_value(ahead, value))
        return false;
    auto const* const a = known_.find(key);
    auto const blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    if (a && (a->vr == "SQ"_vr || value.empty() || blank(value.front()) || blank(value.back()) ||
              !into.append(a->tag, a->vr, value)))
        return false;
    at_ = ahead;
    return true;
}

bool dicom_json_walk::usual_attribute(data_set& into, entry const& a, unsigned depth)
{
    at_.pass(9);
    if (!contents(into, a, depth))
        return false;
    while (at_.take(',')) {
        std::string_view passed;
        if (!at_.take_text(passed) || !at_.take(':') || !at_.skip())
            return false;
    }
    return at_.take('}');
}

void dicom_json_walk::add_empty(data_set& into, entry const& a)
{
    if (a.vr == "SQ"_vr)
        into.add_sequence(a.tag);
    else
        into.begin(a.tag, a.vr);
}

bool dicom_json_walk::attribute(data_set& into, entry const& a, unsigned depth)
{
    bool found = false;
    if (at_.peek() == '{') {
        auto const member = [&](char const* key) {
            if (found || std::memcmp(key, "Value\"", 6) != 0 || at_.peek() == 'n')
                return at_.skip();
            found = true;
            return contents(into, a, depth);
        };
        if (!members(member))
            return false;
    } else if (at_.peek() != 'n') {
        return contents(into, a, depth);
    } else if (!at_.skip()) {
        return false;
    }
    if (!found)
        add_empty(into, a);
    return true;
}

/// One attribute with its key.
bool dicom_json_walk::member(data_set& into, unsigned depth)
{
    if (at_.peek() != '"')
        return false;
    auto const* const key = at_.here() + 1;
    auto const* const a = key[8] == '"' ? known_.find(key) : nullptr;
    if (a && is_usual(key))
        return usual_attribute(into, *a, depth);
    std::string_view passed;
    if (!at_.take_text(passed) || !at_.take(':'))
        return false;
    return a ? attribute(into, *a, depth) : at_.skip();
}

bool dicom_json_walk::attributes(data_set& into, unsigned depth)
{
    if (everything_)
        return attributes_of_any_kind(into, depth);
    if (!at_.take('{'))
        return false;
    if (at_.take('}'))
        return true;
    do
        if (!quick_attribute(into) && !member(into, depth))
            return false;
    while (at_.take(','));
    return at_.take('}');
}

/// An array of data sets. Ends early, as if well, when the handler has enough.
bool dicom_json_walk::rows(dicom_json_reader::row_handler const& row, dicom_json_found& found)
{
    bool const good = elements([&] {
        if (at_.peek() != '{') {
            remark(issue::kind::incomplete, "a row of the archive's answer is no data set and was left out");
            return at_.skip();
        }
        data_set one;
        one.expect_row();
        if (!attributes(one, 0))
            return false;
        ++found.rows;
        found.stopped = !row(std::move(one));
        return !found.stopped;
    });
    return found.stopped || (good && at_.peek() == '\0');
}

}  // namespace pons::mapping
