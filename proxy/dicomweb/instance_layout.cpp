#include "proxy/dicomweb/instance_layout.hpp"

#include "mapping/dicom_json_writer.hpp"
#include "mapping/instance_writer.hpp"
#include "proxy/dicomweb/pixel_form.hpp"
#include "proxy/dicomweb/store_source.hpp"
#include "upstream/dicomweb/media_type.hpp"
#include "upstream/dimse/part10.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::gap;
using mapping::tag;
using mapping::operator""_vr;

constexpr tag pixel_data{0x7FE00010};
constexpr tag encapsulated_document{0x00420011};
constexpr tag mime_type{0x00420012};
constexpr tag encapsulated_document_length{0x00420015};
constexpr std::uint64_t longest_value = 0xFFFFFFFE;  // PS3.5 §7.1

tl::unexpected<layout_fault> refused(std::uint16_t reason)
{
    return tl::unexpected(layout_fault{.reason = reason});
}

tl::unexpected<layout_fault> too_large()
{
    return tl::unexpected(layout_fault{.too_large = true});
}

/// Builds the pieces, bytes and values in turn.
class pieces {
public:
    std::vector<std::byte>& bytes()
    {
        if (all_.empty() || all_.back().value)
            all_.emplace_back();
        return all_.back().bytes;
    }
    void append(std::vector<std::byte> const& from, std::size_t begin, std::size_t end)
    {
        auto& to = bytes();
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
                  from.begin() + static_cast<std::ptrdiff_t>(end));
    }
    void append(bulk_value& value, bool in_fragments)
    {
        all_.push_back({.bytes = {}, .value = &value, .in_fragments = in_fragments});
    }
    std::vector<layout_piece> take() { return std::move(all_); }

private:
    std::vector<layout_piece> all_;
};

std::uint32_t even(std::uint64_t size)
{
    return static_cast<std::uint32_t>(size + size % 2);
}

/// False when the size must be known, and is not.
bool append_encapsulated(pieces& to, bulk_value& value, pixel_form const& form)
{
    if (!value.size && form.one_fragment)
        return false;
    mapping::append_element_header(pixel_data, "OB"_vr, mapping::undefined_length, to.bytes());
    mapping::append_item_header(mapping::item_tag, 0, to.bytes());  // the Basic Offset Table
    if (value.size)
        mapping::append_item_header(mapping::item_tag, even(*value.size), to.bytes());
    to.append(value, !value.size);
    if (value.size.value_or(0) % 2 != 0)
        to.bytes().push_back(std::byte{0});
    mapping::append_item_header(mapping::sequence_delimiter, 0, to.bytes());
    return true;
}

void append_native(pieces& to, bulk_value& value, gap const& where)
{
    auto const size = even(*value.size);
    mapping::append_element_header(where.t, where.vr, size, to.bytes());
    to.append(value, false);
    if (size != *value.size)
        to.bytes().push_back(mapping::padding_of(where.vr));
}

/// The document's own attributes; false when they say otherwise than the part.
bool complete_document(data_set& set, bulk_value const& document)
{
    using upstream::dicomweb::is_media_type;
    auto const type = document.content_type.substr(0, document.content_type.find(';'));
    if (!type.empty() && !is_media_type(type, "application/octet-stream")) {
        if (!set.contains(mime_type))
            set.add_one(mime_type, "LO"_vr, type);
        if (!is_media_type(type, set.text(mime_type)))
            return false;
    }
    if (!document.size)
        return true;
    if (!set.contains(encapsulated_document_length))
        set.add_one(encapsulated_document_length, "UL"_vr, std::to_string(*document.size));
    auto const said = set.text(encapsulated_document_length);
    return said.empty() || said == std::to_string(*document.size);
}

/// The size of a value that is here; nothing when it is not.
std::optional<std::uint64_t> inline_size(std::string_view place)
{
    if (!mapping::is_inline(place))
        return {};
    auto const text = place.substr(mapping::inline_binary.size());
    return text.size() / 4 * 3 - (text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0);
}

void cut_to_code_stream(bulk_value& value, mapping::image_head const& image)
{
    if (image.begins == 0)
        return;
    value.bytes = value.bytes.substr(image.begins, image.length.value_or(std::string::npos));
    value.size = value.bytes.size();
}

}  // namespace

tl::expected<instance_layout, layout_fault> lay_out(data_set set, std::string_view said,
                                                    std::function<bulk_value*(std::string_view)> const& value_at)
{
    auto const value_of = [&](tag t) {
        auto const place = set.text(t);
        return place.empty() || mapping::is_inline(place) ? nullptr : value_at(place);
    };
    pixel_form form;
    if (auto* const pixels = value_of(pixel_data)) {
        auto found = form_of(pixels->content_type, said, pixels->bytes, pixels->whole);
        if (!found || !*found)
            return refused(found ? found->error() : store_failure::transfer_syntax);
        form = std::move(**found);
        if (form.image && form.image->begins != 0 && !pixels->whole)
            return too_large();
        if (auto const reason = complete_pixel_description(set, form, pixels->size); reason != 0)
            return refused(reason);
        if (form.image)
            cut_to_code_stream(*pixels, *form.image);
    } else if (auto const size = inline_size(set.text(pixel_data))) {
        if (auto const reason = complete_pixel_description(set, form, size); reason != 0)
            return refused(reason);
    }
    if (form.transfer_syntax_uid.empty())
        form.transfer_syntax_uid = "1.2.840.10008.1.2.1";
    if (auto const* const document = value_of(encapsulated_document); document && !complete_document(set, *document))
        return refused(store_failure::does_not_match);

    auto const written = mapping::write_instance(set);
    if (!written.whole)
        return refused(store_failure::cannot_understand);
    instance_layout layout;
    layout.head = {.sop_class_uid = std::string(set.text(mapping::tags::SOPClassUID)),
                   .sop_instance_uid = std::string(set.text(mapping::tags::SOPInstanceUID)),
                   .transfer_syntax_uid = form.transfer_syntax_uid};
    auto const header = upstream::dimse::part10_header(layout.head);
    layout.head.data_set_offset = header.size();

    pieces all;
    all.append(header, 0, header.size());
    std::size_t at = 0;
    for (auto const& each : written.gaps) {
        all.append(written.bytes, at, each.at);
        at = each.at;
        auto* const value = value_at(each.place);
        bool const pixels = each.t == pixel_data;
        if (!value || (pixels && each.nested && is_compressed(value->content_type)))
            return refused(value ? store_failure::transfer_syntax : store_failure::cannot_understand);
        if (value->size > longest_value)
            return too_large();
        bool const encapsulated = pixels && !each.nested && form.encapsulated;
        if (encapsulated ? !append_encapsulated(all, *value, form) : !value->size)
            return too_large();
        if (!encapsulated)
            append_native(all, *value, each);
    }
    all.append(written.bytes, at, written.bytes.size());
    layout.pieces = all.take();
    return layout;
}

}  // namespace pons::proxy::dicomweb
