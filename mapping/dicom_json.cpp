#include "mapping/dicom_json.hpp"

#include "mapping/binary.hpp"
#include "mapping/dicom_json_keys.hpp"
#include "mapping/dicom_json_values.hpp"
#include "mapping/short_copy.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace pons::mapping {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "DICOM JSON"; }

    std::string message(int code) const override
    {
        switch (static_cast<dicom_json_errc>(code)) {
            case dicom_json_errc::not_json:
                return "not JSON, or cut off";
            case dicom_json_errc::not_utf8:
                return "not UTF-8";
            case dicom_json_errc::not_data_sets:
                return "JSON, but no DICOM data sets";
            case dicom_json_errc::too_large:
                return "too large";
        }
        return "unknown error";
    }
};

}  // namespace

std::error_category const& dicom_json_category()
{
    static category const instance;
    return instance;
}

/// The walk. Every function returns false when the text is not JSON after all.
struct dicom_json_reader::impl {
    json_scanner scanner;
    json_cursor at{nullptr, nullptr};
    bool may_escape = false;
    bool everything = false;
    dicom_json_keys const known;
    std::string unescaped;
    std::string name;
    std::vector<issue> issues;

    void remark(issue::kind what, std::string text)
    {
        constexpr std::size_t enough = 20;
        issue one{what, std::move(text)};
        if (issues.size() < enough && std::ranges::find(issues, one) == issues.end())
            issues.push_back(std::move(one));
    }

    void unreadable(tag t) { remark(issue::kind::invalid, "a value of " + describe(t) + " could not be read"); }

    /// A text without its escapes, valid until the next one. `escaped` tells whether it had some.
    bool text(std::string_view& value, bool& escaped, tag t)
    {
        if (!at.take_text(value))
            return false;
        escaped = may_escape && std::memchr(value.data(), '\\', value.size()) != nullptr;
        if (!escaped)
            return true;
        unescaped.clear();
        if (!append_unescaped(unescaped, value))
            unreadable(t);
        value = unescaped;
        return true;
    }

    /// Calls `f` before each element of an array, which passes it.
    template <class F>
    bool elements(F&& f)
    {
        if (!at.take('['))
            return false;
        if (at.take(']'))
            return true;
        do
            if (!f())
                return false;
        while (at.take(','));
        return at.take(']');
    }

    /// Calls `f(key)` before each value of an object, which passes it; `key` has its escapes and 64 readable bytes.
    template <class F>
    bool members(F&& f)
    {
        if (!at.take('{'))
            return false;
        if (at.take('}'))
            return true;
        do {
            if (at.peek() != '"')
                return false;
            auto const* const key = at.here() + 1;
            std::string_view passed;
            if (!at.take_text(passed) || !at.take(':') || !f(key))
                return false;
        } while (at.take(','));
        return at.take('}');
    }

    /// {"Alphabetic": …, "Ideographic": …, "Phonetic": …} (PS3.18 §F.2.2), told apart by the initial.
    bool person_name(value_list& to, tag t)
    {
        std::array<std::string, 3> groups;
        auto const group = [&](char const* key) {
            auto const which = std::string_view("aip").find(static_cast<char>(*key | 0x20));
            if (which == std::string_view::npos || at.peek() != '"')
                return at.skip();
            std::string_view value;
            bool escaped = false;
            if (!text(value, escaped, t))
                return false;
            groups[which] = trim(value, "PN"_vr);
            return true;
        };
        if (!members(group))
            return false;
        name = groups[0];
        if (!groups[1].empty() || !groups[2].empty())
            name.append(1, '=').append(groups[1]);
        if (!groups[2].empty())
            name.append(1, '=').append(groups[2]);
        to.add(name);
        return true;
    }

    bool value(value_list& to, tag t)
    {
        std::string_view plain;
        if (may_escape || at.peek() != '"')
            return any_value(to, t);
        if (!at.take_text(plain))
            return false;
        to.add(plain);
        return true;
    }

