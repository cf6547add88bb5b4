#include "upstream/dicomweb/inflate.hpp"

#include <zlib.h>

#include <new>

namespace pons::upstream::dicomweb {

struct inflater::impl {
    z_stream stream{};
    bool ended = false;
    bool begun = false;
    bool out_was_full = false;
};

inflater::inflater(form of) : impl_(std::make_unique<impl>())
{
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&impl_->stream, of == form::gzip ? gzip_only : -MAX_WBITS) != Z_OK)
        throw std::bad_alloc();
}

inflater::~inflater()
{
    inflateEnd(&impl_->stream);
}

bool inflater::feed(std::string_view& compressed, std::string& plain)
{
    auto& z = impl_->stream;
    // zlib does not write to its input.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    z.avail_in = static_cast<uInt>(compressed.size());
    plain.resize(window);
    z.next_out = reinterpret_cast<Bytef*>(plain.data());
    z.avail_out = static_cast<uInt>(plain.size());
    bool good = true;
    do {
        if (impl_->ended) {  // several members, one after the other (RFC 1952 §2.2)
            if (z.avail_in == 0)
                break;
            inflateReset(&z);
            impl_->ended = false;
        }
        impl_->begun = true;
        auto const status = inflate(&z, Z_NO_FLUSH);
        impl_->ended = status == Z_STREAM_END;
        good = impl_->ended || status == Z_OK || status == Z_BUF_ERROR;
    } while (good && z.avail_in != 0 && z.avail_out != 0);
    impl_->out_was_full = z.avail_out == 0 && !impl_->ended;
    plain.resize(window - z.avail_out);
    compressed.remove_prefix(compressed.size() - z.avail_in);
    return good;
}

bool inflater::pending() const
{
    return impl_->out_was_full;
}

bool inflater::complete() const
{
    return impl_->ended || !impl_->begun;
}

}  // namespace pons::upstream::dicomweb
