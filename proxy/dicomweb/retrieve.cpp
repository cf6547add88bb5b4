#include "proxy/dicomweb/retrieve.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "mapping/search/query_string.hpp"
#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/instance_collection.hpp"
#include "proxy/dicomweb/instances_body.hpp"
#include "proxy/dicomweb/retrieve_bulk.hpp"
#include "proxy/dicomweb/syntax_check.hpp"
#include "upstream/federation/holders.hpp"
#include "upstream/federation/partial_answer.hpp"

#include <algorithm>
#include <map>

namespace pons::proxy::dicomweb {

namespace {

using upstream::errc;
using upstream::retrieve_request;
namespace tags = mapping::tags;

constexpr std::size_t most_metadata = 64 * 1024 * 1024;

bool says_not_found(failure const& f)
{
    return f.code == make_error_code(errc::not_found);
}

std::string series_url(target const& whom, retrieve_request const& what)
{
    return what.series_instance_uid.empty() ? std::string()
                                            : url_of(whom.base, what.study_instance_uid, what.series_instance_uid);
}

/// Retrieves into a body; on the way `pons-render` makes Explicit VR Little Endian of what was not asked for as it is
/// stored, where that was asked for (DESIGN section 5).
awaitable<result<void>> retrieve_into(service& s, upstream::archive& from, retrieve_request const& what,
                                      instances_body& body, time_point deadline)
{
    auto bring = render::from_archive(from, what, deadline);
    auto const& formats = body.formats();
    if (!s.renderer || formats.front().as_stored || !taking(formats, "1.2.840.10008.1.2.1")) {
        auto const done = co_await bring(body);
        co_return done;
    }
    std::function<render::form(upstream::part_head const&)> form_of = [&formats](upstream::part_head const& head) {
        return is_transcoded(formats, head.transfer_syntax_uid) ? render::form::explicit_vr : render::form::as_stored;
    };
    auto const done = co_await s.renderer->transcode(std::move(bring), body, std::move(form_of));
    co_return done;
}

/// The instances of a body, from whichever archive.
class sent_instances final : public instance_collection {
public:
    sent_instances(service& s, instances_body& body) : service_(s), body_(body) {}

    awaitable<result<void>> take_from(upstream::archive& from, retrieve_request const& what,
                                      time_point deadline) override
    {
        return retrieve_into(service_, from, what, body_, deadline);
    }
    bool has(std::string const& sop_instance_uid) const override { return body_.has(sop_instance_uid); }
    std::size_t count() const override { return body_.count(); }

private:
    service& service_;
    instances_body& body_;
};

awaitable<http::response> send(service& s, http::exchange const& x, target whom, retrieve_request what,
                               retrieve_formats formats)
{
    auto const holders = co_await upstream::find_holders(whom.sources, what.study_instance_uid, x.deadline);
    if (!holders)
        co_return to_response(holders.error());
    auto const before = clock::now();
    auto const lists = co_await check_syntaxes(s, *holders, what, formats.front(), x.deadline);
    if (!lists)
        co_return to_response(lists.error());
    // The time to the first byte is the archive's, whatever was listed first.
    auto const deadline = x.deadline + (clock::now() - before);
    instances_body body(*x.stream, std::move(formats), series_url(whom, what));
    sent_instances all(s, body);
    result<void> done = co_await collect_from_holders(s, *holders, *lists, what, all, deadline);
    if (done)
        done = co_await body.finish();
    if (x.remarks)
        x.remarks->emplace_back("instances", std::to_string(body.count()));
    co_return end_stream(x, done);
}

/// Each instance once, whichever holder it came from.
struct metadata_rows final : upstream::row_sink {
    metadata_rows(data_sets_format format, target const& whom, retrieve_request const& what)
        : writer(std::move(format)), whom_(whom), what_(what)
    {
    }

    void row(mapping::data_set&& row) override
    {
        if (writer.size() > most_metadata || !seen.emplace(row.text(tags::SOPInstanceUID)).second)
            return;
        auto instance = what_;
        instance.series_instance_uid = row.text(tags::SeriesInstanceUID);
        instance.sop_instance_uid = row.text(tags::SOPInstanceUID);
        if (!mapping::codecs::is_uid(instance.series_instance_uid) ||
            !mapping::codecs::is_uid(instance.sop_instance_uid)) {
            writer.write(row, mapping::without_bulk);  // nobody could ask for it
            return;
        }
        auto const below = bulk_url_of(whom_, instance);
        writer.write(row, {.left_out = false, .below = below});
    }

    /// What a holder could not give or confirm.
    void warn(upstream::searched_source const& holder, std::vector<issue> const& issues)
    {
        for (auto const& i : issues) {
            auto text = upstream::place_of(holder) + ": " + i.text;
            if (i.what != issue::kind::informational && std::ranges::find(warnings, text) == warnings.end())
                warnings.push_back(std::move(text));
        }
    }

    data_sets_writer writer;
    std::unordered_set<std::string> seen;
    std::vector<std::string> warnings;

private:
    target const& whom_;
    retrieve_request const& what_;
};

awaitable<result<void>> collect_metadata(target const& whom, retrieve_request const& what, metadata_rows& rows,
                                         time_point deadline)
{
    auto const holders = co_await upstream::find_holders(whom.sources, what.study_instance_uid, deadline);
    if (!holders)
        co_return tl::unexpected(holders.error());
    for (auto const& holder : *holders) {
        auto const done = co_await holder.source->where->retrieve_metadata(what, rows, deadline);
        if (!done && !says_not_found(done.error()))
            co_return tl::unexpected(done.error());
        if (done && done->truncated)
            co_return fail(errc::incomplete, "source " + holder.source->facts->name);
        if (done)
            rows.warn(*holder.source, done->issues);
        if (!what.sop_instance_uid.empty() && !rows.seen.empty())
            break;
    }
    if (rows.seen.empty())
        co_return fail(errc::not_found);
    if (rows.writer.size() > most_metadata)
        co_return fail(errc::too_large, "metadata; ask for it series by series");
    co_return result<void>();
}

}  // namespace

awaitable<http::response> retrieve_instances(service& s, http::exchange const& x, target whom, retrieve_request what)
{
    auto formats = negotiate_retrieve(x.req, !what.sop_instance_uid.empty());
    if (!formats)
        co_return to_response(formats.error());
    co_return co_await send(s, x, std::move(whom), std::move(what), std::move(*formats));
}

awaitable<http::response> retrieve_metadata(service&, http::exchange const& x, target whom, retrieve_request what)
{
    auto format = negotiate_data_sets(x.req);
    if (!format)
        co_return to_response(format.error());
    metadata_rows rows(std::move(*format), whom, what);
    result<void> const done = co_await collect_metadata(whom, what, rows, x.deadline);
    if (!done)
        co_return to_response(done.error());
    if (x.remarks)
        x.remarks->emplace_back("instances", std::to_string(rows.seen.size()));
    auto answer = std::move(rows.writer).finish();
    add_warnings(answer, rows.warnings);
    co_return answer;
}

awaitable<http::response> retrieve_instances_as(service& s, http::exchange const& x, target whom, retrieve_request what,
                                                retrieve_format format)
{
    retrieve_formats only;
    only.push_back(std::move(format));
    return send(s, x, std::move(whom), std::move(what), std::move(only));
}

}  // namespace pons::proxy::dicomweb
