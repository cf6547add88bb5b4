#include "upstream/dicomweb/page_walk.hpp"

#include <algorithm>
#include <functional>

namespace pons::upstream::dicomweb {

namespace {

constexpr std::chrono::seconds stays_checked{30};

}  // namespace

bool uid_set::insert(std::string_view uid)
{
    if (2 * (count_ + 1) > slots_.size())
        grow();
    auto const hash = std::hash<std::string_view>()(uid);
    auto const mask = slots_.size() - 1;
    auto at = hash & mask;
    for (; slots_[at].size != 0; at = (at + 1) & mask) {
        auto const& s = slots_[at];
        if (s.hash == hash && std::string_view(text_).substr(s.offset, s.size) == uid)
            return false;
    }
    slots_[at] = {hash, static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(uid.size())};
    text_.append(uid);
    ++count_;
    return true;
}

void uid_set::grow()
{
    std::vector<slot> larger(std::max<std::size_t>(64, slots_.size() * 2));
    auto const mask = larger.size() - 1;
    for (auto const& s : slots_) {
        if (s.size == 0)
            continue;
        auto at = s.hash & mask;
        while (larger[at].size != 0)
            at = (at + 1) & mask;
        larger[at] = s;
    }
    slots_ = std::move(larger);
}

page_walk::page_walk(config::quirks const& quirks, std::uint32_t max_rows, page_lore& lore, time_point now,
                     std::size_t question, page_terms terms)
    : quirks_(quirks), max_rows_(max_rows), lore_(lore), now_(now), question_(question), terms_(terms)
{
}

page page_walk::next()
{
    limit_ = quirks_.page_limit != 0 ? quirks_.page_limit : terms_.limit;
    // One more than wanted tells whether there are more.
    if (max_rows_ != 0)
        limit_ = std::min(limit_, max_rows_ - delivered_ + 1 + (overlaps_ ? 1 : 0));
    in_page_ = new_in_page_ = repeated_in_page_ = 0;
    boundary_seen_ = begins_like_the_first_ = false;
    return {.limit = limit_, .offset = offset_};
}

page_walk::verdict page_walk::row(std::string_view uid)
{
    ++in_page_;
    if (in_page_ == 1 && first_page_)
        very_first_ = uid;
    else if (in_page_ == 1)
        begins_like_the_first_ = !uid.empty() && uid == very_first_;
    last_ = uid;

    if (!uid.empty() && !seen_.insert(uid)) {
        if (overlaps_ && !boundary_seen_ && uid == boundary_)
            boundary_seen_ = true;
        else
            ++repeated_in_page_;
        return first_page_ ? verdict::repeat : verdict::drop;
    }
    if (max_rows_ != 0 && delivered_ == max_rows_) {
        cut_ = true;
        return verdict::stop;
    }
    // A row without UID cannot be told from one that came already, so it is no sign of progress.
    new_in_page_ += uid.empty() ? 0 : 1;
    ++delivered_;
    return verdict::deliver;
}

bool page_walk::end_page(bool more)
{
    if (cut_) {
        truncated_ = true;
        return false;
    }
    if (in_page_ > lore_.cap)
        lore_.cap = 0;  // learned from rows that came in the meantime
    bool const again = first_page_ ? end_first_page(more) : end_later_page(more);
    lore_.pages.note(in_page_, question_, now_);
    first_page_ = false;
    if (!again && quirks_.max_results != 0 && delivered_ >= quirks_.max_results)
        truncated_ = true;
    return again;
}

void page_walk::nothing_beyond()
{
    checking_ = false;
    lore_.checked[lore_.next_checked++ % lore_.checked.size()] = {in_question_, now_ + stays_checked};
}

void page_walk::check_was_refused()
{
    checking_ = false;
    refuses_offset_ = truncated_ = true;
}

std::size_t page_walk::fingerprint() const
{
    std::hash<std::string_view> const hash;
    return ((question_ * 31 + hash(very_first_)) * 31 + hash(last_)) * 31 + in_page_;
}

bool page_walk::is_doubtful() const
{
    auto const is_checked = [&, now = fingerprint()](page_lore::answer const& known) {
        return known.fingerprint == now && known.until > now_;
    };
    return in_page_ >= terms_.doubted_from && in_page_ >= lore_.pages.most(now_) &&
           std::ranges::none_of(lore_.checked, is_checked);
}

bool page_walk::is_full(bool more) const
{
    // More than `limit` means that the server does not know it.
    return more || in_page_ == limit_ || (quirks_.max_results != 0 && in_page_ >= quirks_.max_results);
}

bool page_walk::end_first_page(bool more)
{
    repeated_ += repeated_in_page_;
    bool const full = is_full(more);
    by_cap_only_ = !full && lore_.cap != 0 && in_page_ >= lore_.cap;
    bool const doubtful = !full && !by_cap_only_ && is_doubtful();
    if (in_page_ == 0) {
        truncated_ = more;
        return false;
    }
    if (!quirks_.offset) {
        cannot_page_ = truncated_ = full;
        return false;
    }
    checking_ = doubtful;
    in_question_ = fingerprint();
    return (full || by_cap_only_ || doubtful) && go_on(in_page_);
}

bool page_walk::end_later_page(bool more)
{
    bool const progress = new_in_page_ != 0;
    if (checking_ || by_cap_only_) {
        if (!progress) {
            // The same page again says nothing of what lies beyond it, unless the server knows no limits at all.
            offset_ignored_ = in_page_ > 1 && begins_like_the_first_ && in_page_ <= limit_;
            if (checking_ && !offset_ignored_)
                nothing_beyond();
            truncated_ = more || offset_ignored_;
            return false;
        }
        lore_.cap = lore_.cap == 0 ? page_before_ : std::min(lore_.cap, page_before_);
        checking_ = by_cap_only_ = false;
    }
    repeated_ += repeated_in_page_;
    if (overlaps_ && !boundary_seen_) {
        moved_ = truncated_ = true;
        return false;
    }
    bool const full = is_full(more);
    if (!progress) {
        offset_ignored_ = in_page_ > 1 && begins_like_the_first_;
        truncated_ = offset_ignored_ || full;
        return false;
    }
    by_cap_only_ = !full && lore_.cap != 0 && in_page_ >= lore_.cap;
    return (full || by_cap_only_) && go_on(in_page_);
}

bool page_walk::go_on(std::uint32_t rows)
{
    // A page of one row cannot overlap and go on.
    overlaps_ = rows > 1 && !last_.empty();
    offset_ += overlaps_ ? rows - 1 : rows;
    boundary_ = last_;
    page_before_ = rows;
    return true;
}

std::vector<issue> page_walk::issues() const
{
    std::vector<issue> all;
    if (moved_)
        all.push_back({issue::kind::incomplete, "rows moved from page to page while the archive was asked"});
    if (offset_ignored_)
        all.push_back({issue::kind::incomplete, "the archive ignores offset, so that only its first page can be had"});
    if (refuses_offset_)
        all.push_back(
            {issue::kind::incomplete, "the archive refuses offset, so that it cannot be known if it has more"});
    if (cannot_page_)
        all.push_back({issue::kind::incomplete, "the archive has more, but its pages cannot be asked for"});
    if (repeated_ != 0 && !offset_ignored_)
        all.push_back({issue::kind::informational, "the archive sent some rows twice; each is given once"});
    return all;
}

}  // namespace pons::upstream::dicomweb
