#include "mapping/order_item.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/dicomweb/reaching.hpp"
#include "upstream/orders/order_reader.hpp"
#include "upstream/orders/order_server.hpp"
#include "upstream/orders/order_target.hpp"

#include <algorithm>

namespace pons::upstream::orders {

namespace {

constexpr dicomweb::service_words words{.service = "FHIR",
                                        .server = "server",
                                        .search = "a search for one order",
                                        .stage = "ServiceRequest find",
                                        .base = "the FHIR base, before /ServiceRequest"};

awaitable<result<std::vector<stage>>> examine(config::order_server const& settings, time_point deadline)
{
    auto const source = as_source(settings);
    dicomweb::reaching way(source, words, deadline);
    bool const reached = co_await way.reach();
    if (!reached)
        co_return way.take();
    auto target = way.client().to()->base_path + orders_target(settings, {}, {}, 1);
    std::optional<dicomweb::http_answer> answer = co_await way.ask(std::move(target));
    if (!answer)
        co_return way.take();
    std::string const stage(words.stage);
    auto const page = read_orders(answer->body);
    bool const any = page && !page->orders.empty();
    bool const ours = any && std::ranges::all_of(page->orders, [&](auto const& one) {
                          return mapping::orders::is_scheduled(one, settings.categories);
                      });
    if (!page)
        way.add(step::find, stage, false, "The answer to a search is not what FHIR says: " + page.error().where + ".",
                "Check that url is the FHIR base (R4, R4B or R5).");
    else if (page->fails)
        way.add(step::find, stage, false, "The server says that it could not search as it was asked.",
                "There: see its log for /ServiceRequest, and whether our user may see all orders.");
    else if (any && !ours)
        way.add(step::find, stage, true, "A search works, and the server does not search by status or category.",
                "Every query looks at all its orders: set max_rows with care.");
    else
        way.add(
            step::find, stage, true,
            any ? "A search works." : "A search works; there is no active order in these categories that we may see.");
    co_return way.take();
}

}  // namespace

awaitable<std::vector<stage>> diagnose_orders(config::order_server const& settings, time_point deadline)
{
    result<std::vector<stage>> stages = co_await cancelled_as_value(examine(settings, deadline));
    co_return std::move(*stages);
}

}  // namespace pons::upstream::orders
