#include "upstream/dicomweb/inflate.hpp"

#include <zlib.h>

#include <array>
#include <new>

namespace pons::upstream::dicomweb {

struct inflater::impl {
    z_stream stream{};
    bool ended = false;
    bool begun = false;
};

inflater::inflater(std::uint64_t limit) : impl_(std::make_unique<impl>()), limit_(limit)
{
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&impl_->stream, gzip_only) != Z_OK)
        throw std::bad_alloc();
}

inflater::~inflater()
{
    inflateEnd(&impl_->stream);
}

inflater::outcome inflater::feed(std::string_view compressed, std::string& plain)
{
    auto& z = impl_->stream;
    // zlib does not write to its input.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    z.avail_in = static_cast<uInt>(compressed.size());
    std::array<char, 32 * 1024> out;
    bool out_was_full = false;
    while (z.avail_in != 0 || out_was_full) {
        if (impl_->ended) {  // several members, one after the other (RFC 1952 §2.2)
            if (z.avail_in == 0)
                break;
            inflateReset(&z);
            impl_->ended = false;
        }
        impl_->begun = true;
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        auto const status = inflate(&z, Z_NO_FLUSH);
        auto const had = out.size() - z.avail_out;
        if (had > limit_ - plain.size())
            return outcome::too_large;
        plain.append(out.data(), had);
        if (status == Z_STREAM_END)
            impl_->ended = true;
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return outcome::broken;
        out_was_full = z.avail_out == 0;
    }
    return outcome::more;
}

bool inflater::complete() const
{
    return impl_->ended || !impl_->begun;
}

}  // namespace pons::upstream::dicomweb
