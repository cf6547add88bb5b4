#include "render/decode.hpp"
#include "render/instance.hpp"
#include "render/run_job.hpp"

#include <algorithm>

namespace pons::render {

namespace {

bool accepts(job const& asked, std::string_view uid)
{
    return std::ranges::any_of(asked.stored_syntaxes, [uid](std::string const& s) { return s == "*" || s == uid; });
}

}  // namespace

result<void> run_frames(job const& asked, byte_source& from, answer& to)
{
    instance in(from);
    if (auto opened = in.open(); !opened)
        return opened;
    auto const found = find_pixels(in, false);
    if (!found)
        return tl::unexpected(found.error());
    auto const& of = found->of;
    if (!asked.frames.empty() && asked.frames.back() > of.frames)
        return fail(errc::no_such_frame);

    decoder decode(of);
    bool const native = in.syntax().codec == codec::native;
    bool const stored = !native && accepts(asked, in.meta().transfer_syntax_uid);
    if (!stored && !asked.native && !(native && accepts(asked, explicit_vr_little_endian)))
        return fail(errc::not_acceptable, "TransferSyntaxUID (0002,0010)");
    if (!stored && !decode.can())
        return fail(errc::unsupported_syntax, "TransferSyntaxUID (0002,0010)");

    decoded pixels;
    return each_frame(in, *found, asked.frames, asked.exact,
                      [&](std::uint32_t number, std::span<std::byte const> frame) {
                          part_info part;
                          part.frame = number;
                          if (stored) {
                              part.content_type = in.syntax().media_type;
                              part.transfer_syntax_uid = in.meta().transfer_syntax_uid;
                              to.begin(part);
                              to.write(frame);
                              return result<void>();
                          }
                          if (auto done = decode.decode(frame, pixels); !done)
                              return done;
                          part.content_type = "application/octet-stream";
                          part.transfer_syntax_uid = explicit_vr_little_endian;
                          to.begin(part);
                          to.write(pixels.pixels);
                          return result<void>();
                      });
}

}  // namespace pons::render
