#include "upstream/dimse/c_store.hpp"

#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/instance_taker.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace pons::upstream::dimse {

namespace {

using namespace std::chrono_literals;
namespace told = store_status;

constexpr auto release_time = 200ms;
constexpr std::size_t most_contexts = 128;     // PS3.8 §9.3.2.2
constexpr std::size_t largest_answer = 65536;  // a data set with a C-STORE-RSP, which is none of the standard's

/// All stores of one errand.
class storing {
public:
    storing(workbench& at, shipment& from, recent_contexts& recent, time_point first_by)
        : at_(at),
          from_(from),
          recent_(recent),
          first_by_(first_by),
          until_(clock::now() + at.source.timeouts.transfer),
          line_(at.line)
    {
    }

    void run();

private:
    std::uint16_t store(part_head const& head);
    /// The context for it, or the status of an instance that cannot have one.
    tl::expected<std::uint8_t, std::uint16_t> context_for(storage_context const& what);
    void open_for(storage_context const& what);
    result<std::uint16_t> send(std::uint8_t context, part_head const& head);
    bool line_is_good() const;
    void hang_up();
    void broke(failure why);
    patience until_first_byte() const { return {answered_ ? until_ : std::min(first_by_, until_), &at_.by}; }

    workbench& at_;
    shipment& from_;
    recent_contexts& recent_;
    time_point const first_by_;
    time_point const until_;
    std::optional<association>& line_;     // the worker's, kept for the next store
    std::vector<storage_context> needed_;  // by this store so far
    std::map<std::pair<std::string, std::string>, std::uint16_t> refused_;
    bool sending_ = false;   // the bytes of an instance have not all left
    bool answered_ = false;  // for any of them
    std::string comment_;    // of the archive, on the instance that is sent
    bool down_ = false;      // nothing is tried any more
    unsigned breaks_ = 0;    // in a row
    std::optional<failure> first_failure_;
};

void storing::run()
{
    while (auto const head = from_.next(until_)) {
        comment_.clear();
        auto const status = store(*head);
        from_.told(*head, status, std::move(comment_));
        if (down_ && !answered_)  // nobody needs to send all that for this
            break;
    }
    auto const source = "source " + at_.source.name;
    bool const lost = from_.lost();  // who has heard the end leaves, too
    if (lost && clock::now() >= until_)
        from_.finish(fail(errc::timed_out, source + ", C-STORE"));
    else if (lost)
        from_.finish(fail(errc::cancelled, source + ", C-STORE"));
    else if (!answered_ && first_failure_)
        from_.finish(tl::unexpected(*first_failure_));
    else
        from_.finish({});
    if (line_ && (lost || !line_is_good()))
        line_.reset();
}

std::uint16_t storing::store(part_head const& head)
{
    if (!may_be_uid(head.sop_class_uid) || !may_be_uid(head.sop_instance_uid) ||
        !may_be_uid(head.transfer_syntax_uid)) {
        answered_ = true;
        from_.skip(until_);
        return told::cannot_understand;
    }
    auto const context = context_for({head.sop_class_uid, head.transfer_syntax_uid});
    if (!context) {
        if (!down_ || answered_)
            from_.skip(until_);
        return context.error();
    }
    auto const status = send(*context, head);
    if (status) {
        answered_ = true;
        breaks_ = 0;
        return *status;
    }
    broke(status.error());
    if (sending_)
        from_.skip(until_);
    return told::processing_failure;
}

void storing::broke(failure why)
{
    line_.reset();  // A-ABORT
    if (!first_failure_)
        first_failure_ = std::move(why);
    down_ = down_ || ++breaks_ == store_errand::most_breaks;
}

/// An idle peer that has something to say has closed or aborted.
bool storing::line_is_good() const
{
    return !line_->has_input();
}

void storing::hang_up()
{
    if (line_ && line_->usable() && !from_.lost())
        line_->release({clock::now() + release_time, &at_.by});
    line_.reset();
}

tl::expected<std::uint8_t, std::uint16_t> storing::context_for(storage_context const& what)
{
    auto const known = refused_.find({what.sop_class, what.transfer_syntax});
    if (known != refused_.end())
        return tl::unexpected(known->second);
    if (line_ && !line_is_good())
        line_.reset();
    if (line_ && is_used_up(*line_, at_.source))
        hang_up();
    if (line_)
        if (auto const* const there = line_->context(what.sop_class, what.transfer_syntax))
            return there->id;
    if (!down_) {
        hang_up();
        open_for(what);
    }
    if (!line_)
        return tl::unexpected(told::processing_failure);
    if (auto const* const there = line_->context(what.sop_class, what.transfer_syntax)) {
        needed_.push_back(what);
        recent_.stored(what);
        return there->id;
    }
    auto const& refused = line_->refused();
    auto const why = std::ranges::find_if(refused, [&](refused_context const& each) {
        return each.abstract_syntax == what.sop_class && each.transfer_syntax == what.transfer_syntax;
    });
    auto const for_syntax = why != refused.end() && why->for_transfer_syntax;
    auto const status = for_syntax ? told::transfer_syntax_unsupported : told::sop_class_not_supported;
    refused_[{what.sop_class, what.transfer_syntax}] = status;
    answered_ = true;
    return tl::unexpected(status);
}

void storing::open_for(storage_context const& what)
{
    std::vector<storage_context> wanted(1, what);
    auto const add = [&](std::vector<storage_context> const& more) {
        for (auto const& each : more)
            if (wanted.size() < most_contexts && std::ranges::find(wanted, each) == wanted.end())
                wanted.push_back(each);
    };
    add(needed_);
    add(recent_.all());
    for (bool again = true; again;) {
        association_request rq{at_.source.calling_ae, at_.source.called_ae, {}};
        for (auto const& each : wanted)
            rq.contexts.push_back({each.sop_class, {each.transfer_syntax}});
        auto opened = open_patiently(at_.source, rq, until_first_byte());
        if (opened) {
            line_ = std::move(*opened);
            return;
        }
        again =
            opened.error().code == errc::association_rejected && opened.error().retry_after == 0s && wanted.size() > 1;
        if (again) {
            recent_.forget();
            needed_.clear();
            wanted.resize(1);
        } else {
            down_ = true;
            if (!first_failure_)
                first_failure_ = std::move(opened.error());
        }
    }
}

result<std::uint16_t> storing::send(std::uint8_t context, part_head const& head)
{
    sending_ = true;
    conversation talk(*line_, at_.source, until_, at_.by);
    auto rq = make_request(command::c_store_rq, head.sop_class_uid.c_str(), talk.id(), true);
    rq.set(command_element::affected_sop_instance_uid, head.sop_instance_uid);
    auto const soon = [&]() -> patience { return {std::min(until_, clock::now() + stall_budget), &at_.by}; };
    if (auto const begun = line_->begin_message(context, rq, soon()); !begun)
        return tl::unexpected(talk.placed(begun.error()));
    for (bool last = false; !last;) {
        auto const piece = from_.next_piece(until_);
        if (!piece)
            return fail(errc::cancelled, talk.at("C-STORE"));
        auto bytes = piece->bytes;
        std::array<std::byte, 2> end{};
        bool const odd = bytes.size() % 2 != 0;
        if (odd) {
            end[0] = bytes.back();
            bytes = bytes.first(bytes.size() - 1);
        }
        auto sent = line_->send_piece(context, bytes, piece->last && !odd, soon());
        if (sent && odd)
            sent = line_->send_piece(context, end, piece->last, soon());
        if (!sent)
            return tl::unexpected(talk.placed(sent.error()));
        last = piece->last;
    }
    from_.sent();
    sending_ = false;
    auto const rsp = talk.next(command::c_store_rsp);
    if (!rsp)
        return tl::unexpected(rsp.error());
    if (rsp->command.has_data_set()) {
        std::vector<std::byte> dropped;
        if (auto const came = talk.data_set(dropped, largest_answer); !came)
            return tl::unexpected(came.error());
    }
    auto const status = *rsp->command.number(command_element::status);
    comment_ = rsp->command.text(command_element::error_comment);
    // Pending is no answer to a store.
    return status::is_pending(status) ? told::cannot_understand : status;
}

}  // namespace

void store_errand::work(workbench& at)
{
    storing all(at, *this, recent_, deadline());
    all.run();
}

}  // namespace pons::upstream::dimse
