#pragma once

#include "mapping/charset.hpp"
#include "mapping/data_set.hpp"
#include "mapping/result.hpp"
#include "mapping/stream_errc.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Data sets as they are on the wire (PS3.5 §7 and Annex A): identifiers of C-FIND, not files.
namespace pons::mapping {

/// The three ways to write elements; deflated and compressed transfer syntaxes are explicit little endian inside.
enum class encoding { implicit_le, explicit_le, explicit_be };

/// What a data set from a stranger may cost. Items count as elements; `depth` 0 allows no sequence items at all.
struct read_limits {
    std::uint32_t depth = 32;
    std::uint32_t elements = 10'000;
    std::uint32_t size = 1 << 20;
    /// Private attributes are taken over too, and the bytes of a binary VR are its one value, as text: where the writer
    /// put the place of a value for it (`metadata_cutter`).
    bool everything = false;
    /// In Implicit VR attributes of the standard that `dictionary` does not hold are read by PS3.6, too.
    bool standard_vr = false;
};

/// What became of letters beyond ASCII. `read_data_set` adds to it.
struct letters_read {
    std::uint32_t lost = 0;     ///< characters
    std::uint32_t guessed = 0;  ///< values without a label that are not UTF-8: read by what the source is said to use
};

/// Reads one data set, without meta information, as far as `bytes` go. Text becomes UTF-8 by Specific Character Set
/// (0008,0005) of the data set or of the item (PS3.3 §C.12.1.1.2), as `text` takes it (a defined term, or one of the
/// other names that `charset` takes, is for what has no label; empty: none), see `decode` in mapping/charset.hpp. A
/// value that cannot be read never fails the data set; each character lost is U+FFFD.
///
/// Not taken over: private attributes, group lengths, Data Set Trailing Padding. Bulk data and encapsulated pixel data
/// are present without values. VR UN is read by the dictionary's VR, as a sequence when its length is undefined
/// (PS3.5 §6.2.2). Implicit VR: unknown attributes are "UN" without values, sequences when of undefined length.
///
/// Errors: stream_errc; `where` names the top-level attribute that holds the fault.
result<data_set> read_data_set(std::span<std::byte const> bytes, encoding as, source_text const& text,
                               read_limits const& limits = {}, letters_read* letters = nullptr);

struct written {
    std::vector<std::byte> bytes;
    /// False when a value holds what the character set cannot say: "?", the wild card for one character, stands for
    /// it, so more may match and the caller judges again.
    bool lossless = true;
};

/// Writes the identifier of a query: ascending, values padded to even length (PS3.5 §6.2), sequences and items with
/// explicit lengths, none for bulk data.
///
/// Text is encoded as Specific Character Set (0008,0005) of `keys` says when it has a value (what is meant by it, where
/// it is not ASCII itself), else in `charset`, which is then put there if some value is not ASCII. Items are written in
/// the same character set. Where `reader`, who gets it, takes a label for another set, the label stands over that one.
written write_data_set(data_set const& keys, encoding as, std::string_view charset, source_text const& reader = {});

}  // namespace pons::mapping