    bool any_value(value_list& to, tag t)
    {
        std::string_view word;
        switch (at.peek()) {
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
                return at.skip();
            default:
                if (!at.take_word(word))
                    return false;
                if (word == "true" || word == "false")
                    unreadable(t);
                to.add(word[0] == '-' || (word[0] >= '0' && word[0] <= '9') ? word : std::string_view());
                return true;
        }
    }

    bool item(std::vector<data_set>& items, tag t, unsigned depth)
    {
        if (at.peek() == '{')
            return attributes(items.emplace_back(), depth + 1);
        if (at.peek() == 'n')
            items.emplace_back();
        else
            unreadable(t);
        return at.skip();
    }

    bool sequence(data_set& into, tag t, unsigned depth)
    {
        auto* const items = into.add_sequence(t);
        if (items && depth >= max_depth)
            remark(issue::kind::incomplete, "items of " + describe(t) + " are nested too deep and were left out");
        if (!items || depth >= max_depth)
            return at.skip();
        if (at.peek() == '[')
            return elements([&] { return item(*items, t, depth); });
        return item(*items, t, depth);
    }

    /// What stands behind "Value", or in place of the whole attribute.
    bool contents(data_set& into, dicom_json_keys::entry const& a, unsigned depth)
    {
        if (a.vr == "SQ"_vr)
            return sequence(into, a.tag, depth);
        if (!into.begin(a.tag, a.vr))
            return at.skip();
        value_list to{into, a.vr};
        if (at.peek() != '[')
            return value(to, a.tag);
        return elements([&] { return value(to, a.tag); });
    }

    /// The form that nearly all archives write, `"00080060":{"vr":"CS","Value":[…`, known by its characters instead of
    /// token by token. `key` has 64 readable bytes.
    static bool is_usual(char const* key)
    {
        using halves = std::uint64_t __attribute__((vector_size(16)));
        auto const letter = [](char c) { return c >= 'A' && c <= 'Z'; };
        // What stands behind the digits, in two words that overlap; whatever the VR is.
        constexpr characters begin{'"', ':', '{', '"', 'v', 'r', '"', ':', '"', 0, 0, '"', ',', '"', 'V', 'a'};
        constexpr characters of_begin{255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255};
        constexpr characters end{'"', ':', '"', 0, 0, '"', ',', '"', 'V', 'a', 'l', 'u', 'e', '"', ':', '['};
        constexpr characters of_end{255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
        auto const other = (halves)(((short_copy::load<characters>(key + 8) ^ begin) & of_begin) |
                                    ((short_copy::load<characters>(key + 14) ^ end) & of_end));
        return (other[0] | other[1]) == 0 && letter(key[17]) && letter(key[18]);
    }

    /// The one value of an attribute in the usual form at `from`, which then passes it all: a text without escapes, a
    /// number, or a name in one script. False when it is another. Of what is compared here, each token is known by its
    /// characters.
    [[gnu::always_inline]] static bool only_value(json_cursor& from, std::string_view& value)
    {
        constexpr std::string_view name_in_one_script = R"({"Alphabetic":")";
        auto const* begin = from.here(10);  // "…"  :  {  "vr"  :  "CS"  ,  "Value"  :  [  …  ]  }
        if (*begin == '"') {
            auto const* const end = from.here(11);
            if (end[-1] != '"' || end[0] != ']' || end[1] != '}')
                return false;
            value = {begin + 1, end - 1};
            from.pass(13);
        } else if (*begin == '{') {
            if (std::memcmp(begin, name_in_one_script.data(), name_in_one_script.size()) != 0)
                return false;
            auto const* const end = from.here(14);
            if (end[-1] != '"' || end[0] != '}' || end[1] != ']' || end[2] != '}')
                return false;
            value = {begin + name_in_one_script.size(), end - 1};
            from.pass(17);
        } else {
            auto const* end = begin;
            while (*end >= '0' && *end <= '9')
                ++end;
            if (end[0] != ']' || end[1] != '}')
                return false;
            value = {begin, end};
            from.pass(13);
        }
        return true;
    }

