#pragma once

#include "upstream/dimse/wire/pdu.hpp"

#include <optional>
#include <span>

namespace pons::upstream::dimse::pdu {

/// An item, or a sub-item, of A-ASSOCIATE-RQ and -AC.
struct piece {
    item kind{};
    std::span<std::byte const> content;
};

/// Takes the first item off `bytes`: type, reserved, length in two bytes, content (PS3.8 §9.3.2). Nothing: it is cut
/// short, and `bytes` is as it was.
std::optional<piece> take_item(std::span<std::byte const>& bytes);

/// The version, a reserved field, both AE titles and 32 reserved bytes, which come before the items.
inline constexpr std::size_t fixed_part_of_association = 68;

/// The longest A-ASSOCIATE-AC that is read: 128 contexts with the longest UIDs are an eighth of it.
inline constexpr std::size_t longest_accept = 128 * 1024;

/// Whether the body of an A-ASSOCIATE-AC is made of items that lie within it, each sound of its kind (PS3.8 Table 9-17,
/// PS3.7 Annex D.3.3) and none of the request's; kinds that are not known are skipped (PS3.8 §9.3.1). DCMTK takes such
/// a body apart; of any other it loses what it has read so far, so that it must not see one.
bool is_well_formed_accept(std::span<std::byte const> body);

}  // namespace pons::upstream::dimse::pdu
