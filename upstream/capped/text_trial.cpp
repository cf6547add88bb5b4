#include "upstream/capped/text_trial.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/capped/unwilling.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace pons::upstream {

namespace {

using mapping::tag;
using verdict = text_lore::verdict;
namespace tags = mapping::tags;

/// A text that no study has.
std::string const nobodys = "PONSNOBODY0";

std::string text_of(known_study const& study, tag attribute)
{
    auto const at = std::ranges::find(study.texts, attribute, [](auto const& one) { return one.first; });
    return at == study.texts.end() ? std::string() : at->second;
}

/// Spaces at the end of a key do not count.
std::string piece_of(std::string const& text, std::size_t letters)
{
    auto piece = text.substr(0, letters);
    return piece.back() == ' ' ? std::string() : piece;
}

struct finder final : row_sink {
    finder(std::string const& wanted, tag told) : uid(wanted), attribute(told) {}
    void row(mapping::data_set&& one) override
    {
        if (one.text(tags::StudyInstanceUID) == uid)
            text = one.text(attribute);
    }
    std::string_view purpose() const override { return purpose_of_trials; }

    std::string const& uid;
    tag const attribute;
    std::optional<std::string> text;
};

}  // namespace

/// No value: by its UID alone. Gives what is told of that attribute now; none: the study did not come. Errors: those of
/// the archive.
awaitable<result<std::optional<std::string>>> text_trial::brings(known_study const& study, tag attribute,
                                                                 std::string const& value)
{
    find_request request{
        .at = mapping::level::study, .keys = {}, .return_keys = known_studies::attributes(), .max_rows = 2};
    request.keys.push_back({tags::StudyInstanceUID, std::vector<std::string>(1, study.uid)});
    if (!value.empty())
        request.keys.push_back({attribute, std::vector<std::string>(1, value)});
    finder sink(study.uid, attribute);
    result<found> const how = co_await archive_.find(request, sink, deadline_);
    queries_ += how ? how->queries : 1;
    bool const gone = co_await is_cancelled();
    if (gone)
        co_return fail(errc::cancelled);
    if (!how)
        co_return tl::unexpected(how.error());
    co_return std::move(sink.text);
}

/// It came: unless it comes by anything, so do others.
awaitable<result<text_trial::shown>> text_trial::confirm(known_study const& study, tag attribute, std::size_t letters)
{
    if (!lore_.texts.known_to_be_matched_beside_uid(attribute)) {
        auto const always = co_await brings(study, attribute, nobodys);
        if (!always)
            co_return tl::unexpected(always.error());
        if (*always)
            co_return shown::tells_nothing;
        lore_.texts.is_matched_beside_uid(attribute);
    }
    lore_.texts.finds(attribute, letters, clock::now());
    co_return shown::finds;
}

/// Neither a piece nor the whole text with wild cards found it. `is_asked`: nor did the text as it is.
awaitable<result<text_trial::shown>> text_trial::what_it_loses(known_study const& study, tag attribute,
                                                               std::string const& text, bool is_asked)
{
    if (!is_asked) {
        auto const by_text = co_await brings(study, attribute, text);
        if (!by_text)
            co_return tl::unexpected(by_text.error());
        if (*by_text) {
            lore_.texts.lacks_wild_cards(attribute, clock::now());
            co_return shown::tells_nothing;
        }
    }
    std::string const nothing;
    auto const by_uid = co_await brings(study, attribute, nothing);
    if (!by_uid)
        co_return tl::unexpected(by_uid.error());
    if (*by_uid && **by_uid == text)
        co_return shown::loses_its_own;
    // It is not there any more, or was corrected, or merged into another patient.
    lore_.studies.is_gone(study.uid);
    co_return shown::gone;
}

awaitable<result<text_trial::shown>> text_trial::try_piece(known_study const& study, tag attribute, std::size_t letters)
{
    auto const text = text_of(study, attribute);
    bool const is_whole = text.size() <= letters;
    bool const wildcards = source_.quirks.wildcards && !lore_.texts.known_to_lack_wild_cards(attribute, clock::now());
    auto const piece = text.empty() || (!is_whole && !wildcards) ? std::string() : piece_of(text, letters);
    if (piece.empty() || piece.size() < source_.limits.min_chars)
        co_return shown::tells_nothing;
    for (bool const anywhere : {false, true}) {
        if (anywhere && !wildcards)
            break;
        auto const with_stars = [&](std::string const& value) {
            return std::string(anywhere ? "*" : "").append(value).append(anywhere || !is_whole ? "*" : "");
        };
        auto const short_value = with_stars(piece);
        auto const by_piece = co_await brings(study, attribute, short_value);
        if (!by_piece)
            co_return tl::unexpected(by_piece.error());
        if (*by_piece)
            co_return co_await confirm(study, attribute, piece.size());
        if (is_whole)
            continue;
        auto const whole_value = with_stars(text);
        auto const by_all = co_await brings(study, attribute, whole_value);
        if (!by_all)
            co_return tl::unexpected(by_all.error());
        if (*by_all) {
            lore_.texts.finds_nothing(attribute, letters, clock::now());
            co_return shown::nothing;
        }
    }
    co_return co_await what_it_loses(study, attribute, text, is_whole);
}

