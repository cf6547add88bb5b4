#pragma once

#include "mapping/code_sets.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

/// Text of DICOM data sets to UTF-8 and back: Specific Character Set (0008,0005), PS3.3 §C.12.1.1.2, PS3.5 §6.1.
namespace pons::mapping {

/// How bytes begin to be read: a code set as a whole, or G0 and G1 before the first escape sequence.
struct code_plan {
    code_set whole = code_set::none;
    code_set g0 = code_set::ascii;
    code_set g1 = code_set::none;
};

/// A Specific Character Set, understood, and what the source uses when it says nothing.
class charset {
public:
    charset() = default;

    /// `label` is the value of (0008,0005), values between backslashes. Taken as what they mean are: other
    /// spellings ("ISO-IR 100", "iso_ir_100", "ISO 8859-1", "latin1", "UTF-8"), terms for code extensions without
    /// them ("ISO_IR 87") or alone ("ISO 2022 IR 149"), "ISO_IR 192" next to others, and names outside DICOM
    /// (windows-1250 to -1258, KOI8-R, Big5, Shift_JIS, EUC-JP, EUC-KR). What is not known is as if it were not there.
    /// `fallback`, of the same form, is the source's own.
    explicit charset(std::string_view label, std::string_view fallback = {});

    /// That of a source without a label. `labels`: what its labels mean where they are wrong; a label is known by the
    /// sets that it names, however it is spelt, the default repertoire before others left out.
    static charset of_source(std::string_view fallback, std::map<std::string, std::string> const& labels);

    /// The same source, another label: that of a data set or of an item.
    charset labelled(std::string_view label) const;

    /// The label as the standard spells it, fit to be sent; empty without one or when DICOM has no term for it.
    std::string label() const;

    bool has_label() const { return count_ != 0; }
    code_plan const& plan() const { return plan_; }
    code_plan const& fallback() const { return fallback_; }
    bool has_fallback() const { return has_fallback_; }
    /// The label is one that is wrong at this source, and this is what it means.
    bool is_relabelled() const { return relabelled_; }
    /// The code sets of the label, first one first.
    std::span<code_set const> sets() const { return {sets_.data(), count_}; }

private:
    struct meanings;
    bool is_same_as(charset const& other) const;

    code_plan plan_;
    code_plan fallback_;
    std::array<code_set, 8> sets_{};
    std::uint8_t count_ = 0;
    bool has_fallback_ = false;
    bool relabelled_ = false;
    std::shared_ptr<meanings const> meanings_;
};

/// How a source writes text: what it means without a label, and by labels that are wrong.
struct source_text {
    source_text() = default;
    source_text(std::string_view fallback) : source_text(fallback, {}) {}                  // NOLINT: is one
    source_text(char const* fallback) : source_text(std::string_view(fallback), {}) {}     // NOLINT: is one
    source_text(std::string const& fallback) : source_text(std::string_view(fallback)) {}  // NOLINT: is one
    source_text(std::string_view fallback, std::map<std::string, std::string> const& labels)
        : unlabelled(charset::of_source(fallback, labels)), fallback(fallback)
    {
    }

    charset unlabelled;
    charset fallback;  ///< as if it were the label
};

/// What the characters backslash, "^" and "=" are in a value.
enum class text_form : std::uint8_t {
    values,  ///< backslash stands between values: SH, LO, UC, CS, …
    names,   ///< and "^" and "=" within them: PN (PS3.5 §6.2.1)
    text,    ///< all are characters: ST, LT, UT, UR
};

/// True when `bytes` are printable ASCII, so that they are UTF-8 already, whatever the label.
bool is_plain(std::string_view bytes);

/// Appends `bytes`, all values of an attribute, as UTF-8. Between values, and only there, is a backslash (in `text` it
/// is a character), so that a two-byte character that has 0x5C in it does no harm. Designations end at delimiters, line
/// ends and other control characters (PS3.5 §6.1.2.5.3); missing escape sequences are supplied where the label leaves
/// one choice. Control characters are removed but for TAB, LF, FF and CR. The backslash and tilde of ISO_IR 13 stay
/// what they are, since archives use them so.
///
/// Each value by itself is read by the label; if it cannot be, as UTF-8, then in the source's own set. Text labelled
/// Latin-1 or Latin-5 that is valid UTF-8 is taken as such, for labels are wrong far more often than "Ã¼" is meant, and
/// so is text by a label that is known to be wrong. A multi-byte value that is only cut off at its end stays with its
/// label. Without a label: UTF-8 if valid, else the source's own set.
///
/// Returns how many characters were lost; each is U+FFFD. Never fails; the result is always valid UTF-8.
std::uint32_t decode(std::string_view bytes, charset const& as, text_form form, std::string& utf8);

/// Whether `bytes` are valid UTF-8 with something beyond ASCII; the last character may be cut off.
bool reads_as_utf8(std::string_view bytes);

struct encoded {
    std::string bytes;
    bool lossless = true;
};

/// One value in the character set of a query, escape sequences included. "?" stands for what it does not have, for
/// control characters, and for a backslash that would be taken for the end of a value. `lossless` is true when `decode`
/// gives `utf8` back.
encoded encode(std::string_view utf8, charset const& as, text_form form);

/// Whether the C library has all converters that we use; false puts the names of those it lacks into `*missing`. To be
/// asked once, at start.
bool charsets_available(std::string* missing);

}  // namespace pons::mapping
