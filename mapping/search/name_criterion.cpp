#include "mapping/search/name_criterion.hpp"

namespace pons::mapping::search {

codecs::name_part part_of(chain_row const& chain)
{
    return chain.name == "family"  ? codecs::name_part::family
           : chain.name == "given" ? codecs::name_part::given
                                   : codecs::name_part::any;
}

codecs::name_query to_name_query(criterion const& c, std::string_view value)
{
    auto const how = c.modifier == modifier::exact      ? codecs::string_match::exact
                     : c.modifier == modifier::contains ? codecs::string_match::contains
                                                        : codecs::string_match::starts_with;
    return {part_of(*c.chain), how, value};
}

}  // namespace pons::mapping::search
