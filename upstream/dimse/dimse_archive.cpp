#include "upstream/dimse/dimse_archive.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/dimse/association_pool.hpp"
#include "upstream/dimse/beyond_ascii.hpp"
#include "upstream/dimse/c_get.hpp"
#include "upstream/dimse/contents.hpp"
#include "upstream/dimse/frame_level.hpp"
#include "upstream/dimse/get_plan.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/inquiry.hpp"
#include "upstream/dimse/move.hpp"
#include "upstream/dimse/move_attempts.hpp"
#include "upstream/dimse/shipping.hpp"
#include "upstream/dimse/without_bulk_data.hpp"

#include <algorithm>

namespace pons::upstream::dimse {

namespace {

class dimse_archive final : public archive {
public:
    dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool,
                  std::shared_ptr<move_registry> moves)
        : source_(source), pool_(std::move(pool)), moves_(std::move(moves))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        if (is_beyond_ascii(request))
            return find_by_ladder(request, rows, deadline);
        return find_as_written(request, {}, rows, deadline);
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override;

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override;

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        co_return co_await cancelled_as_value(ship(instances, *pool_, source_, deadline));
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        auto const answer = co_await inquire(*pool_, source_, std::nullopt, nullptr, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        co_return result<void>();
    }

private:
    std::uint32_t at_most(std::uint32_t asked) const
    {
        auto const ours = source_.limits.max_rows;
        return asked == 0 || ours == 0 ? std::max(asked, ours) : std::min(asked, ours);
    }

    failure failed(errc code, std::string const& what = {}) const { return {code, "source " + source_.name + what}; }

    awaitable<result<found>> find_by_ladder(find_request const& request, row_sink& rows, time_point deadline);
    /// `charset` of the keys; empty: that of the source. It outlives the search, as `request` does.
    awaitable<result<found>> find_as_written(find_request const& request, std::string_view charset, row_sink& rows,
                                             time_point deadline)
    {
        if (source_.quirks.universal == config::universal_matching::star || pool_->keys().wants_stars)
            return find_by_stars(request, charset, rows, deadline);
        if (source_.quirks.universal == config::universal_matching::unknown && !pool_->keys().takes_empty)
            return find_and_learn(request, charset, rows, deadline);
        find_command what{to_identifier(request, universal_keys::empty, charset), at_most(request.max_rows)};
        return ask_and_tell(std::move(what), rows, deadline, {});
    }
    awaitable<result<found>> find_by_stars(find_request const& request, std::string_view charset, row_sink& rows,
                                           time_point deadline);
    awaitable<result<found>> find_and_learn(find_request const& request, std::string_view charset, row_sink& rows,
                                            time_point deadline);
    /// A C-FIND, of which `rows` is told; `form`: how keys are sent that only ask.
    awaitable<result<found>> ask_and_tell(find_command what, row_sink& rows, time_point deadline,
                                          std::string_view form);
    /// The same for a retrieve. Up to its first instance `deadline` holds.
    awaitable<delivery::ending> deliver(std::shared_ptr<delivery> what, part_sink& parts, time_point deadline);
    bool takes_part(config::retrieve_method way) const
    {
        return std::ranges::find(source_.retrieve, way) != source_.retrieve.end();
    }
    /// Frames of an instance, without the others. Nothing: they are to be had with the whole instance only.
    awaitable<std::optional<result<retrieved>>> retrieve_frames(retrieve_request const& request, contents const& known,
                                                                part_sink& parts, time_point deadline);
    awaitable<delivery::ending> retrieve_by(config::retrieve_method way, retrieve_request const& request,
                                            contents const& known, part_sink& parts, time_point deadline);
    awaitable<delivery::ending> move(retrieve_request const& request, contents const& known, part_sink& parts,
                                     time_point deadline);
    struct moved_once {
        delivery::ending ended;
        waiting_move::negotiated associations;
    };
    awaitable<moved_once> move_in(std::string const& transfer_syntax, retrieve_request const& request,
                                  contents const& known, part_sink& parts, time_point deadline);

