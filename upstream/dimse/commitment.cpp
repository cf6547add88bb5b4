#include "upstream/dimse/commitment.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/errand.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/encoding.hpp"
#include "upstream/dimse/wire/uids.hpp"
#include "upstream/fresh_uid.hpp"

#include <algorithm>
#include <unordered_map>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;
using mapping::storage_commitment;

constexpr auto release_time = 200ms;
constexpr auto time_to_answer = 5s;  ///< on the association of the N-ACTION, before others may have it

command_set make_action(std::uint16_t message_id)
{
    command_set rq;
    rq.set(command_element::requested_sop_class_uid, uids::storage_commitment);
    rq.set(command_element::command_field, static_cast<std::uint16_t>(command::n_action_rq));
    rq.set(command_element::message_id, message_id);
    rq.set(command_element::command_data_set_type, std::uint16_t{1});
    rq.set(command_element::requested_sop_instance_uid, uids::storage_commitment_instance);
    rq.set(command_element::action_type_id, std::uint16_t{1});  // Request Storage Commitment
    return rq;
}

/// What `told` says of each of `asked`.
std::vector<mapping::sop_reference> judge(std::vector<mapping::sop_reference> asked, storage_commitment const& told)
{
    std::unordered_map<std::string_view, mapping::sop_reference const*> by_uid;
    for (auto const& one : told.instances)
        by_uid.emplace(one.sop_instance_uid, &one);
    for (auto& one : asked) {
        auto const found = by_uid.find(one.sop_instance_uid);
        if (found == by_uid.end())
            one.reason = mapping::failure_reason::processing_failure;
        else if (found->second->reason == mapping::failure_reason::none &&
                 found->second->sop_class_uid != one.sop_class_uid)
            one.reason = mapping::failure_reason::class_instance_conflict;
        else
            one.reason = found->second->reason;
    }
    return asked;
}

}  // namespace

association_request commitment_proposals(config::source const& source)
{
    std::vector<std::string> const syntaxes{uids::explicit_vr_little_endian, uids::implicit_vr_little_endian};
    return {.calling_ae = source.store_ae,
            .called_ae = source.called_ae,
            .contexts = {{uids::storage_commitment, syntaxes}, {uids::verification, syntaxes}}};
}

class commit_errand final : public errand {
public:
    commit_errand(executor home, time_point deadline, std::shared_ptr<commitment_registry> registry,
                  std::vector<mapping::sop_reference> instances)
        : errand(std::move(home), deadline),
          registry_(std::move(registry)),
          what_{.transaction_uid = fresh_uid(), .instances = std::move(instances)}
    {
    }
    ~commit_errand() override { registry_->leave(what_.transaction_uid); }

    void enter(std::shared_ptr<commit_errand> const& me) { registry_->enter(what_.transaction_uid, me); }
    std::vector<mapping::sop_reference> const& instances() const { return what_.instances; }

    bool long_lasting() const override { return true; }
    void give_up(failure why) override { settle(tl::unexpected(std::move(why))); }

    /// For the coroutine.
    std::optional<result<storage_commitment>> take()
    {
        std::scoped_lock const lock(mutex_);
        rung();
        return std::exchange(told_, {});
    }

    /// By whoever hears of it first.
    void settle(result<storage_commitment> how)
    {
        std::scoped_lock const lock(mutex_);
        if (std::exchange(settled_, true))
            return;
        told_ = std::move(how);
        interrupt_worker();
        ring();
    }

    void work(workbench& at) override
    {
        if (at.line) {
            at.line->release({clock::now() + release_time, &at.by});
            at.line.reset();
        }
        auto opened = open_patiently(at.source, commitment_proposals(at.source), {deadline(), &at.by});
        if (!opened)
            return give_up(std::move(opened.error()));
        auto& line = *opened;
        conversation talk(line, at.source, deadline(), at.by);
        auto const* const in = line.context(uids::storage_commitment);
        if (!in)
            return give_up({errc::unsupported, talk.at("storage commitment not accepted")});
        auto const bytes = mapping::write_storage_commitment(what_, encoding_of(in->transfer_syntax));
        auto const sent = talk.send(in->id, make_action(talk.id()), bytes);
        if (!sent)
            return give_up(sent.error());
        if (auto const accepted = hear_response(line, talk); !accepted)
            return give_up(accepted.error());
        auto const until = std::min(deadline(), clock::now() + time_to_answer);
        while (!is_settled() && line.usable() && hear_event(line, {until, &at.by}))
            ;
        at.by.reset();
        line.release({clock::now() + release_time});
    }

private:
    void drop_unread() noexcept override { told_ = {}; }

    bool is_settled() const
    {
        std::scoped_lock const lock(mutex_);
        return settled_ || gone();
    }

    /// N-ACTION-RSP. Its event may come before it.
    result<void> hear_response(association& line, conversation& talk)
    {
        for (;;) {
            auto const said = talk.next();
            if (!said)
                return tl::unexpected(said.error());
            if (said->command.is(command::n_event_report_rq)) {
                if (!take_event(line, *said, talk.next_patience()))
                    return fail(errc::malformed, talk.at("N-EVENT-REPORT"));
                continue;
            }
            if (!talk.is_response(*said, command::n_action_rsp))
                return fail(errc::malformed, talk.at("N-ACTION"));
            if (said->command.has_data_set()) {
                std::vector<std::byte> ignored;
                if (auto const read = talk.data_set(ignored, 0); !read)
                    return tl::unexpected(read.error());
            }
            if (said->command.number(command_element::status) != status::success)
                return tl::unexpected(talk.refused("N-ACTION", said->command));
            return {};
        }
    }

