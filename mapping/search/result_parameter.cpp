#include "mapping/search/result_parameter.hpp"

#include "mapping/data_set.hpp"
#include "mapping/search/parse_faults.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace pons::mapping::search {

namespace {

result<void> read_count(std::string_view value, parse_options const& options, request& into)
{
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc::result_out_of_range)
        number = options.max_count;
    else if (error != std::errc{} || end != value.data() + value.size())
        return invalid_value("_count", "a number");
    into.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(number, options.max_count));
    return {};
}

result<void> read_sort(std::string_view value, request& into)
{
    into.sort.clear();
    for (auto rule : split_escaped(value, ',')) {
        sort_key key;
        if (rule.starts_with('-')) {
            key.descending = true;
            rule.remove_prefix(1);
        }
        if (rule == "_id")
            key.what = sort_key::by::id;
        else if (rule != "started")
            return fail(errc::unsupported_sort, "_sort: started and _id can be sorted by");
        into.sort.push_back(key);
    }
    return {};
}

}  // namespace

result<bool> read_result_parameter(parameter const& p, parse_options const& options, request& into)
{
    auto const& [name, value] = p;
    if (name == "_format" || name == "_pretty") {
        into.used.push_back(p);
        return true;
    }
    if (name == "_page") {
        into.page = value;
        return true;
    }
    result<void> done;
    if (name == "_count") {
        done = read_count(value, options, into);
        if (done) {
            into.used.emplace_back(name, std::to_string(*into.count));
            return true;
        }
    } else if (name == "_sort") {
        done = read_sort(value, into);
    } else if (name == "_summary") {
        static constexpr std::array<std::pair<std::string_view, summary>, 5> values{{{"true", summary::true_},
                                                                                     {"false", summary::all},
                                                                                     {"text", summary::text},
                                                                                     {"data", summary::data},
                                                                                     {"count", summary::count}}};
        auto const found = std::ranges::find(values, value, &std::pair<std::string_view, summary>::first);
        if (found == values.end())
            return invalid_value(name, "true, false, text, data or count");
        into.summary = found->second;
    } else if (name == "_total") {
        static constexpr std::array<std::pair<std::string_view, total>, 3> values{
            {{"none", total::none}, {"estimate", total::estimate}, {"accurate", total::accurate}}};
        auto const found = std::ranges::find(values, value, &std::pair<std::string_view, total>::first);
        if (found == values.end())
            return invalid_value(name, "none, estimate or accurate");
        into.total = found->second;
    } else if (name == "_elements") {
        for (auto const element : split_escaped(value, ','))
            if (auto const base = trim(element, "LO"_vr); !base.empty())
                into.elements.emplace_back(base);
    } else if (name == "_include" || name == "_include:iterate") {
        if (value != "ImagingStudy:endpoint" && value != "ImagingStudy:endpoint:Endpoint" && value != "*" &&
            value != "ImagingStudy:*") {
            done = ignore(p, "_include offers ImagingStudy:endpoint; the other value was ignored", options, into);
            if (!done)
                return tl::unexpected(done.error());
            return true;
        }
        into.include_endpoint = true;
    } else {
        return false;
    }
    if (!done)
        return tl::unexpected(done.error());
    into.used.push_back(p);
    return true;
}

}  // namespace pons::mapping::search
