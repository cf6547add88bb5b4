#include "proxy/http/text.hpp"
#include "proxy/fhir/explain.hpp"

#include <array>
#include <utility>

namespace pons::proxy::fhir {

namespace {

using list = std::pair<std::string_view, std::vector<std::string> const*>;

void append_list(std::string& out, list const& one)
{
    http::append_json(out, one.first);
    out += ":[";
    for (auto const& item : *one.second) {
        out += &item == &one.second->front() ? "" : ",";
        http::append_json(out, item);
    }
    out += ']';
}

void append_value(std::string& out, std::string_view name, std::string_view value)
{
    http::append_json(out, name);
    out += ':';
    http::append_json(out, value);
    out += ',';
}

void append_source(std::string& out, source_explanation const& s)
{
    out += '{';
    append_value(out, "source", s.source);
    append_value(out, "kind", s.kind);
    append_value(out, "reach", s.reach);
    if (!s.closed.empty())
        append_value(out, "closed", s.closed);
    bool first = true;
    for (auto const& one : {list("queries", &s.queries), list("notes", &s.notes), list("forms", &s.forms),
                            list("splits", &s.splits), list("deeper", &s.deeper)}) {
        out += std::exchange(first, false) ? "" : ",";
        append_list(out, one);
    }
    out += '}';
}

}  // namespace

std::string to_text(explanation const& e)
{
    std::string out;
    auto const add = [&](std::string_view before, std::vector<std::string> const& all) {
        for (auto const& one : all)
            out.append(before).append(one).append("\n");
    };
    if (!e.refusal.empty())
        out += "refused: " + e.refusal + '\n';
    add("crosswalk: ", e.patients);
    for (auto const& s : e.sources) {
        out += s.source + " (" + s.kind + "): " + s.reach + '\n';
        if (!s.closed.empty())
            out += "  - not now: " + s.closed + '\n';
        add("  ", s.queries);
        add("  - ", s.notes);
        add("  - forms: ", s.forms);
        add("  - parts: ", s.splits);
        add("  - deeper: ", s.deeper);
    }
    add("judged here: ", e.judged);
    add("answer: ", e.results);
    add("ignored: ", e.ignored);
    return out;
}

std::string to_json(explanation const& e)
{
    std::string out = "{";
    if (!e.refusal.empty())
        append_value(out, "refusal", e.refusal);
    if (!e.patients.empty()) {
        append_list(out, {"patients", &e.patients});
        out += ',';
    }
    out += "\"sources\":[";
    for (auto const& s : e.sources) {
        out += &s == &e.sources.front() ? "" : ",";
        append_source(out, s);
    }
    out += "],";
    append_list(out, {"judged", &e.judged});
    out += ',';
    append_list(out, {"results", &e.results});
    out += ',';
    append_list(out, {"ignored", &e.ignored});
    return out + "}\n";
}

outline to_outline(explanation const& e)
{
    outline root;
    root.add("refused", e.refusal);
    root.add_all("patient", e.patients);
    for (auto const& s : e.sources) {
        auto& one = root.open("source");
        one.add("name", s.source);
        one.add("kind", s.kind);
        one.add("reach", s.reach);
        one.add("closed", s.closed);
        one.add_all("query", s.queries);
        one.add_all("note", s.notes);
        one.add_all("form", s.forms);
        one.add_all("part", s.splits);
        one.add_all("deeper", s.deeper);
    }
    root.add_all("judged", e.judged);
    root.add_all("answer", e.results);
    root.add_all("ignored", e.ignored);
    return root;
}

}  // namespace pons::proxy::fhir
