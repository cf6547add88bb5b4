// Dates from both sides: the lines are a DA, a TM, an offset, and a search value.
#include "mapping/codecs/date_search.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <string_view>

using namespace pons::mapping::codecs;

namespace {

std::string_view line(std::string_view& rest)
{
    auto const at = std::min(rest.find('\n'), rest.size());
    auto const text = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return text;
}

void expect_sound(date_time const& d)
{
    PONS_EXPECT(d.text.view().size() == 10 || d.text.view().size() >= 25);
    PONS_EXPECT(d.text.view().size() <= 32);
    PONS_EXPECT(d.local.begin < d.local.end);
    PONS_EXPECT(d.utc.begin <= d.utc.end);
    PONS_EXPECT(d.zoned || d.utc == d.local);
    // What FHIR says comes back, and then says the same.
    auto const back = to_dicom(d.text);
    PONS_EXPECT(back);
    auto const again = to_fhir(back->da, back->tm, back->offset, nullptr);
    PONS_EXPECT(again && again->text == d.text && again->local == d.local);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    static auto const vienna = find_zone("Europe/Vienna");
    std::string_view rest(reinterpret_cast<char const*>(data), size);
    auto const da = line(rest);
    auto const tm = line(rest);
    auto const offset = line(rest);
    auto const text = line(rest);

    auto const d = to_fhir(da, tm, offset, vienna ? &*vienna : nullptr);
    auto const day = parse_da(da);
    PONS_EXPECT(d.has_value() == day.has_value());
    if (d) {
        expect_sound(*d);
        PONS_EXPECT(parse_da(print_da(*day)) == day);
        PONS_EXPECT(d->local.begin >= begin_of(*day) && d->local.end <= begin_of(*day) + microseconds_per_day);
    }
    if (auto const back = to_dicom(text))
        PONS_EXPECT(to_fhir(back->da, back->tm, back->offset, nullptr));

    auto const v = parse_date_value(text, 1'700'000'000'000'000);
    if (!v)
        return 0;
    PONS_EXPECT(v->local.begin < v->local.end);
    auto const dates = dates_of(*v);
    auto const key = to_da_key(dates);
    PONS_EXPECT(key.has_value() != (dates.empty || dates.unbounded()));
    if (d && matches(*v, *d))
        PONS_EXPECT(dates.contains(*day));
    return 0;
}
