#pragma once

#include "mapping/dicom_stream.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace pons::upstream {

/// Gives the bytes of the data set of an instance, of its file as it comes: without meta information, and inflated
/// (PS3.5 §A.5), a little at a time.
class data_set_bytes {
public:
    explicit data_set_bytes(part_head const& head);
    data_set_bytes(data_set_bytes&&) noexcept;
    ~data_set_bytes();

    mapping::encoding form() const { return form_; }

    /// The next bytes of the file; they must live until `next` gives nothing.
    void put(std::span<std::byte const> bytes);
    /// The next bytes of the data set, valid until the next call; none until more is put.
    /// Errors: errc::malformed.
    result<std::span<std::byte const>> next();
    /// Whether the data set may end here.
    bool may_end() const;

private:
    class raw_inflater;

    mapping::encoding form_;
    std::size_t before_data_set_;
    std::span<std::byte const> left_;
    std::unique_ptr<raw_inflater> inflater_;
};

/// What failed in a reader of data sets, as an error of an archive: errc::malformed or too_large.
tl::unexpected<failure> unreadable(failure const& why);

}  // namespace pons::upstream
