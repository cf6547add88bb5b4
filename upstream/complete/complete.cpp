#include "upstream/complete/complete.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/complete/arrivals.hpp"
#include "upstream/complete/bulk_of.hpp"
#include "upstream/complete/kept_metadata.hpp"
#include "upstream/complete/listed_archive.hpp"
#include "upstream/complete/listing.hpp"
#include "upstream/metadata_of.hpp"
#include "upstream/source_text.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

namespace pons::upstream {

namespace {

constexpr int rounds = 2;

/// What became of one instance, or of a whole retrieve, that the archive could still make good.
bool may_go_better(failure const& why)
{
    return why.code == errc::aborted || why.code == errc::refused || why.code == errc::malformed ||
           why.code == errc::incomplete || why.code == errc::not_found || why.code == errc::not_yet;
}

/// Errors of the way to the archive: when they end a retrieve in its middle, trying for what is missing may help once.
bool is_of_the_way(failure const& why)
{
    return why.code == errc::timed_out || why.code == errc::unreachable || why.code == errc::association_rejected ||
           why.code == errc::overloaded || why.code == errc::closed;
}

class complete_archive final : public comparing_archive {
public:
    complete_archive(std::unique_ptr<archive> inner, config::source const& source, std::shared_ptr<metadata_cache> kept)
        : inner_(std::move(inner)), source_(source), kept_(std::move(kept))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        return inner_->find(request, rows, deadline);
    }

    awaitable<result<void>> verify(time_point deadline) override { return inner_->verify(deadline); }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        return inner_->store(instances, deadline);
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        return retrieve_listed(request, nullptr, parts, deadline);
    }

    awaitable<result<retrieved>> retrieve_listed(retrieve_request const& request, std::shared_ptr<census const> known,
                                                 part_sink& parts, time_point deadline) override
    {
        arriving_parts come(*inner_, parts, request);
        bool const is_list = !request.sop_instance_uids.empty();
        auto work = is_list ? listed(request, come, deadline) : complete(request, come, deadline, std::move(known));
        co_return co_await cancelled_as_value(std::move(work));
    }

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override
    {
        co_return co_await cancelled_as_value(metadata(request, rows, deadline));
    }

    awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                          time_point deadline) override
    {
        co_return co_await cancelled_as_value(bulk(request, place, to, deadline));
    }