/// What the known studies tell by that attribute. Those that are gone are left out from then on.
awaitable<result<text_trial::evidence>> text_trial::try_studies(tag attribute, std::size_t letters)
{
    evidence all;
    std::vector<known_study> there;
    for (auto const& study : studies_) {
        auto const tried = co_await try_piece(study, attribute, letters);
        if (!tried && !is_unwilling(tried.error()))
            co_return tl::unexpected(tried.error());
        auto const one = tried ? *tried : shown::tells_nothing;
        if (one == shown::gone)
            continue;
        there.push_back(study);
        if (one != shown::tells_nothing) {
            all.what = one;
            all.in_full = all.in_full || text_of(study, attribute).size() >= letters;
        }
        if (one == shown::finds || one == shown::nothing)
            co_return all;
    }
    studies_ = std::move(there);
    if (studies_.empty())
        all.what = shown::gone;
    co_return all;
}

/// What other attributes tell of so many letters: first what is known, then what can be asked.
awaitable<result<text_trial::shown>> text_trial::try_others(tag attribute, std::size_t letters)
{
    std::vector<tag> to_ask;
    for (auto const other : known_studies::attributes()) {
        auto const is_told = [&](known_study const& study) { return !text_of(study, other).empty(); };
        auto const known = lore_.texts.of(other, letters, clock::now());
        if (other == attribute || known == verdict::open || std::ranges::none_of(studies_, is_told))
            continue;
        if (known != verdict::unknown)
            co_return known == verdict::finds ? shown::finds : shown::nothing;
        to_ask.push_back(other);
    }
    auto all = shown::tells_nothing;
    for (auto const other : to_ask) {
        goes_on_later_ = queries_ >= most_queries;
        if (goes_on_later_)
            break;
        auto const one = co_await try_studies(other, letters);
        if (!one)
            co_return tl::unexpected(one.error());
        if (one->what == shown::finds || one->what == shown::nothing)
            co_return one->what;
        if (one->what == shown::tells_nothing)
            lore_.texts.stays_open(other, letters, clock::now());
        if (one->what == shown::loses_its_own)
            all = shown::loses_its_own;
    }
    co_return all;
}

/// None: the archive holds nothing.
awaitable<result<any_study>> text_trial::know_studies()
{
    auto const known = lore_.studies.studies();
    if (!known.empty())
        co_return any_study::found;
    auto const any = co_await ask_for_any_study(archive_, lore_.studies, deadline_);
    if (!any)
        co_return tl::unexpected(any.error());
    queries_ += any->queries;
    co_return any->how;
}

awaitable<result<verdict>> text_trial::judge(tag attribute, std::size_t letters)
{
    evidence own{.what = shown::gone};
    for (int round = 0; round < 2 && own.what == shown::gone; ++round) {
        auto const any = co_await know_studies();
        if (!any)
            co_return tl::unexpected(any.error());
        if (*any == any_study::none)
            co_return verdict::finds;
        studies_ = lore_.studies.studies();
        if (*any == any_study::found && studies_.empty())
            co_return verdict::nothing;  // studies that tell no text at all: an archive of which nothing can be known
        auto const tried = co_await try_studies(attribute, letters);
        if (!tried)
            co_return tl::unexpected(tried.error());
        own = *tried;
    }
    if (own.what == shown::finds || own.what == shown::nothing)
        co_return own.what == shown::finds ? verdict::finds : verdict::nothing;
    auto const others = co_await try_others(attribute, letters);
    if (!others)
        co_return tl::unexpected(others.error());
    bool const loses = own.what == shown::loses_its_own && (own.in_full || *others != shown::finds);
    if (loses || *others == shown::nothing || *others == shown::loses_its_own) {
        lore_.texts.finds_nothing(attribute, letters, clock::now());
        co_return verdict::nothing;
    }
    if (*others == shown::finds) {
        lore_.texts.finds(attribute, letters, clock::now());
        co_return verdict::finds;
    }
    if (!goes_on_later_)
        lore_.texts.stays_open(attribute, letters, clock::now());
    co_return verdict::open;
}

}  // namespace pons::upstream
