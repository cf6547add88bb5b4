#include "mapping/image_head.hpp"

#include "mapping/element_values.hpp"

namespace pons::mapping {

namespace {

using bytes = std::span<std::byte const>;

constexpr std::string_view baseline = "1.2.840.10008.1.2.4.50";
constexpr std::string_view extended = "1.2.840.10008.1.2.4.51";
constexpr std::string_view lossless = "1.2.840.10008.1.2.4.57";
constexpr std::string_view lossless_sv1 = "1.2.840.10008.1.2.4.70";
constexpr std::string_view jpeg_ls = "1.2.840.10008.1.2.4.80";
constexpr std::string_view jpeg_ls_near = "1.2.840.10008.1.2.4.81";
constexpr std::string_view jpeg_2000_lossless = "1.2.840.10008.1.2.4.90";
constexpr std::string_view jpeg_2000 = "1.2.840.10008.1.2.4.91";
constexpr std::string_view htj2k_lossless = "1.2.840.10008.1.2.4.201";
constexpr std::string_view htj2k_lossless_rpcl = "1.2.840.10008.1.2.4.202";
constexpr std::string_view htj2k = "1.2.840.10008.1.2.4.203";

std::size_t byte_at(bytes b, std::size_t at)
{
    return std::to_integer<std::size_t>(b[at]);
}
std::size_t two_at(bytes b, std::size_t at)
{
    return number<std::uint16_t>(b.data() + at, true);
}
std::size_t four_at(bytes b, std::size_t at)
{
    return number<std::uint32_t>(b.data() + at, true);
}

/// What the segments of a JPEG file say before its first scan.
struct jpeg_segments {
    std::size_t process = 0;  // the low byte of its SOF
    bytes frame;              // the contents of that
    std::optional<std::size_t> adobe_transform;
    bool jfif = false;
};

constexpr std::size_t sof_baseline = 0xC0;
constexpr std::size_t sof_extended = 0xC1;
constexpr std::size_t sof_lossless = 0xC3;
constexpr std::size_t sof_jpeg_ls = 0xF7;

bool is_frame(std::size_t marker)
{
    bool const tables = marker == 0xC4 || marker == 0xC8 || marker == 0xCC;
    return (marker >= 0xC0 && marker <= 0xCF && !tables) || marker == sof_jpeg_ls;
}

std::string_view color_of(jpeg_segments const& all)
{
    auto const& f = all.frame;
    if (all.process == sof_lossless || all.process == sof_jpeg_ls || all.adobe_transform == 0u)
        return "RGB";
    bool const named_rgb = byte_at(f, 6) == 'R' && byte_at(f, 9) == 'G' && byte_at(f, 12) == 'B';
    if (named_rgb && !all.adobe_transform && !all.jfif)
        return "RGB";
    bool const full = f[7] == f[10] && f[7] == f[13];
    return full ? "YBR_FULL" : "YBR_FULL_422";
}

/// With the parameters of the scan: point transform and predictor, or the loss that JPEG-LS allows.
image_look judge(jpeg_segments const& all, bytes scan, image_head& into)
{
    auto const& f = all.frame;
    if (f.size() < 6)
        return image_look::none;
    image_head head;
    head.bits = static_cast<std::uint16_t>(byte_at(f, 0));
    head.rows = static_cast<std::uint16_t>(two_at(f, 1));
    head.columns = static_cast<std::uint16_t>(two_at(f, 3));
    head.samples = static_cast<std::uint16_t>(byte_at(f, 5));
    bool const plausible = head.rows != 0 && head.columns != 0 && head.bits >= 2 && head.bits <= 16;
    if (!plausible || (head.samples != 1 && head.samples != 3) || f.size() < 6u + 3u * head.samples)
        return image_look::none;
    if (scan.empty() || scan.size() < 4u + 2u * byte_at(scan, 0))
        return image_look::none;
    auto const parameter = byte_at(scan, 1u + 2u * byte_at(scan, 0));
    switch (all.process) {
        case sof_baseline:
            head.transfer_syntax_uid = baseline;
            head.lossy = true;
            break;
        case sof_extended:
            head.transfer_syntax_uid = extended;
            head.lossy = true;
            break;
        case sof_lossless:
            head.transfer_syntax_uid = parameter == 1 ? lossless_sv1 : lossless;
            break;
        case sof_jpeg_ls:
            head.lossy = parameter != 0;
            head.transfer_syntax_uid = head.lossy ? jpeg_ls_near : jpeg_ls;
            break;
        default:
            return image_look::none;
    }
    if (head.lossy && all.process != sof_jpeg_ls && head.bits != 8 && head.bits != 12)
        return image_look::none;
    head.photometric_interpretation = head.samples == 1 ? "MONOCHROME2" : color_of(all);
    into = head;
    return image_look::found;
}

/// The code stream inside a JP2 file; `more` while its box has not begun.
image_look find_code_stream(bytes file, image_head& into)
{
    constexpr std::uint32_t contiguous_code_stream = 0x6A703263;
    for (std::size_t at = 0;;) {
        if (file.size() - at < 16)
            return image_look::more;
        std::size_t size = four_at(file, at);
        auto const type = four_at(file, at + 4);
        std::size_t header = 8;
        if (size == 1) {
            if (four_at(file, at + 8) != 0)
                return image_look::none;
            size = four_at(file, at + 12);
            header = 16;
        }
        if (size != 0 && size < header)
            return image_look::none;
        if (type == contiguous_code_stream) {
            into.begins = at + header;
            if (size != 0)
                into.length = size - header;
            return image_look::found;
        }
        if (size == 0)
            return image_look::none;
        if (size >= file.size() - at)
            return image_look::more;
        at += size;
    }
}

bool is_high_throughput(std::size_t marker)
{
    return marker == 0xFF50;  // CAP (ISO 15444-15 §A.3)
}

}  // namespace

image_look look_at_jpeg(bytes beginning, image_head& into)
{
    jpeg_segments all;
    if (beginning.size() < 2)
        return image_look::more;
    if (two_at(beginning, 0) != 0xFFD8)
        return image_look::none;
    for (std::size_t at = 2;;) {
        if (beginning.size() - at < 4)
            return image_look::more;
        if (byte_at(beginning, at) != 0xFF)
            return image_look::none;
        auto const marker = byte_at(beginning, at + 1);
        if (marker == 0xFF) {  // fill
            ++at;
            continue;
        }
        auto const size = two_at(beginning, at + 2);
        if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD9) || size < 2)
            return image_look::none;
        if (beginning.size() - at - 2 < size)
            return image_look::more;
        auto const contents = beginning.subspan(at + 4, size - 2);
        auto const starts = [&](std::string_view name) {
            return std::string_view(reinterpret_cast<char const*>(contents.data()), contents.size()).starts_with(name);
        };
        if (marker == 0xDA)
            return judge(all, contents, into);
        if (is_frame(marker)) {
            if (all.process != 0)
                return image_look::none;
            all.process = marker;
            all.frame = contents;
        } else if (marker == 0xE0 && starts("JFIF")) {
            all.jfif = true;
        } else if (marker == 0xEE && starts("Adobe") && contents.size() >= 12) {
            all.adobe_transform = byte_at(contents, 11);
        }
        at += 2 + size;
    }
}

