#pragma once

#include "mapping/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// Cuts a JSON array of objects into its objects as it comes, so that only one of them is held. It looks at brackets
/// and quotes only: whether an object is JSON is for its reader to say. A single object without an array is taken too.
class json_objects {
public:
    enum class kind { more, object };

    explicit json_objects(std::size_t max_object) : max_object_(max_object) {}

    /// Takes from the front of `input` up to the end of an object, which is then in `text` until the next call.
    /// Errors: errc::malformed (something else than objects), errc::too_large (an object beyond the limit).
    result<kind> next(std::string_view& input);
    std::string& text() { return text_; }

    /// Whether this may be the end: nothing came, or all that was opened was closed.
    bool ended() const { return at_ == place::nothing || at_ == place::behind; }

private:
    enum class place { nothing, before, between, inside, behind };

    bool structural(char c);

    std::size_t const max_object_;
    std::string text_;
    place at_ = place::nothing;
    bool in_array_ = false;
    bool comma_ = false;  // another object must follow
    bool whole_ = false;
    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
};

}  // namespace pons::upstream::dicomweb
