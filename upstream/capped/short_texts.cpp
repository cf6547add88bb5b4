#include "upstream/capped/short_texts.hpp"

#include "upstream/cancelling.hpp"
#include "upstream/capped/text_trial.hpp"
#include "upstream/capped/unwilling.hpp"
#include "upstream/passing_on.hpp"
#include "upstream/text_keys.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pons::upstream {

namespace {

using verdict = text_lore::verdict;
namespace tags = mapping::tags;

struct text_key {
    mapping::tag attribute;
    std::size_t letters = 0;
    bool finds_nothing = false;
};

/// What is beyond ASCII may go out as a wild card (pacs-quirks V5), if anything else is left.
std::size_t fewest_letters(std::string_view value)
{
    auto const all = letters_of(value);
    auto const begins_beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0xC0; };
    auto const beyond = static_cast<std::size_t>(std::ranges::count_if(value, begins_beyond_ascii));
    return beyond < all ? all - beyond : all;
}

/// Those that go out: what has fewer letters than the administrator says is left out below.
std::vector<text_key> texts_of(find_request const& request, std::size_t least)
{
    std::vector<text_key> all;
    for (auto const& k : request.keys)
        if (is_text(k.attribute) && k.values.size() == 1)
            if (auto const n = letters_of(k.values.front()); n != 0 && n >= least)
                all.push_back({.attribute = k.attribute, .letters = fewest_letters(k.values.front())});
    return all;
}

bool is_uid(mapping::tag t)
{
    return t == tags::StudyInstanceUID || t == tags::SeriesInstanceUID || t == tags::SOPInstanceUID;
}

/// What finds something by this question does by its one text: beside a UID, or an accession number, some archives
/// leave the other keys aside (pacs-quirks F5).
bool shows_its_text(find_request const& request, std::span<text_key const> texts)
{
    return texts.size() == 1 &&
           std::ranges::none_of(request.keys, [](key const& k) { return is_uid(k.attribute) && !k.values.empty(); });
}

/// Texts that are of one patient, or nearly. Others, an issuer or a description, may be those of half the archive.
bool is_of_few(mapping::tag t)
{
    return t == tags::PatientID || t == tags::AccessionNumber || t == tags::StudyID || t == tags::PatientName;
}

/// The question without those of its texts that find nothing; nothing where nothing would be left that narrows.
std::optional<find_request> without(find_request request, std::span<text_key const> texts)
{
    bool narrows =
        std::ranges::any_of(texts, [](text_key const& one) { return !one.finds_nothing && is_of_few(one.attribute); });
    for (auto& k : request.keys) {
        auto const at = std::ranges::find(texts, k.attribute, &text_key::attribute);
        if (at != texts.end() && at->finds_nothing)
            k.values.clear();
        narrows = narrows || (is_uid(k.attribute) && !k.values.empty());
    }
    if (!narrows)
        return {};
    return request;
}

/// The first row of an answer is remembered: it costs nothing, and one is enough.
struct watched final : row_sink {
    watched(row_sink& where, known_studies* in) : to(where), known(in) {}
    void row(mapping::data_set&& one) override
    {
        if (rows++ == 0 && known)
            known->told(one);
        to.row(std::move(one));
    }
    std::string_view purpose() const override { return to.purpose(); }
    void exchanged(wire_exchange const& one) override { to.exchanged(one); }

    row_sink& to;
    known_studies* known;  // null: rows are of no studies
    std::uint32_t rows = 0;
};

class text_doubting_archive final : public passing_on {
public:
    text_doubting_archive(std::unique_ptr<archive> inner, config::source const& source,
                          std::shared_ptr<source_lore> lore)
        : passing_on(std::move(inner)), source_(source), lore_(std::move(lore))
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        auto texts = texts_of(request, source_.limits.min_chars);
        if (request.at != mapping::level::study && texts.empty())
            return inner_->find(request, rows, deadline);
        return cancelled_as_value(find_and_doubt(request, std::move(texts), rows, deadline));
    }

private:
    awaitable<result<found>> find_and_doubt(find_request const& request, std::vector<text_key> texts, row_sink& to,
                                            time_point deadline)
    {
        watched rows(to, request.at == mapping::level::study ? &lore_->studies : nullptr);
        result<found> how = co_await inner_->find(request, rows, deadline);
        if (!how || texts.empty())
            co_return how;
        if (rows.rows != 0) {
            if (shows_its_text(request, texts))
                lore_->texts.finds(texts.front().attribute, texts.front().letters, clock::now());
            co_return how;
        }
        bool const is_told = how->truncated || std::ranges::any_of(how->issues, [](issue const& i) {
                                 return i.what == issue::kind::incomplete;
                             });
        if (is_told)
            co_return how;
        text_trial trial(*inner_, source_, *lore_, deadline);
        for (auto& one : texts) {
            auto known = lore_->texts.of(one.attribute, one.letters, clock::now());
            if (known == verdict::unknown) {
                auto const judged = co_await trial.judge(one.attribute, one.letters);
                if (!judged && judged.error().code == errc::cancelled)
                    co_return tl::unexpected(judged.error());
                if (!judged)
                    break;
                known = *judged;
            }
            one.finds_nothing = known == verdict::nothing;
        }
        how->queries += trial.queries();
        if (std::ranges::any_of(texts, &text_key::finds_nothing))
            co_return co_await find_without(request, texts, std::move(*how), to, deadline);
        co_return how;
    }

    /// `none` is the answer that brought nothing.
    awaitable<result<found>> find_without(find_request const& request, std::span<text_key const> texts, found none,
                                          row_sink& to, time_point deadline)
    {
        if (auto const wider = without(request, texts)) {
            result<found> how = co_await inner_->find(*wider, to, deadline);
            bool const gone = co_await is_cancelled();
            if (gone)
                co_return fail(errc::cancelled, "source " + source_.name);
            if (how)
                how->queries += none.queries;
            if (how || !is_unwilling(how.error()))
                co_return how;
            ++none.queries;
        }
        auto const at = std::ranges::find_if(texts, &text_key::finds_nothing);
        none.issues.push_back(
            {issue::kind::incomplete, "the archive seems to find nothing by a text as short as that of " +
                                          mapping::describe(at->attribute) +
                                          "; limits.min_chars tells how many letters it wants"});
        co_return none;
    }

    config::source const& source_;
    std::shared_ptr<source_lore> const lore_;
};

}  // namespace

std::unique_ptr<archive> make_text_doubting(std::unique_ptr<archive> inner, config::source const& source,
                                            std::shared_ptr<source_lore> lore)
{
    return std::make_unique<text_doubting_archive>(std::move(inner), source, std::move(lore));
}

}  // namespace pons::upstream