image_look look_at_jpeg_2000(bytes beginning, image_head& into)
{
    image_head head;
    if (beginning.size() < 4)
        return image_look::more;
    if (four_at(beginning, 0) == 12) {
        auto const found = find_code_stream(beginning, head);
        if (found != image_look::found)
            return found;
    }
    auto const code = beginning.subspan(std::min(head.begins, beginning.size()));
    if (code.size() < 44)
        return image_look::more;
    if (four_at(code, 0) != 0xFF4FFF51)
        return image_look::none;
    auto const columns = four_at(code, 8) - four_at(code, 16);
    auto const rows = four_at(code, 12) - four_at(code, 20);
    head.samples = static_cast<std::uint16_t>(two_at(code, 40));
    if (rows == 0 || rows > 0xFFFF || columns == 0 || columns > 0xFFFF || (head.samples != 1 && head.samples != 3))
        return image_look::none;
    head.rows = static_cast<std::uint16_t>(rows);
    head.columns = static_cast<std::uint16_t>(columns);
    auto const depth = byte_at(code, 42);
    head.bits = static_cast<std::uint16_t>((depth & 0x7F) + 1);
    head.is_signed = (depth & 0x80) != 0;
    if (head.bits > 16)
        return image_look::none;
    bool high_throughput = false;
    for (std::size_t at = 2;;) {
        if (code.size() - at < 4)
            return image_look::more;
        auto const marker = two_at(code, at);
        auto const size = two_at(code, at + 2);
        if (marker == 0xFF90 || marker < 0xFF50 || size < 2)  // a tile before the coding style
            return image_look::none;
        if (code.size() - at - 2 < size)
            return image_look::more;
        high_throughput = high_throughput || is_high_throughput(marker);
        if (marker == 0xFF52) {  // COD
            if (size < 12)
                return image_look::none;
            bool const transformed = byte_at(code, at + 8) != 0;
            head.lossy = byte_at(code, at + 13) == 0;
            head.transfer_syntax_uid =
                high_throughput ? (head.lossy ? htj2k : htj2k_lossless) : (head.lossy ? jpeg_2000 : jpeg_2000_lossless);
            head.photometric_interpretation = head.samples == 1 ? "MONOCHROME2"
                                              : !transformed    ? "RGB"
                                              : head.lossy      ? "YBR_ICT"
                                                                : "YBR_RCT";
            into = head;
            return image_look::found;
        }
        at += 2 + size;
    }
}

bool may_be(image_head const& image, std::string_view uid)
{
    auto const own = image.transfer_syntax_uid;
    return uid == own || (own == baseline && uid == extended) || (own == lossless_sv1 && uid == lossless) ||
           (own == jpeg_ls && uid == jpeg_ls_near) || (own == jpeg_2000_lossless && uid == jpeg_2000) ||
           (own == htj2k_lossless && (uid == htj2k_lossless_rpcl || uid == htj2k));
}

}  // namespace pons::mapping
