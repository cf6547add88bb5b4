#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// JSON token by token, without a tree and without copies.
///
/// simdjson's first stage finds where tokens begin, checks UTF-8 and quotes; the walk over them is ours, because the
/// On-Demand interface costs twice the instructions of a study (22,000 instead of 10,000 in all) with its safety rails.
namespace pons::mapping {

/// Where a walk stands. Cheap to copy. It cannot leave the text: at the end `peek` is '\0', which nothing takes.
class json_cursor {
public:
    json_cursor(char const* text, std::uint32_t const* first_token) : text_(text), at_(first_token) {}

    /// The first character of the next token; '\0' at the end.
    char peek() const { return text_[*at_]; }

    /// Passes one structural character. False when another token is next.
    bool take(char structural)
    {
        if (peek() != structural)
            return false;
        ++at_;
        return true;
    }

    /// The characters of the next token, which is not the last one, up to the token after it: white space may follow.
    std::string_view token() const { return {text_ + *at_, std::size_t{at_[1]} - *at_}; }

    /// Where the next token begins.
    char const* here() const { return text_ + *at_; }

    /// Passes a text, which is handed out without its quotes and with its escapes still in it. False when the next
    /// token is no text.
    bool take_text(std::string_view& raw)
    {
        auto const all = token();
        auto size = all.size();
        while (size > 1 && all[size - 1] != '"')
            --size;
        if (all.front() != '"' || size < 2)
            return false;
        raw = all.substr(1, size - 2);
        ++at_;
        return true;
    }

    /// The character `tokens` tokens on; there must be so many.
    char const* here(std::size_t tokens) const { return text_ + at_[tokens]; }

    /// Passes `tokens` tokens that the caller has seen in the characters themselves.
    void pass(std::size_t tokens) { at_ += tokens; }

    /// Passes a number, true, false or null. False when the next token is none of them.
    bool take_word(std::string_view& word);

    /// Passes a whole value. False when none is next, or when it is cut off.
    bool skip();

private:
    char const* text_;
    std::uint32_t const* at_;
};

/// The first stage with its buffers, to be used again and again.
class json_scanner {
public:
    enum class fault { none, empty, not_json, not_utf8, control_characters, too_large };

    json_scanner();
    ~json_scanner();
    json_scanner(json_scanner&&) noexcept;
    json_scanner& operator=(json_scanner&&) noexcept;

    /// Finds the tokens of the text from `skip` on, which has `padding` bytes of capacity after its end. Then `cursor`
    /// walks it, until the next call or until the text is changed.
    fault scan(std::string const& text, std::size_t skip = 0);
    json_cursor cursor() const;
    /// Whether any text has an escape: one look at the whole is cheaper than one at every value.
    bool has_escapes() const;

    static constexpr std::size_t padding = 64;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// Appends `raw` with its escapes resolved. False when an escape names no character: U+FFFD stands for it then.
bool append_unescaped(std::string& to, std::string_view raw);

}  // namespace pons::mapping
