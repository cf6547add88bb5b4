#include "upstream/dimse/frame_level.hpp"

#include "mapping/metadata_cutter.hpp"
#include "upstream/data_set_bytes.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/instance_uids.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pons::upstream::dimse {

namespace {

using mapping::tag;
namespace tags = mapping::tags;

constexpr tag frame_extraction_sequence{0x00081164};
constexpr tag multi_frame_source_sop_instance_uid{0x00081167};

/// Of a UL with a length of two bytes (PS3.4 Y.3.2.1.1).
constexpr std::size_t most_frames = 16383;

/// In which an instance that is stored in `syntax` may come, when its frames are to be as stored.
std::vector<std::string> equal_syntaxes(std::string const& syntax)
{
    if (syntax == uids::explicit_vr_little_endian || syntax == uids::implicit_vr_little_endian)
        return {uids::explicit_vr_little_endian, uids::implicit_vr_little_endian};
    if (syntax == uids::explicit_vr_big_endian || syntax == uids::deflated_explicit_vr_little_endian)
        return {};
    return {syntax};
}

bool names(mapping::data_set const& extraction, std::vector<std::uint32_t> const& frames)
{
    if (extraction.count(simple_frame_list) != frames.size())
        return false;
    for (std::size_t i = 0; i < frames.size(); ++i)
        if (extraction.text(simple_frame_list, i) != std::to_string(frames[i]))
            return false;
    return true;
}

result<void> is_what_was_asked_for(mapping::data_set const& beginning, retrieve_request const& asked)
{
    auto const steps = beginning.items(frame_extraction_sequence);
    if (steps.empty() || steps.back().text(multi_frame_source_sop_instance_uid) != asked.sop_instance_uid)
        return fail(errc::malformed, "frames that are not said to be of the instance that was asked for");
    if (!names(steps.back(), asked.frames))
        return fail(errc::malformed, "other frames than were asked for");
    if (beginning.text(tags::NumberOfFrames) != std::to_string(asked.frames.size()))
        return fail(errc::malformed, "not as many frames as were asked for");
    return {};
}

}  // namespace

std::optional<get_attempt> plan_frames(retrieve_request const& request, contents const& known)
{
    auto const& wanted = request.frames;
    bool const helps = !wanted.empty() && wanted.size() <= most_frames && wanted.back() <= known.frames &&
                       wanted.size() <= known.frames / 2;
    if (!helps || request.sop_instance_uid.empty() || known.instances != 1 || known.series.size() != 1)
        return std::nullopt;
    auto const& classes = known.series.front().classes;
    if (classes.size() != 1 || classes.begin()->second.size() != 1)
        return std::nullopt;
    get_step step{.storage = {}, .requests = {request}};
    for (auto const& syntax : equal_syntaxes(*classes.begin()->second.begin()))
        step.storage.push_back({classes.begin()->first, {syntax}, true});
    if (step.storage.empty())
        return std::nullopt;
    return get_attempt{std::move(step)};
}

awaitable<result<void>> extracted_frames::begin(part_head const& head)
{
    if (state_ == state::waits) {
        head_ = head;
        state_ = state::held;
    }
    co_return result<void>();
}

awaitable<result<void>> extracted_frames::write(std::span<std::byte const> bytes)
{
    if (state_ == state::whole)
        co_return result<void>();
    if (state_ == state::passes) {
        result<void> const written = co_await to_.write(bytes);
        co_return written;
    }
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    auto const enough = held_.size() > head_.data_set_offset + longest_beginning;
    if (!enough && held_.size() < 2 * looked_at_)
        co_return result<void>();
    result<void> const passed = co_await pass_on();
    if (passed && enough && state_ == state::held)
        co_return fail(errc::malformed, "too much before the number of frames");
    co_return passed;
}

/// What is held, once it is known to be the right one.
awaitable<result<void>> extracted_frames::pass_on()
{
    auto const seen = look();
    if (!seen)
        co_return tl::unexpected(seen.error());
    if (!*seen)
        co_return result<void>();
    state_ = state::passes;
    head_.sop_instance_uid = request_.sop_instance_uid;
    head_.frames = request_.frames;
    result<void> const begun = co_await to_.begin(head_);
    if (!begun)
        co_return begun;
    auto const beginning = std::exchange(held_, {});
    result<void> const written = co_await to_.write(beginning);
    co_return written;
}

awaitable<result<void>> extracted_frames::end()
{
    if (state_ == state::whole)
        co_return result<void>();
    if (state_ == state::held) {
        result<void> const passed = co_await pass_on();
        if (!passed)
            co_return passed;
    }
    if (state_ != state::passes)
        co_return fail(errc::malformed, "an instance without a number of frames");
    result<void> const ended = co_await to_.end();
    if (ended)
        state_ = state::whole;
    co_return ended;
}

/// Whether enough has come to know that it is the right one.
result<bool> extracted_frames::look()
{
    looked_at_ = held_.size();
    if (held_.size() <= head_.data_set_offset)
        return false;
    auto const set = std::span<std::byte const>(held_).subspan(head_.data_set_offset);
    std::size_t length = 0;
    auto const seen = measure_up_to(tags::NumberOfFrames, set, head_.transfer_syntax_uid, length);
    if (seen == peeked::more)
        return false;
    if (seen == peeked::unreadable)
        return fail(errc::malformed, "data set of extracted frames");
    mapping::metadata_cutter cutter(data_set_bytes(head_).form());
    if (auto const cut = cutter.put(set.first(length)); !cut)
        return unreadable(cut.error());
    auto const beginning = cutter.end({});
    if (!beginning)
        return unreadable(beginning.error());
    if (auto const good = is_what_was_asked_for(*beginning, request_); !good)
        return tl::unexpected(good.error());
    return true;
}

}  // namespace pons::upstream::dimse
