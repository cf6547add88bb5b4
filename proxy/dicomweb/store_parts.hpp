#pragma once

#include "proxy/http/exchange.hpp"
#include "upstream/archive.hpp"
#include "upstream/dicomweb/multipart_reader.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pons::proxy::dicomweb {

/// An instance of a store, as far as its head tells.
struct told_instance {
    std::string sop_class_uid;
    std::string sop_instance_uid;
    std::string study_instance_uid;  ///< empty: could not be read
    std::string series_instance_uid;
};

/// Why Pons does not pass an instance on (PS3.18 §10.5.3, Failure Reason).
namespace store_failure {
inline constexpr std::uint16_t another_study = 0xA901;      ///< the path names a study, and it is not of that
inline constexpr std::uint16_t cannot_understand = 0xC000;  ///< a part that is no PS3.10 file with the UIDs it needs
}  // namespace store_failure

/// The instances in a body of type multipart/related; type="application/dicom" (PS3.18 §10.5.2, §8.6.1.2), one after
/// another as they come. Of each no more is held than its head, at most 64 KiB and a read; its bytes pass uncopied.
///
/// A part that cannot be passed on is left out and told in `refused`, the others are given. Errors, which end it all:
/// mapping::errc::invalid_value (the body is no multipart body, ends before its last boundary, or a part is not as long
/// as it says), too_long (more than `most_parts`), those of the request's body. An instance whose end did not come is
/// never given an end.
class store_parts final : public upstream::instance_source {
public:
    static constexpr std::size_t most_parts = 100'000;

    /// `study_uid`: the only study that is taken; empty: any.
    store_parts(http::request_body& body, std::string_view boundary, std::string study_uid);

    awaitable<result<std::optional<upstream::part_head>>> next() override;
    awaitable<result<std::span<std::byte const>>> read() override;

    struct refusal {
        told_instance what;  ///< without UIDs where they could not be read
        std::uint16_t reason = 0;
    };
    std::vector<told_instance> const& given() const { return given_; }
    std::vector<refusal> const& refused() const { return refused_; }
    std::size_t parts() const { return given_.size() + refused_.size(); }
    /// The error of the body, if that was what ended it.
    std::optional<failure> const& fault() const { return fault_; }

private:
    using event = upstream::dicomweb::multipart_reader::event;

    awaitable<result<event>> next_event();
    awaitable<result<void>> hold_more();
    awaitable<result<void>> skip();
    awaitable<result<std::optional<upstream::part_head>>> read_head(std::string transfer_syntax);
    awaitable<result<bool>> examine(upstream::part_head const& head);
    awaitable<result<void>> read_epilogue();
    result<void> end_part();
    tl::unexpected<failure> broken(failure why);
    void refuse(std::uint16_t reason, told_instance what = {});

    http::request_body& body_;
    upstream::dicomweb::multipart_reader reader_;
    std::string const study_uid_;
    std::string_view input_;
    std::string held_;      // the beginning of the part
    bool held_out_ = true;  // it was given
    bool in_part_ = false;  // its end has not been seen
    bool ended_ = false;
    std::uint64_t size_ = 0;  // of the part, so far
    std::optional<std::uint64_t> length_;
    std::vector<told_instance> given_;
    std::vector<refusal> refused_;
    std::optional<failure> fault_;
};

}  // namespace pons::proxy::dicomweb
