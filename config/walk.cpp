#include "config/walk.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace pons::config {

namespace {

std::vector<std::string> split(std::string_view path)
{
    std::vector<std::string> parts;
    for (;;) {
        auto const dot = path.find('.');
        parts.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos)
            return parts;
        path.remove_prefix(dot + 1);
    }
}

// One collection of names at a time.
class walker {
public:
    /// `all`: a copy, since slots point to what may be changed.
    walker(settings all, std::function<void(written_value)> const& tell) : all_(std::move(all)), tell_(tell) {}

    void run()
    {
        auto const rows = keys();
        for (std::size_t i = 0; i < rows.size();) {
            auto const star = rows[i].path.find(".*");
            if (star == std::string_view::npos) {
                tell(rows[i++], {});
                continue;
            }
            auto const collection = rows[i].path.substr(0, star + 2);
            auto const end = std::find_if(rows.begin() + static_cast<std::ptrdiff_t>(i), rows.end(),
                                          [&](key const& k) { return !k.path.starts_with(collection); });
            auto const count = static_cast<std::size_t>(end - rows.begin()) - i;
            each(collection, rows.subspan(i, count));
            i += count;
        }
    }

private:
    void each(std::string_view collection, std::span<key const> rows)
    {
        auto const all_rows = [&](std::string const& name) {
            for (auto const& k : rows)
                if (k.path.ends_with("charset_labels.*"))
                    for (auto& [label, meant] : at_.source->quirks.charset_labels)
                        at_.label = &meant, tell(k, name, label);
                else if (k.at != nullptr && !(k.only && *k.only != at_.source->kind))
                    tell(k, name);
        };
        if (collection == "sources.*")
            for (auto& s : all_.sources)
                at_.source = &s, all_rows(s.name);
        else if (collection == "viewers.*")
            for (auto& v : all_.viewers)
                at_.viewer = &v, all_rows(v.name);
        else if (collection == "peers.*")
            for (auto& p : all_.peers)
                at_.peer = &p, all_rows(p.name);
        else if (collection == "worklists.*")
            for (auto& w : all_.worklists)
                at_.worklist = &w, all_rows(w.name);
        else if (collection == "federation.routes.*")
            for (auto& r : all_.federation.routes)
                at_.route = &r, all_rows(r.name);
        else
            for (auto& [title, sources] : all_.dicom.ae_titles)
                at_.title = &sources, all_rows(title);
    }

    /// `second`: what a second `*` stands for.
    void tell(key const& k, std::string const& name, std::string const& second = {})
    {
        auto value = print(k, k.at(at_));
        if (value.empty())
            return;
        auto path = split(k.path);
        bool first = true;
        for (auto& part : path)
            if (part == "*")
                part = std::exchange(first, false) ? name : second;
        auto const preset = path.front() == "sources" ? at_.source->quirks.preset : std::string();
        tell_({k, std::move(path), std::move(value), preset});
    }

    settings all_;
    std::function<void(written_value)> const& tell_;
    place at_{all_};
};

}  // namespace

void walk(settings const& all, std::function<void(written_value)> const& tell)
{
    walker(all, tell).run();
}

std::string joined(std::vector<std::string> const& path)
{
    std::string text;
    for (auto const& part : path)
        text = below(text, name_in_path(part));
    return text;
}

}  // namespace pons::config
