// A person name from an archive and a search value from a client, a line each; the first byte says how they meet.
#include "mapping/codecs/folding.hpp"
#include "mapping/codecs/name_search.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <string>
#include <string_view>

using namespace pons::mapping::codecs;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    std::string_view rest(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const end = std::min(rest.find('\n'), rest.size());
    auto const pn = rest.substr(0, end);
    auto const value = rest.substr(std::min(end + 1, rest.size()));

    auto const name = parse_person_name(pn);
    std::string buffer;
    PONS_EXPECT(display(name, buffer).empty() == name.empty());
    if (auto const back = to_dicom(name)) {
        PONS_EXPECT(back->size() <= pn.size());
        PONS_EXPECT(parse_person_name(*back) == name);
    }

    auto const part = static_cast<name_part>(data[0] % 3);
    name_query const exact(part, string_match::exact, value);
    name_query const starts(part, string_match::starts_with, value);
    name_query const contains(part, string_match::contains, value);
    // Each way finds what the stricter one finds.
    if (exact.matches(name) && !fold(value, folding::search).empty())
        PONS_EXPECT(starts.matches(name));
    if (starts.matches(name))
        PONS_EXPECT(contains.matches(name));
    for (auto const* query : {&exact, &starts, &contains})
        if (auto const key = query->to_key(data[0] % 2 == 0 ? name_letters::sure : name_letters::likely)) {
            PONS_EXPECT(key->text.starts_with('*') && key->text.ends_with('*'));
            // Nothing that a matching key gives a meaning to, but our own wild cards.
            PONS_EXPECT(key->text.find_first_of("\\^=?\"") == key->text.npos);
            PONS_EXPECT(key->ascii == std::ranges::all_of(key->text, [](char c) { return c > 0x1F && c < 0x7F; }));
        }

    auto const folded = fold(value, folding::search);
    PONS_EXPECT(folded.size() <= 2 * value.size());
    return 0;
}
