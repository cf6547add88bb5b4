#include "config/load.hpp"

#include "config/checks.hpp"
#include "config/reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>
#include <tuple>

namespace pons::config {

namespace {

constexpr std::size_t largest = 1024 * 1024;

std::string_view line_of(std::string_view text, int number)
{
    for (; number > 0 && !text.empty(); --number)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return text.substr(0, text.find('\n'));
}

// yaml-cpp's words may quote the text, which may be a secret (`password: *hunter2`); ours do not.
std::string in_our_words(YAML::Exception const& fault)
{
    struct {
        std::string_view begins;
        std::string_view ours;
    } const rows[] = {
        {"the referenced anchor", "an alias that no anchor defines; quote a text that begins with *"},
        {"unknown token", "a character that no plain text begins with; quote texts that begin with @, ` or %"},
        {"illegal EOF in scalar", "a quote that is opened and not closed; close it"},
        {"unknown escape character", "a \\ in double quotes that YAML does not know; use single quotes"},
        {"illegal map value",
         "a colon where no key can be; check the indentation, and quote texts that hold a colon and a space"},
        {"end of map not found", "a line that does not fit in; check the indentation and the colon behind the key"},
    };
    for (auto const& row : rows)
        if (std::string_view(fault.msg).starts_with(row.begins))
            return std::string(row.ours);
    return "something that is not YAML (" + fault.msg.substr(0, fault.msg.find(':')) +
           "); check quotes, brackets and indentation";
}

position position_of(YAML::Mark const& mark)
{
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// Takes the documents of a text one by one and keeps only where the last one begins.
struct beginnings : YAML::EventHandler {
    YAML::Mark last;

    void OnDocumentStart(YAML::Mark const& mark) override { last = mark; }
    void OnDocumentEnd() override {}
    void OnNull(YAML::Mark const&, YAML::anchor_t) override {}
    void OnAlias(YAML::Mark const&, YAML::anchor_t) override {}
    void OnScalar(YAML::Mark const&, std::string const&, YAML::anchor_t, std::string const&) override {}
    void OnSequenceStart(YAML::Mark const&, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(YAML::Mark const&, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

// YAML::Load ignores what follows the first document, and YAML::LoadAll of yaml-cpp 0.7 never ends when a document
// begins with a comma, as it then takes the same empty document for ever.
void check_alone(std::string const& text, draft& d)
{
    std::istringstream in(text);
    YAML::Parser parser(in);
    beginnings documents;
    parser.HandleNextDocument(documents);
    if (parser.HandleNextDocument(documents))
        d.add(severity::error, position_of(documents.last), "",
              "here begins something that does not belong to what stands above; keep one document, and check commas "
              "and ---");
}

void parse(std::string const& text, draft& d)
{
    if (text.size() > largest)
        return d.error("", "is larger than 1 MiB; that is no configuration");
    try {
        check_alone(text, d);
        read(YAML::Load(text), d);
        check(d);
    } catch (YAML::Exception const& fault) {
        auto at = position_of(fault.mark);
        auto const line = line_of(text, fault.mark.line);
        auto const tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
        if (tab != std::string_view::npos)
            at.column = static_cast<std::uint32_t>(tab + 1);
        d.add(severity::error, at, "",
              "here is " + (tab == std::string_view::npos
                                ? in_our_words(fault)
                                : "a tab at the beginning of the line; YAML is indented with spaces"));
    }
}

result_of_load finish(draft&& d)
{
    // What is said of a file that this one names comes behind, in its own order.
    auto const place = [&](diagnostic const& told) {
        bool const other = told.file != d.file;
        return std::tuple(other, other ? std::uint32_t{0} : told.line, other ? std::uint32_t{0} : told.column);
    };
    std::stable_sort(d.diagnostics.begin(), d.diagnostics.end(),
                     [&](diagnostic const& a, diagnostic const& b) { return place(a) < place(b); });
    result_of_load out;
    out.diagnostics = std::move(d.diagnostics);
    for (auto const& [key, at] : d.set)
        out.given.emplace(key, at.line);
    out.hidden = std::move(d.hidden);
    bool const faulty = std::any_of(out.diagnostics.begin(), out.diagnostics.end(),
                                    [](diagnostic const& told) { return told.severity == severity::error; });
    if (!faulty)
        out.settings = std::move(d.all);
    return out;
}

}  // namespace

result_of_load load_text(std::string_view yaml, std::string name, std::filesystem::path const& base)
{
    draft d{.file = std::move(name), .base = base};
    parse(std::string(yaml), d);
    return finish(std::move(d));
}

result_of_load load(std::filesystem::path const& file)
{
    draft d{.file = file.string(), .base = file.parent_path()};
    std::error_code error;
    auto const status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status))
        d.error("", "does not exist; name the configuration with --config");
    else if (std::filesystem::is_directory(status))
        d.error("", "is a directory; name a file");
    if (!d.diagnostics.empty())
        return finish(std::move(d));
    std::ifstream in(file, std::ios::binary);
    std::string text(largest + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (!in && !in.eof())
        d.error("", "cannot be read; check its permissions");
    else
        parse(text, d);
    return finish(std::move(d));
}

}  // namespace pons::config
