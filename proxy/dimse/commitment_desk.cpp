#include "proxy/dimse/commitment_desk.hpp"

#include "proxy/dimse/commitment_call.hpp"
#include "proxy/dimse/commitment_lookup.hpp"
#include "proxy/dimse/locate.hpp"
#include "upstream/committing.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>

namespace pons::proxy::dimse {

namespace {

using references = std::vector<mapping::sop_reference>;
namespace reasons = mapping::failure_reason;

void fail_each(references& all, std::uint16_t reason)
{
    for (auto& one : all)
        one.reason = reason;
}

/// On the bridge.
awaitable<result<references>> ask(bridge::archives& all, config::source const& source,
                                  std::shared_ptr<stored_places const> places, references instances,
                                  std::uint32_t most_queries, time_point deadline)
{
    auto const at = std::ranges::find(all, source.name, [](auto const& each) { return each.facts->name; });
    if (at == all.end())
        co_return fail(upstream::errc::unsupported, "source");
    if (source.commitment == config::commitment_way::by_query) {
        lookup_bounds bounds;
        bounds.by_instance = finds_by_uid(source);
        bounds.most_queries = most_queries;
        auto listed = co_await look_up(*at, std::move(instances), *places, bounds, deadline);
        co_return listed;
    }
    if (!at->committing)
        co_return fail(upstream::errc::unsupported, "source");
    auto told = co_await at->committing->commit(std::move(instances), deadline);
    co_return told;
}

config::source const* find_source(config::settings const& settings, std::string const& name)
{
    auto const at = std::ranges::find(settings.sources, name, &config::source::name);
    return at != settings.sources.end() ? &*at : nullptr;
}

}  // namespace

struct commitment_desk::job {
    commitment_order order;
    config::settings const& settings;
    bridge& across;
    bool settled = false;
    std::size_t attempt = 0;  // of calls to the peer
    time_point due{};
};

commitment_desk::commitment_desk(std::shared_ptr<stored_places const> places, commitment_bounds bounds)
    : places_(std::move(places)), bounds_(std::move(bounds))
{
    waiting_.reserve(bounds_.orders);
}

commitment_desk::~commitment_desk()
{
    stop();
}

bool commitment_desk::take(commitment_order order, config::settings const& settings, bridge& across)
{
    auto one = std::make_shared<job>(job{.order = std::move(order), .settings = settings, .across = across});
    std::scoped_lock const lock(mutex_);
    if (closing_ || orders_ == bounds_.orders)
        return false;
    if (threads_.empty())
        across.before_stop([self = weak_from_this()] {
            if (auto const me = self.lock())
                me->stop();
        });
    if (threads_.size() < bounds_.workers && !start_worker() && threads_.empty())
        return false;
    ++orders_;
    waiting_.push_back(std::move(one));
    news_.notify_one();
    return true;
}

/// With the lock held. False when the system has no more threads.
bool commitment_desk::start_worker()
{
    try {
        threads_.emplace_back([this] { work(); });
    } catch (std::system_error const&) {
        return false;
    }
    return true;
}

void commitment_desk::stop()
{
    std::vector<std::thread> ending;
    {
        std::scoped_lock const lock(mutex_);
        closing_ = true;
        waiting_.clear();
        ending.swap(threads_);
    }
    stop_.request();
    news_.notify_all();
    for (auto& each : ending)
        each.join();
}

void commitment_desk::work()
{
    enum class ending { well, shortage, exception };
    while (auto const one = next()) {
        auto how = ending::well;
        try {
            if (!one->settled && !settle(*one))
                return;
            report(one);
        } catch (std::bad_alloc const&) {
            how = ending::shortage;
        } catch (std::system_error const&) {
            how = ending::shortage;
        } catch (std::exception const&) {
            how = ending::exception;
        }
        if (how != ending::well)
            stumble(one, how == ending::shortage);
    }
}

/// It is one order's misfortune, and may pass.
void commitment_desk::stumble(std::shared_ptr<job> const& one, bool of_shortage)
{
    try {
        if (of_shortage)
            spdlog::error("storage commitment for {}: out of descriptors or memory", one->order.who.calling_ae);
        else
            spdlog::critical("storage commitment for {}: ended by an exception", one->order.who.calling_ae);
        try_again(one, of_shortage ? "out of resources" : "an exception");
    } catch (std::exception const&) {  // not even memory to say so: nobody is told, and a modality asks again
        std::scoped_lock const lock(mutex_);
        --orders_;
    }
}

/// The one that is due first, when it is; null: the end.
std::shared_ptr<commitment_desk::job> commitment_desk::next()
{
    std::unique_lock lock(mutex_);
    while (!closing_) {
        auto const first = std::ranges::min_element(waiting_, {}, [](auto const& each) { return each->due; });
        if (first == waiting_.end()) {
            news_.wait(lock);
        } else if ((*first)->due > clock::now()) {
            news_.wait_until(lock, (*first)->due);
        } else {
            auto one = std::move(*first);
            waiting_.erase(first);
            return one;
        }
    }
    return nullptr;
}

/// False: Pons stops.
bool commitment_desk::settle(job& one)
{
    auto& order = one.order;
    auto const* const source = find_source(one.settings, order.source);
    if (!source || source->commitment == config::commitment_way::none) {
        fail_each(order.what.instances, reasons::no_such_object_instance);
    } else {
        upstream::dimse::interruption news;
        auto const deadline = clock::now() + order.time;
        auto asked =
            one.across.begin<references>(news, [source, places = places_, instances = order.what.instances,
                                                most = order.most_queries, deadline](bridge::archives& all) mutable {
                return ask(all, *source, places, std::move(instances), most, deadline);
            });
        while (!asked.ended()) {
            using upstream::dimse::either;
            if (upstream::dimse::wait_for_either(news.fd(), stop_.fd(), {time_point::max()}) != either::first)
                return false;
            news.reset();
        }
        auto how = asked.wait();
        bool const unable = !how && how.error().code == upstream::errc::unsupported;
        if (how)
            order.what.instances = std::move(*how);
        else
            fail_each(order.what.instances, unable ? reasons::no_such_object_instance : reasons::processing_failure);
        if (!how)
            spdlog::warn("storage commitment for {}: {}", order.who.calling_ae, in_words(how.error()));
    }
    one.settled = true;
    auto const& all = order.what.instances;
    auto const kept = std::ranges::count(all, reasons::none, &mapping::sop_reference::reason);
    spdlog::info("storage commitment for {} at {} to {}: {} of {} instances kept", order.who.calling_ae,
                 order.who.address, order.who.called_ae, kept, all.size());
    return true;
}

void commitment_desk::report(std::shared_ptr<job> const& one)
{
    auto const& order = one->order;
    if (auto const over = order.over.lock()) {
        notice news{.context = order.context,
                    .command = make_event(order.what),
                    .data_set = mapping::write_storage_commitment(order.what, order.as)};
        news.told = [self = weak_from_this(), one](bool taken) {
            auto const me = self.lock();
            if (!me)
                return;
            if (taken)
                return me->done(*one, "told on its association");
            one->order.over.reset();
            me->put_back(one);
        };
        if (over->post(news))
            return;
    }
    if (!order.who.peer)
        return done(*one, "not told: it is not among peers, and its association has ended");
    auto const told =
        report_to(*order.who.peer, order.who.called_ae, order.what, {clock::now() + bounds_.call, &stop_});
    if (told)
        return done(*one, "told on another association");
    try_again(one, told.error().where);
}

void commitment_desk::try_again(std::shared_ptr<job> const& one, std::string_view why)
{
    if (++one->attempt >= bounds_.pauses.size())
        return done(*one, fmt::format("not told: {}", why));
    put_back(one);
}

void commitment_desk::put_back(std::shared_ptr<job> const& one)
{
    std::scoped_lock const lock(mutex_);
    if (closing_)
        return;
    one->due = clock::now() + bounds_.pauses[std::min(one->attempt, bounds_.pauses.size() - 1)];
    waiting_.push_back(one);
    news_.notify_one();
}

void commitment_desk::done(job const& one, std::string_view how)
{
    spdlog::info("storage commitment for {}: {}", one.order.who.calling_ae, how);
    std::scoped_lock const lock(mutex_);
    --orders_;
}

}  // namespace pons::proxy::dimse
