#include "upstream/capped/any_study.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/capped/unwilling.hpp"

namespace pons::upstream {

namespace {

namespace tags = mapping::tags;

/// More than one, since one may have no Patient ID.
constexpr std::uint32_t a_few = 5;

struct remembering final : row_sink {
    explicit remembering(known_studies& in) : known(in) {}
    void row(mapping::data_set&& one) override
    {
        ++rows;
        known.told(one);
    }
    std::string_view purpose() const override { return "any study, to know one that the archive holds"; }

    known_studies& known;
    std::uint32_t rows = 0;
};

find_request any_of(char const* dates)
{
    find_request request{
        .at = mapping::level::study, .keys = {}, .return_keys = known_studies::attributes(), .max_rows = a_few};
    if (dates)
        request.keys.push_back({tags::StudyDate, std::vector<std::string>(1, dates)});
    request.return_keys.push_back(tags::StudyInstanceUID);
    return request;
}

}  // namespace

awaitable<result<any_study_answer>> ask_for_any_study(archive& of, known_studies& known, time_point deadline)
{
    any_study_answer answer;
    if (!known.may_be_asked_for(clock::now()))
        co_return answer;
    bool is_answered = true;
    for (auto const* const dates : {"19000101-", static_cast<char const*>(nullptr)}) {
        auto const request = any_of(dates);
        remembering rows(known);
        result<found> const how = co_await of.find(request, rows, deadline);
        answer.queries += how ? how->queries : 1;
        bool const gone = co_await is_cancelled();
        if (gone)
            co_return fail(errc::cancelled);
        bool const has_uid = !known.uid().empty();
        if (rows.rows != 0 && has_uid) {
            answer.how = any_study::found;
            co_return answer;
        }
        is_answered = is_answered && how && rows.rows == 0 && !how->truncated && how->issues.empty();
        if (!how && !is_unwilling(how.error()))
            break;
    }
    if (is_answered)
        answer.how = any_study::none;
    else
        known.was_not_answered(clock::now());
    co_return answer;
}

}  // namespace pons::upstream
