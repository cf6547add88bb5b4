#include "config/crosswalk_file.hpp"

#include "config/forms.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

namespace pons::config {

namespace {

constexpr std::size_t largest = 64 * 1024 * 1024;
constexpr std::size_t most_diagnostics = 50;
constexpr std::size_t most_identifiers = 64;  // of one patient
constexpr std::size_t longest_value = 256;

using fields = std::array<std::string, 3>;

/// One line as three fields; or what is wrong with it.
std::string split(std::string_view line, fields& out)
{
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].clear();
        bool const quoted = line.starts_with('"');
        if (quoted) {
            line.remove_prefix(1);
            for (;;) {
                auto const quote = line.find('"');
                if (quote == std::string_view::npos)
                    return "opens a quote that is not closed on the same line; close it";
                out[i].append(line.substr(0, quote));
                line.remove_prefix(quote + 1);
                if (!line.starts_with('"'))
                    break;
                out[i] += '"';
                line.remove_prefix(1);
            }
        } else {
            auto const comma = std::min(line.find(','), line.size());
            out[i] = line.substr(0, comma);
            line.remove_prefix(comma);
            if (out[i].find('"') != std::string::npos)
                return "has a quote inside a field; put the field in quotes and double the quote";
        }
        bool const last = i + 1 == out.size();
        if (last ? !line.empty() : !line.starts_with(','))
            return "does not have three fields; write patient,system,value";
        line.remove_prefix(last ? 0 : 1);
    }
    return {};
}

bool is_patient_id(std::string_view id)
{
    auto const fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, fits);
}

/// How many bytes the first character has; 0: it is not UTF-8 (RFC 3629).
std::size_t character(std::string_view text)
{
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const first = byte(0);
    std::size_t const size = first < 0x80                     ? 1
                             : first >= 0xC2 && first <= 0xDF ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
    if (size > text.size())
        return 0;
    for (std::size_t i = 1; i < size; ++i)
        if (byte(i) < 0x80 || byte(i) > 0xBF)
            return 0;
    bool const bad = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                     (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
    return bad ? 0 : size;
}

std::string value_fault(std::string_view value)
{
    if (value.empty())
        return "has no value; write the identifier";
    if (value.size() > longest_value)
        return "has a value of more than 256 bytes; no archive keeps such an id";
    if (value.front() == ' ' || value.back() == ' ')
        return "has a value that begins or ends with a space; leave it out";
    auto const control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; };
    if (std::ranges::any_of(value, control))
        return "has a value with a backslash or a control character, which no Patient ID has";
    for (auto rest = value; !rest.empty();) {
        auto const size = character(rest);
        if (size == 0)
            return "is not UTF-8; save the file as UTF-8";
        rest.remove_prefix(size);
    }
    return {};
}

class parser {
public:
    explicit parser(std::string name) : name_(std::move(name)) {}

    void line(std::string_view text);
    crosswalk_file finish();
    void error(std::uint32_t at, std::string message)
    {
        if (out_.diagnostics.size() < most_diagnostics)
            out_.diagnostics.push_back({.severity = severity::error,
                                        .file = name_,
                                        .line = at,
                                        .column = at == 0 ? 0U : 1U,
                                        .key = {},
                                        .message = std::move(message)});
    }

private:
    struct given {
        std::size_t patient;
        crosswalk_identifier identifier;
        std::uint32_t line;
    };

    void row(fields& f);
    std::size_t number_of(std::string const& id);
    std::size_t root_of(std::size_t patient);

    std::string const name_;
    crosswalk_file out_;
    std::uint32_t line_ = 0;
    bool header_ = false;
    std::unordered_map<std::string, std::size_t> patients_;
    std::vector<std::size_t> joined_;  // disjoint sets
    std::vector<given> identifiers_;
};

std::size_t parser::number_of(std::string const& id)
{
    auto const [at, fresh] = patients_.emplace(id, joined_.size());
    if (fresh)
        joined_.push_back(joined_.size());
    return at->second;
}

