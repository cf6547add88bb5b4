#pragma once

#include "mapping/data_set.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace pons::proxy::dicomweb {

/// A value that came as a part of its own (PS3.18 §10.5.1.4), or the beginning of one that is still coming.
struct bulk_value {
    std::string content_type;
    std::string bytes;                  ///< as far as it is there
    std::optional<std::uint64_t> size;  ///< of all of it; nothing where that is not known yet
    bool whole = false;                 ///< all of it is in `bytes`
};

/// Some bytes of a PS3.10 file, or a value among them.
struct layout_piece {
    std::vector<std::byte> bytes;
    bulk_value* value = nullptr;
    bool in_fragments = false;  ///< its size is not known: it goes out as items of encapsulated pixel data
};

/// A PS3.10 file, as it will be.
struct instance_layout {
    upstream::part_head head;
    std::vector<layout_piece> pieces;
};

/// Why there is none.
struct layout_fault {
    std::uint16_t reason = 0;  ///< of `store_failure`
    bool too_large = false;    ///< its size must be known before it is sent, and is not
};

/// Makes a file of a data set and its bulk data (PS3.18 §10.5.2): meta information, then the data set in Explicit VR
/// Little Endian, or in the transfer syntax of its compressed pixel data. `said`: the transfer syntax of the metadata.
/// `value_at`: the value with that BulkDataURI, null where there is none; values must live as long as the layout, and
/// one that is a file around a JPEG 2000 code stream, which then must be whole, is cut to that.
///
/// Compressed pixel data is one fragment behind an empty Basic Offset Table where its size is known: legal in every
/// transfer syntax (PS3.5 §A.4). Where it is not, it goes in as many fragments as it takes, which a single frame may
/// (§A.4.1, §A.4.3, §A.4.4), RLE and video may not (§A.4.2, §A.4.5 and further).
///
/// MIME Type of Encapsulated Document (0042,0012) and Encapsulated Document Length (0042,0015) are added where they are
/// left out and the part says them; where they say otherwise than the part does, the instance is refused.
tl::expected<instance_layout, layout_fault> lay_out(mapping::data_set set, std::string_view said,
                                                    std::function<bulk_value*(std::string_view)> const& value_at);

}  // namespace pons::proxy::dicomweb
