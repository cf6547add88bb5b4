#include "upstream/probe/web_asker.hpp"

#include "mapping/dicom_json.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/qido_target.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/errc.hpp"
#include "upstream/guard/least_keys.hpp"
#include "upstream/probe/not_answered.hpp"

#include <algorithm>
#include <exception>

namespace pons::upstream::probe {

web_asker::web_asker(config::source const& source) : source_(source), gate_(source_), client_(source_) {}

std::string web_asker::target_of(question const& q) const
{
    using fields = web_form::fields;
    auto what = q.what;
    if (q.form.include != fields::list)
        what.return_keys.clear();
    std::string const base = client_.to() ? client_.to()->base_path : "";
    auto target =
        dicomweb::qido_target(base, {.encoding = q.form.encoding, .wildcards = true}, what,
                              {.limit = q.form.limit != 0 ? q.form.limit : q.what.max_rows, .offset = q.form.offset});
    auto const also = [&](std::string_view name, std::string_view value) {
        target.append(target.find('?') == target.npos ? "?" : "&").append(name).append("=").append(value);
    };
    if (q.form.include == fields::all)
        also("includefield", "all");
    if (q.form.include == fields::repeated)
        for (auto const t : q.what.return_keys)
            if (auto const* const known = mapping::find_attribute(t); known && t != mapping::tags::SpecificCharacterSet)
                also("includefield", known->keyword);
    if (!q.form.extra.empty())
        target.append("&").append(q.form.extra);  // there is a limit before it
    return target;
}

awaitable<result<dicomweb::http_answer>> web_asker::exchange(std::string request, time_point until)
{
    result<dicomweb::http_client::asked> begun = co_await client_.ask(request, until);
    if (!begun)
        co_return tl::unexpected(begun.error());
    auto& on = *begun->on;
    result<dicomweb::http_answer> came =
        co_await on.collect(std::move(begun->head), source_.timeouts, source_.limits.max_answer, until);
    if (!came)
        co_return client_.at_source(came.error());
    client_.done_with(std::move(begun->on));
    co_return came;
}

answer web_asker::ask(question const& q)
{
    auto const allowed = has_least_keys(source_, q.what);
    if (!allowed)
        return not_answered(allowed.error());
    auto pass = gate_.enter(clock::now(), std::chrono::system_clock::now());
    if (!pass)
        return not_answered(pass.error());

    auto const until = clock::now() + std::min<std::chrono::milliseconds>(source_.timeouts.total, time_of_a_question);
    result<dicomweb::http_answer> came = fail(errc::aborted);
    std::exception_ptr bug;
    bool done = false;
    auto request = client_.request_for(target_of(q), q.form.accept, true);
    auto work = [&]() -> awaitable<void> { came = co_await exchange(std::move(request), until); };
    context_.restart();
    asio::co_spawn(context_.get_executor(), work(), [&](std::exception_ptr e) {
        bug = e;
        done = true;
    });
    while (!done)  // what watches over an idle connection goes on with the next question
        context_.run_one();
    if (bug)
        std::rethrow_exception(bug);
    auto const failed = came ? dicomweb::failure_of_status(source_.name, *came) : std::optional<failure>(came.error());
    gate_.leave(*pass, failed ? &*failed : nullptr, gate::errand::question, clock::now());
    auto told = came && !failed ? read(*came, q.what.max_rows) : not_answered(*failed);
    if (came) {
        told.http_status = came->status;
        told.content_type = came->content_type;
        told.remarked = came->unsupported_matching || came->other_warning;
        told.more = told.more || came->more;
    }
    return told;
}

answer web_asker::read(dicomweb::http_answer& came, std::uint32_t max_rows) const
{
    answer told{.how = answer::kind::rows};
    if (came.status == 204)
        return told;
    mapping::dicom_json_reader reader;
    auto const each = [&](mapping::data_set&& row) {
        told.more = told.rows.size() == max_rows;
        if (!told.more)
            told.rows.push_back(std::move(row));
        return !told.more;
    };
    auto const rows = reader.read(came.body, each);
    if (!rows)
        return {.how = answer::kind::failed, .status = "the answer is " + rows.error().code.message()};
    return told;
}

}  // namespace pons::upstream::probe
