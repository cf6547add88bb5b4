#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pons::upstream::dicomweb {

/// Content-Encoding: gzip (RFC 1952), or bare deflate (RFC 1951), as a deflated data set is (PS3.5 §A.5), undone a
/// window at a time, so that no input makes it large at once.
class inflater {
public:
    enum class form { gzip, deflate };

    explicit inflater(form of = form::gzip);
    ~inflater();

    /// Takes from the front of `compressed` and puts what it holds into `plain`, at most `window` bytes; to be called
    /// again while `compressed` has some left, or `pending`. False when it is not of the form; nothing may be fed after
    /// that.
    bool feed(std::string_view& compressed, std::string& plain);
    /// Whether more comes out without any input.
    bool pending() const;
    /// Whether the last member ended: the body is whole.
    bool complete() const;

    static constexpr std::size_t window = 32 * 1024;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace pons::upstream::dicomweb
