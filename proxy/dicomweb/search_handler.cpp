#include "proxy/dicomweb/search_handler.hpp"

#include "proxy/dicomweb/answer.hpp"
#include "proxy/dicomweb/search.hpp"

namespace pons::proxy::dicomweb {

namespace {

http::response to_answer(service const& s, search_found const& found, data_sets_format const& format)
{
    http::response answer;
    if (found.rows.empty() && s.settings.dicomweb.empty == config::empty_answer::no_content) {
        answer.status = http::status::no_content;
    } else if (found.rows.empty() && format.xml) {
        answer.status = http::status::no_content;  // a multipart body has a part at least
    } else {
        data_sets_writer writer(format);
        for (auto const& row : found.rows)
            writer.write(row);
        answer = std::move(writer).finish();
    }
    add_warnings(answer, found.warnings);
    if (found.more)
        answer.headers.emplace_back("Warning",
                                    to_warning(found.remaining ? "There are " + std::to_string(*found.remaining) +
                                                                     " additional results that can be requested"
                                                               : "There are additional results that can be requested"));
    return answer;
}

}  // namespace

awaitable<http::response> search_resources(service& s, http::exchange const& x, target whom, search_resource where)
{
    auto const format = negotiate_data_sets(x.req);
    if (!format)
        co_return to_response(format.error());
    auto const parameters = mapping::search::split_query(x.req.query);
    auto const query = parse_search(std::move(where), parameters, s.settings.dicomweb);
    if (!query)
        co_return to_response(query.error());
    auto const found = co_await search(s, *query, whom, x.deadline);
    if (!found)
        co_return to_response(found.error());
    if (x.remarks) {
        x.remarks->emplace_back("results", std::to_string(found->rows.size()));
        x.remarks->emplace_back("queries", std::to_string(found->queries));
    }
    co_return to_answer(s, *found, *format);
}

}  // namespace pons::proxy::dicomweb
