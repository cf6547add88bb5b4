#include "mapping/binary.hpp"
#include "mapping/charset.hpp"
#include "mapping/dicom_stream.hpp"
#include "mapping/element_values.hpp"
#include "mapping/tables/value_representation.hpp"

#include <algorithm>
#include <optional>

namespace pons::mapping {

namespace {

constexpr tag item{0xFFFEE000};
constexpr tag item_delimiter{0xFFFEE00D};
constexpr tag sequence_delimiter{0xFFFEE0DD};
constexpr tag pixel_data{0x7FE00010};
constexpr tag trailing_padding{0xFFFCFFFC};
constexpr std::uint32_t undefined_length = 0xFFFFFFFF;

struct header {
    tag t{};
    vr as{};
    std::uint32_t length = 0;
};

/// Where we are: among the elements of a data set or an item, or among the items of a sequence.
struct frame {
    bool sequence = false;
    bool undefined = false;  // ends with a delimiter, `end` is the one of what is around
    std::size_t end = 0;
    encoding as = encoding::implicit_le;
    data_set* set = nullptr;  // takes the elements; null: they are passed over
    std::vector<data_set>* items = nullptr;
    charset text;
    // For a Specific Character Set that does not come first.
    std::size_t start = 0;
    std::uint32_t encoded_before = 0;
    letters_read letters_before;
    bool labelled = false;
};

bool is_letter(std::byte b)
{
    return b >= std::byte{'A'} && b <= std::byte{'Z'};
}

class reader {
public:
    reader(std::span<std::byte const> bytes, read_limits const& limits) : bytes_(bytes), limits_(limits) {}

    result<data_set> read(encoding as, source_text const& text)
    {
        data_set top;
        top.expect_row();
        if (bytes_.size() > limits_.size)
            return fail(stream_errc::too_large);
        at_.end = bytes_.size();
        at_.as = as;
        at_.set = &top;
        at_.text = text.unlabelled;
        while (!error_ && !(outer_.empty() && done()))
            if (at_.sequence)
                next_item();
            else
                next_element();
        if (error_)
            return fail(*error_, describe(outermost_));
        return result<data_set>(std::move(top));
    }

    letters_read const& letters() const { return letters_; }

private:
    void stop(stream_errc code)
    {
        if (!error_)
            error_ = code;
    }

    std::size_t left() const { return at_.end - position_; }

    /// At the end of the data set. One byte of zero may follow an odd one, since a PDV is even (PS3.8 §9.3.1).
    bool done() const { return left() == 0 || (left() == 1 && bytes_[position_] == std::byte{0}); }

    bool count()
    {
        if (++elements_ > limits_.elements)
            stop(stream_errc::too_many_elements);
        return !error_;
    }

    /// The next tag, VR and length (PS3.5 §7.1); `position_` is then at the value.
    bool read_header(header& h)
    {
        if (left() < 8) {
            stop(stream_errc::malformed_data_set);
            return false;
        }
        auto const big = at_.as == encoding::explicit_be;
        auto const* const p = bytes_.data() + position_;
        h.t = tag{number<std::uint16_t>(p, big) * 0x10000u + number<std::uint16_t>(p + 2, big)};
        position_ += 8;
        if (at_.as == encoding::implicit_le || group(h.t) == 0xFFFE) {
            auto const* const known = find_attribute(h.t);
            h.as = known ? known->vr : unnamed_vr(h.t);
            h.length = number<std::uint32_t>(p + 4, big);
            return true;
        }
        // "??" was written for an unknown VR by some, with a short length.
        if (!(is_letter(p[4]) && is_letter(p[5])) && !(p[4] == std::byte{'?'} && p[5] == p[4])) {
            stop(stream_errc::malformed_data_set);
            return false;
        }
        h.as = vr_of(static_cast<char>(p[4]), static_cast<char>(p[5]));
        h.length = number<std::uint16_t>(p + 6, big);
        if (!has_long_length(h.as))
            return true;
        if (left() < 4) {
            stop(stream_errc::malformed_data_set);
            return false;
        }
        h.length = number<std::uint32_t>(p + 8, big);
        position_ += 4;
        return true;
    }

    /// US for what is US or SS: nothing that is read so has a sign.
    vr unnamed_vr(tag t) const
    {
        auto const by_standard = limits_.standard_vr ? tables::value_representation(t) : "UN"_vr;
        return by_standard == tables::us_or_ss ? "US"_vr : by_standard;
    }

    void leave()
    {
        auto const end = at_.undefined ? position_ : at_.end;
        depth_ -= at_.sequence ? 1 : 0;
        at_ = std::move(outer_.back());
        outer_.pop_back();
        position_ = end;
    }

    /// True when the frame has come to its end without a delimiter, rightly or not.
    bool at_end()
    {
        if (left() != 0)
            return false;
        if (at_.undefined)
            stop(stream_errc::malformed_data_set);
        else
            leave();
        return true;
    }

    void next_item()
    {
        header h;
        if (at_end() || !read_header(h))
            return;
        if (h.t == sequence_delimiter) {
            // One at the end of a sequence that has a length does no harm.
            if (at_.undefined)
                leave();
            return;
        }
        bool const fits = h.length == undefined_length || h.length <= left();
        if (h.t != item || !fits)
            return stop(stream_errc::malformed_data_set);
        if (!count())
            return;
        frame inside = enter(h.length);
        inside.set = at_.items ? &at_.items->emplace_back() : nullptr;
        inside.start = position_;
        inside.encoded_before = encoded_;
        inside.letters_before = letters_;
        outer_.push_back(std::move(at_));
        at_ = std::move(inside);
    }

