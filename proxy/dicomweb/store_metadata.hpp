#pragma once

#include "mapping/data_set.hpp"
#include "mapping/dicom_json.hpp"
#include "mapping/result.hpp"
#include "proxy/dicomweb/store_source.hpp"
#include "upstream/dicomweb/json_objects.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::dicomweb {

/// What the metadata says of an instance.
struct described_instance {
    told_instance told;
    std::string transfer_syntax_uid;  ///< (0002,0010), which is not of the data set; empty: it does not say
    std::vector<std::string> places;  ///< BulkDataURI of each value that is elsewhere
    std::string pixel_data;           ///< that of Pixel Data (7FE0,0010), if it is elsewhere
    std::uint16_t refused = 0;        ///< why it cannot be stored; 0: it may be
};

enum class metadata_format { json, xml };

/// The metadata of a store (PS3.18 §10.5.1.4): a part with a JSON array of data sets (Annex F), or a part of XML for
/// each of them (PS3.19 §A.1). The text is held, the data sets are made of it when they are wanted, so that memory
/// grows with the text alone.
///
/// Nothing of an instance is taken otherwise than it is said: what `dicom_json_reader` can only read with an issue, or
/// `read_native_xml` not as a whole, is refused (cannot_understand). So are UIDs that are none, or not there, and
/// another study than `study_uid`.
class store_metadata {
public:
    static constexpr std::size_t largest = 16 << 20;
    static constexpr std::size_t most_objects =
        200'000;  ///< attributes and items of all data sets; twice as many tags in XML

    store_metadata(metadata_format format, std::string study_uid);

    /// Takes the text of a part as it comes. Errors: mapping::errc::invalid_value (no such metadata),
    /// upstream::errc::too_large (beyond `largest` or `most_objects`).
    result<void> put(std::string_view text);
    /// The part ends. Errors: mapping::errc::invalid_value.
    result<void> end_part();

    std::vector<described_instance> const& instances() const { return instances_; }
    /// The data set of an instance that is not refused. Once.
    mapping::data_set take(std::size_t instance);

private:
    struct read_row {
        mapping::data_set set;
        bool whole = true;
    };
    result<read_row> read(std::string& text);
    result<void> describe(std::string text);

    metadata_format const format_;
    std::string const study_uid_;
    mapping::dicom_json_reader reader_;
    upstream::dicomweb::json_objects objects_;
    std::size_t size_ = 0;
    std::size_t objects_seen_ = 0;
    std::string document_;  // of XML, as far as it has come
    std::vector<std::string> texts_;
    std::vector<described_instance> instances_;
};

}  // namespace pons::proxy::dicomweb
