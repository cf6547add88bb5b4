#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dicom_stream.hpp"
#include "mapping/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::mapping {

/// Makes the metadata of an instance of its data set as it comes, whatever its size (PS3.18 §10.4.1.1.2): bulk data is
/// passed over, never held.
///
/// Nothing else is lost, private attributes included. A value that is passed over leaves its place behind, as the one
/// value of an attribute of a binary VR (`is_binary`; UN stands for one that is not): the tags and item numbers, from
/// 1, that lead to it, "7FE00010" or "54000100/1/54001010". Passed over are values of binary VRs, and others longer
/// than `long_value`; once half of `max_held` is held, than `short_value`. Implicit VR takes the VRs of
/// tables/value_representation.hpp.
class metadata_cutter {
public:
    explicit metadata_cutter(encoding as);

    /// Holds nothing, but hands out the one value that stands at `place`, whether metadata has it or not.
    metadata_cutter(encoding as, std::string_view place);

    /// The next bytes of the data set, without meta information, in any pieces.
    /// Errors: stream_errc; too_large when more than `max_held` would have to be held.
    result<void> put(std::span<std::byte const> bytes);

    /// The metadata, once all came. `text` and the values as `read_data_set`.
    /// Errors: stream_errc; malformed_data_set too when the data set is cut off.
    result<data_set> end(source_text const& text);

    /// Whether values that are not bulk data were passed over, since they are too long.
    bool lacks_values() const { return lacks_values_; }

    /// The value that is looked for.
    struct value {
        vr as{};
        std::uint32_t length = 0;   ///< not of encapsulated ones
        bool encapsulated = false;  ///< its bytes are those of the fragments, without the offset table (PS3.5 §A.4)
    };
    /// Nothing until its element was met, and when it is empty.
    std::optional<value> const& found() const { return found_; }
    /// What of it was in the last `put`: views of the bytes that were put, or of nothing.
    std::span<std::span<std::byte const> const> pieces() const { return pieces_; }
    /// Whether all of it was.
    bool whole() const { return whole_; }
    /// The data set is at its end: encapsulated pixel data may lack its delimiter.
    bool whole_at_end() const { return whole_ || (found_ && found_->encapsulated && skipping_ == 0); }

    static constexpr std::uint32_t max_held = 1 << 20;
    static constexpr std::uint32_t long_value = 64 * 1024;
    static constexpr std::uint32_t short_value = 256;
    static constexpr std::uint32_t max_elements = 100'000;
    static constexpr std::uint32_t max_depth = 32;

private:
    /// Where we are: among elements, or among the items of a sequence.
    struct frame {
        bool sequence = false;
        bool undefined = false;  // ends with a delimiter
        bool fragments = false;  // of encapsulated pixel data: items without data sets in them
        bool implicit = false;
        bool wanted = false;  // the fragments that are looked for
        std::uint64_t end = 0;
        tag t{};
        std::uint32_t items = 0;
    };
    struct header {
        tag t{};
        vr as{};
        std::uint32_t length = 0;
    };

    bool has_header() const;
    header parse() const;
    result<void> take(header const& h);
    result<void> take_item(header const& h);
    result<void> take_element(header h);
    bool is_looked_for(tag t) const;
    result<void> find(header const& h, vr as);
    result<void> enter(frame f, header const& h);
    void leave();
    void leave_ended();
    vr resolved(header const& h) const;
    void pass_over(header const& h, vr as);
    void tell(tag t, vr as, std::uint32_t length);
    void tell_item(tag t);
    std::string place(tag t) const;
    bool fits(std::uint32_t length) const;

    bool const big_;
    std::vector<std::byte> held_;  // explicit VR, sequences and items with delimiters
    std::array<std::byte, 12> head_;
    std::size_t head_size_ = 0;
    std::vector<frame> frames_;
    std::uint64_t position_ = 0;
    std::uint64_t copying_ = 0;  // bytes of a value that is kept
    std::uint64_t skipping_ = 0;
    std::uint32_t elements_ = 0;
    bool is_signed_ = false;  // Pixel Representation
    bool copies_sign_ = false;
    bool lacks_values_ = false;
    // For one value.
    std::string const place_;
    tag last_{};  // of the place
    std::optional<value> found_;
    std::vector<std::span<std::byte const>> pieces_;
    bool handing_out_ = false;
    bool whole_ = false;
};

}  // namespace pons::mapping
