#include "upstream/federation/partial_answer.hpp"

#include "mapping/errc.hpp"

#include <algorithm>

namespace pons::upstream {

std::string place_of(searched_source const& source)
{
    return "source " + source.facts->name;
}

bool is_of_request(failure const& f)
{
    return f.code.category() == mapping::error_category() && f.code != mapping::errc::unreadable_row;
}

result<void> weigh_failures(std::span<source_answer const> answers, config::partial_federation partial)
{
    source_answer const* failed = nullptr;
    for (auto const& a : answers)
        if (a.error && (!failed || (is_of_request(*a.error) && !is_of_request(*failed->error))))
            failed = &a;
    if (!failed)
        return {};
    bool const answered = std::ranges::any_of(answers, [](auto const& a) { return !a.error; });
    bool const matched = std::ranges::any_of(answers, &source_answer::matched);
    if (!answered || is_of_request(*failed->error))
        return tl::unexpected(*failed->error);
    if (!matched || partial == config::partial_federation::refuse)
        return fail(mapping::errc::incomplete, failed->place + ": " + failed->error->code.message(),
                    failed->error->retry_after);
    return {};
}

}  // namespace pons::upstream
