#include "upstream/complete/arrivals.hpp"

#include "upstream/metadata_of.hpp"

#include <utility>

namespace pons::upstream {

arriving_parts::arriving_parts(archive& inner, part_sink& to, retrieve_request const& what)
    : inner_(inner), to_(to), only_(what.sop_instance_uids.begin(), what.sop_instance_uids.end())
{
    if (!what.sop_instance_uid.empty())
        only_.insert(what.sop_instance_uid);
}

awaitable<result<retrieved>> arriving_parts::ask(retrieve_request const& what, time_point deadline)
{
    return inner_.retrieve(what, *this, deadline);
}

awaitable<result<void>> arriving_parts::begin(part_head const& head)
{
    passed_over_ = whole.contains(head.sop_instance_uid) || (!only_.empty() && !only_.contains(head.sop_instance_uid));
    if (passed_over_)
        co_return result<void>();
    current_ = head.sop_instance_uid;
    inside = true;
    bool const first = !std::exchange(begun, true);
    result<void> const done = co_await to_.begin(head);
    if (done && first && on_first)
        on_first();
    co_return done;
}

awaitable<result<void>> arriving_parts::write(std::span<std::byte const> bytes)
{
    if (passed_over_)
        co_return result<void>();
    result<void> const done = co_await to_.write(bytes);
    co_return done;
}

awaitable<result<void>> arriving_parts::end()
{
    if (std::exchange(passed_over_, false)) {
        ++dropped;
        co_return result<void>();
    }
    result<void> const done = co_await to_.end();
    if (done) {
        inside = false;
        whole.insert(std::move(current_));
    }
    co_return done;
}

arriving_rows::arriving_rows(archive& inner, row_sink& to, retrieve_request const& asked, mapping::source_text text)
    : inner_(inner), to_(to), asked_(asked), text_(std::move(text))
{
}

awaitable<result<retrieved>> arriving_rows::ask(retrieve_request const& what, time_point deadline)
{
    result<found> how = co_await inner_.retrieve_metadata(what, *this, deadline);
    retrieved all;
    if (how) {
        all.instances = how->rows;
        all.issues = std::move(how->issues);
    } else if (begun && how.error().code == errc::unsupported) {
        metadata_of parts(*this, text_);
        result<retrieved> made = co_await inner_.retrieve(what, parts, deadline);
        if (!made)
            co_return made;
        all = std::move(*made);
        if (parts.lacks_values())
            all.issues.push_back(values_left_out());
    } else {
        co_return tl::unexpected(how.error());
    }
    if (odd_)
        co_return fail(errc::malformed, odd_);
    co_return all;
}

void arriving_rows::row(mapping::data_set&& one)
{
    namespace tags = mapping::tags;
    auto const differs = [&](mapping::tag t, std::string const& asked) {
        return !asked.empty() && !one.text(t).empty() && one.text(t) != asked;
    };
    std::string uid(one.text(tags::SOPInstanceUID));
    if (uid.empty() || differs(tags::StudyInstanceUID, asked_.study_instance_uid)) {
        odd_ = uid.empty() ? "metadata without a SOP Instance UID (0008,0018)" : "metadata of another study";
        return;
    }
    bool const other = (!asked_.sop_instance_uid.empty() && uid != asked_.sop_instance_uid) ||
                       differs(tags::SeriesInstanceUID, asked_.series_instance_uid);
    if (other || !whole.insert(std::move(uid)).second) {
        ++dropped;
        return;
    }
    if (!std::exchange(begun, true) && on_first)
        on_first();
    to_.row(std::move(one));
}

}  // namespace pons::upstream
