#include "config/secrets.hpp"

#include "config/scalars.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace pons::config {

namespace {

constexpr std::size_t largest = 64 * 1024;

parsed<std::string> from_environment(std::string_view name)
{
    auto const letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    auto const fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    if (name.empty() || !letter(name.front()) || !std::all_of(name.begin(), name.end(), fits))
        return wrong("${env:…} holds no name of a variable; write letters, digits and _, such as ${env:PONS_KEY}");
    std::string const variable(name);
    char const* const value = std::getenv(variable.c_str());
    if (value == nullptr)
        return wrong("the environment has no variable " + variable + "; set it before Pons starts");
    if (*value == '\0')
        return wrong("the variable " + variable + " is empty; give it a value");
    return value;
}

parsed<std::string> from_file(std::string_view name, std::filesystem::path const& base)
{
    if (name.empty())
        return wrong("${file:…} names no file; write its path, such as ${file:/run/secrets/pons}");
    auto const path = (base / name).lexically_normal();
    auto const what = "the file " + in_quotes(path.string());
    std::error_code error;
    auto const status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        return wrong(what + " does not exist; create it, or correct the path");
    // Reading a pipe or a device could wait for ever.
    if (!std::filesystem::is_regular_file(status))
        return wrong(what + " is not an ordinary file; name one");
    std::ifstream in(path, std::ios::binary);
    std::string text(largest + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in && !in.eof())
        return wrong(what + " cannot be read; check its permissions");
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > largest)
        return wrong(what + " is larger than 64 KiB; that is no secret");
    if (text.find('\0') != std::string::npos)
        return wrong(what + " holds zero bytes; a secret is text");
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    if (text.empty())
        return wrong(what + " is empty; write the value into it");
    return text;
}

parsed<std::string> look_up(std::string_view reference, std::filesystem::path const& base)
{
    if (reference.starts_with("env:"))
        return from_environment(reference.substr(4));
    if (reference.starts_with("file:"))
        return from_file(reference.substr(5), base);
    // What stands in the braces may be a piece of a password, so it is not told.
    return wrong("${…} is neither ${env:NAME} nor ${file:path}; write $${ where the text itself holds ${");
}

}  // namespace

tl::expected<expanded, std::string> expand(std::string_view text, std::filesystem::path const& base)
{
    expanded out;
    while (!text.empty()) {
        auto const begin = text.find("${");
        if (begin == std::string_view::npos) {
            out.text += text;
            break;
        }
        if (begin > 0 && text[begin - 1] == '$') {
            out.text += text.substr(0, begin - 1);
            out.text += "${";
            text.remove_prefix(begin + 2);
            continue;
        }
        auto const end = text.find('}', begin);
        if (end == std::string_view::npos)
            return wrong("${ is not closed; write ${env:NAME} or ${file:path}, or $${ for the text ${");
        auto value = look_up(text.substr(begin + 2, end - begin - 2), base);
        if (!value)
            return wrong(std::move(value.error()));
        out.text += text.substr(0, begin);
        out.text += *value;
        out.from_outside = true;
        text.remove_prefix(end + 1);
    }
    return out;
}

}  // namespace pons::config
