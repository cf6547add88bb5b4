#pragma once

#include "render/element_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace pons::render {

/// Writes the events of a data set again, in Explicit VR Little Endian (PS3.5 §A.2) or Implicit VR (§A.1), as they
/// come.
///
/// Where source and target are explicit, every length stays, so that nothing but byte order changes. Else headers grow
/// or shrink, so sequences and items get delimiters instead of lengths. Group lengths, retired, are left out where they
/// would no longer hold. What is inside a sequence with VR UN stays as it is (PS3.5 §6.2.2).
class data_set_writer {
public:
    using sink = std::function<void(std::span<std::byte const>)>;

    data_set_writer(encoding source, bool implicit_vr, sink to)
        : implicit_(implicit_vr), keeps_lengths_(!implicit_vr && source != encoding::implicit_le), to_(std::move(to))
    {
    }

    /// Writes one event; the value of an element or fragment is read from `from`, piece by piece.
    /// Errors: malformed, when the value is cut off.
    result<void> write(event const& e, element_reader& from);

    /// An element with that value, padded to even length.
    static std::vector<std::byte> element(tag t, vr as, std::span<std::byte const> value, bool implicit_vr);
    /// Tag, VR and length only; in implicit VR without the VR.
    static std::vector<std::byte> header(tag t, vr as, std::uint32_t length, bool implicit_vr);

private:
    result<void> copy(event const& e, vr as, element_reader& from);

    bool implicit_;
    bool keeps_lengths_;
    sink to_;
};

}  // namespace pons::render
