#include "mapping/dicom_stream.hpp"
#include "mapping/element_values.hpp"

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

std::string label_in(data_set const& set)
{
    std::string label;
    for (std::size_t i = 0; i < set.count(tags::SpecificCharacterSet); ++i)
        label.append(i == 0 ? "" : "\\").append(set.text(tags::SpecificCharacterSet, i));
    return label;
}

/// Recursive: what it writes is ours, or was read within the limits of the reader.
class writer {
public:
    writer(encoding as, charset const& text) : as_(as), text_(text) {}

    /// `label`: put into (0008,0005), which is left out when there is none and the data set has none.
    octets write(data_set const& set, std::string_view label)
    {
        octets bytes;
        bool labelled = depth_ != 0;  // items are in the character set of the whole
        auto const put_label = [&] {
            labelled = true;
            append(tags::SpecificCharacterSet, "CS"_vr, padded(label, "CS"_vr), bytes);
        };
        set.for_each([&](tag t, vr as, bool is_sequence) {
            if (!labelled && (t == tags::SpecificCharacterSet || (t > tags::SpecificCharacterSet && !label.empty())))
                put_label();
            if (t != tags::SpecificCharacterSet)
                append(t, as, is_sequence ? items(set, t) : value(set, t, as), bytes);
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
            auto const inside = write(item, {});
            append_tag(tag{0xFFFEE000}, bytes);
            append_number(static_cast<std::uint32_t>(inside.size()), big(), bytes);
            bytes.insert(bytes.end(), inside.begin(), inside.end());
        }
        --depth_;
        return bytes;
    }

    void append_tag(tag t, octets& bytes) const
    {
        append_number(group(t), big(), bytes);
        append_number(element_number(t), big(), bytes);
    }

    void append(tag t, vr as, octets const& content, octets& bytes)
    {
        std::size_t size = content.size();
        bool const long_length = has_long_length(as);
        if (as_ != encoding::implicit_le && !long_length && size > 0xFFFF) {
            // No value of these VRs is that long; universal matching finds more, never less.
            size = 0;
            lossless_ = false;
        }
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
        bytes.insert(bytes.end(), content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
    }

    encoding as_;
    charset const& text_;
    int depth_ = 0;
    bool lossless_ = true;
};

}  // namespace

written write_data_set(data_set const& keys, encoding as, std::string_view charset_name)
{
    auto const own = label_in(keys);
    charset const text(own.empty() ? charset_name : own);
    auto const label = !own.empty() ? own : all_plain(keys) ? std::string() : text.label();
    writer w(as, text);
    auto bytes = w.write(keys, label);
    return {std::move(bytes), w.lossless()};
}

}  // namespace pons::mapping
