#include "mapping/base64.hpp"
#include "mapping/binary.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/dicom_stream.hpp"
#include "mapping/element_values.hpp"
#include "mapping/instance_writer.hpp"
#include "mapping/tables/value_representation.hpp"

#include <algorithm>

namespace pons::mapping {

namespace {

using octets = std::vector<std::byte>;

bool all_plain(data_set const& set)
{
    bool plain = true;
    set.for_each([&](tag t, vr, bool is_sequence) {
        for (auto const& item : set.items(t))
            plain = plain && all_plain(item);
        for (std::size_t i = 0; !is_sequence && i < set.count(t); ++i)
            plain = plain && is_plain(set.text(t, i));
    });
    return plain;
}

/// A label that is not even ASCII is not sent: what is meant by it is, or nothing, where nobody knows.
std::string label_in(data_set const& set)
{
    std::string label;
    for (std::size_t i = 0; i < set.count(tags::SpecificCharacterSet); ++i)
        label.append(i == 0 ? "" : "\\").append(set.text(tags::SpecificCharacterSet, i));
    return is_plain(label) ? label : charset(label).label();
}

constexpr std::uint32_t longest_short_value = 0xFFFE;

bool is_number(vr as)
{
    constexpr std::array numbers{"AT"_vr, "FD"_vr, "FL"_vr, "SL"_vr, "SS"_vr, "SV"_vr, "UL"_vr, "US"_vr, "UV"_vr};
    return std::ranges::find(numbers, as) != numbers.end();
}

/// What an instance does not keep of its metadata.
bool is_left_out(tag t)
{
    constexpr tag available_transfer_syntax_uid{0x00083002};
    return group(t) == 0x0000 || group(t) == 0x0002 || element_number(t) == 0 || t == available_transfer_syntax_uid;
}

/// The VR of a value that is elsewhere, which the metadata may hold as UN.
vr kept_vr(tag t, vr as)
{
    auto const known = as == "UN"_vr ? tables::value_representation(t) : as;
    return known == tables::us_or_ss || known == "SQ"_vr ? "UN"_vr : known;
}

/// Recursive: what it writes is ours, or was read within the limits of the reader.
class writer {
public:
    /// `gaps`: an instance is written, and they are put there; else an identifier.
    writer(encoding as, charset const& text, std::vector<gap>* gaps = nullptr) : as_(as), text_(text), gaps_(gaps) {}

    /// `label`: put into (0008,0005), which is left out when there is none and the data set has none.
    octets write(data_set const& set, std::string_view label)
    {
        octets bytes;
        bool labelled = depth_ != 0;  // items are in the character set of the whole
        auto const put_label = [&] {
            labelled = true;
            append(tags::SpecificCharacterSet, "CS"_vr, padded(label, "CS"_vr), bytes, number_of_gaps());
        };
        set.for_each([&](tag t, vr as, bool is_sequence) {
            if (gaps_ && is_left_out(t))
                return;
            if (!labelled && (t == tags::SpecificCharacterSet || (t > tags::SpecificCharacterSet && !label.empty())))
                put_label();
            if (t == tags::SpecificCharacterSet)
                return;
            if (gaps_ && !is_sequence && is_binary(as) && set.count(t) != 0)
                return append_binary(t, as, set.text(t), bytes);
            lossless_ = lossless_ && (!gaps_ || is_sequence || text_form_of(as) || is_number(as) || is_binary(as));
            auto const first_gap = number_of_gaps();
            append(t, as, is_sequence ? items(set, t) : value(set, t, as), bytes, first_gap);
        });
        if (!labelled && !label.empty())
            put_label();
        return bytes;
    }

    bool lossless() const { return lossless_; }

private:
    bool big() const { return as_ == encoding::explicit_be; }

    octets padded(std::string_view text, vr as) const
    {
        octets bytes(text.size());
        std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
        if (bytes.size() % 2 != 0)
            bytes.push_back(as == "UI"_vr ? std::byte{0} : std::byte{' '});
        return bytes;
    }

    octets value(data_set const& set, tag t, vr as)
    {
        octets numbers;
        std::string text;
        auto const form = text_form_of(as);
        for (std::size_t i = 0; i < set.count(t); ++i) {
            if (!form) {
                auto const before = numbers.size();
                append_value(as, set.text(t, i), big(), numbers);
                lossless_ = lossless_ && numbers.size() != before;
                continue;
            }
            auto const one = encode(set.text(t, i), text_, *form);
            lossless_ = lossless_ && one.lossless;
            text.append(i == 0 ? "" : "\\").append(one.bytes);
        }
        return form ? padded(text, as) : numbers;
    }

    octets items(data_set const& set, tag t)
    {
        octets bytes;
        ++depth_;
        for (auto const& item : set.items(t)) {
            auto const first = number_of_gaps();
            auto const inside = write(item, {});
            append_tag(item_tag, bytes);
            append_number(gaps_ ? undefined_length : static_cast<std::uint32_t>(inside.size()), big(), bytes);
            move_gaps(first, bytes.size());
            bytes.insert(bytes.end(), inside.begin(), inside.end());
            if (gaps_)
                append_item_header(item_delimiter, 0, bytes);
        }
        --depth_;
        return bytes;
    }

