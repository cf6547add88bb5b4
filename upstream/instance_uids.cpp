#include "upstream/instance_uids.hpp"

#include "upstream/dicomweb/inflate.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace pons::upstream {

namespace {

constexpr std::string_view implicit_vr_little_endian = "1.2.840.10008.1.2";
constexpr std::string_view deflated = "1.2.840.10008.1.2.1.99";
constexpr std::string_view explicit_vr_big_endian = "1.2.840.10008.1.2.2";

constexpr std::uint32_t study_instance_uid = 0x0020000D;
constexpr std::uint32_t series_instance_uid = 0x0020000E;
constexpr std::uint32_t item = 0xFFFEE000;
constexpr std::uint32_t item_delimitation = 0xFFFEE00D;
constexpr std::uint32_t sequence_delimitation = 0xFFFEE0DD;
constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
constexpr std::size_t deepest = 64;  // a sequence and its item count as two

struct element_head {
    std::uint32_t tag = 0;
    std::uint32_t length = 0;
    std::size_t size = 0;      // of the head itself
    bool implicit_in = false;  // the content of a VR UN of undefined length is implicit (PS3.5 §6.2.2)
};

class scanner {
public:
    scanner(std::span<std::byte const> bytes, bool implicit, bool big_endian, std::uint32_t last = series_instance_uid)
        : bytes_(bytes), big_(big_endian), last_(last)
    {
        implicit_[0] = implicit;
    }

    /// What has not been stepped over.
    std::size_t left() const { return bytes_.size(); }

    peeked scan(bool whole, instance_uids& into)
    {
        for (;;) {
            if (whole && depth_ == 0 && bytes_.empty())
                return peeked::found;
            element_head head;
            if (auto const read = read_head(head); read != peeked::found)
                return read == peeked::more && whole ? peeked::unreadable : read;
            if (depth_ == 0 && head.tag > last_ && head.tag >> 16 != 0xFFFE)
                return peeked::found;
            if (auto const stepped = step_over(head, into); stepped != peeked::found)
                return stepped == peeked::more && whole ? peeked::unreadable : stepped;
        }
    }

private:
    std::uint32_t number(std::size_t at, std::size_t size) const
    {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i)
            value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + (big_ ? i : size - 1 - i)]);
        return value;
    }

    peeked read_head(element_head& head) const
    {
        if (bytes_.size() < 8)
            return peeked::more;
        head.tag = number(0, 2) << 16 | number(2, 2);
        if (implicit_[depth_] || head.tag >> 16 == 0xFFFE) {
            head.length = number(4, 4);
            head.size = 8;
            head.implicit_in = implicit_[depth_];
            return peeked::found;
        }
        std::string_view const vr(reinterpret_cast<char const*>(bytes_.data()) + 4, 2);
        if (vr[0] < 'A' || vr[0] > 'Z' || vr[1] < 'A' || vr[1] > 'Z')
            return peeked::unreadable;
        constexpr std::string_view with_long_length[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                         "SV", "UC", "UN", "UR", "UT", "UV"};
        bool longer = false;
        for (auto const each : with_long_length)
            longer = longer || each == vr;
        if (longer && bytes_.size() < 12)
            return peeked::more;
        head.length = longer ? number(8, 4) : number(6, 2);
        head.size = longer ? 12 : 8;
        head.implicit_in = vr == "UN";
        return peeked::found;
    }

    peeked step_over(element_head const& head, instance_uids& into)
    {
        if (head.tag == item_delimitation || head.tag == sequence_delimitation) {
            if (depth_ == 0 || head.length != 0)
                return peeked::unreadable;
            --depth_;
            bytes_ = bytes_.subspan(head.size);
            return peeked::found;
        }
        if (head.tag == item && depth_ == 0)
            return peeked::unreadable;
        if (head.length == undefined_length) {
            if (depth_ == deepest)
                return peeked::unreadable;
            implicit_[++depth_] = head.implicit_in;
            bytes_ = bytes_.subspan(head.size);
            return peeked::found;
        }
        if (bytes_.size() - head.size < head.length)
            return peeked::more;
        if (depth_ == 0 && head.tag == study_instance_uid)
            into.study = text(head);
        if (depth_ == 0 && head.tag == series_instance_uid)
            into.series = text(head);
        bytes_ = bytes_.subspan(head.size + head.length);
        return peeked::found;
    }

    std::string text(element_head const& head) const
    {
        constexpr std::string_view padding(" \0", 2);
        std::string_view const value(reinterpret_cast<char const*>(bytes_.data()) + head.size, head.length);
        auto const last = value.find_last_not_of(padding);
        auto const first = value.find_first_not_of(padding);
        return last == value.npos ? std::string() : std::string(value.substr(first, last - first + 1));
    }

    std::span<std::byte const> bytes_;
    bool const big_;
    std::uint32_t const last_;
    std::size_t depth_ = 0;
    std::array<bool, deepest + 1> implicit_{};
};

peeked peek_deflated(std::span<std::byte const> beginning, bool whole, instance_uids& into)
{
    using dicomweb::inflater;
    inflater inflating(inflater::form::deflate);
    std::string plain;
    std::string_view compressed(reinterpret_cast<char const*>(beginning.data()), beginning.size());
    // What comes before a fault counts, as it does when the fault has not come yet.
    bool const sound = inflating.feed(compressed, plain);
    bool const all = whole && sound && compressed.empty() && !inflating.pending();
    auto const seen = scanner(std::as_bytes(std::span(plain)), false, false).scan(all, into);
    return seen == peeked::more && (whole || !sound) ? peeked::unreadable : seen;
}

}  // namespace

peeked peek_instance_uids(std::span<std::byte const> beginning, std::string_view transfer_syntax_uid, bool whole,
                          instance_uids& into)
{
    into = {};
    if (transfer_syntax_uid == deflated)
        return peek_deflated(beginning, whole, into);
    scanner reading(beginning, transfer_syntax_uid == implicit_vr_little_endian,
                    transfer_syntax_uid == explicit_vr_big_endian);
    return reading.scan(whole, into);
}

peeked measure_up_to(mapping::tag last, std::span<std::byte const> beginning, std::string_view transfer_syntax_uid,
                     std::size_t& bytes)
{
    if (transfer_syntax_uid == deflated)
        return peeked::unreadable;
    scanner reading(beginning, transfer_syntax_uid == implicit_vr_little_endian,
                    transfer_syntax_uid == explicit_vr_big_endian, static_cast<std::uint32_t>(last));
    instance_uids ignored;
    auto const seen = reading.scan(false, ignored);
    bytes = beginning.size() - reading.left();
    return seen;
}

bool was_asked_for(retrieve_request const& asked, instance_uids const& of)
{
    auto const differ = [](std::string const& wanted, std::string const& is) {
        return !wanted.empty() && !is.empty() && wanted != is;
    };
    return !differ(asked.study_instance_uid, of.study) && !differ(asked.series_instance_uid, of.series);
}

}  // namespace pons::upstream
