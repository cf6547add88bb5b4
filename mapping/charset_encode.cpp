#include "mapping/charset.hpp"
#include "mapping/utf8.hpp"

namespace pons::mapping {

namespace {

bool is_format_control(char32_t c)
{
    return c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/// Writes one value with the code extensions that it needs (PS3.5 §6.1.2.5): what is designated at the start is so
/// again before each delimiter and at the end.
class extended_writer {
public:
    extended_writer(charset const& as, std::string& bytes) : as_(as), bytes_(bytes)
    {
        auto const sets = as.sets();
        auto const first = sets.empty() ? code_set::ascii : sets.front();
        auto const shape = row_of(first).shape;
        first_g0_ = first == code_set::jis_x0201 ? first : code_set::ascii;
        first_g1_ = first != code_set::ascii && shape == code_shape::single ? first : code_set::none;
        g0_ = first_g0_;
        g1_ = first_g1_;
    }

    void ascii(char c)
    {
        designate_g0(first_g0_);
        bytes_ += c;
    }

    bool character(char32_t c)
    {
        for (auto const set : {g0_, g1_})
            if (set != code_set::none && set != code_set::ascii && put(set, c))
                return true;
        for (auto const set : as_.sets())
            if (set != code_set::ascii && put(set, c))
                return true;
        return false;
    }

    /// Before a delimiter, the end of a line or of the value.
    void reset()
    {
        designate_g0(first_g0_);
        if (first_g1_ != code_set::none)
            designate_g1(first_g1_);
        // Nothing can be "designated" where the default repertoire has nothing: the reader forgets it by himself.
        g1_ = first_g1_;
    }

private:
    bool put(code_set set, char32_t c)
    {
        code_.clear();
        if (row_of(set).escape.empty() && set != first_g1_)
            return false;  // there is no way to switch to it
        if (!append_encoded(set, c, code_))
            return false;
        if (row_of(set).g0)
            designate_g0(set);
        else
            designate_g1(set);
        bytes_ += code_;
        return true;
    }

    void designate_g0(code_set set)
    {
        if (g0_ != set)
            bytes_.append("\x1B").append(set == code_set::jis_x0201 ? "(J" : row_of(set).escape);
        g0_ = set;
    }

    void designate_g1(code_set set)
    {
        if (g1_ != set)
            bytes_.append("\x1B").append(row_of(set).escape);
        g1_ = set;
    }

    charset const& as_;
    std::string& bytes_;
    std::string code_;
    code_set first_g0_{};
    code_set first_g1_{};
    code_set g0_{};
    code_set g1_{};
};

/// The whole sets: one character after the other, no state.
class whole_writer {
public:
    whole_writer(code_set set, std::string& bytes) : set_(set), bytes_(bytes) {}

    void ascii(char c) { bytes_ += c; }
    bool character(char32_t c) { return append_encoded(set_, c, bytes_); }
    void reset() {}

private:
    code_set set_;
    std::string& bytes_;
};

template <class Writer>
bool write(std::string_view utf8, text_form form, Writer writer)
{
    bool all = true;
    while (!utf8.empty()) {
        auto const size = utf8_length(utf8);
        auto const c = size == 0 ? char32_t{0} : utf8_character(utf8);
        utf8.remove_prefix(size == 0 ? 1 : size);

        bool const split_at = c == '\\' && form != text_form::text;
        bool const control = c < 0x20 || c == 0x7F;
        if (split_at || (control && !is_format_control(c))) {
            all = false;
            writer.ascii('?');
        } else if (c < 0x80) {
            if (control || (form == text_form::names && (c == '^' || c == '=')))
                writer.reset();
            writer.ascii(static_cast<char>(c));
        } else if (!writer.character(c)) {
            all = false;
            writer.ascii('?');
        }
    }
    writer.reset();
    return all;
}

}  // namespace

encoded encode(std::string_view utf8, charset const& as, text_form form)
{
    encoded result;
    if (is_plain(utf8) && (form == text_form::text || utf8.find('\\') == utf8.npos)) {
        result.bytes = utf8;
        return result;
    }
    auto const whole = as.plan().whole;
    bool const all = whole != code_set::none ? write(utf8, form, whole_writer(whole, result.bytes))
                                             : write(utf8, form, extended_writer(as, result.bytes));
    // The last word has the reader: what looks like another character set to it may do so to others.
    std::string again;
    result.lossless = all && decode(result.bytes, as, form, again) == 0 && again == utf8;
    return result;
}

}  // namespace pons::mapping
