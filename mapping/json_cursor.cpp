#include "mapping/json_cursor.hpp"

#include <simdjson.h>

#include <cstring>

namespace pons::mapping {

namespace {

static_assert(json_scanner::padding >= simdjson::SIMDJSON_PADDING);

constexpr bool is_number(std::string_view word)
{
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_digit(word[0]) && word[0] != '-')
        return false;
    for (auto const c : word)
        if (!is_digit(c) && c != '-' && c != '.' && c != 'e' && c != 'E' && c != '+')
            return false;
    return true;
}

/// Four hexadecimal digits; negative when they are not.
int code_unit(std::string_view digits)
{
    if (digits.size() < 4)
        return -1;
    int unit = 0;
    for (auto const c : digits.substr(0, 4)) {
        auto const lower = static_cast<char>(c | 0x20);
        int const digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

void append_utf8(std::string& to, int code_point)
{
    auto const put = [&](int byte) { to.push_back(static_cast<char>(byte)); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0 | code_point >> 6);
        put(0x80 | (code_point & 0x3F));
    } else if (code_point < 0x10000) {
        put(0xE0 | code_point >> 12);
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    } else {
        put(0xF0 | code_point >> 18);
        put(0x80 | (code_point >> 12 & 0x3F));
        put(0x80 | (code_point >> 6 & 0x3F));
        put(0x80 | (code_point & 0x3F));
    }
}

constexpr int no_character = -1;

/// Takes what follows "\u" off `rest`; no_character when it names none.
int take_code_point(std::string_view& rest)
{
    auto const first = code_unit(rest);
    if (first < 0)
        return no_character;
    rest.remove_prefix(4);
    if (first < 0xD800 || first > 0xDFFF)
        return first;
    auto const second = rest.starts_with("\\u") ? code_unit(rest.substr(2)) : -1;
    if (first > 0xDBFF || second < 0xDC00 || second > 0xDFFF)
        return no_character;
    rest.remove_prefix(6);
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

}  // namespace

bool append_unescaped(std::string& to, std::string_view raw)
{
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    bool good = true;
    for (;;) {
        auto const plain = raw.find('\\');
        to.append(raw.substr(0, plain));
        if (plain == raw.npos)
            return good;
        raw.remove_prefix(plain + 1);
        if (raw.empty())
            return false;
        auto const name = raw.front();
        raw.remove_prefix(1);
        if (auto const simple = names.find(name); simple != names.npos) {
            to.push_back(meanings[simple]);
            continue;
        }
        auto const code_point = name == 'u' ? take_code_point(raw) : no_character;
        good = good && code_point != no_character;
        append_utf8(to, code_point == no_character ? 0xFFFD : code_point);
    }
}

bool json_cursor::take_word(std::string_view& word)
{
    word = token();
    while (!word.empty() && static_cast<unsigned char>(word.back()) <= ' ')
        word.remove_suffix(1);
    if (word.empty() || !(is_number(word) || word == "null" || word == "true" || word == "false"))
        return false;
    ++at_;
    return true;
}

bool json_cursor::skip()
{
    for (std::size_t depth = 0;;) {
        switch (peek()) {
            case '{':
            case '[':
                ++depth;
                break;
            case '}':
            case ']':
                if (depth == 0)
                    return false;
                --depth;
                break;
            case ',':
            case ':':
                if (depth == 0)
                    return false;
                break;
            case '\0':
                return false;
            default:
                break;
        }
        ++at_;
        if (depth == 0)
            return true;
    }
}

struct json_scanner::impl {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
    char const* text = nullptr;
    bool has_escapes = false;
};

json_scanner::json_scanner() : impl_(std::make_unique<impl>()) {}
json_scanner::~json_scanner() = default;
json_scanner::json_scanner(json_scanner&&) noexcept = default;
json_scanner& json_scanner::operator=(json_scanner&&) noexcept = default;

json_scanner::fault json_scanner::scan(std::string const& text, std::size_t skip)
{
    auto const size = text.size() - skip;
    impl_->text = text.data() + skip;
    impl_->has_escapes = std::memchr(text.data(), '\\', text.size()) != nullptr;

    // One huge answer must not hold its memory for the life of the worker.
    constexpr std::size_t keep = 8u << 20;
    if (impl_->stage && size <= keep && impl_->stage->capacity() > keep)
        impl_->stage.reset();

    auto error = simdjson::error_code::SUCCESS;
    auto const capacity = std::max<std::size_t>(size, 1u << 16);
    if (!impl_->stage)
        error = simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 16, impl_->stage);
    else if (impl_->stage->capacity() < size)
        error = impl_->stage->set_capacity(capacity);
    if (!error)
        error = impl_->stage->stage1(reinterpret_cast<std::uint8_t const*>(impl_->text), size,
                                     simdjson::stage1_mode::regular);
    switch (error) {
        case simdjson::error_code::SUCCESS:
            // The walk ends at the '\0' that every std::string has.
            impl_->stage->structural_indexes[impl_->stage->n_structural_indexes] = static_cast<std::uint32_t>(size);
            return fault::none;
        case simdjson::error_code::EMPTY:
            return fault::empty;
        case simdjson::error_code::UTF8_ERROR:
            return fault::not_utf8;
        case simdjson::error_code::UNESCAPED_CHARS:
            return fault::control_characters;
        case simdjson::error_code::CAPACITY:
        case simdjson::error_code::MEMALLOC:
            return fault::too_large;
        default:
            return fault::not_json;
    }
}

bool json_scanner::has_escapes() const
{
    return impl_->has_escapes;
}

json_cursor json_scanner::cursor() const
{
    return {impl_->text, impl_->stage->structural_indexes.get()};
}

}  // namespace pons::mapping
