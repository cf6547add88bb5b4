#include "upstream/orders/order_target.hpp"

#include "mapping/search/query_string.hpp"
#include "upstream/errc.hpp"
#include "upstream/worklist_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pons::upstream::orders {

namespace {

using mapping::search::encode_query_value;
using mapping::search::escape;
namespace tags = mapping::tags;

std::string print(std::chrono::year_month_day const& day)
{
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

/// "system|code" as it stands in the configuration.
std::string to_token(std::string_view category)
{
    auto const bar = category.find('|');
    if (bar == category.npos)
        return escape(category);
    return escape(category.substr(0, bar)) + '|' + escape(category.substr(bar + 1));
}

std::string category_parameter(std::vector<std::string> const& categories)
{
    if (std::ranges::find(categories, "*") != categories.end())
        return {};
    std::string tokens;
    for (auto const& each : categories)
        tokens.append(tokens.empty() ? "" : ",").append(to_token(each));
    return tokens.empty() ? tokens : "&category=" + encode_query_value(tokens);
}

std::string key_parameters(std::span<mapping::match_key const> keys)
{
    std::string all;
    auto const add = [&](std::string_view name, std::string_view value) {
        all.append("&").append(name).append("=").append(encode_query_value(value));
    };
    if (auto const* const accession = find_single_value(keys, {tags::AccessionNumber}))
        add("identifier", escape(accession->values.front()));
    if (auto const* const study = find_single_value(keys, {tags::StudyInstanceUID});
        study && !study->values.front().starts_with("2.25."))
        add("identifier", "urn:oid:" + study->values.front() + ',' + study->values.front());
    auto const days = days_around(keys);
    if (days.first)
        add("occurrence", "ge" + print(*days.first));
    if (days.last)
        add("occurrence", "le" + print(*days.last));
    return all;
}

/// "https://host:port" of a link, as an origin.
result<dicomweb::origin> origin_of(std::string_view link)
{
    auto const host = link.find("://") + 3;
    return dicomweb::parse_origin(link.substr(0, link.find_first_of("/?#", host)));
}

}  // namespace

std::string orders_target(config::order_server const& at, std::span<mapping::match_key const> keys,
                          std::span<std::string const> patients, std::uint32_t count)
{
    std::string target =
        "/ServiceRequest?status=active&intent=order,original-order,reflex-order,filler-order,instance-order";
    target += category_parameter(at.categories);
    for (std::size_t i = 0; i < patients.size(); ++i)
        target.append(i == 0 ? "&subject=Patient/" : ",Patient/").append(patients[i]);
    target += key_parameters(keys);
    target += "&_include=ServiceRequest:patient&_include=ServiceRequest:requester&_include=ServiceRequest:performer";
    return target + fmt::format("&_count={}", count);
}

std::string patients_target(config::order_server const& at, std::string_view patient_id, std::uint32_t count)
{
    return "/Patient?identifier=" + encode_query_value(escape(at.issuer.system) + '|' + escape(patient_id)) +
           fmt::format("&_count={}", count);
}

std::string parties_target(std::string_view type, std::span<std::string const> ids)
{
    std::string target = "/";
    target.append(type).append("?_id=");
    for (std::size_t i = 0; i < ids.size(); ++i)
        target.append(i == 0 ? "" : ",").append(ids[i]);
    return target + fmt::format("&_count={}", ids.size());
}

result<std::string> next_target(dicomweb::origin const& to, std::string_view link)
{
    auto const elsewhere = [] { return fail(errc::malformed, "Bundle.link next leads elsewhere"); };
    link = link.substr(0, link.find('#'));
    if (link.empty() || link.size() > 16 * 1024 ||
        std::ranges::any_of(link, [](char c) { return c <= ' ' || static_cast<unsigned char>(c) >= 0x7F; }))
        return fail(errc::malformed, "Bundle.link next is no URL");
    std::string path;
    if (link.starts_with("http://") || link.starts_with("https://")) {
        auto const origin = origin_of(link);
        if (!origin || origin->tls != to.tls || origin->port != to.port || origin->host != to.host)
            return elsewhere();
        auto const begin = link.find_first_of("/?", link.find("://") + 3);
        path = begin == link.npos ? std::string() : std::string(link.substr(begin));
    } else if (link.starts_with("//") || link.substr(0, link.find_first_of("/?")).find(':') != link.npos) {
        return elsewhere();
    } else if (link.front() == '/') {
        path = link;
    } else {
        path = to.base_path + (link.front() == '?' ? "" : "/") + std::string(link);
    }
    auto const only_path = path.substr(0, path.find('?'));
    bool const inside =
        path.starts_with(to.base_path) &&
        (path.size() == to.base_path.size() || path[to.base_path.size()] == '/' || path[to.base_path.size()] == '?');
    if (!inside || only_path.find("/..") != only_path.npos)
        return elsewhere();
    return path.starts_with('/') ? path : '/' + path;
}

}  // namespace pons::upstream::orders
