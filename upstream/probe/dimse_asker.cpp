#include "upstream/probe/dimse_asker.hpp"

#include "mapping/levels.hpp"
#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/opening.hpp"
#include "upstream/dimse/wire/toolkit.hpp"
#include "upstream/guard/least_keys.hpp"
#include "upstream/probe/not_answered.hpp"

#include <algorithm>
#include <optional>

namespace pons::upstream::probe {

namespace {

namespace tags = mapping::tags;
using mapping::data_set;
using mapping::vr;

constexpr auto release_time = std::chrono::milliseconds(200);

struct witness final : dimse::asker {
    std::vector<data_set> rows;
    std::optional<result<found>> end_;

    bool row(data_set&& one, std::size_t) override
    {
        rows.push_back(std::move(one));
        return true;
    }
    void pause() override {}
    void end(result<found> how) override { end_ = std::move(how); }
    bool worth_draining() const override { return true; }
};

/// As dimse::to_identifier, but values keep their leading spaces: `append` does not trim.
data_set to_identifier(question const& q)
{
    struct element {
        mapping::tag t;
        vr as;
        std::vector<std::string_view> values;
    };
    std::vector<element> all;
    auto const add = [&](mapping::tag t, std::vector<std::string_view> values) {
        auto const* const known = mapping::find_attribute(t);
        if (std::ranges::find(all, t, &element::t) == all.end())
            all.push_back({t, known ? known->vr : mapping::vr_of('U', 'N'), std::move(values)});
    };
    if (q.wants_label)
        add(tags::SpecificCharacterSet, {});
    add(tags::QueryRetrieveLevel, {mapping::to_query_level(q.what.at)});
    for (auto const& k : q.what.keys)
        add(k.attribute, {k.values.begin(), k.values.end()});
    for (auto const t : q.what.return_keys)
        add(t, q.stars ? std::vector<std::string_view>{"*"} : std::vector<std::string_view>{});
    std::ranges::sort(all, {}, &element::t);
    data_set identifier;
    identifier.expect_row();
    for (auto const& e : all) {
        if (e.values.size() == 1) {
            auto const behind = std::string(e.values.front()).append(data_set::slack, ' ');
            if (identifier.append(e.t, e.as, std::string_view(behind).substr(0, e.values.front().size())))
                continue;
        }
        identifier.add(e.t, e.as, e.values);
    }
    return identifier;
}

}  // namespace

struct dimse_asker::line {
    dimse::association over;
    bool used = false;
};

dimse_asker::dimse_asker(config::source const& source) : source_(source), gate_(source)
{
    dimse::set_up_dcmtk();
}

dimse_asker::~dimse_asker()
{
    dimse::interruption never;
    if (line_ && line_->over.usable())
        line_->over.release({clock::now() + release_time, &never});
}

answer dimse_asker::ask(question const& q)
{
    auto const allowed = has_least_keys(source_, q.what);
    if (!allowed)
        return not_answered(allowed.error());
    auto pass = gate_.enter(clock::now(), std::chrono::system_clock::now());
    if (!pass)
        return not_answered(pass.error());
    auto const ended = [&](failure const* how) { gate_.leave(*pass, how, gate::errand::question, clock::now()); };

    auto source = source_;
    source.quirks.charset_query = q.charset_query;
    source.quirks.charset_default = q.charset_default;
    auto const until = clock::now() + std::min<std::chrono::milliseconds>(source.timeouts.total, time_of_a_question);
    dimse::interruption never;
    if (!line_ || !line_->over.usable()) {
        auto opened = dimse::open_for_the_first(source, dimse::proposals(source), {until, &never});
        if (!opened) {
            ended(&opened.error());
            return not_answered(opened.error());
        }
        line_ = std::make_unique<line>(line{.over = std::move(*opened)});
    }
    witness who;
    bool const fresh = !std::exchange(line_->used, true);
    auto const after = dimse::c_find(line_->over, {to_identifier(q), q.what.max_rows}, source, who, until, never);
    if (!after.in_step)
        line_.reset();
    auto const* const why = after.unanswered ? &after.why : *who.end_ ? nullptr : &who.end_->error();
    ended(why);
    if (!why)
        return {.how = answer::kind::rows, .rows = std::move(who.rows), .more = (*who.end_)->truncated};
    auto told = not_answered(*why);
    told.dropped = after.unanswered && !fresh;
    return told;
}

}  // namespace pons::upstream::probe
