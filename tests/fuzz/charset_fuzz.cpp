// Text in some character set: the first byte names the label, the second the source's own set and the form.
#include "mapping/charset.hpp"
#include "mapping/utf8.hpp"
#include "tests/fuzz/expect.hpp"

#include <string>
#include <string_view>

using namespace pons::mapping;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size < 2)
        return 0;
    static constexpr std::string_view labels[] = {
        "",
        "ISO_IR 100",
        "ISO_IR 192",
        "GB18030",
        "GBK",
        "ISO_IR 13",
        "\\ISO 2022 IR 87",
        "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "\\ISO 2022 IR 149",
        "\\ISO 2022 IR 58",
        "ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 144\\ISO 2022 IR 149",
        "ISO_IR 101",
        "ISO_IR 138",
        "ISO_IR 166",
        "windows-1255",
        "windows-1258",
        "Big5",
        "shift_jis",
        "EUC-JP",
    };
    constexpr std::size_t known = std::size(labels);
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 2, size - 2);

    // The label itself is a stranger's, too.
    auto const newline = bytes.find('\n');
    auto const label = data[0] < known ? labels[data[0]] : bytes.substr(0, newline);
    charset const as(label, labels[data[1] / 3 % known]);
    auto const form = static_cast<text_form>(data[1] % 3);

    std::string utf8;
    auto const lost = decode(bytes, as, form, utf8);
    PONS_EXPECT(is_utf8(utf8));
    PONS_EXPECT(lost <= bytes.size());
    PONS_EXPECT(charset(as.label()).label() == as.label());
    for (auto const c : utf8)
        PONS_EXPECT(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\f' || c == '\r');

    for (std::string_view const text : {std::string_view(utf8), bytes}) {
        auto const key = encode(text, as, form);
        if (!key.lossless)
            continue;
        std::string again;
        PONS_EXPECT(decode(key.bytes, as, form, again) == 0);
        PONS_EXPECT(again == text);
        // And by the label that is sent with it, if there is one.
        if (as.label().empty())
            continue;
        again.clear();
        PONS_EXPECT(decode(key.bytes, charset(as.label()), form, again) == 0);
        PONS_EXPECT(again == text);
    }
    return 0;
}
