#include "proxy/dicomweb/lettered_keys.hpp"

#include "mapping/levels.hpp"

namespace pons::proxy::dicomweb {

using mapping::match_key;

namespace {

bool meets(std::span<match_key const> keys, mapping::data_set const& study)
{
    mapping::data_set const* const levels[] = {&study};
    return mapping::matcher(keys).of(levels) != mapping::matched::no;
}

}  // namespace

lettered_keys::lettered_keys(search_query const& query, mapping::source_text const& text) : misread_(text)
{
    for (auto const& k : query.keys) {
        if (mapping::level_of(k.path.front()) != mapping::level::study)
            continue;
        std::string letters;
        for (auto const& value : k.values)
            letters += upstream::letters_beyond_ascii(value);
        if (letters.empty() || k.path.size() != 1)
            plain_.push_back(k);
        else
            lettered_.push_back({{k}, {{k.path.front()}, std::move(letters)}});
    }
}

void lettered_keys::refused(mapping::data_set const& study)
{
    if (lettered_.empty() || !meets(plain_, study))
        return;
    std::vector<upstream::lettered_key const*> by;
    for (auto const& each : lettered_)
        if (!meets(each.by, study))
            by.push_back(&each.key);
    if (!by.empty())
        misread_.refused(study, by);
}

}  // namespace pons::proxy::dicomweb