    config::source const source_;
    std::shared_ptr<association_pool> const pool_;
    std::shared_ptr<move_registry> const moves_;
};

/// Counts what it hands on.
struct counted final : row_sink {
    explicit counted(row_sink& where) : to(where) {}
    void row(mapping::data_set&& one) override
    {
        ++rows;
        to.row(std::move(one));
    }
    void exchanged(wire_exchange const& one) override { to.exchanged(one); }
    row_sink& to;
    std::uint32_t rows = 0;
};

constexpr std::string_view every_star = "* in keys that only ask";
constexpr std::string_view star_in_texts = "* in texts and UIDs that only ask";

/// What is beyond ASCII and found nothing is asked for once more in another form; the rows are judged by the one who
/// asks. Where that cannot settle it, the answer says so.
awaitable<result<found>> dimse_archive::find_by_ladder(find_request const& request, row_sink& rows, time_point deadline)
{
    result<found> first = co_await find_as_written(request, {}, rows, deadline);
    bool const in_vain = first ? first->rows == 0 && !first->truncated : first.error().code == errc::refused;
    if (!in_vain)
        co_return first;
    auto const next = next_rung(request, source_.quirks);
    if (next) {
        result<found> second = co_await find_as_written(next->request, next->charset, rows, deadline);
        bool const refused = !second && second.error().code == errc::refused;
        if (!refused && (!second || second->rows != 0 || next->certain))
            co_return second;
        if (!first && second)
            first = std::move(second);
    }
    if (first)
        first->issues.push_back({issue::kind::incomplete,
                                 "nothing was found for what is not ASCII, and the archive may keep it in another "
                                 "character set than it was asked in; see quirks.charset_query"});
    co_return first;
}

/// For archives that want "*" in every key that only asks. Others refuse it in dates and numbers, or find nothing by it
/// (pacs-quirks F6): what was asked in vain is asked once more with "*" only where the standard has it.
awaitable<result<found>> dimse_archive::find_by_stars(find_request const& request, std::string_view charset,
                                                      row_sink& rows, time_point deadline)
{
    find_command everywhere{to_identifier(request, universal_keys::star, charset), at_most(request.max_rows)};
    result<found> first = co_await ask_and_tell(std::move(everywhere), rows, deadline, every_star);
    bool const in_vain = first ? first->rows == 0 : first.error().code == errc::refused;
    if (!in_vain)
        co_return first;
    find_command in_texts{to_identifier(request, universal_keys::star_in_texts, charset), at_most(request.max_rows)};
    co_return co_await ask_and_tell(std::move(in_texts), rows, deadline, star_in_texts);
}

/// Until the first row: an archive that takes empty keys as a search for empty values has nothing for any patient, and
/// says Success. What is not found is asked for once more with "*", and who answers that is believed from then on.
awaitable<result<found>> dimse_archive::find_and_learn(find_request const& request, std::string_view charset,
                                                       row_sink& rows, time_point deadline)
{
    find_command plain{to_identifier(request, universal_keys::empty, charset), at_most(request.max_rows)};
    result<found> first = co_await ask_and_tell(std::move(plain), rows, deadline, {});
    if (!first)
        co_return first;  // the archive may be gone
    auto& lore = pool_->keys();
    if (first->rows != 0)
        lore.takes_empty = true;
    bool const narrows = std::ranges::any_of(request.keys, [](mapping::key const& k) { return !k.values.empty(); });
    if (first->rows != 0 || !narrows)
        co_return first;
    counted beyond(rows);
    find_command stars{to_identifier(request, universal_keys::star, charset), at_most(request.max_rows)};
    result<found> second = co_await ask_and_tell(std::move(stars), beyond, deadline, every_star);
    if (beyond.rows == 0)
        co_return first;  // many refuse it
    lore.wants_stars = true;
    if (second)
        second->issues.push_back(
            {issue::kind::informational, "the archive wants * in keys that only ask; set quirks.universal: star"});
    co_return second;
}

awaitable<result<found>> dimse_archive::ask_and_tell(find_command what, row_sink& rows, time_point deadline,
                                                     std::string_view form)
{
    auto const began = clock::now();
    counted come(rows);
    result<found> how = co_await inquire(*pool_, source_, std::move(what), &come, deadline);
    rows.exchanged({.what = form, .status = 0, .rows = come.rows, .took = clock::now() - began});
    co_return how;
}

awaitable<delivery::ending> dimse_archive::deliver(std::shared_ptr<delivery> what, part_sink& parts,
                                                   time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    auto const queue_end = std::min(deadline, clock::now() + source_.limits.queue);
    steady_timer bell(home);
    attendance const here(*what, bell);
    if (auto const accepted = pool_->submit(what); !accepted)
        co_return delivery::ending{tl::unexpected(accepted.error())};

    bool queued = true;
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        auto end = co_await what->hand_on(parts);
        if (end)
            co_return std::move(*end);
        if (queued && clock::now() >= queue_end) {
            if (pool_->withdraw(*what))
                co_return delivery::ending{tl::unexpected(pool_->overloaded())};
            queued = false;
        }
        auto const begun = what->begun();
        if (!begun && clock::now() >= deadline)
            co_return delivery::ending{tl::unexpected(failed(errc::timed_out))};
        if (begun)
            bell.expires_at(what->look_again());  // the worker has deadlines of its own
        else
            bell.expires_at(queued ? queue_end : deadline);
        auto const rung = co_await bell.async_wait(as_tuple);
        static_cast<void>(rung);
    }
    pool_->withdraw(*what);
    co_return delivery::ending{tl::unexpected(failed(errc::cancelled))};
}

