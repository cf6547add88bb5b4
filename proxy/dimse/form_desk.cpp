#include "proxy/dimse/form_desk.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/errc.hpp"

namespace pons::proxy::dimse {

awaitable<result<deliverable>> form_desk::ask(upstream::part_head const& head)
{
    std::pair key(head.sop_class_uid, head.transfer_syntax_uid);
    if (auto const known = known_.find(key); known != known_.end())
        co_return known->second;
    {
        std::scoped_lock const lock(mutex_);
        question_ = asked{++questions_, head};
        answer_.reset();
        news_.request();
    }
    deliverable in;
    for (;;) {
        auto const now = look(in);
        if (now == step::answered)
            break;
        bool const gone = co_await upstream::is_cancelled();
        if (gone || now == step::closed)
            co_return fail(upstream::errc::cancelled, "the receiver");
        co_await bell_->wait();
    }
    known_.emplace(std::move(key), in);
    co_return in;
}

form_desk::step form_desk::look(deliverable& into)
{
    std::scoped_lock const lock(mutex_);
    if (!answer_)
        return closed_ ? step::closed : step::wait;
    into = *answer_;
    return step::answered;
}

std::optional<form_desk::asked> form_desk::question()
{
    std::scoped_lock const lock(mutex_);
    return question_;
}

void form_desk::answer(std::uint64_t number, deliverable in)
{
    std::scoped_lock const lock(mutex_);
    if (!question_ || question_->number != number)
        return;
    question_.reset();
    answer_ = in;
    coroutine_bell::ring(bell_);
}

void form_desk::close()
{
    std::scoped_lock const lock(mutex_);
    closed_ = true;
    coroutine_bell::ring(bell_);
}

}  // namespace pons::proxy::dimse
