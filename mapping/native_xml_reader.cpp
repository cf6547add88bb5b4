#include "mapping/native_xml_reader.hpp"

#include "mapping/binary.hpp"
#include "mapping/dicom_json.hpp"
#include "mapping/dicom_json_values.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/errc.hpp"
#include "mapping/tables/value_representation.hpp"

#include <expat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pons::mapping {

namespace {

constexpr std::size_t deepest = 64;      // elements within elements
constexpr std::size_t most_empty = 100;  // values that are left out before one
constexpr std::array<std::string_view, 3> groups{"Alphabetic", "Ideographic", "Phonetic"};
constexpr std::array<std::string_view, 5> components{"FamilyName", "GivenName", "MiddleName", "NamePrefix",
                                                     "NameSuffix"};

enum class element { data_set, attribute, value, inline_binary, bulk_data, name, group, component, other };

template <class C>
std::optional<std::size_t> index_of(C const& all, std::string_view name)
{
    auto const at = std::ranges::find(all, name);
    return at == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - all.begin()));
}

/// Without empty ends: "A^B^^^" is "A^B".
template <class C>
std::string join(C const& parts, char separator)
{
    std::string all;
    for (auto const& part : parts)
        all.append(part).append(1, separator);
    while (!all.empty() && all.back() == separator)
        all.pop_back();
    return all;
}

/// One document, event by event. What is odd is passed over and remembered.
class reading {
public:
    native_xml_found found;
    bool begun = false;

    bool start(std::string_view name, char const** attributes);
    void text(std::string_view more) { text_ += more; }
    void end();

private:
    struct level {
        element what;
        data_set* set = nullptr;  // of a data set, or of the attribute in it
        // Of an attribute:
        tag t{};
        mapping::vr as{};
        bool filled = false;
        std::optional<value_list> values;
        std::size_t count = 0;  // of its values; of a data set: attributes
        std::vector<data_set>* items = nullptr;
        std::size_t index = 0;  // of a group or component
    };

    level& top() { return levels_.back(); }
    void push(element what) { levels_.push_back({.what = what, .values = {}}); }
    void odd() { found.whole = false; }

    void open_attribute(char const** attributes);
    void open_in_attribute(std::string_view name, char const** attributes);
    tag private_tag(data_set& set, tag t, std::string_view creator);
    bool fill(level& a);
    void add_place(level& a, std::string const& place);
    void add_value(level& a, std::string const& value);

    std::vector<level> levels_;
    std::string text_;
    std::array<std::string, 3> groups_;
    std::array<std::string, 5> components_;
};

std::string_view find(char const** attributes, std::string_view name)
{
    for (; attributes[0]; attributes += 2)
        if (attributes[0] == name)
            return attributes[1];
    return {};
}

/// False ends the reading.
bool reading::start(std::string_view name, char const** attributes)
{
    name.remove_prefix(name.rfind(' ') + 1);  // its namespace
    text_.clear();
    if (levels_.empty()) {
        begun = name == "NativeDicomModel";
        push(element::data_set);
        top().set = &found.set;
        return begun;
    }
    if (levels_.size() == deepest)
        return false;
    auto const what = top().what;
    if (what == element::data_set && name == "DicomAttribute") {
        open_attribute(attributes);
    } else if (what == element::attribute) {
        open_in_attribute(name, attributes);
    } else if (auto const group = index_of(groups, name); what == element::name && group) {
        push(element::group);
        top().index = *group;
        components_ = {};
    } else if (auto const component = index_of(components, name); what == element::group && component) {
        push(element::component);
        top().index = *component;
    } else {
        odd();
        push(element::other);
    }
    return true;
}

void reading::open_attribute(char const** attributes)
{
    auto& set = *top().set;
    auto t = tag_from_hex(find(attributes, "tag"));
    auto const letters = find(attributes, "vr");
    auto const creator = find(attributes, "privateCreator");
    if (!t || ++top().count > dicom_json_reader::max_attributes) {
        odd();
        return push(element::other);
    }
    if (!creator.empty() && group(*t) % 2 != 0)
        t = private_tag(set, *t, creator);
    push(element::attribute);
    auto const* const known = find_attribute(*t);
    top().set = &set;
    top().t = *t;
    top().as = known                 ? known->vr
               : letters.size() == 2 ? vr_of(letters[0], letters[1])
                                     : tables::value_representation(*t);
}

