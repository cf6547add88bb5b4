#include "config/changes.hpp"

#include "config/walk.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace pons::config {

namespace {

bool may_change(key const& k)
{
    static constexpr std::string_view rows[] = {"sources.*.enabled", "sources.*.hours", "sources.*.breaker.failures",
                                                "sources.*.breaker.pause"};
    return std::ranges::find(rows, k.path) != std::end(rows);
}

bool is_used_alike(source const& a, source const& b)
{
    bool const same_hours = a.hours == b.hours && (a.hours.empty() || a.timezone == b.timezone);
    return a.enabled == b.enabled && same_hours && a.breaker.failures == b.breaker.failures &&
           a.breaker.pause == b.breaker.pause;
}

/// All that a file says, by its keys.
struct statements {
    explicit statements(settings const& of)
    {
        walk(of, [this](written_value one) {
            auto named = name_above(one);
            auto path = joined(one.path);
            names.insert(named);
            values.emplace(path, one.value);
            order.push_back({one.of, std::move(path), std::move(named)});
        });
    }

    /// "sources.main-pacs" of what stands below it; empty where the file chooses no name above.
    static std::string name_above(written_value const& one)
    {
        auto const star = one.of.path.find(".*.");
        if (star == std::string_view::npos)
            return {};
        auto const depth = 2 + std::ranges::count(one.of.path.substr(0, star), '.');
        return joined({one.path.begin(), one.path.begin() + depth});
    }

    struct entry {
        key const& of;
        std::string path;
        std::string name;
    };
    std::vector<entry> order;
    std::map<std::string, std::string> values;
    std::set<std::string> names;
};

class teller {
public:
    /// What stands in `one` and not, or otherwise, in `other`.
    void tell(statements const& one, statements const& other)
    {
        for (auto const& [of, path, name] : one.order) {
            if (!other.names.contains(name)) {
                add(name);
                continue;
            }
            auto const there = other.values.find(path);
            bool const same = there != other.values.end() && there->second == one.values.at(path);
            if (!same && !may_change(of))
                add(path);
        }
    }

    void add(std::string const& key)
    {
        if (told_.insert(key).second)
            all.push_back(key);
    }

    std::vector<std::string> all;

private:
    std::set<std::string> told_;
};

std::vector<std::string> names_of(std::vector<source> const& all)
{
    std::vector<std::string> names;
    for (auto const& one : all)
        names.push_back(one.name);
    return names;
}

}  // namespace

changes changes_between(settings const& was, settings const& now)
{
    statements const before(was);
    statements const after(now);
    teller others;
    others.tell(after, before);
    others.tell(before, after);
    auto const order_before = names_of(was.sources);
    auto const order_after = names_of(now.sources);
    bool const same_sources = std::ranges::is_permutation(order_before, order_after);
    if (same_sources && order_before != order_after)
        others.add(was.federation.order == now.federation.order ? "sources" : "federation.order");

    changes all;
    all.at_a_restart = std::move(others.all);
    for (auto const& one : now.sources) {
        auto const at = std::ranges::find(was.sources, one.name, &source::name);
        if (at != was.sources.end() && !is_used_alike(*at, one))
            all.while_used.push_back(one);
    }
    return all;
}

}  // namespace pons::config
