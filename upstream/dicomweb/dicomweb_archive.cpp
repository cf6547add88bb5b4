#include "upstream/dicomweb/dicomweb_archive.hpp"

#include "mapping/dicom_json.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/form_lore.hpp"
#include "upstream/dicomweb/http_client.hpp"
#include "upstream/dicomweb/page_walk.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/dicomweb/stow_client.hpp"
#include "upstream/dicomweb/wado_client.hpp"
#include "upstream/question.hpp"

#include <algorithm>
#include <array>

namespace pons::upstream::dicomweb {

namespace {

using mapping::data_set;
using mapping::level;
using mapping::tag;
namespace tags = mapping::tags;

/// What tells rows of a level apart, its own UID first: the same series UID in two studies is two rows.
void uid_of(data_set const& row, level at, std::string& uid)
{
    static constexpr std::array own{tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID};
    auto depth = static_cast<std::size_t>(at);
    uid = row.text(own[depth]);
    while (!uid.empty() && depth-- != 0)
        uid.append(1, '\\').append(row.text(own[depth]));
}

/// The UIDs that all rows of a request share, for servers that leave them out of the answer.
std::vector<key> uids_above(find_request const& request)
{
    std::vector<key> above;
    for (auto const& k : request.keys) {
        bool const is_above = (k.attribute == tags::StudyInstanceUID && request.at != level::study) ||
                              (k.attribute == tags::SeriesInstanceUID && request.at == level::instance);
        if (is_above && k.values.size() == 1 && !k.values.front().empty() &&
            k.values.front().find_first_of("*?") == std::string::npos)
            above.push_back(k);
    }
    return above;
}

bool wants_empty_values(find_request const& request)
{
    return std::ranges::any_of(request.keys, [](key const& k) { return std::ranges::count(k.values, "\"\"") != 0; });
}

std::uint32_t smaller_bound(std::uint32_t a, std::uint32_t b)  // 0 is none
{
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

class dicomweb_archive final : public archive {
public:
    dicomweb_archive(config::source const& source, std::shared_ptr<budget> shared, std::shared_ptr<under_way> ends)
        : source_(source),
          budget_(std::move(shared)),
          client_(source, std::move(ends)),
          wado_(source, client_),
          stow_(source, client_)
    {
    }

    awaitable<result<found>> find(find_request const& request, row_sink& rows, time_point deadline) override
    {
        co_return co_await cancelled_as_value(search(request, rows, deadline));
    }

    awaitable<result<retrieved>> retrieve(retrieve_request const& request, part_sink& parts,
                                          time_point deadline) override
    {
        co_return co_await cancelled_as_value(fetch(request, parts, deadline));
    }

    awaitable<result<found>> retrieve_metadata(retrieve_request const& request, row_sink& rows,
                                               time_point deadline) override
    {
        co_return co_await cancelled_as_value(fetch_metadata(request, rows, deadline));
    }

    awaitable<result<void>> retrieve_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                          time_point deadline) override
    {
        co_return co_await cancelled_as_value(fetch_bulk(request, place, to, deadline));
    }

    awaitable<result<stored>> store(instance_source& instances, time_point deadline) override
    {
        co_return co_await cancelled_as_value(send(instances, deadline));
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        co_return co_await cancelled_as_value(search_for_one(deadline));
    }

private:
    awaitable<result<found>> search(find_request const& request, row_sink& rows, time_point deadline)
    {
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        deadline = std::min(deadline, clock::now() + source_.timeouts.total);

        auto const encoding = source_.quirks.query_encoding;
        bool const wildcards = source_.quirks.wildcards;
        telling_rows in_first(request, {.encoding = encoding, .wildcards = wildcards}, rows);
        result<found> first = co_await walk_pages(request, encoding, in_first, deadline);
        in_first.teach(forms_);
        if (!first || first->rows != 0 || first->truncated)
            co_return first;
        bool const stands_in = wildcards && has_stand_ins(request);
        auto const other = find_other_form(request, wildcards);
        bool const asked_so =
            encoding == config::query_encoding::minimal && (wildcards || other == other_form::minimal);
        if (other == other_form::none && !asked_so) {
            remark(*first, {issue::kind::incomplete,
                            "nothing was found for what had to be encoded, and the archive may not decode it"});
            co_return first;
        }
        if (other == other_form::same || asked_so)
            co_return believed(std::move(*first), encoding, asked_so && stands_in);
        // A server that does not decode looked for something else (pacs-quirks W1).
        constexpr auto minimal = config::query_encoding::minimal;
        telling_rows in_second(request, {.encoding = minimal, .wildcards = wildcards}, rows);
        result<found> second = co_await walk_pages(request, minimal, in_second, deadline);
        in_second.teach(forms_);
        if (!second && second.error().code == errc::refused)
            co_return first;
        if (!second || second->truncated)
            co_return second;
        if (second->rows == 0)
            co_return believed(std::move(*second), encoding, stands_in);
        co_return second;
    }

    /// `none`, with a remark where it may be for the wild cards that stood for what could not be written.
    found believed(found none, config::query_encoding asked_first, bool stands_in) const
    {
        if (stands_in && !forms_.is_believed(asked_first))
            remark(none, {issue::kind::incomplete,
                          "nothing was found where a wild card stands for what would have to be encoded, and it is not "
                          "known yet whether the archive has wild cards; see quirks.wildcards"});
        return none;
    }

    awaitable<result<found>> walk_pages(find_request const& request, config::query_encoding encoding, row_sink& rows,
                                        time_point deadline)
    {
        auto& lore = lore_[static_cast<std::size_t>(request.at)];
        page_walk walk(source_.quirks, smaller_bound(request.max_rows, source_.limits.max_rows), lore, clock::now(),
                       hash_of(request));
        found all;
        std::string_view const base_path = client_.to() ? std::string_view(client_.to()->base_path) : "";
        for (bool again = true; again;) {
            auto const part = walk.next();
            query_form form{.encoding = encoding,
                            .wildcards = source_.quirks.wildcards,
                            .repeat_fields = fields_ == fields::repeated};
            auto target = qido_target(base_path, form, request, part);
            auto began = clock::now();
            result<http_answer> answer = co_await client_.get(target, deadline);
            auto const tell = [&](std::uint32_t count) {
                rows.exchanged({.what = target,
                                .status = answer ? answer->status : 0,
                                .rows = count,
                                .took = clock::now() - began});
            };
            bool const in_a_list = fields_ == fields::unknown && request.return_keys.size() > 1;
            if (in_a_list && answer && answer->status == 400 && !walk.checking()) {
                // Some refuse lists of fields (pacs-quirks W3).
                tell(0);
                form.repeat_fields = true;
                target = qido_target(base_path, form, request, part);
                began = clock::now();
                answer = co_await client_.get(target, deadline);
            }
            if (in_a_list && answer && answer->status == 200)
                fields_ = form.repeat_fields ? fields::repeated : fields::listed;
            auto const refused = [&]() -> std::optional<failure> {
                if (!answer)
                    return answer.error();
                if (walk.checking() && is_refusal(answer->status))
                    return {};
                if (source_.quirks.not_found_is_empty && answer->status == 404)
                    return {};
                return failure_of_status(source_.name, *answer);
            }();
            if (refused) {
                tell(0);
                co_return tl::unexpected(*refused);
            }
            if (walk.checking() && is_refusal(answer->status)) {
                tell(0);
                walk.check_was_refused();
                break;
            }
            auto const read = read_page(request, *answer, walk, rows, all);
            tell(walk.in_page());
            if (!read)
                co_return tl::unexpected(read.error());
            if (answer->unsupported_matching && wants_empty_values(request)) {
                all.truncated = true;
                remark(all, {issue::kind::incomplete, "the archive does not match empty values"});
            }
            if (answer->other_warning)
                remark(all, {issue::kind::informational, "the archive sent a warning along with its answer"});
            again = walk.end_page(answer->more || answer->status == 206);
        }
        all.rows = walk.rows();
        all.truncated = all.truncated || walk.truncated();
        for (auto& odd : walk.issues())
            remark(all, std::move(odd));
        co_return all;
    }

    awaitable<result<retrieved>> fetch(retrieve_request const& request, part_sink& parts, time_point deadline)
    {
        if (!request.sop_instance_uids.empty())  // WADO-RS has no resource for it (PS3.18 §10.4.1)
            co_return fail(errc::unsupported, "source " + source_.name);
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        result<retrieved> all = co_await wado_.retrieve(request, parts, deadline);
        co_return all;
    }

    awaitable<result<found>> fetch_metadata(retrieve_request const& request, row_sink& rows, time_point deadline)
    {
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        result<found> all = co_await wado_.retrieve_metadata(request, rows, deadline);
        co_return all;
    }

    awaitable<result<void>> fetch_bulk(retrieve_request const& request, std::string const& place, bulk_sink& to,
                                       time_point deadline)
    {
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        result<void> const done = co_await wado_.retrieve_bulk(request, place, to, deadline);
        co_return done;
    }

    awaitable<result<stored>> send(instance_source& instances, time_point deadline)
    {
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        result<stored> all = co_await stow_.store(instances, deadline);
        co_return all;
    }

    result<void> read_page(find_request const& request, http_answer& answer, page_walk& walk, row_sink& rows,
                           found& all)
    {
        if (answer.status == 204 || answer.status == 404)  // the latter where that is how it says so
            return {};
        auto const above = uids_above(request);
        std::string uid;
        auto const each = [&](data_set&& row) {
            for (auto const& k : above)
                row.add(k.attribute, k.values.front());  // no effect when it is there
            uid_of(row, request.at, uid);
            auto const what = walk.row(uid);
            if (what == page_walk::verdict::deliver || what == page_walk::verdict::repeat)
                rows.row(std::move(row));
            return what != page_walk::verdict::stop;
        };
        auto read = reader_.read(answer.body, each);
        if (!read)
            return fail(errc::malformed, "source " + source_.name + ": the answer is " + read.error().code.message());
        for (auto& odd : read->issues)
            remark(all, std::move(odd));
        return {};
    }

    static void remark(found& all, issue odd)
    {
        if (std::ranges::find(all.issues, odd) == all.issues.end())
            all.issues.push_back(std::move(odd));
    }

    awaitable<result<void>> search_for_one(time_point deadline)
    {
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        deadline = std::min(deadline, clock::now() + source_.timeouts.total);
        auto const target = probe_target(source_);
        result<http_answer> answer = co_await client_.get(target, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        if (auto const failed = failure_of_status(source_.name, *answer))
            co_return tl::unexpected(*failed);
        auto const read = reader_.read(answer->body, [](data_set&&) { return false; });
        if (!read)
            co_return fail(errc::malformed,
                           "source " + source_.name + ": the answer is " + read.error().code.message());
        co_return result<void>();
    }

    config::source const& source_;
    std::shared_ptr<budget> budget_;
    http_client client_;
    wado_client wado_;
    stow_client stow_;
    mapping::dicom_json_reader reader_;
    std::array<page_lore, 3> lore_;
    enum class fields { unknown, listed, repeated } fields_ = fields::unknown;  // what the server takes
    form_lore forms_;
};

}  // namespace

std::unique_ptr<archive> make_dicomweb_archive(config::source const& source, std::shared_ptr<budget> shared,
                                               std::shared_ptr<under_way> ends)
{
    return std::make_unique<dicomweb_archive>(source, std::move(shared), std::move(ends));
}

}  // namespace pons::upstream::dicomweb
