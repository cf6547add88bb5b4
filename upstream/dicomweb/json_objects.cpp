#include "upstream/dicomweb/json_objects.hpp"

#include "upstream/errc.hpp"

namespace pons::upstream::dicomweb {

/// A character outside the objects. False when it cannot be there.
bool json_objects::structural(char c)
{
    bool const mark = at_ == place::nothing && (c == '\xEF' || c == '\xBB' || c == '\xBF');
    if (mark || c == ' ' || c == '\n' || c == '\r' || c == '\t')
        return true;
    switch (c) {
        case '[':
            if (at_ != place::nothing)
                return false;
            in_array_ = true;
            at_ = place::before;
            return true;
        case ',':
            if (at_ != place::between || comma_)
                return false;
            comma_ = true;
            return true;
        case ']':
            if (!in_array_ || comma_ || (at_ != place::before && at_ != place::between))
                return false;
            at_ = place::behind;
            return true;
        case '{':
            if (at_ == place::behind || (at_ == place::between && !comma_))
                return false;
            comma_ = false;
            at_ = place::inside;
            return true;
        default:
            return false;
    }
}

result<json_objects::kind> json_objects::next(std::string_view& input)
{
    if (whole_) {
        text_.clear();
        whole_ = false;
    }
    std::size_t at = 0;
    while (at < input.size() && at_ != place::inside)
        if (!structural(input[at++]))
            return fail(errc::malformed, "DICOM JSON");
    if (at_ != place::inside) {
        input = {};
        return kind::more;
    }
    // The brace that opens it was passed just now, or it is among what is held.
    bool const opens = text_.empty();
    auto const begin = opens ? at - 1 : at;
    if (opens)
        depth_ = 1;
    for (; at < input.size() && depth_ != 0; ++at) {
        char const c = input[at];
        if (in_string_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                in_string_ = false;
        } else if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if (c == '}' || c == ']') {
            --depth_;
        }
    }
    if (at - begin > max_object_ - text_.size())
        return fail(errc::too_large, "DICOM JSON, one data set");
    text_.append(input.substr(begin, at - begin));
    input.remove_prefix(at);
    if (depth_ != 0)
        return kind::more;
    whole_ = true;
    at_ = in_array_ ? place::between : place::behind;
    return kind::object;
}

}  // namespace pons::upstream::dicomweb