    frame enter(std::uint32_t length) const
    {
        frame inside;
        inside.undefined = length == undefined_length;
        inside.end = inside.undefined ? at_.end : position_ + length;
        inside.as = at_.as;
        inside.text = at_.text;
        return inside;
    }

    void next_element()
    {
        header h;
        if ((!outer_.empty() && at_end()) || !read_header(h) || !count())
            return;
        if (outer_.empty())
            outermost_ = h.t;
        if (h.t == item_delimiter && !outer_.empty()) {
            if (at_.undefined)
                leave();
            return;
        }
        if (group(h.t) == 0xFFFE || (h.length != undefined_length && h.length > left()))
            return stop(stream_errc::malformed_data_set);

        auto const* const known = h.as == "UN"_vr && !limits_.everything ? find_attribute(h.t) : nullptr;
        auto const as = known ? known->vr : h.as;
        bool const passed_over = (group(h.t) % 2 != 0 && !limits_.everything) || element_number(h.t) == 0 ||
                                 h.t == trailing_padding || at_.set == nullptr;
        if (h.length == undefined_length) {
            if (h.t == pixel_data || h.as == "OB"_vr || h.as == "OW"_vr)
                return skip_fragments(h, passed_over);
            if (as != "SQ"_vr && h.as != "UN"_vr)
                return stop(stream_errc::malformed_data_set);
            return enter_sequence(h, passed_over);
        }
        if (as == "SQ"_vr && !passed_over)
            return enter_sequence(h, false);
        auto const value = bytes_.subspan(position_, h.length);
        position_ += h.length;
        if (!passed_over)
            take(h.t, as, value);
    }

    void enter_sequence(header const& h, bool passed_over)
    {
        if (++depth_ > limits_.depth)
            return stop(stream_errc::too_deep);
        frame inside = enter(h.length);
        inside.sequence = true;
        inside.items = passed_over ? nullptr : at_.set->add_sequence(h.t);
        if (h.as == "UN"_vr)
            inside.as = encoding::implicit_le;  // PS3.5 §6.2.2, whatever the rest is in
        outer_.push_back(std::move(at_));
        at_ = std::move(inside);
    }

    /// Encapsulated pixel data (PS3.5 §A.4): items without data sets in them.
    void skip_fragments(header const& h, bool passed_over)
    {
        if (!passed_over)
            at_.set->begin(h.t, h.as);
        for (header fragment; read_header(fragment);) {
            if (fragment.t == sequence_delimiter)
                return;
            if (fragment.t != item || fragment.length > left())
                return stop(stream_errc::malformed_data_set);
            position_ += fragment.length;
        }
    }

    void take(tag t, vr as, std::span<std::byte const> value)
    {
        if (t == tags::SpecificCharacterSet && !at_.labelled && relabel(value))
            return;
        if (!at_.set->begin(t, as) || value.empty())
            return;
        if (limits_.everything && is_binary(as))
            at_.set->value({reinterpret_cast<char const*>(value.data()), value.size()});
        else if (auto const form = text_form_of(as))
            add_text(*form, as, value);
        else
            add_numbers(as, value, at_.as == encoding::explicit_be, *at_.set);
    }

    /// True when the elements before have to be read again, since they were not in order and read without the label.
    bool relabel(std::span<std::byte const> value)
    {
        at_.labelled = true;
        at_.text = at_.text.labelled({reinterpret_cast<char const*>(value.data()), value.size()});
        if (encoded_ == at_.encoded_before)
            return false;
        *at_.set = data_set{};
        position_ = at_.start;
        letters_ = at_.letters_before;
        return true;
    }

    bool is_guessed(std::string_view text) const
    {
        return !at_.text.has_label() && !reads_as_utf8(text) &&
               std::ranges::any_of(text, [](char c) { return (c & 0x80) != 0; });
    }

    void add_text(text_form form, vr as, std::span<std::byte const> value)
    {
        std::string_view text(reinterpret_cast<char const*>(value.data()), value.size());
        text = trim(text, as);
        if (text.empty())
            return;
        if (!is_plain(text)) {
            ++encoded_;
            utf8_.clear();
            letters_.guessed += is_guessed(text) ? 1 : 0;
            letters_.lost += decode(text, at_.text, form, utf8_);
            text = utf8_;
        }
        if (form == text_form::text)
            return at_.set->value(text);
        for (;;) {
            auto const end = text.find('\\');
            at_.set->value(text.substr(0, end));
            if (end == text.npos)
                return;
            text.remove_prefix(end + 1);
        }
    }

    std::span<std::byte const> bytes_;
    read_limits const& limits_;
    std::size_t position_ = 0;
    frame at_;
    std::vector<frame> outer_;
    std::uint32_t depth_ = 0;  // sequences that we are in
    std::uint32_t elements_ = 0;
    std::uint32_t encoded_ = 0;  // values that were not plain ASCII
    letters_read letters_;
    tag outermost_{};
    std::optional<stream_errc> error_;
    std::string utf8_;
};

}  // namespace

result<data_set> read_data_set(std::span<std::byte const> bytes, encoding as, source_text const& text,
                               read_limits const& limits, letters_read* letters)
{
    reader r(bytes, limits);
    auto set = r.read(as, text);
    if (letters) {
        letters->lost += r.letters().lost;
        letters->guessed += r.letters().guessed;
    }
    return set;
}

}  // namespace pons::mapping