awaitable<delivery::ending> dimse_archive::retrieve_by(config::retrieve_method way, retrieve_request const& request,
                                                       contents const& known, part_sink& parts, time_point deadline)
{
    auto const home = co_await asio::this_coro::executor;
    if (way == config::retrieve_method::c_get) {
        auto work = std::make_shared<get_errand>(home, deadline, plan_get(request, known));
        auto ended = co_await deliver(std::move(work), parts, deadline);
        co_return ended;
    }
    auto moved = co_await move(request, known, parts, deadline);
    co_return moved;
}

awaitable<delivery::ending> dimse_archive::move(retrieve_request const& request, contents const& known,
                                                part_sink& parts, time_point deadline)
{
    if (!moves_)
        co_return delivery::ending{tl::unexpected(failed(errc::unsupported, ", C-MOVE without a store provider")),
                                   true};
    move_attempts attempts(request, moves_->moved_in(source_.name));
    std::optional<delivery::ending> first;
    for (;;) {
        auto now = co_await move_in(attempts.preferred(), request, known, parts, deadline);
        if (now.ended.how && !attempts.preferred().empty())
            moves_->moved_in(source_.name, attempts.preferred());
        if (now.ended.how || !now.ended.another_way)
            co_return std::move(now.ended);
        if (!first)
            first = std::move(now.ended);
        if (clock::now() >= deadline || !attempts.another(now.associations))
            co_return std::move(*first);
    }
}

/// One at a time for each study where the archive does not tell them apart.
awaitable<dimse_archive::moved_once> dimse_archive::move_in(std::string const& transfer_syntax,
                                                            retrieve_request const& request, contents const& known,
                                                            part_sink& parts, time_point deadline)
{
    permit turn;
    if (!moves_->tells_originator(source_.name)) {
        auto const turns = moves_->turns(source_, request.study_instance_uid);
        auto acquired = co_await turns->acquire(deadline);
        if (!acquired)
            co_return moved_once{{tl::unexpected(std::move(acquired.error()))}, {}};
        turn = std::move(*acquired);
    }
    auto const home = co_await asio::this_coro::executor;
    move_order order{.what = request, .expected = {}, .instances = 0, .transfer_syntax = transfer_syntax};
    if (!request.sop_instance_uid.empty())
        order.expected.push_back(request.sop_instance_uid);
    auto const looked_into = [](series_contents const& each) { return !each.classes.empty(); };
    if (std::ranges::all_of(known.series, looked_into))
        order.instances = known.instances;
    auto const work = std::make_shared<move_errand>(home, deadline, std::move(order), moves_, std::move(turn));
    auto ended = co_await deliver(work, parts, deadline);
    co_return moved_once{std::move(ended), work->associations()};
}

/// Failures after which the whole instance would not come either.
bool concerns_the_archive(failure const& why)
{
    constexpr errc some[] = {errc::cancelled, errc::unreachable, errc::overloaded};
    return std::ranges::any_of(some, [&](errc code) { return why.code == code; }) ||
           (why.code == errc::association_rejected && why.retry_after != std::chrono::seconds(0));
}

awaitable<std::optional<result<retrieved>>> dimse_archive::retrieve_frames(retrieve_request const& request,
                                                                           contents const& known, part_sink& parts,
                                                                           time_point deadline)
{
    auto steps = plan_frames(request, known);
    if (!steps)
        co_return std::nullopt;
    auto& experience = pool_->way();
    auto const sop_class = steps->front().storage.front().abstract_syntax;
    auto const now = clock::now();
    if (!experience.may_extract_frames(sop_class, now))
        co_return std::nullopt;

    auto const home = co_await asio::this_coro::executor;
    auto const half = now + (deadline - now) / 2;  // the other is for the whole instance, should it come to that
    extracted_frames part(request, parts);
    std::vector<get_attempt> attempts;
    attempts.push_back(std::move(*steps));
    auto work = std::make_shared<get_errand>(home, half, std::move(attempts));
    auto const ended = co_await deliver(std::move(work), part, half);
    if (part.whole()) {
        experience.extracted_frames(sop_class);
        retrieved one;
        one.instances = 1;
        co_return result<retrieved>(std::move(one));
    }
    auto why = ended.how ? failed(errc::malformed, ", C-GET of frames without an instance") : ended.how.error();
    bool const for_good = why.code == errc::unsupported || why.code == errc::association_rejected;
    if (why.code != errc::stalled && !concerns_the_archive(why))
        experience.failed_to_extract_frames(sop_class, for_good, clock::now());
    if (part.handed_on() || concerns_the_archive(why))
        co_return result<retrieved>(tl::unexpected(std::move(why)));
    co_return std::nullopt;
}

