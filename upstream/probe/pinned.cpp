#include "upstream/probe/pinned.hpp"

#include <algorithm>

namespace pons::upstream::probe {

namespace {

bool has_modality(findings const& f, std::string_view modality)
{
    auto const& row = f.of.row;
    for (std::size_t i = 0; i < row.count(tags::ModalitiesInStudy); ++i)
        if (row.text(tags::ModalitiesInStudy, i) == modality)
            return true;
    return f.of.modality == modality;
}

}  // namespace

char const* const nobodys_uid = "2.25.281474976710656000000000000000000001";

std::vector<tag> usual_return_keys()
{
    return {tags::StudyInstanceUID, tags::PatientID, tags::PatientName};
}

tl::unexpected<std::string> none(std::string why)
{
    return tl::unexpected<std::string>(std::move(why));
}

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_plain(std::string_view text)
{
    return is_ascii(text) && text.find_first_of("*?\\\"") == text.npos;
}

question about(findings const& f)
{
    question q;
    q.stars = f.stars;
    q.charset_query = f.charset_query;
    q.form = f.form;
    q.form.include = web_form::fields::none;
    q.what.max_rows = 1;
    return q;
}

question pinned(findings const& f, tag attribute, std::vector<std::string> values)
{
    auto q = about(f);
    q.what.return_keys = usual_return_keys();
    if (attribute != f.pin)
        q.what.keys.push_back({f.pin, {f.pin == tags::StudyInstanceUID ? f.of.study : f.own(f.pin)}});
    q.what.keys.push_back({attribute, std::move(values)});
    return q;
}

std::string name_of(findings const& f)
{
    auto const name = f.own(tags::PatientName);
    return name.substr(0, name.find('='));
}

std::optional<std::string> pointless(findings const& f, tag attribute)
{
    if (f.pin_wins())
        return "beside the study UID all other keys are ignored";
    if (f.found(other(attribute)))
        return keyword(attribute) + " is ignored";
    return {};
}

made pinned_value(findings const& f, tag attribute, std::string value)
{
    if (auto const why = pointless(f, attribute))
        return none(*why);
    if (value.empty())
        return none("the study has no " + keyword(attribute));
    return pinned(f, attribute, {std::move(value)});
}

std::string contradiction(tag t, std::string_view own)
{
    switch (mapping::find_attribute(t)->vr) {
        case mapping::vr_of('D', 'A'):
            return own == "19000103" ? "19000104" : "19000103";
        case mapping::vr_of('T', 'M'):
            return own.starts_with("03") ? "150307" : "030507";
        case mapping::vr_of('P', 'N'):
            return "PONSPROBE^NOBODY";
        case mapping::vr_of('I', 'S'):
            return "987654";
        case mapping::vr_of('C', 'S'):
            return own == "SM" ? "XA" : "SM";  // real ones: some archives check
        default:
            return "PONSPROBE0";
    }
}

std::string foreign_modality(findings const& f)
{
    for (auto const* const one : {"SM", "XA", "OP", "EPS"})
        if (!has_modality(f, one))
            return one;
    return "IVUS";
}

}  // namespace pons::upstream::probe