/// The tag in a block of that creator, which is told in the data set, too.
tag reading::private_tag(data_set& set, tag t, std::string_view creator)
{
    auto const base = static_cast<std::uint32_t>(group(t)) << 16;
    auto const wanted = static_cast<std::uint32_t>(element_number(t)) >> 8;
    auto const in_block = [&](std::uint32_t block) {
        return tag{base | block << 8 | (static_cast<std::uint32_t>(t) & 0xFF)};
    };
    if (wanted >= 0x10 && set.text(tag{base | wanted}) == creator)
        return in_block(wanted);
    for (std::uint32_t block = 0x10; block <= 0xFF; ++block)
        if (set.text(tag{base | block}) == creator)
            return in_block(block);
    auto block = wanted >= 0x10 ? wanted : 0x10;
    while (block <= 0xFF && set.contains(tag{base | block}))
        ++block;
    if (block > 0xFF)
        odd();
    else
        set.add_one(tag{base | block}, "LO"_vr, creator);
    return in_block(std::min(block, 0xFFu));
}

void reading::open_in_attribute(std::string_view name, char const** attributes)
{
    auto& a = top();
    if (name == "Item") {
        if (!a.items && a.as == "SQ"_vr && fill(a))
            a.items = a.set->add_sequence(a.t);
        if (!a.items || levels_.size() > 2 * dicom_json_reader::max_depth) {
            odd();
            return push(element::other);
        }
        auto& item = a.items->emplace_back();
        push(element::data_set);
        top().set = &item;
        return;
    }
    if (name == "BulkData") {
        add_place(a, std::string(find(attributes, "uri")));
        return push(element::bulk_data);
    }
    if (name == "InlineBinary")
        return push(element::inline_binary);
    bool const is_name = name == "PersonName" && a.as == "PN"_vr;
    bool const is_value = name == "Value" && a.as != "PN"_vr && a.as != "SQ"_vr && !is_binary(a.as);
    if (!a.values && (is_name || is_value) && fill(a) && a.set->begin(a.t, a.as))
        a.values.emplace(value_list{*a.set, a.as});
    auto const said = find(attributes, "number");
    std::size_t number = 0;
    std::from_chars(said.data(), said.data() + said.size(), number);
    if ((!is_name && !is_value) || !a.values || number > a.count + most_empty || (number != 0 && number <= a.count)) {
        odd();
        return push(element::other);
    }
    while (a.count + 1 < number)
        add_value(a, {});
    groups_ = {};
    push(is_name ? element::name : element::value);
}

/// Whether nothing is in the attribute yet.
bool reading::fill(level& a)
{
    bool const first = !a.filled && !a.set->contains(a.t);
    a.filled = true;
    return first;
}

void reading::add_place(level& a, std::string const& place)
{
    if (place.empty() || a.as == "SQ"_vr || !fill(a))
        return odd();
    a.set->add_one(a.t, is_binary(a.as) ? a.as : "UN"_vr, place);
}

void reading::add_value(level& a, std::string const& value)
{
    a.values->add_split(value);
    ++a.count;
}

void reading::end()
{
    auto const closed = std::move(top());
    levels_.pop_back();
    switch (closed.what) {
        case element::value:
            add_value(top(), text_);
            break;
        case element::inline_binary: {
            std::erase_if(text_, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
            if (!text_.empty())
                add_place(top(), std::string(inline_binary) + text_);
            break;
        }
        case element::name:
            add_value(top(), join(groups_, '='));
            break;
        case element::group:
            groups_[closed.index] = join(components_, '^');
            break;
        case element::component:
            components_[closed.index] = text_;
            break;
        case element::attribute:
            if (!closed.filled && closed.set->contains(closed.t))
                odd();
            else if (!closed.filled && closed.as == "SQ"_vr)
                closed.set->add_sequence(closed.t);
            else if (!closed.filled)
                closed.set->begin(closed.t, closed.as);
            break;
        case element::data_set:
        case element::bulk_data:
        case element::other:
            break;
    }
    text_.clear();
}

}  // namespace

result<native_xml_found> read_native_xml(std::string_view xml)
{
    struct context {
        reading all;
        XML_Parser parser;
    };
    constexpr auto where = "Native DICOM Model";
    if (xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return fail(errc::invalid_value, where);
    std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> const parser(XML_ParserCreateNS(nullptr, ' '),
                                                                              &XML_ParserFree);
    if (!parser)
        throw std::bad_alloc();
    context c{.all = {}, .parser = parser.get()};
    XML_SetUserData(parser.get(), &c);
    XML_SetElementHandler(
        parser.get(),
        [](void* user, char const* name, char const** attributes) {
            auto& it = *static_cast<context*>(user);
            if (!it.all.start(name, attributes))
                XML_StopParser(it.parser, XML_FALSE);
        },
        [](void* user, char const*) { static_cast<context*>(user)->all.end(); });
    XML_SetCharacterDataHandler(parser.get(), [](void* user, char const* text, int size) {
        static_cast<context*>(user)->all.text({text, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(parser.get(), [](void* user, char const*, char const*, char const*, int) {
        XML_StopParser(static_cast<context*>(user)->parser, XML_FALSE);
    });
    auto const status = XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
    if (status != XML_STATUS_OK || !c.all.begun)
        return fail(errc::invalid_value, where);
    return std::move(c.all.found);
}

}  // namespace pons::mapping
