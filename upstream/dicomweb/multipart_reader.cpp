#include "upstream/dicomweb/multipart_reader.hpp"

#include "upstream/errc.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pons::upstream::dicomweb {

namespace {

/// Blanks that may follow a boundary on its line (RFC 2046 §5.1.1, transport padding).
constexpr std::size_t max_padding = 64;

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

multipart_reader::multipart_reader(std::string_view boundary)
    : core_("\n--" + std::string(boundary)), held_("\n")  // the body begins as a line does
{
}

/// `line_end` is where the line before ends with LF and what follows matches.
multipart_reader::delimiter multipart_reader::judge(std::string_view in, std::size_t line_end) const
{
    delimiter d{.begin = line_end != 0 && in[line_end - 1] == '\r' ? line_end - 1 : line_end};
    auto at = line_end + core_.size();
    if (in.size() - at < 2)
        return d;
    d.closes = in[at] == '-' && in[at + 1] == '-';
    if (d.closes) {
        d.end = at + 2;
        d.found = true;
        return d;
    }
    auto const padding_ends = at + max_padding;
    while (at < in.size() && at < padding_ends && is_blank(in[at]))
        ++at;
    if (at < in.size() && in[at] == '\r')
        ++at;
    if (at == in.size())
        return d;
    d.found = in[at] == '\n';
    d.end = at + 1;
    return d;
}

/// The first delimiter, or the first place from which one may begin.
multipart_reader::delimiter multipart_reader::find(std::string_view in) const
{
    std::size_t from = 0;
    while (from < in.size()) {
        auto const* const hit =
            static_cast<char const*>(memmem(in.data() + from, in.size() - from, core_.data(), core_.size()));
        if (!hit)
            break;
        auto const at = static_cast<std::size_t>(hit - in.data());
        auto const d = judge(in, at);
        if (d.found || d.end == 0)
            return d;
        from = at + 1;
    }
    // The end of what is there may be the beginning of one: LF and what follows it, with the CR before.
    auto const tail = std::min(in.size(), core_.size() - 1);
    for (auto at = std::max(from, in.size() - tail); at < in.size(); ++at) {
        auto const* const line_end = static_cast<char const*>(std::memchr(in.data() + at, '\n', in.size() - at));
        if (!line_end)
            break;
        at = static_cast<std::size_t>(line_end - in.data());
        if (core_.compare(0, in.size() - at, in.substr(at)) == 0)
            return {.begin = at != 0 && in[at - 1] == '\r' ? at - 1 : at};
    }
    auto const cr = !in.empty() && in.back() == '\r' ? 1u : 0u;
    return {.begin = in.size() - cr};
}

multipart_reader::event multipart_reader::after(delimiter const& d, std::string_view before)
{
    closing_ = d.closes;
    delimiter_pending_ = d.found;
    if (line_assumed_ && !before.empty()) {
        before.remove_prefix(1);
        line_assumed_ = false;
    }
    if (state_ == state::preamble) {
        passed_ += before.size();
        before = {};
    }
    return {.what = before.empty() ? kind::more : kind::bytes, .bytes = before};
}

/// Looks for the delimiter; the bytes before it are the part's.
multipart_reader::event multipart_reader::scan(std::string_view& input)
{
    if (held_.empty()) {
        auto const in = input;
        auto const d = find(in);
        if (d.found) {
            input.remove_prefix(d.end);
        } else {
            held_ = in.substr(d.begin);
            input = {};
        }
        return after(d, in.substr(0, d.begin));
    }
    // As much of the input as it takes to tell whether what is held begins a delimiter.
    auto const window = core_.size() + max_padding + 4;
    auto const taken = std::min(input.size(), window);
    joint_ = held_;
    joint_ += input.substr(0, taken);
    auto const d = find(joint_);
    auto const used = d.found ? d.end : d.begin;
    if (used < held_.size()) {
        held_.assign(joint_, used);
        input.remove_prefix(taken);
        return after(d, std::string_view(joint_).substr(0, used));
    }
    // All beyond what was held is looked at again where it stands.
    input.remove_prefix(used - held_.size());
    held_.clear();
    return after(d, std::string_view(joint_).substr(0, d.begin));
}

result<multipart_reader::event> multipart_reader::read_header(std::string_view& input)
{
    while (!input.empty()) {
        auto const line = input.substr(0, input.find('\n'));
        bool const whole = line.size() != input.size();
        input.remove_prefix(line.size() + (whole ? 1 : 0));
        held_ += line;
        if (held_.size() + header_.size() > max_header)
            return fail(errc::too_large, "header of a part");
        if (!whole)
            break;
        if (held_.starts_with(std::string_view(core_).substr(1)))
            return fail(errc::malformed, "header of a part");
        if (held_.ends_with('\r'))
            held_.pop_back();
        bool const last = held_.empty();
        if (!last && is_blank(held_.front()) && !header_.empty())
            header_.pop_back();  // a folded line (RFC 5322 §2.2.3)
        header_ += held_;
        header_ += '\n';
        held_.clear();
        if (last) {
            state_ = state::body;
            held_ = "\n";  // the delimiter may come at once
            line_assumed_ = true;
            return event{.what = kind::part, .bytes = {}};
        }
    }
    return event{};
}

result<multipart_reader::event> multipart_reader::next(std::string_view& input)
{
    for (;;) {
        if (delimiter_pending_) {
            delimiter_pending_ = false;
            bool const ends_part = state_ == state::body;
            state_ = closing_ ? state::epilogue : state::header;
            header_.clear();
            held_.clear();
            if (ends_part)
                return event{.what = kind::part_end, .bytes = {}};
            continue;
        }
        switch (state_) {
            case state::epilogue:
                input = {};
                if (!std::exchange(closing_, false))
                    return event{};
                return event{.what = kind::end, .bytes = {}};
            case state::header: {
                auto seen = read_header(input);
                return seen;
            }
            default:
                break;
        }
        if (input.empty())
            return event{};
        auto const seen = scan(input);
        if (state_ == state::preamble && passed_ > max_preamble)
            return fail(errc::malformed, "multipart body without a delimiter");
        if (seen.what != kind::more)
            return seen;
    }
}

std::string_view multipart_reader::header(std::string_view name) const
{
    std::string_view rest = header_;
    while (!rest.empty()) {
        auto const end = rest.find('\n');
        auto const line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        auto const colon = line.find(':');
        if (colon == line.npos || !std::ranges::equal(line.substr(0, colon), name, {}, lower, lower))
            continue;
        auto value = line.substr(colon + 1);
        while (!value.empty() && is_blank(value.front()))
            value.remove_prefix(1);
        while (!value.empty() && is_blank(value.back()))
            value.remove_suffix(1);
        return value;
    }
    return {};
}

}  // namespace pons::upstream::dicomweb
