#include "upstream/capped/row_limit.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace pons::upstream {

namespace {

std::atomic<std::uint64_t> learned{0};

}  // namespace

row_limit::row_limit(std::string source, std::uint32_t configured, std::uint32_t least)
    : source_(std::move(source)), configured_(configured), least_(least), rows_(configured)
{
}

/// Whether an answer at this level, or at STUDY, shows that the archive does not stop at `rows`.
bool row_limit::has_more(mapping::level at, std::uint32_t rows, time_point now) const
{
    return levels_[static_cast<std::size_t>(at)].lengths.most(now) > rows || levels_[0].lengths.most(now) > rows;
}

void row_limit::note(mapping::level at, std::uint32_t rows, std::size_t question, time_point now)
{
    at_level(at).lengths.note(rows, question, now);
    if (at == mapping::level::study)
        for (auto& level : levels_)
            level.lengths.refute_below(rows);
}

row_limit::verdict row_limit::judge(mapping::level at, std::uint32_t rows, std::size_t question, std::size_t print,
                                    time_point now)
{
    if (configured_ != 0)
        return rows >= configured_ ? verdict::cut : verdict::whole;
    std::scoped_lock const lock(mutex_);
    if (rows > said_.load(std::memory_order_relaxed))
        said_.store(0, std::memory_order_relaxed);
    auto const known = rows_.load();
    if (known != 0 && at == mapping::level::study && rows > known) {
        spdlog::info("source {} gave {} rows: it does not stop at {}", source_, rows, known);
        rows_.store(0);
    }
    auto const& lengths = at_level(at).lengths;
    bool const more = has_more(at, rows, now);
    bool const repeated = lengths.is_repeated(rows, question, now);
    note(at, rows, question, now);
    if (auto const limit = rows_.load(); limit != 0 && rows >= limit)
        return more || lengths.most(now) > limit ? verdict::whole : verdict::cut;
    if (is_proven(print, now) || tells_.load(std::memory_order_relaxed))
        return verdict::whole;
    if (rows >= least_ && !more)
        return verdict::doubtful;
    if (question == 0 || lengths.is_left(rows, now))
        return verdict::whole;
    if (rows >= least_ && repeated)
        return verdict::doubtful;
    // Below STUDY there is nothing to be had in parts.
    bool const may_look = at == mapping::level::study;
    if (may_look && rows >= least_ && is_round(rows))
        return verdict::unlikely;
    return may_look && rows >= hardly_a_limit && repeated && !more ? verdict::unlikely : verdict::whole;
}

bool row_limit::is_proven(std::size_t print, time_point now) const
{
    return std::ranges::any_of(whole_, [&](proof const& p) { return p.print == print && p.until > now; });
}

bool row_limit::was_whole(std::size_t print, time_point now) const
{
    std::scoped_lock const lock(mutex_);
    return is_proven(print, now);
}

void row_limit::says(std::uint32_t rows)
{
    tells_.store(true, std::memory_order_relaxed);
    if (rows >= least_)
        said_.store(rows, std::memory_order_relaxed);
}

void row_limit::is_whole(std::size_t print, time_point now)
{
    std::scoped_lock const lock(mutex_);
    whole_[next_whole_++ % whole_.size()] = {print, now + stays_whole};
}

void row_limit::is_whole(mapping::level at, std::uint32_t rows, std::size_t print, time_point now)
{
    is_whole(print, now);
    std::scoped_lock const lock(mutex_);
    at_level(at).lengths.not_again(rows, now);
}

void row_limit::stays_open(mapping::level at, std::uint32_t rows, time_point now)
{
    std::scoped_lock const lock(mutex_);
    at_level(at).lengths.not_again(rows, now);
}

bool row_limit::is_left(mapping::level at, std::uint32_t rows, time_point now) const
{
    std::scoped_lock const lock(mutex_);
    return levels_[static_cast<std::size_t>(at)].lengths.is_left(rows, now);
}

void row_limit::gave(mapping::level at, std::uint32_t rows, time_point now)
{
    std::scoped_lock const lock(mutex_);
    note(at, rows, 0, now);
}

void row_limit::learn(mapping::level at, std::uint32_t rows, time_point now)
{
    if (configured_ != 0 || rows == 0)
        return;
    std::scoped_lock const lock(mutex_);
    auto const known = rows_.load();
    if (known != 0 && known <= rows)
        return;
    rows_.store(rows);
    // It may be news: what was longer came before it.
    levels_ = {};
    note(at, rows, 0, now);
    learned.fetch_add(1, std::memory_order_relaxed);
    spdlog::warn("source {} stops at {} rows, it seems; searches are split accordingly: set quirks.max_results",
                 source_, rows);
}

bool row_limit::may_be(mapping::level at, std::uint32_t rows, time_point now) const
{
    if (configured_ != 0 || rows < least_ || tells_.load(std::memory_order_relaxed))
        return configured_ != 0 && rows >= configured_;
    std::scoped_lock const lock(mutex_);
    return levels_[static_cast<std::size_t>(at)].lengths.most(now) <= rows;
}

bool row_limit::is_suspect(mapping::level at, std::uint32_t rows, std::size_t question, time_point now)
{
    if (configured_ != 0 || rows < least_ || !is_round(rows))
        return false;
    std::scoped_lock const lock(mutex_);
    auto& level = at_level(at);
    if (rows != level.lengths.most(now) || has_more(at, rows, now) || level.lengths.is_left(rows, now))
        return false;
    if (std::exchange(level.suspect, rows) != rows)
        level.question = 0;
    auto const first = std::exchange(level.question, level.question == 0 ? question : level.question);
    return first != 0 && first != question;
}

std::string row_limit::hint() const
{
    if (!is_learned())
        return {};
    return ", which seems to stop at " + std::to_string(rows()) + " rows: set quirks.max_results";
}

std::uint64_t row_limit::learned_so_far()
{
    return learned.load(std::memory_order_relaxed);
}

}  // namespace pons::upstream
