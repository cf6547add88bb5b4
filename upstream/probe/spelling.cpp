#include "upstream/probe/spelling.hpp"

#include "mapping/codecs/folding.hpp"

#include <algorithm>

namespace pons::upstream::probe {

std::string other_letters(std::string text)
{
    bool const any_small = std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
    for (char& c : text)
        if (any_small ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z')
            c = static_cast<char>(c ^ 0x20);
    return text;
}

std::string without_accents(std::string_view text)
{
    std::string plain;
    for (auto const c : mapping::codecs::fold(text, mapping::codecs::folding::search)) {
        if (c >= 0x80)
            return {};
        plain += static_cast<char>(c);
    }
    for (std::size_t i = 0; i < plain.size() && i < text.size(); ++i)  // the case of what the name begins with is kept
        if (plain[i] >= 'a' && plain[i] <= 'z' && (plain[i] ^ 0x20) == text[i])
            plain[i] = text[i];
    return plain;
}

made beginning(findings const& f, tag attribute, std::string const& value, char const* wild)
{
    if (auto const why = pointless(f, attribute))
        return none(*why);
    if (value.empty())
        return none("the study has no " + keyword(attribute));
    if (!is_plain(value) || value.size() < 2)
        return none(keyword(attribute) + " of the study is no plain text of two letters or more");
    return pinned(f, attribute, {value.substr(0, value.size() - 1) + wild});
}

std::string label_of(findings const& f)
{
    std::string label;
    for (std::size_t i = 0; i < f.of.row.count(tags::SpecificCharacterSet); ++i)
        label.append(i == 0 ? "" : "\\").append(f.of.row.text(tags::SpecificCharacterSet, i));
    return label;
}

made name_in(findings const& f, char const* charset)
{
    auto const name = name_of(f);
    if (is_ascii(name))
        return none("the name of the study's patient has no letter beyond ASCII");
    auto q = pinned_value(f, tags::PatientName, name);
    if (q)
        q->charset_query = charset;
    return q;
}

made name_as_labelled(findings const& f)
{
    auto const label = label_of(f);
    if (label.empty() || label == "ISO_IR 192" || label == "ISO_IR 100")
        return none("answers are in no other character set");
    if (f.found("name in ISO_IR 192") || f.found("name in ISO_IR 100"))
        return none("it was found in another character set");
    return name_in(f, label.c_str());
}

made encoded(findings const& f, config::query_encoding as)
{
    auto const name = name_of(f);
    if (!is_plain(name) || name.find('^') == name.npos)
        return none("the patient has no plain name of two parts");
    auto q = pinned_value(f, tags::PatientName, name);
    if (q)
        q->form.encoding = as;
    return q;
}

made all_encoded(findings const& f)
{
    auto const value = f.own(tags::PatientID);
    auto const checked = pinned_value(f, tags::PatientID, value);
    if (!checked)
        return checked;
    if (!is_plain(value))
        return none("its PatientID is not plain");
    constexpr char digits[] = "0123456789ABCDEF";
    auto q = pinned(f, tags::StudyInstanceUID, {f.of.study});
    q.form.extra = "PatientID=";
    for (char const c : value)
        q.form.extra.append(1, '%').append(1, digits[c >> 4]).append(1, digits[c & 15]);
    return q;
}

}  // namespace pons::upstream::probe