awaitable<result<retrieved>> dimse_archive::retrieve(retrieve_request const& asked, part_sink& parts,
                                                     time_point deadline)
{
    auto request = asked;
    if (!source_.quirks.frame_level || !takes_part(config::retrieve_method::c_get))
        request.frames.clear();
    auto const known = co_await look_into(*this, request, deadline);
    if (!known)
        co_return tl::unexpected(known.error());
    if (!request.frames.empty()) {
        auto given = co_await retrieve_frames(request, *known, parts, deadline);
        if (given)
            co_return std::move(*given);
        request.frames.clear();
    }

    result<retrieved> first_answer = tl::unexpected(failed(errc::unsupported, ", no way to retrieve"));
    bool first = true;
    auto const ways = pool_->way().in_order(clock::now());
    std::vector<config::retrieve_method> failed_ways;
    for (auto const way : ways) {
        auto ended = co_await retrieve_by(way, request, *known, parts, deadline);
        if (ended.how)
            for (auto const f : failed_ways)
                pool_->way().failed(f, clock::now());
        if (!ended.another_way)
            co_return std::move(ended.how);
        failed_ways.push_back(way);
        if (std::exchange(first, false))
            first_answer = std::move(ended.how);
    }
    // It says that it holds them, and brings none.
    if (!first_answer && first_answer.error().code == errc::not_found && !known->empty()) {
        first_answer.error().code = errc::not_yet;
        first_answer.error().retry_after = while_it_is_fetched;
    }
    co_return first_answer;
}

/// The end of a request came from the one who asked, from us, or on the way to the archive: with whole instances it
/// would be the same.
bool says_nothing_of_the_way(delivery::ending const& ended)
{
    constexpr errc others[] = {errc::cancelled, errc::overloaded,           errc::unreachable, errc::unauthorized,
                               errc::stalled,   errc::association_rejected, errc::too_large};
    return !ended.another_way && std::ranges::any_of(others, [&](errc code) { return ended.how.error().code == code; });
}

/// An archive is asked until it says, or shows, that it does not know this; `complete` then makes metadata of
/// instances. What does not come because its UID was not listed nobody would miss: the list is asked by only where the
/// archive's own count confirms it.
awaitable<result<found>> dimse_archive::retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                                          time_point deadline)
{
    if (!takes_part(config::retrieve_method::c_get) || !source_.quirks.without_bulk_data ||
        !pool_->way().may_leave_out_bulk_data(request.study_instance_uid, clock::now()))
        co_return tl::unexpected(failed(errc::unsupported));
    auto const known = co_await look_into(*this, request, deadline);
    if (!known)
        co_return tl::unexpected(known.error());
    auto steps = plan_without_bulk_data(request, *known);
    if (!steps)
        co_return tl::unexpected(failed(errc::unsupported));
    bool const all_named = co_await names_all(*this, request, *known, deadline);
    if (!all_named)
        co_return tl::unexpected(failed(errc::unsupported));

    auto const home = co_await asio::this_coro::executor;
    bare_metadata parts(rows, source_.quirks.charset_default);
    auto const asked = steps->front().without_bulk_data.size();
    std::vector<get_attempt> attempts;
    attempts.push_back(std::move(*steps));
    auto work = std::make_shared<get_errand>(home, deadline, std::move(attempts));
    auto const ended = co_await deliver(std::move(work), parts, deadline);
    if (!ended.how && says_nothing_of_the_way(ended))
        co_return tl::unexpected(ended.how.error());
    auto& way = pool_->way();
    auto const now = clock::now();
    bool const unknown = !ended.how && ended.how.error().code == errc::unsupported;
    if (unknown)
        way.knows_no_instances_without_bulk_data();
    else if (!ended.how || parts.rows() < asked)
        way.failed_without_bulk_data(request.study_instance_uid, now);
    else if (asked > 1)  // one that came says nothing about lists
        way.left_out_bulk_data();
    if (!ended.how) {
        bool const in_time = ended.how.error().code != errc::timed_out || now < deadline;
        if (parts.rows() == 0 && in_time)
            co_return tl::unexpected(failed(errc::unsupported));
        co_return tl::unexpected(ended.how.error());
    }
    found all;
    all.rows = parts.rows();
    all.issues = ended.how->issues;
    if (parts.lacks_values())
        all.issues.push_back(values_left_out());
    co_return all;
}

}  // namespace

std::shared_ptr<association_pool> make_pool(config::source const& source)
{
    return std::make_shared<association_pool>(source);
}

std::unique_ptr<archive> make_dimse_archive(config::source const& source, std::shared_ptr<association_pool> pool,
                                            std::shared_ptr<move_registry> moves)
{
    return std::make_unique<dimse_archive>(source, std::move(pool), std::move(moves));
}

}  // namespace pons::upstream::dimse