    /// False: there is nothing more to be heard.
    bool hear_event(association& line, patience const& how_long)
    {
        auto const said = line.receive_command(how_long);
        return said && said->command.is(command::n_event_report_rq) && take_event(line, *said, how_long);
    }

    bool take_event(association& line, message const& rq, patience const& how_long)
    {
        auto const* const context = line.context(rq.context);
        if (!context || !rq.command.has_data_set())
            return false;
        std::vector<std::byte> bytes;
        auto const fits = line.receive_data_set(bytes, mapping::largest_storage_commitment, how_long);
        if (!fits)
            return false;
        auto told = mapping::read_storage_commitment(bytes, encoding_of(context->transfer_syntax));
        bool const known = *fits && told && told->transaction_uid == what_.transaction_uid;
        auto const answer = known ? status::success : mapping::failure_reason::no_such_object_instance;
        bool const answered =
            line.send(rq.context, event_response(rq.command, answer), {}, {clock::now() + time_to_answer}).has_value();
        if (known)
            settle(std::move(told));
        return answered;
    }

    std::shared_ptr<commitment_registry> const registry_;
    storage_commitment const what_;
    std::optional<result<storage_commitment>> told_;
    bool settled_ = false;
};

bool commitment_registry::is_waiting()
{
    std::scoped_lock const lock(mutex_);
    return !waiting_.empty();
}

bool commitment_registry::report(storage_commitment const& told)
{
    std::shared_ptr<commit_errand> who;
    {
        std::scoped_lock const lock(mutex_);
        if (auto const at = waiting_.find(told.transaction_uid); at != waiting_.end())
            who = at->second.lock();
    }
    if (who)
        who->settle(told);
    return who != nullptr;
}

void commitment_registry::enter(std::string const& transaction_uid, std::weak_ptr<commit_errand> who)
{
    std::scoped_lock const lock(mutex_);
    waiting_.emplace(transaction_uid, std::move(who));
}

void commitment_registry::leave(std::string const& transaction_uid)
{
    std::scoped_lock const lock(mutex_);
    waiting_.erase(transaction_uid);
}

command_set event_response(command_set const& rq, std::uint16_t status)
{
    command_set rsp;
    rsp.set(command_element::command_field, static_cast<std::uint16_t>(command::n_event_report_rsp));
    rsp.set(command_element::message_id_being_responded_to, rq.number(command_element::message_id).value_or(0));
    rsp.set(command_element::command_data_set_type, no_data_set);
    rsp.set(command_element::status, status);
    for (auto const e : {command_element::affected_sop_class_uid, command_element::affected_sop_instance_uid})
        if (auto const uid = rq.text(e); !uid.empty())
            rsp.set(e, uid);
    if (auto const type = rq.number(command_element::event_type_id))
        rsp.set(command_element::event_type_id, *type);
    return rsp;
}

namespace {

class dimse_committing final : public committing {
public:
    dimse_committing(config::source const& source, std::shared_ptr<association_pool> pool,
                     std::shared_ptr<commitment_registry> registry)
        : name_(source.name), pool_(std::move(pool)), registry_(std::move(registry))
    {
    }

    awaitable<result<std::vector<mapping::sop_reference>>> commit(std::vector<mapping::sop_reference> instances,
                                                                  time_point deadline) override
    {
        co_return co_await cancelled_as_value(ask(std::move(instances), deadline));
    }

private:
    awaitable<result<std::vector<mapping::sop_reference>>> ask(std::vector<mapping::sop_reference> instances,
                                                               time_point deadline)
    {
        auto const home = co_await asio::this_coro::executor;
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        auto const asked = std::make_shared<commit_errand>(home, deadline, registry_, std::move(instances));
        asked->enter(asked);
        steady_timer bell(home);
        attendance const here(*asked, bell);
        if (auto const accepted = pool_->submit(asked); !accepted)
            co_return tl::unexpected(accepted.error());
        while (cancellation.cancelled() == asio::cancellation_type::none && clock::now() < deadline) {
            auto told = asked->take();
            if (told && !*told)
                co_return tl::unexpected(told->error());
            if (told)
                co_return judge(asked->instances(), **told);
            bell.expires_at(deadline);
            auto const rung = co_await bell.async_wait(as_tuple);
            static_cast<void>(rung);
        }
        pool_->withdraw(*asked);
        bool const late = clock::now() >= deadline;
        co_return fail(late ? errc::timed_out : errc::cancelled, "source " + name_ + ", N-EVENT-REPORT");
    }

    std::string const name_;
    std::shared_ptr<association_pool> const pool_;
    std::shared_ptr<commitment_registry> const registry_;
};

}  // namespace

std::shared_ptr<committing> make_committing(config::source const& source, std::shared_ptr<association_pool> pool,
                                            std::shared_ptr<commitment_registry> registry)
{
    return std::make_shared<dimse_committing>(source, std::move(pool), std::move(registry));
}

}  // namespace pons::upstream::dimse
