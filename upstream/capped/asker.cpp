#include "upstream/capped/asker.hpp"

#include "mapping/codecs/identifier.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/capped/parts.hpp"
#include "upstream/capped/slices.hpp"
#include "upstream/question.hpp"
#include "upstream/search/rows.hpp"

#include <algorithm>
#include <functional>

namespace pons::upstream {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::codecs::da_range;
using mapping::codecs::local_days;
namespace tags = mapping::tags;

/// What tells rows of a level apart: the same series UID in two studies is two rows.
void uid_of(data_set const& row, level at, std::string& uid)
{
    uid = row.text(own_uid(at));
    for (auto depth = static_cast<std::size_t>(at); !uid.empty() && depth-- != 0;)
        uid.append(1, '\\').append(row.text(own_uid(static_cast<level>(depth))));
}

std::string modalities_of(data_set const& row, level at)
{
    if (at == level::series)
        return std::string(row.text(tags::Modality));
    std::string all;
    for (std::size_t i = 0; i < row.count(tags::ModalitiesInStudy); ++i)
        all.append(i == 0 ? "" : "\\").append(row.text(tags::ModalitiesInStudy, i));
    return all;
}

bool is_incomplete(issue const& i)
{
    return i.what == issue::kind::incomplete;
}

}  // namespace

std::vector<local_days> answer::days() const
{
    std::vector<local_days> all;
    for (auto const* const row : rows)
        if (row->day)
            all.push_back(*row->day);
    return all;
}

struct asker::taker final : row_sink {
    taker(asker& to_, answer& of_) : to(to_), of(of_) {}
    void row(data_set&& one) override { to.take(std::move(one), of); }
    std::string_view purpose() const override { return to.why_; }

    asker& to;
    answer& of;
};

asker::asker(archive& inner, row_limit& limit, find_request const& request, std::uint32_t most, row_sink& to,
             time_point deadline)
    : inner_(inner), limit_(limit), at_(request.at), most_(most), to_(to), deadline_(deadline)
{
    all_.queries = 0;
}

void asker::take(data_set&& row, answer& a)
{
    ++a.received;
    uid_of(row, at_, uid_);
    if (!uid_.empty()) {
        auto const [at, is_new] = seen_.try_emplace(uid_);
        auto& noted = at->second;
        if (is_new) {
            ++a.fresh;
            noted.modalities = modalities_of(row, at_);
            if (at_ == level::study) {
                noted.day = mapping::codecs::parse_da(row.text(tags::StudyDate));
                noted.minute = minute_of(row.text(tags::StudyTime));
                noted.print = print_of_study(row);
            }
        }
        if (noted.last_given != a.number) {
            a.rows.push_back(&noted);
            a.print += std::hash<std::string>()(uid_);
        }
        noted.last_given = a.number;
        if (!is_new) {
            if (at_ == level::study && print_of_study(row) != noted.print)
                to_.row(std::move(row));
            return;
        }
    }
    if (most_ != 0 && delivered_ == most_) {
        enough_ = true;
        return;
    }
    ++delivered_;
    to_.row(std::move(row));
}

awaitable<result<answer>> asker::ask(find_request request)
{
    answer a;
    a.number = ++all_.queries;
    a.print = hash_of(request);
    auto const question = a.number == 1 ? a.print | 1U : 0;  // the others are parts of it
    request.max_rows = most_;
    taker sink(*this, a);
    result<found> how = co_await inner_.find(request, sink, deadline_);
    bool const gone = co_await is_cancelled();
    if (gone)
        co_return fail(errc::cancelled);
    if (!how && how.error().code == errc::too_broad) {
        // A busy archive says the same in passing: it does not follow that it tells of its limit.
        if (!answered_)
            refusal_ = how.error();
        if (!answered_ && ++refusals_ > most_refusals)
            co_return tl::unexpected(std::move(how.error()));
        a.cut = true;
        co_return a;
    }
    if (!how)
        co_return tl::unexpected(std::move(how.error()));
    answered_ = true;
    refusal_.reset();
    all_.queries += how->queries - 1;
    a.issues = std::move(how->issues);
    all_.longest = std::max(all_.longest, a.received);
    if (most_ != 0 && how->truncated && a.received >= most_) {
        enough_ = enough_ || delivered_ >= most_;
        a.cut = !enough_;  // the rest were rows that came before
    } else if (how->truncated) {
        limit_.says(a.received);
        a.cut = true;
    } else {
        auto const verdict = limit_.judge(at_, a.received, question, a.print, clock::now());
        a.cut = verdict == row_limit::verdict::cut;
        a.unlikely = verdict == row_limit::verdict::unlikely;
        a.doubtful = a.unlikely || verdict == row_limit::verdict::doubtful;
    }
    enough_ = enough_ || (a.cut && most_ != 0 && delivered_ >= most_);
    co_return a;
}