std::size_t parser::root_of(std::size_t patient)
{
    while (joined_[patient] != patient) {
        joined_[patient] = joined_[joined_[patient]];
        patient = joined_[patient];
    }
    return patient;
}

void parser::line(std::string_view text)
{
    ++line_;
    if (text.ends_with('\r'))
        text.remove_suffix(1);
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    if (text.empty())
        return;
    fields f;
    if (auto fault = split(text, f); !fault.empty())
        return error(line_, std::move(fault));
    if (!std::exchange(header_, true)) {
        if (f != fields{"patient", "system", "value"})
            error(line_, "is not the heading; begin with patient,system,value");
        return;
    }
    row(f);
}

void parser::row(fields& f)
{
    auto& [patient, system, value] = f;
    std::string_view id = patient;
    if (id.starts_with("Patient/"))
        id.remove_prefix(8);
    if (!is_patient_id(id))
        return error(line_,
                     "has no Patient id in front; write the id of the EHR's Patient: 1 to 64 letters, digits, "
                     "hyphens and dots");
    auto const number = number_of(std::string(id));
    if (system.empty()) {
        std::string_view other = value;
        if (!other.starts_with("Patient/") || !is_patient_id(other.substr(8)))
            return error(line_,
                         "has no system; write the system of the identifier, or the record that replaced this "
                         "one as Patient/id");
        joined_[root_of(number)] = root_of(number_of(std::string(other.substr(8))));
        return;
    }
    if (auto const fault = forms::uri.fault(system); !fault.empty())
        return error(line_, "has a system that " + fault);
    if (auto fault = value_fault(value); !fault.empty())
        return error(line_, std::move(fault));
    identifiers_.push_back({number, {std::move(system), std::move(value)}, line_});
}

crosswalk_file parser::finish()
{
    if (!header_ && out_.diagnostics.empty())
        error(0, "is empty; begin with patient,system,value");
    auto& table = out_.table;
    std::unordered_map<std::size_t, std::size_t> place_of;
    for (auto const& [id, number] : patients_) {
        auto const [at, fresh] = place_of.emplace(root_of(number), table.patients.size());
        if (fresh)
            table.patients.emplace_back();
        table.by_id.emplace(id, at->second);
    }
    std::map<crosswalk_identifier, given const*> holders;
    for (auto const& one : identifiers_) {
        auto const [holder, fresh] = holders.emplace(one.identifier, &one);
        auto const root = root_of(one.patient);
        if (!fresh && root_of(holder->second->patient) != root)
            error(one.line, "gives an identifier that line " + std::to_string(holder->second->line) +
                                " gives to another patient; keep one, or say which record replaced the other");
        if (!fresh)
            continue;
        auto& all = table.patients[place_of.at(root)];
        all.push_back(one.identifier);
        if (all.size() == most_identifiers + 1)
            error(one.line, "gives the patient more than 64 identifiers; leave out those that no source issues");
    }
    for (auto& all : table.patients)
        std::ranges::sort(all);
    std::ranges::stable_sort(out_.diagnostics, {}, &diagnostic::line);
    return std::move(out_);
}

}  // namespace

crosswalk_file parse_crosswalk_file(std::string_view text, std::string const& name)
{
    parser p(name);
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        p.line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return p.finish();
}

crosswalk_file read_crosswalk_file(std::filesystem::path const& file)
{
    std::error_code error;
    auto const size = std::filesystem::file_size(file, error);
    parser p(file.string());
    if (!error && size > largest) {
        p.error(0, "is larger than 64 MiB; ask a FHIR server or PIX manager instead");
        return p.finish();
    }
    std::ifstream in(file, std::ios::binary);
    std::string text;
    if (!error)
        text.resize(size);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (error || !in) {
        p.error(0, "cannot be read; check the path and its permissions");
        return p.finish();
    }
    return parse_crosswalk_file(text, file.string());
}

}  // namespace pons::config
