#include "upstream/capped/uid_lists.hpp"

#include "upstream/capped/parts.hpp"

#include <algorithm>

namespace pons::upstream {

namespace {

using mapping::key;
using mapping::level;
using verdict = list_lore::verdict;

std::vector<std::string> values_of(std::string const& one)
{
    return std::vector<std::string>(1, one);
}

/// What is refused (an archive may be busy, A700) or cut even so is told of.
awaitable<result<void>> ask_alone(asker& asks, find_request const& question, key const& list, std::string const& uid)
{
    auto const a = co_await asks.ask(with(question, list.attribute, values_of(uid)));
    if (!a)
        co_return tl::unexpected(a.error());
    asks.keep_issues(*a, true);
    if (a->cut)
        asks.incomplete("the archive refused, or cut, its answer to one UID of a list that it does not understand");
    co_return result<void>();
}

class unseen_of_list {
public:
    unseen_of_list(asker& asks, find_request const& question, key const& list, source_lore& lore)
        : asks_(asks), question_(question), list_(list), lore_(lore)
    {
    }

    awaitable<result<void>> run()
    {
        collect();
        if (unseen_.empty() || !asks_.may_go_on())
            co_return result<void>();
        auto const knows = lore_.lists.at(asks_.at());
        if (knows == verdict::taken)
            co_return result<void>();
        if (knows == verdict::unknown) {
            auto const settled = co_await settle();
            if (!settled || *settled)
                co_return settled ? result<void>() : tl::unexpected(settled.error());
        }
        co_return co_await each_alone();
    }

private:
    /// Whether nothing of the list is left to be asked for: it is understood, or the archive holds nothing.
    awaitable<result<bool>> settle()
    {
        bool const of_question = !seen_.empty();
        bool const of_studies = asks_.at() == level::study;
        auto held = of_question ? seen_ : of_studies ? lore_.studies.uid() : std::string();
        if (!held.empty()) {
            result<void> const probed = co_await find_out(held, of_question);
            if (!probed)
                co_return tl::unexpected(probed.error());
        }
        bool const may_know = of_question || !of_studies || !lore_.studies.uid().empty();
        if (lore_.lists.at(asks_.at()) != verdict::unknown || may_know)
            co_return lore_.lists.at(asks_.at()) == verdict::taken;
        auto const any = co_await asks_.find_any(lore_.studies);
        if (!any)
            co_return tl::unexpected(any.error());
        if (*any == any_study::none)
            co_return true;
        held = lore_.studies.uid();
        result<void> const probed = co_await find_out(held, false);
        if (!probed)
            co_return tl::unexpected(probed.error());
        co_return lore_.lists.at(asks_.at()) == verdict::taken;
    }

    /// What came meanwhile is left out.
    void collect()
    {
        seen_.clear();
        unseen_.clear();
        for (auto const& uid : list_.values)
            if (asks_.has_given(uid))
                seen_ = uid;
            else if (std::ranges::find(unseen_, uid) == unseen_.end())
                unseen_.push_back(uid);
    }

    /// Whether a list of those that did not come, with `held` in the middle and nowhere else, brings `held`. That it is
    /// not in the archive any more is the other reason why it may not come.
    awaitable<result<void>> find_out(std::string const& held, bool of_question)
    {
        auto list = unseen_;
        std::erase(list, held);  // it may have been asked for, and not match the other keys
        if (held.empty() || list.empty())
            co_return result<void>();
        if (list.size() == 1)
            list.push_back(list.front());
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2), held);
        asks_.because("whether a list of UIDs is understood");
        auto const in_list = co_await brings(std::move(list), held, of_question);
        if (!in_list)
            co_return tl::unexpected(in_list.error());
        if (*in_list == shown::yes)
            lore_.lists.learn(asks_.at(), verdict::taken);
        if (*in_list != shown::no)
            co_return result<void>();
        auto const alone = co_await brings(values_of(held), held, of_question);
        if (!alone)
            co_return tl::unexpected(alone.error());
        if (*alone == shown::yes)
            lore_.lists.learn(asks_.at(), verdict::not_taken);
        else if (!of_question)
            lore_.studies.is_gone(held);
        co_return result<void>();
    }

    enum class shown { yes, no, refused };

    /// A study that it gave to another question need not match the other keys of this one: they only ask.
    awaitable<result<shown>> brings(std::vector<std::string> uids, std::string const& held, bool of_question)
    {
        auto const most = static_cast<std::uint32_t>(2 * uids.size());
        auto request = with(question_, list_.attribute, std::move(uids));
        request.max_rows = most;
        if (!of_question)
            for (auto& k : request.keys)
                if (k.attribute != list_.attribute)
                    k.values.clear();
        auto const how = co_await asks_.brings(std::move(request), held);
        if (how)
            co_return *how ? shown::yes : shown::no;
        if (how.error().code == errc::refused || how.error().code == errc::too_broad)
            co_return shown::refused;
        co_return tl::unexpected(how.error());
    }

    awaitable<result<void>> each_alone()
    {
        collect();
        auto const open = std::move(unseen_);
        std::size_t asked = 0;
        for (auto const& uid : open) {
            auto const knows = lore_.lists.at(asks_.at());
            if (knows == verdict::taken || !asks_.may_go_on())
                co_return result<void>();
            if (knows == verdict::unknown && asked == most_alone) {
                asks_.incomplete(
                    "it is not known whether the archive understands lists of UIDs, and it gave none of "
                    "those that it was asked for");
                co_return result<void>();
            }
            ++asked;
            asks_.because("the archive may not understand lists of UIDs: for one that did not come");
            result<void> const asked_alone = co_await ask_alone(asks_, question_, list_, uid);
            if (!asked_alone)
                co_return asked_alone;
            if (knows != verdict::unknown || !asks_.has_given(uid))
                continue;
            collect();
            bool const are_left = !unseen_.empty();
            if (!are_left)
                co_return result<void>();
            result<void> const probed = co_await find_out(uid, true);
            if (!probed)
                co_return probed;
        }
        co_return result<void>();
    }

    asker& asks_;
    find_request const& question_;
    key const& list_;
    source_lore& lore_;
    std::string seen_;  // one that came
    std::vector<std::string> unseen_;
};

}  // namespace

key const* own_list_of(find_request const& request)
{
    auto const* const k = key_of(request, own_uid(request.at));
    return k && k->values.size() > 1 ? k : nullptr;
}

awaitable<result<void>> ask_for_each(asker& asks, find_request const& question, key const& list)
{
    asks.because("the archive does not understand lists of UIDs: for one of them");
    for (auto const& uid : list.values) {
        if (!asks.may_go_on())
            break;
        result<void> const asked = co_await ask_alone(asks, question, list, uid);
        if (!asked)
            co_return asked;
    }
    co_return result<void>();
}

void learn_from_list(asker const& asks, key const& list, list_lore& lore)
{
    if (lore.at(asks.at()) != verdict::unknown)
        return;
    std::string const* one = nullptr;
    for (auto const& uid : list.values) {
        if (!asks.has_given(uid))
            continue;
        bool const is_between = uid != list.values.front() && uid != list.values.back();
        if (is_between || (one && *one != uid)) {
            lore.learn(asks.at(), verdict::taken);
            return;
        }
        one = &uid;
    }
}

awaitable<result<void>> ask_for_unseen(asker& asks, find_request const& question, key const& list, source_lore& lore)
{
    unseen_of_list one(asks, question, list, lore);
    co_return co_await one.run();
}

}  // namespace pons::upstream
