#include "proxy/dimse/fetching.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"
#include "upstream/federation/holders.hpp"

#include <algorithm>
#include <utility>

namespace pons::proxy::dimse {

using upstream::errc;
using upstream::retrieve_request;

namespace {

/// No more than `complete` asks for again: of an archive that serves the beginning of a list only, a study is not lost.
constexpr std::size_t most_listed = 100;

}  // namespace

/// Takes the instances of one retrieve as they come from the archive, and hands on those that can be given on: to
/// pons-render, or straight into the stream.
class fetching::incoming final : public upstream::part_sink {
public:
    incoming(fetching& of, upstream::part_sink& next) : of_(of), next_(next) {}

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        passed_over_ = !of_.come_.insert(head.sop_instance_uid).second;
        if (passed_over_)
            co_return result<void>();
        head_ = head;
        result<deliverable> const in = co_await of_.forms_.ask(head);
        if (!in)
            co_return tl::unexpected(in.error());
        bool const can_be = *in && (**in == render::form::as_stored || of_.service_.renderer);
        if (!can_be) {
            passed_over_ = true;
            auto const refused = co_await of_.to_.refuse(head);
            co_return refused;
        }
        of_.form_ = **in;
        begun_before_ = of_.to_.begun();
        auto const begun = co_await next_.begin(head);
        // pons-render has too much to do.
        if (!begun && begun.error().code == errc::overloaded) {
            passed_over_ = true;
            auto const refused = co_await of_.to_.refuse(head);
            co_return refused;
        }
        co_return begun;
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (passed_over_)
            co_return result<void>();
        auto const written = co_await next_.write(bytes);
        co_return written;
    }

    awaitable<result<void>> end() override
    {
        if (passed_over_)
            co_return result<void>();
        auto const ended = co_await next_.end();
        if (!ended)
            co_return ended;
        // It could not be transcoded, from its beginning or from somewhere on.
        if (of_.to_.begun() == begun_before_) {
            auto const refused = co_await of_.to_.refuse(head_);
            co_return refused;
        }
        of_.to_.break_off();
        co_return result<void>();
    }

private:
    fetching& of_;
    upstream::part_sink& next_;
    upstream::part_head head_;
    bool passed_over_ = false;
    std::size_t begun_before_ = 0;  // in the stream
};

/// What comes for one request, whichever holder it is from.
class fetching::one_request final : public dicomweb::instance_collection {
public:
    explicit one_request(fetching& of) : of_(of), before_(of.come_.size()) {}

    awaitable<result<void>> take_from(upstream::archive& from, upstream::retrieve_request const& what,
                                      time_point deadline) override
    {
        auto bring = [this, source = render::from_archive(from, what, deadline)](
                         upstream::part_sink& to) -> awaitable<result<void>> {
            incoming in(of_, to);
            auto const brought = co_await source(in);
            co_return brought;
        };
        if (!of_.service_.renderer) {
            auto const done = co_await bring(of_.to_);
            co_return done;
        }
        std::function<render::form(upstream::part_head const&)> form_of = [this](auto const&) { return of_.form_; };
        auto const done =
            co_await of_.service_.renderer->transcode(std::move(bring), of_.to_, std::move(form_of), true);
        co_return done;
    }
    bool has(std::string const& sop_instance_uid) const override { return of_.come_.contains(sop_instance_uid); }
    std::size_t count() const override { return of_.come_.size() - before_; }

private:
    fetching& of_;
    std::size_t before_;
};

awaitable<result<void>> fetching::run(expectation const& what, std::chrono::milliseconds first_byte)
{
    auto work = all_of(what, first_byte);
    auto const done = co_await upstream::cancelled_as_value(std::move(work));
    to_.break_off();
    co_return done;
}

/// Of one archive, what has not come. What goes wrong is nothing: each is asked for by itself then. Errors: cancelled.
awaitable<result<void>> fetching::try_list(std::span<retrieve_request const> some, upstream::archive& from,
                                           std::chrono::milliseconds first_byte)
{
    retrieve_request list{.study_instance_uid = some.front().study_instance_uid,
                          .series_instance_uid = some.front().series_instance_uid,
                          .sop_instance_uid = {}};
    for (auto const& one : some)
        if (!come_.contains(one.sop_instance_uid))
            list.sop_instance_uids.push_back(one.sop_instance_uid);
    if (list.sop_instance_uids.size() < 2)
        co_return result<void>();
    one_request of(*this);
    auto const deadline = clock::now() + first_byte;
    result<void> const done = co_await of.take_from(from, list, deadline);
    to_.break_off();
    bool const gone = co_await upstream::is_cancelled();
    if (gone || (!done && done.error().code == errc::cancelled))
        co_return fail(errc::cancelled, "retrieve");
    co_return result<void>();
}

/// Instances of one series.
awaitable<result<void>> fetching::try_lists(std::span<retrieve_request const> some,
                                            std::chrono::milliseconds first_byte)
{
    if (some.size() < 2)
        co_return result<void>();
    std::string study = some.front().study_instance_uid;
    auto const deadline = clock::now() + first_byte;
    auto const holders = co_await upstream::find_holders(whom_.sources, std::move(study), deadline);
    if (!holders)
        co_return result<void>();  // and neither can they be asked one by one, which then is told
    for (auto const& holder : *holders)
        for (auto rest = some; !rest.empty(); rest = rest.subspan(std::min(most_listed, rest.size()))) {
            auto const part = rest.first(std::min(most_listed, rest.size()));
            result<void> const done = co_await try_list(part, *holder.source->where, first_byte);
            if (!done)
                co_return done;
        }
    co_return result<void>();
}

awaitable<result<void>> fetching::all_of(expectation const& what, std::chrono::milliseconds first_byte)
{
    result<void> all;
    unsigned failures = 0;
    std::span<retrieve_request const> const requests(what.requests);
    for (std::size_t i = 0, listed = 0; i < requests.size(); ++i) {
        auto const& request = requests[i];
        if (i == listed) {
            listed += in_series(requests.subspan(i));
            result<void> const tried = co_await try_lists(requests.subspan(i, listed - i), first_byte);
            if (!tried)
                co_return tried;
        }
        if (!request.sop_instance_uid.empty() && come_.contains(request.sop_instance_uid))
            continue;
        one_request of(*this);
        auto const deadline = clock::now() + first_byte;
        result<void> const done = co_await dicomweb::collect_from_holders(service_, whom_, request, of, deadline);
        to_.break_off();
        bool const gone = co_await upstream::is_cancelled();
        if (gone)
            co_return fail(errc::cancelled, "retrieve");
        failures = done ? 0 : failures + 1;
        if (!done && all)
            all = done;
        if (failures == most_failures || (!done && done.error().code == errc::cancelled))
            break;
    }
    co_return all;
}

}  // namespace pons::proxy::dimse
