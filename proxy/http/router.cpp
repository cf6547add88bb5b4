#include "proxy/http/router.hpp"

#include "proxy/http/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

namespace pons::proxy::http {

namespace {

constexpr std::size_t most_segments = 16;

/// The segments of a path, still encoded: none for "/". One slash at the end is passed over.
struct split_path {
    std::array<std::string_view, most_segments> segments;
    std::size_t count = 0;
    bool fits = true;

    explicit split_path(std::string_view path)
    {
        path.remove_prefix(path.starts_with('/') ? 1 : 0);
        path.remove_suffix(path.ends_with('/') ? 1 : 0);
        while (!path.empty() && fits) {
            auto const slash = std::min(path.find('/'), path.size());
            fits = count < most_segments;
            if (fits)
                segments[count++] = path.substr(0, slash);
            path.remove_prefix(std::min(slash + 1, path.size()));
        }
    }
};

std::vector<std::string> compile(route const& row)
{
    auto const bad = [&] { return std::invalid_argument("route pattern " + row.pattern); };
    if (!row.pattern.starts_with('/') || (row.pattern.size() > 1 && row.pattern.ends_with('/')) || row.verbs.empty())
        throw bad();
    split_path const path(row.pattern);
    if (!path.fits)
        throw bad();
    std::vector<std::string> segments;
    for (std::size_t i = 0; i < path.count; ++i) {
        auto const segment = path.segments[i];
        bool const parameter = segment.starts_with('{') && segment.ends_with('}') && segment.size() > 2;
        if (segment.empty() || (!parameter && segment.find_first_of("{}%") != std::string_view::npos))
            throw bad();
        segments.emplace_back(parameter ? std::string_view() : segment);
    }
    return segments;
}

bool has(route const& row, verb method)
{
    return std::find(row.verbs.begin(), row.verbs.end(), method) != row.verbs.end();
}

bool answers(route const& row, verb method)
{
    return has(row, method) || (method == verb::head && has(row, verb::get));
}

std::string to_allow(std::vector<verb> verbs)
{
    verbs.push_back(verb::options);
    if (std::find(verbs.begin(), verbs.end(), verb::get) != verbs.end())
        verbs.push_back(verb::head);
    std::sort(verbs.begin(), verbs.end());
    verbs.erase(std::unique(verbs.begin(), verbs.end()), verbs.end());
    std::string allow;
    for (auto const method : verbs) {
        auto const name = to_string(method);
        allow.append(allow.empty() ? "" : ", ").append(name.data(), name.size());
    }
    return allow;
}

bool matches(std::vector<std::string> const& pattern, split_path const& path)
{
    return std::equal(pattern.begin(), pattern.end(), path.segments.begin(), path.segments.begin() + path.count,
                      [](auto const& p, auto const& s) { return p.empty() ? !s.empty() : p == s; });
}

/// Nothing in it to undo or to refuse.
bool is_plain(std::string_view segment)
{
    return std::all_of(segment.begin(), segment.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '%'; });
}

}  // namespace

router::router(std::vector<route> rows)
{
    struct compiled {
        std::vector<std::string> segments;
        route row;
    };
    std::vector<compiled> table;
    for (auto& row : rows) {
        auto segments = compile(row);
        table.push_back({std::move(segments), std::move(row)});
    }
    // Literal before parameter, from the left.
    std::stable_sort(table.begin(), table.end(), [](compiled const& a, compiled const& b) {
        return std::lexicographical_compare(
            a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
            [](auto const& x, auto const& y) { return x.empty() != y.empty() ? y.empty() : x < y; });
    });
    for (auto& entry : table) {
        for (std::size_t i = 0; i < rows_.size(); ++i)
            for (auto const method : entry.row.verbs)
                if (segments_[i] == entry.segments && has(rows_[i], method))
                    throw std::invalid_argument("route pattern twice: " + entry.row.pattern);
        rows_.push_back(std::move(entry.row));
        segments_.push_back(std::move(entry.segments));
    }
}

routed router::find(verb method, std::string_view path) const
{
    routed found;
    if (path == "*") {
        std::vector<verb> all;
        for (auto const& row : rows_)
            all.insert(all.end(), row.verbs.begin(), row.verbs.end());
        found.status = status::no_content;
        found.allow = to_allow(std::move(all));
        return found;
    }

    split_path split(path);
    std::array<std::string, most_segments> decoded;  // of the few segments that need it
    for (std::size_t i = 0; i < split.count; ++i) {
        if (is_plain(split.segments[i]))
            continue;
        auto segment = percent_decoded(split.segments[i]);
        if (!segment) {
            found.status = status::bad_request;
            return found;
        }
        decoded[i] = std::move(*segment);
        split.segments[i] = decoded[i];
    }
    if (!split.fits)
        return found;

    std::vector<verb> verbs;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        // Rows of one pattern stand together; the first pattern that matches decides.
        if (found.row != nullptr ? segments_[i] != segments_[static_cast<std::size_t>(found.row - rows_.data())]
                                 : !matches(segments_[i], split)) {
            if (found.row != nullptr)
                break;
            continue;
        }
        found.row = &rows_[i];
        if (answers(rows_[i], method)) {
            for (std::size_t s = 0; s < split.count; ++s)
                if (segments_[i][s].empty())
                    found.parameters.emplace_back(split.segments[s]);
            found.status = status::ok;
            return found;
        }
        verbs.insert(verbs.end(), rows_[i].verbs.begin(), rows_[i].verbs.end());
    }
    if (found.row != nullptr) {
        found.status = method == verb::options ? status::no_content : status::method_not_allowed;
        found.allow = to_allow(std::move(verbs));
    }
    return found;
}

}  // namespace pons::proxy::http
