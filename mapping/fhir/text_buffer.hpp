#pragma once

#include <cstddef>
#include <string>

namespace pons::mapping::fhir {

/// The end of a text that is being written. Between `room` and `wrote` the caller writes by pointer.
class text_buffer {
public:
    explicit text_buffer(std::string& out) : out_(out), at_(out.data() + out.size()), end_(at_) {}

    /// Where the next characters go; there is room for `size` of them.
    char* room(std::size_t size)
    {
        if (static_cast<std::size_t>(end_ - at_) < size)
            grow(size);
        return at_;
    }
    /// What was written ends here.
    void wrote(char* end) { at_ = end; }

    /// Brings the text to its own length.
    void finish()
    {
        out_.resize(static_cast<std::size_t>(at_ - out_.data()));
        end_ = at_;
    }

private:
    void grow(std::size_t size);

    std::string& out_;
    char* at_;
    char* end_;
};

}  // namespace pons::mapping::fhir