private:
    /// Tells whether anything went to the sink.
    struct watched_sink final : bulk_sink {
        explicit watched_sink(bulk_sink& sink) : to(sink) {}
        awaitable<result<void>> begin(bool encapsulated) override
        {
            begun = true;
            return to.begin(encapsulated);
        }
        awaitable<result<void>> write(std::span<std::byte const> bytes) override { return to.write(bytes); }

        bulk_sink& to;
        bool begun = false;
    };

    awaitable<result<void>> bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                 time_point deadline)
    {
        watched_sink own(to);
        result<void> const given = co_await inner_->retrieve_bulk(request, place, own, deadline);
        bool const elsewhere =
            !given && !own.begun && (given.error().code == errc::unsupported || given.error().code == errc::not_found);
        if (!elsewhere)
            co_return given;
        bulk_of part(place, to);
        arriving_parts come(*inner_, part, request);
        result<retrieved> const all = co_await complete(request, come, deadline);
        bool const gone = co_await is_cancelled();
        if (gone)
            co_return fail(errc::cancelled, "source " + source_.name);
        if (part.whole())
            co_return result<void>();
        if (!all)
            co_return tl::unexpected(all.error());
        co_return fail(errc::not_found, "no such value in the instance");
    }

    awaitable<result<found>> metadata(retrieve_request const& request, row_sink& rows, time_point deadline)
    {
        if (kept_) {
            auto given = co_await answer_kept(*kept_, *inner_, source_, request, rows, deadline);
            if (!given)
                co_return tl::unexpected(std::move(given.error()));
            if (*given)
                co_return std::move(**given);
        }
        std::optional<keeping_rows> keeping;
        if (kept_)
            keeping.emplace(*kept_, request, rows);
        {
            // What a DICOMweb archive makes itself costs it no more than to list it.
            bool const is_kept = keeping && source_.kind == config::source_kind::dimse;
            row_sink& to = is_kept ? *keeping : rows;
            arriving_rows come(*inner_, to, request, text_of(source_));
            result<retrieved> all = co_await complete(request, come, deadline);
            bool const elsewhere = !all && !come.begun &&
                                   (all.error().code == errc::unsupported || all.error().code == errc::not_found ||
                                    all.error().code == errc::not_yet);
            if (!elsewhere) {
                if (is_kept && all && all->issues.empty())
                    keeping->keep(come.whole);
                result<found> done = found_of(std::move(all));
                co_return done;
            }
        }
        metadata_of parts(keeping ? *keeping : rows, text_of(source_));
        arriving_parts come(*inner_, parts, request);
        result<retrieved> all = co_await complete(request, come, deadline);
        if (all && parts.lacks_values())
            all->issues.push_back(values_left_out());
        // What nothing confirms has an issue.
        if (keeping && all && all->issues.empty())
            keeping->keep(come.whole);
        result<found> done = found_of(std::move(all));
        co_return done;
    }

    static result<found> found_of(result<retrieved> all)
    {
        if (!all)
            return tl::unexpected(std::move(all.error()));
        found how;
        how.rows = all->instances;
        how.issues = std::move(all->issues);
        return how;
    }

    tl::unexpected<failure> incomplete(std::string_view why) const
    {
        return fail(errc::incomplete, "source " + source_.name + ": " + std::string(why));
    }

    /// Why `is_confirmed` is false; without what a peer says, since it is logged.
    static std::string unconfirmed(result<census> const& there)
    {
        std::string why = "nothing confirms that all instances came: ";
        if (!there)
            return why + there.error().code.message() + ", when it was asked for its list";
        return why.append(there->whole() ? "more came, or were counted, than it lists" : there->doubt);
    }

    /// Who asks for a list knows what there is.
    awaitable<result<retrieved>> listed(retrieve_request const& request, arrivals& come, time_point deadline)
    {
        result<retrieved> all = co_await come.ask(request, deadline);
        if (all && (come.inside || come.whole.size() < request.sop_instance_uids.size()))
            all = incomplete("instances of a list did not come");
        if (all)
            all->instances = static_cast<std::uint32_t>(come.whole.size());
        co_return all;
    }

    /// The table of the header, from top to bottom.
    awaitable<result<retrieved>> complete(retrieve_request const& request, arrivals& come, time_point deadline,
                                          std::shared_ptr<census const> known = nullptr)
    {
        auto const here = co_await asio::this_coro::executor;
        come.study = request.study_instance_uid;
        auto const background = std::make_shared<listing>(here);
        auto const give_up = clock::now() + source_.timeouts.transfer;
        bool const one = !request.sop_instance_uid.empty();
        if (!one && source_.limits.associations > 1)
            come.on_first = [&] { start(*background, request, known); };

        result<retrieved> all = co_await come.ask(request, deadline);
        bool const gone = co_await is_cancelled();
        if (all && come.inside)
            all = incomplete("an instance did not end");
        // An archive that finds a study and does not find its images is not believed that there are none.
        bool const nothing = !gone && !come.begun && (all || all.error().code == errc::not_found);
        if (!all && !nothing &&
            (gone || come.inside || !come.begun || !(may_go_better(all.error()) || is_of_the_way(all.error())))) {
            co_await background->stop();
            bool const refused = !gone && !come.begun && all.error().code == errc::refused;
            if (refused) {
                // Some archives answer a failure for what they do not hold.
                result<census> const there = co_await census_of(request, *background);
                if (there && there->series_of.empty() && there->announced == 0)
                    co_return fail(errc::not_found, all.error().where);
            }
            co_return all;
        }
        if (all && one && come.begun) {
            all->instances = 1;
            co_return all;
        }
        bool const was_early = background->started() || known;
        if (!background->started())
            start(*background, request, nothing ? nullptr : known);
        result<census> there = co_await background->outcome();
        bool const gone_by_now = co_await is_cancelled();
        if (gone_by_now)
            co_return fail(errc::cancelled, "source " + source_.name);
        if (nothing) {
            result<retrieved> const none = nothing_came(there);
            co_return none;
        }
        if (was_early && !is_confirmed(there, come, all)) {
            result<census> later = co_await census_of(request, *background);
            if (later)
                there = std::move(later);
        }
        bool const confirmed = is_confirmed(there, come, all);
        if (!all && !confirmed)
            co_return all;

        auto missing = missing_of(there, come);
        if (missing.size() > most_asked_again)
            co_return incomplete("too many instances did not come");
        std::vector<issue> issues;
        for (int round = 0; round < rounds && !missing.empty(); ++round) {
            result<void> const asked = co_await ask_again(missing, come, give_up, issues);
            if (!asked)
                co_return tl::unexpected(asked.error());
            missing = missing_of(there, come);
        }
        bool const gone_meanwhile = co_await is_cancelled();
        if (gone_meanwhile)
            co_return fail(errc::cancelled, "source " + source_.name);
        if (!missing.empty())
            co_return incomplete("instances that it lists did not come");
        if (!all)
            all = retrieved();
        std::ranges::move(issues, std::back_inserter(all->issues));
        auto const came = come.whole.size() + come.dropped;
        if (!confirmed && (source_.verify != config::verify_mode::lenient || all->completed > came))
            co_return incomplete(unconfirmed(there));
        if (!confirmed)
            all->issues.push_back({issue::kind::incomplete, unconfirmed(there)});
        all->instances = static_cast<std::uint32_t>(come.whole.size());
        co_return all;
    }

    void start(listing& background, retrieve_request const& request, std::shared_ptr<census const> known = nullptr)
    {
        background.start(*inner_, request, source_.quirks.max_results, source_.timeouts.total, std::move(known));
    }

    awaitable<result<census>> census_of(retrieve_request const& request, listing& background)
    {
        if (!background.started())
            start(background, request);
        return background.outcome();
    }

    result<retrieved> nothing_came(result<census> const& there) const
    {
        if (!there)
            return tl::unexpected(there.error());
        auto const where = "source " + source_.name + ": a retrieve that brought nothing";
        if (there->series_of.empty() && there->announced == 0)
            return fail(errc::not_found, where);
        return fail(errc::not_yet, where, while_it_is_fetched);
    }

    static bool is_confirmed(result<census> const& there, arrivals const& come, result<retrieved> const& all)
    {
        if (!there || !there->whole())
            return false;
        // One that came twice was counted twice.
        std::size_t const completed = all ? all->completed : 0;
        auto const counted = completed - std::min(completed, come.dropped);
        return there->series_of.size() >= std::max(come.whole.size(), counted);
    }

    static std::vector<retrieve_request> missing_of(result<census> const& there, arrivals const& come)
    {
        std::vector<retrieve_request> missing;
        if (!there)
            return missing;
        for (auto const& [uid, series] : there->series_of)
            if (!come.whole.contains(uid))
                missing.push_back({come.study, series, uid});
        return missing;
    }

    awaitable<result<void>> ask_again(std::vector<retrieve_request>& missing, arrivals& come, time_point give_up,
                                      std::vector<issue>& issues)
    {
        for (auto& one : missing) {
            bool const gone = co_await is_cancelled();
            if (gone)
                co_return fail(errc::cancelled, "source " + source_.name);
            if (come.whole.contains(one.sop_instance_uid))
                continue;
            auto const now = clock::now();
            if (now >= give_up)
                co_return incomplete("no time is left for instances that did not come");
            auto const by = std::min(give_up, now + source_.timeouts.first_response);
            result<retrieved> got = co_await come.ask(one, by);
            if (got) {
                std::ranges::move(got->issues, std::back_inserter(issues));
                continue;
            }
            if (come.inside || !(may_go_better(got.error()) || is_of_the_way(got.error())))
                co_return tl::unexpected(got.error());
            if (is_of_the_way(got.error()))
                co_return incomplete("instances that did not come could not be asked for again");
        }
        co_return result<void>();
    }

    std::unique_ptr<archive> const inner_;
    config::source const& source_;
    std::shared_ptr<metadata_cache> const kept_;
};

}  // namespace

std::unique_ptr<archive> make_complete(std::unique_ptr<archive> inner, config::source const& source,
                                       std::shared_ptr<metadata_cache> kept)
{
    return std::make_unique<complete_archive>(std::move(inner), source, std::move(kept));
}

}  // namespace pons::upstream