    /// Passes an attribute, key and all, of the usual form with one value: nearly all that archives send. False when it
    /// is another, and nothing is passed.
    [[gnu::always_inline]] bool quick_attribute(data_set& into)
    {
        auto ahead = at;
        auto const* const key = at.here() + 1;
        std::string_view value;
        if (may_escape || key[-1] != '"' || !is_usual(key) || !only_value(ahead, value))
            return false;
        auto const* const a = known.find(key);
        auto const blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
        if (a && (a->vr == "SQ"_vr || value.empty() || blank(value.front()) || blank(value.back()) ||
                  !into.append(a->tag, a->vr, value)))
            return false;
        at = ahead;
        return true;
    }

    bool usual_attribute(data_set& into, dicom_json_keys::entry const& a, unsigned depth)
    {
        at.pass(9);
        if (!contents(into, a, depth))
            return false;
        while (at.take(',')) {
            std::string_view passed;
            if (!at.take_text(passed) || !at.take(':') || !at.skip())
                return false;
        }
        return at.take('}');
    }

    bool attribute(data_set& into, dicom_json_keys::entry const& a, unsigned depth)
    {
        bool found = false;
        if (at.peek() == '{') {
            auto const member = [&](char const* key) {
                if (found || std::memcmp(key, "Value\"", 6) != 0 || at.peek() == 'n')
                    return at.skip();
                found = true;
                return contents(into, a, depth);
            };
            if (!members(member))
                return false;
        } else if (at.peek() != 'n') {
            return contents(into, a, depth);
        } else if (!at.skip()) {
            return false;
        }
        if (!found && a.vr == "SQ"_vr)
            into.add_sequence(a.tag);
        else if (!found)
            into.begin(a.tag, a.vr);
        return true;
    }

    /// Passes an attribute's members and says which VR they name; `{}` when none.
    bool named_vr(vr& as)
    {
        return members([&](char const* key) {
            std::string_view letters;
            if (std::memcmp(key, "vr\"", 3) != 0 || at.peek() != '"')
                return at.skip();
            if (!at.take_text(letters))
                return false;
            if (letters.size() == 2)
                as = vr_of(letters[0], letters[1]);
            return true;
        });
    }

    /// Passes the place of a value that is not here.
    bool place_of_value(data_set& into, dicom_json_keys::entry const& a, std::string_view scheme)
    {
        std::string_view place;
        bool escaped = false;
        if (at.peek() != '"')
            return at.skip();
        if (!text(place, escaped, a.tag))
            return false;
        if (!place.empty() && !is_binary(a.vr))
            remark(issue::kind::incomplete, "the value of " + describe(a.tag) + " is not in the metadata");
        if (place.empty())
            into.begin(a.tag, a.vr);
        else
            into.add_one(a.tag, is_binary(a.vr) ? a.vr : "UN"_vr, std::string(scheme).append(place));
        return true;
    }

    /// An attribute of any form, when everything is kept. `a` has no VR when the dictionary does not know it.
    bool any_attribute(data_set& into, dicom_json_keys::entry a, unsigned depth)
    {
        auto const start = at;
        if (a.vr == vr{} && at.peek() == '{' && !named_vr(a.vr))
            return false;
        at = start;
        if (a.vr == vr{})
            a.vr = "LO"_vr;
        if (at.peek() != '{')
            return attribute(into, a, depth);
        bool found = false;
        auto const member = [&](char const* key) {
            bool const value = std::memcmp(key, "Value\"", 6) == 0;
            bool const elsewhere = std::memcmp(key, "BulkDataURI\"", 12) == 0;
            bool const binary = std::memcmp(key, "InlineBinary\"", 13) == 0;
            if (found || at.peek() == 'n' || (!value && !elsewhere && !binary))
                return at.skip();
            found = true;
            if (!value)
                return place_of_value(into, a, elsewhere ? "" : "data:;base64,");
            if (!is_binary(a.vr))
                return contents(into, a, depth);
            unreadable(a.tag);
            into.begin(a.tag, a.vr);
            return at.skip();
        };
        if (!members(member))
            return false;
        if (!found && a.vr == "SQ"_vr)
            into.add_sequence(a.tag);
        else if (!found)
            into.begin(a.tag, a.vr);
        return true;
    }