    std::size_t number_of_gaps() const { return gaps_ ? gaps_->size() : 0; }

    /// Those from `first` on are within what now stands `by` further back.
    void move_gaps(std::size_t first, std::size_t by)
    {
        for (auto n = first; n < number_of_gaps(); ++n)
            (*gaps_)[n].at += by;
    }

    /// A binary value of an instance: here, or elsewhere.
    void append_binary(tag t, vr as, std::string_view place, octets& bytes)
    {
        as = kept_vr(t, as);
        if (!is_inline(place)) {
            gaps_->push_back({bytes.size(), t, as, depth_ != 0, place});
            return;
        }
        auto const plain = from_base64(place.substr(inline_binary.size()));
        lossless_ = lossless_ && plain;
        if (!plain)
            return;
        auto const size = plain->size() + plain->size() % 2;
        append_element_header(t, as, static_cast<std::uint32_t>(size), bytes);
        for (char const c : *plain)
            bytes.push_back(static_cast<std::byte>(c));
        if (size != plain->size())
            bytes.push_back(padding_of(as));
    }

    void append_tag(tag t, octets& bytes) const
    {
        append_number(group(t), big(), bytes);
        append_number(element_number(t), big(), bytes);
    }

    /// The gaps from `first_gap` on are in `content`.
    void append(tag t, vr as, octets const& content, octets& bytes, std::size_t first_gap)
    {
        std::size_t size = content.size();
        if (as_ != encoding::implicit_le && !has_long_length(as) && size > longest_short_value) {
            // No value of these VRs is that long; universal matching finds more, never less.
            size = 0;
            lossless_ = false;
        }
        bool const delimited = gaps_ && as == "SQ"_vr && size != 0;
        if (gaps_)
            append_element_header(t, as, delimited ? undefined_length : static_cast<std::uint32_t>(size), bytes);
        else
            append_header(t, as, size, bytes);
        move_gaps(first_gap, bytes.size());
        bytes.insert(bytes.end(), content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
        if (delimited)
            append_item_header(sequence_delimiter, 0, bytes);
    }

    void append_header(tag t, vr as, std::size_t size, octets& bytes) const
    {
        bool const long_length = has_long_length(as);
        append_tag(t, bytes);
        if (as_ != encoding::implicit_le) {
            auto const letters = static_cast<std::uint16_t>(as);
            bytes.push_back(static_cast<std::byte>(letters >> 8));
            bytes.push_back(static_cast<std::byte>(letters & 0xFF));
            if (long_length)
                bytes.insert(bytes.end(), 2, std::byte{0});
        }
        if (as_ == encoding::implicit_le || long_length)
            append_number(static_cast<std::uint32_t>(size), big(), bytes);
        else
            append_number(static_cast<std::uint16_t>(size), big(), bytes);
    }

    encoding as_;
    charset const& text_;
    std::vector<gap>* gaps_;
    int depth_ = 0;
    bool lossless_ = true;
};

}  // namespace

written write_data_set(data_set const& keys, encoding as, std::string_view charset_name, source_text const& reader)
{
    auto const own = label_in(keys);
    auto const text = reader.unlabelled.labelled(own.empty() ? charset_name : own);
    auto const label = !own.empty() ? own : all_plain(keys) ? std::string() : charset(charset_name).label();
    writer w(as, text);
    auto bytes = w.write(keys, label);
    return {std::move(bytes), w.lossless()};
}

instance_bytes write_instance(data_set const& set)
{
    instance_bytes all;
    charset const utf8("ISO_IR 192");
    bool const says_so = set.contains(tags::SpecificCharacterSet) || !all_plain(set);
    writer w(encoding::explicit_le, utf8, &all.gaps);
    all.bytes = w.write(set, says_so ? utf8.label() : std::string());
    all.whole = w.lossless();
    return all;
}

void append_element_header(tag t, vr as, std::uint32_t length, std::vector<std::byte>& to)
{
    if (!has_long_length(as) && length > longest_short_value)
        as = "UN"_vr;
    append_number(group(t), false, to);
    append_number(element_number(t), false, to);
    auto const letters = static_cast<std::uint16_t>(as);
    to.push_back(static_cast<std::byte>(letters >> 8));
    to.push_back(static_cast<std::byte>(letters & 0xFF));
    if (!has_long_length(as))
        return append_number(static_cast<std::uint16_t>(length), false, to);
    append_number<std::uint16_t>(0, false, to);
    append_number(length, false, to);
}

void append_item_header(tag t, std::uint32_t length, std::vector<std::byte>& to)
{
    append_number(group(t), false, to);
    append_number(element_number(t), false, to);
    append_number(length, false, to);
}

std::byte padding_of(vr as)
{
    return text_form_of(as) && as != "UI"_vr ? std::byte{' '} : std::byte{0};
}

}  // namespace pons::mapping
