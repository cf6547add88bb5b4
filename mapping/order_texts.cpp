#include "mapping/order_values.hpp"
#include "mapping/utf8.hpp"

namespace pons::mapping::orders {

namespace {

std::size_t longest(vr as)
{
    return as == "LO"_vr || as == "UI"_vr ? 64 : as == "LT"_vr ? 10240 : 16;  // AE, CS, SH
}

/// The text of a concept, or else what one of its codes means.
std::vector<std::string_view> words_of(codeable_concept const& of)
{
    std::vector<std::string_view> all;
    if (!of.text.empty())
        all.push_back(of.text);
    for (auto const& each : of.codings)
        if (!each.display.empty())
            all.push_back(each.display);
    return all;
}

}  // namespace

bool fits(std::string_view text, vr as)
{
    std::size_t characters = 0;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        bool const of_long_text = as == "LT"_vr && (c == '\t' || c == '\r' || c == '\n');
        if ((byte < 0x20 && !of_long_text) || byte == 0x7F || (c == '\\' && as != "LT"_vr))
            return false;
        if (byte >= 0x80 && (as == "AE"_vr || as == "CS"_vr))
            return false;
        characters += (byte & 0xC0) != 0x80;
    }
    return characters <= longest(as) && !trim(text, as).empty();
}

bool put_text(order_row const& row, std::string_view text, data_set& to)
{
    bool const well = fits(text, row.as);
    if (well)
        to.add(row.attribute, row.as, {text});
    return well;
}

void put_words(order_row const& row, codeable_concept const& of, data_set& to)
{
    for (auto const words : words_of(of))
        if (put_text(row, words, to))
            return;
}

void put_notes(order_row const& row, order_view const& from, data_set& to)
{
    std::string all;
    for (auto const& note : from.of.notes)
        all.append(all.empty() ? "" : "\n").append(note);
    put_text(row, all, to);
}

void put_scheduled(order_row const& row, order_view const&, data_set& to)
{
    put_text(row, "SCHEDULED", to);
}

}  // namespace pons::mapping::orders
