#include "proxy/dimse/identifier_keys.hpp"

#include "mapping/charset.hpp"
#include "mapping/errc.hpp"

#include <algorithm>

namespace pons::proxy::dimse {

namespace {

using mapping::data_set;
using mapping::errc;
using mapping::match_key;
using mapping::tag;
using mapping::vr;
namespace tags = mapping::tags;

constexpr std::size_t most_keys = 64;
constexpr std::size_t deepest = 8;  // sequences in one another, in a key

class reader {
public:
    explicit reader(std::vector<match_key>& keys) : keys_(keys) {}

    /// The keys of a sequence's one item (PS3.4 C.2.2.2.6).
    result<void> items(data_set const& of, std::vector<tag> path)
    {
        auto const all = of.items(path.back());
        if (all.size() > 1)
            return fail(errc::invalid_value, mapping::describe(path.front()) + " has more than one item");
        if (path.size() > deepest)
            return fail(errc::too_long, mapping::describe(path.front()) + " nests more than 8 sequences");
        if (all.empty())
            return {};
        result<void> done;
        all.front().for_each([&](tag t, vr as, bool is_sequence) {
            if (!done || t == tags::SpecificCharacterSet || mapping::element_number(t) == 0)
                return;
            auto longer = path;
            longer.push_back(t);
            auto const* const known = mapping::find_attribute(t);
            if (is_sequence)
                done = items(all.front(), std::move(longer));
            else
                done = key(all.front(), std::move(longer), known ? known->vr : as);
        });
        return done;
    }

    /// Several values are a list of UIDs; of other texts one of them is enough, though the standard has no such key:
    /// many ask so for modalities.
    result<void> key(data_set const& of, std::vector<tag> path, vr as)
    {
        match_key all{.path = path, .as = as, .values = {}};
        auto const t = path.back();
        for (std::size_t i = 0; i < of.count(t); ++i) {
            if (of.text(t, i).empty())
                continue;
            auto one = mapping::make_match_key(path, as, of.text(t, i));
            if (!one)
                return fail(errc::invalid_value, mapping::describe(t) + " has a value that nothing can match");
            if (one->values.empty())
                return {};  // "*" is universal
            std::ranges::move(one->values, std::back_inserter(all.values));
        }
        if (all.values.empty())
            return {};
        if (keys_.size() == most_keys)
            return fail(errc::too_long, "more than 64 matching keys");
        keys_.push_back(std::move(all));
        return {};
    }

private:
    std::vector<match_key>& keys_;
};

std::string label_of(data_set const& identifier)
{
    std::string label;
    for (std::size_t i = 0; i < identifier.count(tags::SpecificCharacterSet); ++i)
        label.append(i == 0 ? "" : "\\").append(identifier.text(tags::SpecificCharacterSet, i));
    return label;
}

}  // namespace

result<void> add_keys(data_set const& identifier, tag t, vr as, bool is_sequence, std::vector<match_key>& to)
{
    reader read(to);
    return is_sequence ? read.items(identifier, {t}) : read.key(identifier, {t}, as);
}

std::string charset_of(data_set const& identifier)
{
    std::string label(mapping::charset(label_of(identifier)).label());
    return label.empty() ? "ISO_IR 192" : label;
}

}  // namespace pons::proxy::dimse