    bool attributes_of_any_kind(data_set& into, unsigned depth)
    {
        return members([&](char const* key) {
            auto const t = key[8] == '"' ? tag_from_hex({key, 8}) : std::nullopt;
            if (!t)
                return at.skip();
            auto const* const a = known.find(key);
            return any_attribute(into, a ? *a : dicom_json_keys::entry{0, *t, {}}, depth);
        });
    }

    /// One attribute with its key.
    bool member(data_set& into, unsigned depth)
    {
        if (at.peek() != '"')
            return false;
        auto const* const key = at.here() + 1;
        auto const* const a = key[8] == '"' ? known.find(key) : nullptr;
        if (a && is_usual(key))
            return usual_attribute(into, *a, depth);
        std::string_view passed;
        if (!at.take_text(passed) || !at.take(':'))
            return false;
        return a ? attribute(into, *a, depth) : at.skip();
    }

    bool attributes(data_set& into, unsigned depth)
    {
        if (everything)
            return attributes_of_any_kind(into, depth);
        if (!at.take('{'))
            return false;
        if (at.take('}'))
            return true;
        do
            if (!quick_attribute(into) && !member(into, depth))
                return false;
        while (at.take(','));
        return at.take('}');
    }

    /// An array of data sets. Ends early, as if well, when the handler has enough.
    bool rows(row_handler const& row, dicom_json_found& found)
    {
        bool const good = elements([&] {
            if (at.peek() != '{') {
                remark(issue::kind::incomplete, "a row of the archive's answer is no data set and was left out");
                return at.skip();
            }
            data_set one;
            one.expect_row();
            if (!attributes(one, 0))
                return false;
            ++found.rows;
            found.stopped = !row(std::move(one));
            return !found.stopped;
        });
        return found.stopped || (good && at.peek() == '\0');
    }
};

dicom_json_reader::dicom_json_reader(keep what) : impl_(std::make_unique<impl>())
{
    impl_->everything = what == keep::everything;
}
dicom_json_reader::~dicom_json_reader() = default;
dicom_json_reader::dicom_json_reader(dicom_json_reader&&) noexcept = default;
dicom_json_reader& dicom_json_reader::operator=(dicom_json_reader&&) noexcept = default;

result<dicom_json_found> dicom_json_reader::read(std::string& text, row_handler const& row)
{
    using fault = json_scanner::fault;

    constexpr auto where = "DICOM JSON";
    dicom_json_found found;
    if (text.capacity() - text.size() < padding)
        text.reserve(text.size() + padding);

    impl_->issues.clear();
    std::size_t const mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    auto scanned = impl_->scanner.scan(text, mark);
    if (scanned == fault::control_characters) {
        // Raw line ends and tabs in descriptions: to a space everywhere, which leaves JSON as it was.
        std::ranges::replace_if(
            text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
        impl_->remark(issue::kind::informational, "control characters in the archive's answer were taken for spaces");
        scanned = impl_->scanner.scan(text, mark);
    }
    if (scanned == fault::empty)
        return found;
    if (scanned != fault::none)
        return fail(scanned == fault::not_utf8    ? dicom_json_errc::not_utf8
                    : scanned == fault::too_large ? dicom_json_errc::too_large
                                                  : dicom_json_errc::not_json,
                    where);

    auto& walk = *impl_;
    walk.at = walk.scanner.cursor();
    walk.may_escape = walk.scanner.has_escapes();
    if (walk.at.peek() == '[') {
        if (!walk.rows(row, found))
            return fail(dicom_json_errc::not_json, where);
    } else if (walk.at.peek() == '{') {
        data_set one;
        if (!walk.attributes(one, 0) || walk.at.peek() != '\0')
            return fail(dicom_json_errc::not_json, where);
        if (one.empty())  // an error report, not a data set
            return fail(dicom_json_errc::not_data_sets, where);
        found.rows = 1;
        found.stopped = !row(std::move(one));
    } else {
        return fail(dicom_json_errc::not_data_sets, where);
    }
    found.issues = std::move(walk.issues);
    return found;
}

}  // namespace pons::mapping
