#pragma once

#include "upstream/dimse/c_get.hpp"
#include "upstream/dimse/contents.hpp"

#include <cstddef>
#include <optional>
#include <vector>

/// Composite Instance Root Retrieve at FRAME level (PS3.4 Annex Y): an archive that has it makes an instance of a few
/// frames of a large one, and does not send the others to be dropped here.
namespace pons::upstream::dimse {

/// How to fetch the frames of `request` so, when `known` is what the archive says that it holds. Nothing where that
/// would not help, since most of the frames are wanted; nor where the archive does not tell how many there are, or in
/// which one transfer syntax it has them: what it makes could then be encoded anew, and nobody would know.
std::optional<get_attempt> plan_frames(retrieve_request const& request, contents const& known);

/// Lets such an instance through, as one of the source instance with its frames named in the head, once its beginning
/// has shown that it is what was asked for: extracted of that instance (Frame Extraction Sequence (0008,1164), its last
/// item), the frames of `request`, as many as Number of Frames (0028,0008) says. Whether the pixels are as many is seen
/// by the one who cuts them. Any instance after the first is passed over.
///
/// Errors: errc::malformed when it is another, before anything was handed on; those of the sink.
class extracted_frames final : public part_sink {
public:
    /// Both outlive it.
    extracted_frames(retrieve_request const& request, part_sink& to) : request_(request), to_(to) {}

    awaitable<result<void>> begin(part_head const& head) override;
    awaitable<result<void>> write(std::span<std::byte const> bytes) override;
    awaitable<result<void>> end() override;

    /// Whether the sink was called; whether it has taken the whole instance.
    bool handed_on() const { return state_ != state::waits && state_ != state::held; }
    bool whole() const { return state_ == state::whole; }

    /// Of the data set, up to Number of Frames.
    static constexpr std::size_t longest_beginning = 1 << 20;

private:
    enum class state { waits, held, passes, whole };

    result<bool> look();
    awaitable<result<void>> pass_on();

    retrieve_request const& request_;
    part_sink& to_;
    part_head head_;
    std::vector<std::byte> held_;
    std::size_t looked_at_ = 0;
    state state_ = state::waits;
};

}  // namespace pons::upstream::dimse
