#pragma once

#include "proxy/dicomweb/part_reader.hpp"
#include "upstream/archive.hpp"

#include <cstddef>
#include <cstdint>
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
inline constexpr std::uint16_t does_not_match = 0xA900;     ///< its attributes say otherwise than its bulk data
inline constexpr std::uint16_t another_study = 0xA901;      ///< the path names a study, and it is not of that
inline constexpr std::uint16_t cannot_understand = 0xC000;  ///< no PS3.10 file or data set with the UIDs it needs
inline constexpr std::uint16_t transfer_syntax = 0xC122;    ///< pixel data of a kind that is not taken
}  // namespace store_failure

/// What became of the instances of a request on their way to the archive.
struct store_account {
    struct refusal {
        told_instance what;  ///< without UIDs where they could not be read
        std::uint16_t reason = 0;
    };
    std::vector<told_instance> given;  ///< in the order given
    std::vector<refusal> refused;

    std::size_t parts() const { return given.size() + refused.size(); }
    void refuse(std::uint16_t reason, told_instance what = {}) { refused.push_back({std::move(what), reason}); }
};

/// The instances of a multipart request, in one of the forms of PS3.18 §10.5.1.4. One that cannot be passed on is left
/// out and told in `account`, the others are given. An instance whose end did not come is never given an end.
class store_source : public upstream::instance_source {
public:
    static constexpr std::size_t most_parts = 100'000;

    virtual ~store_source() = default;

    /// Reads what must have come before the first instance can be given. Once, before `next`.
    virtual awaitable<result<void>> begin() = 0;

    /// When the body of the request must have come to its end.
    void until(time_point last) { parts_.until(last); }

    store_account const& account() const { return account_; }
    /// The error of the request, if that was what ended it.
    std::optional<failure> const& fault() const { return parts_.fault(); }

protected:
    /// `study_uid`: the only study that is taken; empty: any.
    store_source(http::request_body& body, std::string_view boundary, std::string study_uid)
        : parts_(body, boundary), study_uid_(std::move(study_uid))
    {
    }

    part_reader parts_;
    store_account account_;
    std::string const study_uid_;
};

}  // namespace pons::proxy::dicomweb
