#pragma once

#include "proxy/dicomweb/store_source.hpp"

#include <optional>
#include <span>
#include <string>

namespace pons::proxy::dicomweb {

/// The instances in a body of type multipart/related; type="application/dicom" (PS3.18 §10.5.1.4), one after another as
/// they come. Of each no more is held than its head, at most 64 KiB and a read; its bytes pass uncopied.
///
/// Errors, which end it all: those of `part_reader`, mapping::errc::too_long (more than `most_parts`).
class store_parts final : public store_source {
public:
    store_parts(http::request_body& body, std::string_view boundary, std::string study_uid);

    awaitable<result<void>> begin() override;
    awaitable<result<std::optional<upstream::part_head>>> next() override;
    awaitable<result<std::span<std::byte const>>> read() override;

private:
    awaitable<result<std::optional<upstream::part_head>>> read_head(std::string transfer_syntax);
    awaitable<result<bool>> examine(upstream::part_head const& head);

    std::string held_;      // the beginning of the part
    bool held_out_ = true;  // it was given
};

}  // namespace pons::proxy::dicomweb
