#pragma once

#include "mapping/dicom_stream.hpp"
#include "mapping/dictionary.hpp"
#include "mapping/result.hpp"
#include "render/errc.hpp"
#include "render/streams.hpp"

#include <cstdint>
#include <vector>

/// A data set as a stream of events (PS3.5 §7 and Annex A): nothing is held, nothing is recursive, so neither the size
/// nor the nesting of what a stranger sends costs memory. DCMTK's own parser is never given such bytes.
namespace pons::render {

using mapping::encoding;
using mapping::tag;
using mapping::vr;

inline constexpr std::uint32_t undefined_length = 0xFFFFFFFF;

namespace tags {
inline constexpr tag pixel_data{0x7FE00010};
inline constexpr tag float_pixel_data{0x7FE00008};
inline constexpr tag double_pixel_data{0x7FE00009};
inline constexpr tag extended_offset_table{0x7FE00001};
}  // namespace tags

struct event {
    enum class kind {
        value,         ///< an element; its value may be read
        sequence,      ///< a sequence begins: items follow
        item,          ///< an item begins: elements follow
        item_end,      ///< by a delimiter or by its length
        sequence_end,  ///< likewise, of fragments too
        fragments,     ///< an encapsulated element begins: fragments follow (PS3.5 §A.4)
        fragment,      ///< one of them; its value may be read. The first is the offset table.
        end,           ///< of the data set
        nothing,       ///< never given out
    };
    kind what = kind::end;
    tag t{};
    mapping::vr vr{};                     ///< as written, or by the dictionary when it is not
    std::uint32_t length = 0;             ///< as written; undefined_length where it is
    encoding as = encoding::explicit_le;  ///< of the value; inside VR UN of undefined length implicit (PS3.5 §6.2.2)
    std::uint32_t depth = 0;              ///< sequences around it; one that begins or ends does not count itself
    bool inside_un = false;               ///< in a sequence with VR UN
};

struct reader_limits {
    std::uint32_t depth = 64;
    std::uint64_t elements = 20'000'000;
};

class element_reader {
public:
    element_reader(input& from, encoding as, reader_limits limits = {});

    /// The next event; what is left of the value before is passed over.
    ///
    /// Errors: malformed (also when the bytes end too early), too_deep, too_large. After one the reader is of no use.
    result<event> next();

    /// Reads on in the value of the event before: at least one byte, 0 at its end. Fewer than announced: cut off, which
    /// `next` will report.
    std::size_t read(std::span<std::byte> into);
    /// The whole value. Errors: malformed, and too_large when it is longer than `limit`.
    result<std::vector<std::byte>> value(std::uint32_t limit);

    std::uint32_t left_of_value() const { return left_; }
    /// Pixel Representation (0028,0103), once it has been passed: it decides between US and SS.
    void set_signed(bool yes) { signed_ = yes; }

private:
    struct level {
        bool sequence = false;
        bool fragments = false;
        bool undefined = true;
        bool un = false;
        std::uint64_t end = 0;  // position; when not undefined
        encoding as = encoding::explicit_le;
    };
    result<event> step();
    result<event> next_element();
    result<event> next_item();
    result<event> leave(event::kind what);
    result<event> enter(event e, level inside);
    bool read_header(event& e);
    bool take(std::span<std::byte> into);
    bool fits(std::uint64_t length) const;
    event here() const;

    input& from_;
    reader_limits limits_;
    std::vector<level> levels_;
    std::uint64_t position_ = 0;
    std::uint64_t elements_ = 0;
    std::uint32_t left_ = 0;
    std::uint32_t depth_ = 0;
    bool broken_ = false;
    bool signed_ = false;
};

}  // namespace pons::render
