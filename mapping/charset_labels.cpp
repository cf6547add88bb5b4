#include "mapping/charset.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace pons::mapping {

namespace {

/// Letters and digits only, upper case: "iso_ir 100", "ISO-IR 100" and "ISO IR100" all come to "ISOIR100".
struct plain_label {
    explicit plain_label(std::string_view label)
    {
        for (auto const c : label) {
            bool const digit = c >= '0' && c <= '9';
            bool const lower = c >= 'a' && c <= 'z';
            if ((digit || lower || (c >= 'A' && c <= 'Z')) && size_ < text_.size())
                text_[size_++] = lower ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }

    std::string_view text() const { return {text_.data(), size_}; }

private:
    std::array<char, 24> text_{};
    std::size_t size_ = 0;
};

/// The numbers of ISO's register ("IR") that DICOM uses.
constexpr struct {
    unsigned number;
    code_set set;
} registered[] = {
    {6, code_set::ascii},      {13, code_set::jis_x0201}, {14, code_set::jis_x0201}, {58, code_set::gb2312},
    {87, code_set::jis_x0208}, {100, code_set::latin1},   {101, code_set::latin2},   {109, code_set::latin3},
    {110, code_set::latin4},   {126, code_set::greek},    {127, code_set::arabic},   {138, code_set::hebrew},
    {144, code_set::cyrillic}, {148, code_set::latin5},   {149, code_set::ks_x1001}, {159, code_set::jis_x0212},
    {166, code_set::thai},     {192, code_set::utf8},     {203, code_set::latin9},
};

/// What else has been seen in (0008,0005), or is wanted in a configuration.
constexpr struct {
    std::string_view name;
    code_set set;
} names[] = {
    {"GB18030", code_set::gb18030},     {"GBK", code_set::gbk},
    {"GB2312", code_set::gbk},  // those who write so send GBK, too
    {"CP936", code_set::gbk},           {"UTF8", code_set::utf8},
    {"UNICODE", code_set::utf8},        {"ASCII", code_set::ascii},
    {"USASCII", code_set::ascii},       {"LATIN1", code_set::latin1},
    {"LATIN2", code_set::latin2},       {"LATIN3", code_set::latin3},
    {"LATIN4", code_set::latin4},       {"LATIN5", code_set::latin5},
    {"LATIN9", code_set::latin9},       {"ISO88591", code_set::latin1},
    {"ISO88592", code_set::latin2},     {"ISO88593", code_set::latin3},
    {"ISO88594", code_set::latin4},     {"ISO88595", code_set::cyrillic},
    {"ISO88596", code_set::arabic},     {"ISO88597", code_set::greek},
    {"ISO88598", code_set::hebrew},     {"ISO88599", code_set::latin5},
    {"ISO885911", code_set::thai},      {"ISO885915", code_set::latin9},
    {"TIS620", code_set::thai},         {"KOI8R", code_set::koi8_r},
    {"BIG5", code_set::big5},           {"CP950", code_set::big5},
    {"SHIFTJIS", code_set::windows31j}, {"SJIS", code_set::windows31j},
    {"CP932", code_set::windows31j},    {"WINDOWS31J", code_set::windows31j},
    {"EUCJP", code_set::euc_jp},        {"EUCKR", code_set::ks_x1001},
    {"CP949", code_set::ks_x1001},
};

code_set by_number(std::string_view digits)
{
    unsigned number = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    auto const* const row = std::ranges::find(registered, number, &std::remove_cvref_t<decltype(*registered)>::number);
    bool const found = error == std::errc{} && end == digits.data() + digits.size() && row != std::end(registered);
    return found ? row->set : code_set::none;
}

code_set by_name(std::string_view one_value)
{
    plain_label const plain(one_value);
    auto const label = plain.text();
    if (label.empty())
        return code_set::none;
    for (std::string_view const prefix : {"ISOIR", "ISO2022IR", "IR", "ISO2022", "ISO"})
        if (label.starts_with(prefix))
            if (auto const set = by_number(label.substr(prefix.size())); set != code_set::none)
                return set;
    for (std::string_view const prefix : {"WINDOWS125", "CP125"})
        if (label.starts_with(prefix) && label.size() == prefix.size() + 1 && label.back() >= '0' &&
            label.back() <= '8')
            return static_cast<code_set>(static_cast<int>(code_set::windows1250) + (label.back() - '0'));
    auto const* const row = std::ranges::find(names, label, &std::remove_cvref_t<decltype(*names)>::name);
    return row != std::end(names) ? row->set : code_set::none;
}

code_plan plan_for(std::span<code_set const> sets)
{
    code_plan plan;
    if (!sets.empty() && sets.front() == code_set::jis_x0201)
        plan.g0 = code_set::jis_x0201;
    for (auto const set : sets) {
        auto const& row = row_of(set);
        // Sets without code extensions stand alone; next to others they are what is really used.
        if (row.shape == code_shape::whole && plan.whole == code_set::none)
            plan.whole = set;
        // Strictly only the first value is active from the start; the next will do for those who forget to escape.
        if (row.shape != code_shape::whole && !row.g0 && plan.g1 == code_set::none)
            plan.g1 = set;
    }
    return plan;
}

}  // namespace

/// Few: they are looked through.
struct charset::meanings {
    struct meaning {
        charset label;
        charset meant;
    };
    std::vector<meaning> all;
};

charset::charset(std::string_view label, std::string_view fallback)
{
    if (!fallback.empty()) {
        auto const source = charset(fallback);
        fallback_ = source.plan_;
        has_fallback_ = source.count_ != 0;
    }
    *this = labelled(label);
}

charset charset::of_source(std::string_view fallback, std::map<std::string, std::string> const& labels)
{
    charset one({}, fallback);
    if (labels.empty())
        return one;
    auto all = std::make_shared<meanings>();
    for (auto const& [label, meant] : labels)
        all->all.push_back({charset(label), charset(meant)});
    one.meanings_ = std::move(all);
    return one;
}

bool charset::is_same_as(charset const& other) const
{
    auto const essential = [](std::span<code_set const> sets) {
        return sets.size() > 1 && sets.front() == code_set::ascii ? sets.subspan(1) : sets;
    };
    return std::ranges::equal(essential(sets()), essential(other.sets()));
}

charset charset::labelled(std::string_view label) const
{
    charset other;
    other.fallback_ = fallback_;
    other.has_fallback_ = has_fallback_;
    other.meanings_ = meanings_;
    bool known = false;
    for (bool first = true, more = true; more && other.count_ < other.sets_.size(); first = false) {
        auto const end = label.find('\\');
        more = end != std::string_view::npos;
        auto const one = label.substr(0, end);
        label.remove_prefix(more ? end + 1 : label.size());
        auto const set = by_name(one);
        if (set != code_set::none)
            other.sets_[other.count_++] = set;
        else if (first && more)
            other.sets_[other.count_++] = code_set::ascii;  // an empty first value is the default repertoire
        known = known || set != code_set::none;
    }
    if (!known)
        other.count_ = 0;
    other.plan_ = plan_for(other.sets());
    if (!known || !meanings_)
        return other;
    auto const as = std::ranges::find_if(meanings_->all, [&](auto const& one) { return one.label.is_same_as(other); });
    if (as == meanings_->all.end())
        return other;
    other.sets_ = as->meant.sets_;
    other.count_ = as->meant.count_;
    other.plan_ = as->meant.plan_;
    other.relabelled_ = true;
    return other;
}

std::string charset::label() const
{
    if (plan_.whole != code_set::none)
        return std::string(row_of(plan_.whole).term);
    if (count_ == 1 && sets_[0] == code_set::ascii)
        return {};  // the default repertoire has no label
    if (count_ == 1 && !row_of(sets_[0]).term.empty())
        return std::string(row_of(sets_[0]).term);
    std::string label;
    for (std::size_t i = 0; i < count_; ++i) {
        auto const& row = row_of(sets_[i]);
        if (row.extension.empty())
            return {};
        bool const default_first = i == 0 && (row.set == code_set::ascii || row.shape == code_shape::pairs);
        if (default_first && row.set == code_set::ascii)
            continue;
        if (i != 0 || default_first)
            label += '\\';
        label += row.extension;
    }
    return label;
}

}  // namespace pons::mapping
