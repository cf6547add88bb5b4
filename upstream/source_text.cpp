#include "upstream/source_text.hpp"

namespace pons::upstream {

mapping::source_text text_of(config::source const& source)
{
    return {source.quirks.charset_default, source.quirks.charset_labels};
}

mapping::source_text text_of_rows(config::source const& source)
{
    return source.kind == config::source_kind::dicomweb ? mapping::source_text("ISO_IR 192") : text_of(source);
}

bool is_assumed(config::source const& source)
{
    return source.quirks.charset_default == config::quirks().charset_default;
}

issue guessed_text()
{
    return {issue::kind::informational, "text without a label was read as ISO_IR 100, which nobody has said"};
}

bool take_guessed_text(std::vector<issue>& issues)
{
    return std::erase(issues, guessed_text()) != 0;
}

}  // namespace pons::upstream
