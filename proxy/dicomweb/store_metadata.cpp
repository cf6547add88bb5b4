#include "proxy/dicomweb/store_metadata.hpp"

#include "mapping/binary.hpp"
#include "mapping/dicom_json_writer.hpp"
#include "mapping/errc.hpp"
#include "mapping/native_xml_reader.hpp"
#include "upstream/errc.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::dicomweb {

namespace {

using mapping::data_set;
using mapping::tag;
namespace tags = mapping::tags;

constexpr tag transfer_syntax_uid{0x00020010};
constexpr tag pixel_data{0x7FE00010};

tl::unexpected<failure> bad_metadata()
{
    return fail(mapping::errc::invalid_value,
                "the metadata of the request is no DICOM JSON array or Native DICOM Model");
}

/// Characters and length of PS3.5 §9.1.
bool is_uid(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
}

void add_places(data_set const& set, std::vector<std::string>& places)
{
    set.for_each([&](tag t, mapping::vr as, bool is_sequence) {
        for (auto const& item : set.items(t))
            add_places(item, places);
        if (!is_sequence && mapping::is_binary(as) && set.count(t) != 0 && !mapping::is_inline(set.text(t)))
            places.emplace_back(set.text(t));
    });
}

}  // namespace

store_metadata::store_metadata(metadata_format format, std::string study_uid)
    : format_(format),
      study_uid_(std::move(study_uid)),
      reader_(mapping::dicom_json_reader::keep::instances),
      objects_(largest)
{
}

result<void> store_metadata::put(std::string_view text)
{
    using kind = upstream::dicomweb::json_objects::kind;
    size_ += text.size();
    objects_seen_ += static_cast<std::size_t>(std::ranges::count(text, format_ == metadata_format::json ? '{' : '<'));
    if (size_ > largest || objects_seen_ > (format_ == metadata_format::json ? 1 : 2) * most_objects)
        return fail(upstream::errc::too_large, "the metadata of the request, of which 16 MiB are taken");
    if (format_ == metadata_format::xml) {
        document_ += text;
        return {};
    }
    while (!text.empty()) {
        auto const seen = objects_.next(text);
        if (!seen)
            return bad_metadata();
        if (*seen != kind::object)
            continue;
        auto described = describe(objects_.text());
        if (!described)
            return described;
    }
    return {};
}

result<void> store_metadata::end_part()
{
    if (format_ == metadata_format::xml)
        return describe(std::exchange(document_, {}));
    return objects_.ended() && size_ > 0 ? result<void>() : bad_metadata();
}

result<store_metadata::read_row> store_metadata::read(std::string& text)
{
    if (format_ == metadata_format::xml) {
        auto found = mapping::read_native_xml(text);
        if (!found)
            return bad_metadata();
        return read_row{std::move(found->set), found->whole};
    }
    read_row row;
    auto const read = reader_.read(text, [&](data_set&& set) {
        row.set = std::move(set);
        return true;
    });
    bool const empty = !read && read.error().code == make_error_code(mapping::dicom_json_errc::not_data_sets);
    if (!read && !empty)
        return bad_metadata();
    row.whole = !empty && read->issues.empty();
    return row;
}

result<void> store_metadata::describe(std::string text)
{
    auto const row = read(text);
    if (!row)
        return tl::unexpected(row.error());
    described_instance one;
    auto const& set = row->set;
    one.told = {std::string(set.text(tags::SOPClassUID)), std::string(set.text(tags::SOPInstanceUID)),
                std::string(set.text(tags::StudyInstanceUID)), std::string(set.text(tags::SeriesInstanceUID))};
    one.transfer_syntax_uid = set.text(transfer_syntax_uid);
    add_places(set, one.places);
    auto const pixels = set.text(pixel_data);
    if (!mapping::is_inline(pixels))
        one.pixel_data = pixels;
    if (!row->whole || !is_uid(one.told.sop_class_uid) || !is_uid(one.told.sop_instance_uid) ||
        !is_uid(one.told.study_instance_uid) || !is_uid(one.told.series_instance_uid))
        one.refused = store_failure::cannot_understand;
    else if (!study_uid_.empty() && one.told.study_instance_uid != study_uid_)
        one.refused = store_failure::another_study;
    texts_.push_back(one.refused == 0 ? std::move(text) : std::string());
    instances_.push_back(std::move(one));
    return {};
}

data_set store_metadata::take(std::size_t instance)
{
    auto text = std::move(texts_[instance]);
    auto row = read(text);  // it could be read before
    return row ? std::move(row->set) : data_set();
}

}  // namespace pons::proxy::dicomweb