awaitable<result<std::uint32_t>> asker::count(find_request request, std::uint32_t most)
{
    struct counter final : row_sink {
        explicit counter(std::string_view reason) : why(reason) {}
        void row(data_set&&) override { ++rows; }
        std::string_view purpose() const override { return why; }
        std::string_view why;
        std::uint32_t rows = 0;
    } sink(why_);
    if (most >= refused_count_)
        co_return fail(errc::too_broad, "rows that are only counted");
    ++all_.queries;
    request.max_rows = most;
    request.return_keys.clear();
    result<found> const how = co_await inner_.find(request, sink, deadline_);
    bool const gone = co_await is_cancelled();
    if (gone)
        co_return fail(errc::cancelled);
    if (!how) {
        if (how.error().code == errc::too_broad)
            refused_count_ = most;
        co_return tl::unexpected(how.error());
    }
    all_.queries += how->queries - 1;
    co_return sink.rows;
}

awaitable<result<bool>> asker::brings(find_request request, std::string const& uid)
{
    struct finder final : row_sink {
        finder(std::string_view reason, std::string const& wanted, level l) : why(reason), uid(wanted), at(l) {}
        void row(data_set&& one) override { seen = seen || one.text(own_uid(at)) == uid; }
        std::string_view purpose() const override { return why; }
        std::string_view why;
        std::string const& uid;
        level at;
        bool seen = false;
    } sink(why_, uid, at_);
    ++all_.queries;
    result<found> const how = co_await inner_.find(request, sink, deadline_);
    bool const gone = co_await is_cancelled();
    if (gone)
        co_return fail(errc::cancelled);
    if (!how)
        co_return tl::unexpected(how.error());
    all_.queries += how->queries - 1;
    co_return sink.seen;
}

awaitable<result<any_study>> asker::find_any(known_studies& known)
{
    auto const answer = co_await ask_for_any_study(inner_, known, deadline_);
    if (!answer)
        co_return tl::unexpected(answer.error());
    all_.queries += answer->queries;
    co_return answer->how;
}

bool asker::has_given(std::string const& uid) const
{
    if (at_ == level::study)
        return has_seen(uid);
    return std::ranges::any_of(seen_, [&](auto const& one) {
        return one.first.starts_with(uid) && one.first.size() > uid.size() && one.first[uid.size()] == '\\';
    });
}

std::string asker::any_study() const
{
    auto const one =
        std::ranges::find_if(seen_, [](auto const& noted) { return mapping::codecs::is_uid(noted.first); });
    return one == seen_.end() ? std::string() : one->first;
}

bool asker::may_go_on()
{
    if (enough_)
        return false;
    if (all_.queries < most_queries)
        return true;
    incomplete("the archive would have to be asked too many times for all that matches");
    return false;
}

void asker::incomplete(std::string text)
{
    all_.truncated = true;
    if (at_ != level::study)
        return;  // counts of the levels above may show that nothing is missing
    issue one{issue::kind::incomplete, std::move(text) + limit_.hint()};
    if (std::ranges::find(all_.issues, one) == all_.issues.end())
        all_.issues.push_back(std::move(one));
}

void asker::keep_issues(answer const& from, bool counts)
{
    for (auto const& one : from.issues)
        if ((counts || !is_incomplete(one)) && std::ranges::find(all_.issues, one) == all_.issues.end())
            all_.issues.push_back(one);
}

bool asker::lost(answer const& a, da_range const& range) const
{
    return std::ranges::any_of(seen_, [&](auto const& one) {
        auto const& row = one.second;
        return row.last_given != a.number && row.day && range.contains(*row.day);
    });
}

bool asker::lost(answer const& a, local_days day, std::uint16_t from, std::uint16_t to) const
{
    return std::ranges::any_of(seen_, [&](auto const& one) {
        auto const& row = one.second;
        return row.last_given != a.number && row.day == day && row.minute && from <= *row.minute && *row.minute < to;
    });
}

found asker::finish() &&
{
    all_.rows = delivered_;
    all_.truncated = all_.truncated || enough_;
    return std::move(all_);
}

}  // namespace pons::upstream
