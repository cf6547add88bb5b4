#include "proxy/iid/request.hpp"

#include "mapping/codecs/date_search.hpp"
#include "mapping/codecs/identifier.hpp"
#include "mapping/errc.hpp"
#include "proxy/http/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace pons::proxy::iid {

namespace {

using mapping::errc;
using mapping::search::parameter;

constexpr std::size_t most_values = 100;

/// All values of one parameter, with those of its repetitions.
std::vector<std::string> list_of(std::vector<parameter> const& parameters, std::string_view name)
{
    std::vector<std::string> values;
    for (auto const& [key, value] : parameters) {
        if (!http::equal_ignoring_case(key, name))
            continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            auto const end = std::min(rest.find_first_of(",;"), rest.size());
            if (auto const one = http::trim(rest.substr(0, end)); !one.empty())
                values.emplace_back(one);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return values;
}

/// The first value of one parameter; empty when there is none.
std::string value_of(std::vector<parameter> const& parameters, std::string_view name)
{
    for (auto const& [key, value] : parameters)
        if (http::equal_ignoring_case(key, name))
            return std::string(http::trim(value));
    return {};
}

std::string_view part_of(std::string_view text, char separator, std::size_t index)
{
    for (; index > 0; --index) {
        auto const at = text.find(separator);
        if (at == std::string_view::npos)
            return {};
        text.remove_prefix(at + 1);
    }
    return text.substr(0, text.find(separator));
}

patient_id read_cx(std::string_view cx)
{
    auto const authority = part_of(cx, '^', 3);
    return {.id = std::string(http::trim(part_of(cx, '^', 0))),
            .name_space = std::string(http::trim(part_of(authority, '&', 0))),
            .universal_id = std::string(http::trim(part_of(authority, '&', 1))),
            .universal_type = std::string(http::trim(part_of(authority, '&', 2)))};
}

/// An XML date or dateTime: a FHIR one that has at least a day.
bool is_xml_date(std::string_view text)
{
    return text.size() >= 10 && text.front() >= '0' && text.front() <= '9' &&
           mapping::codecs::parse_date_value(text, 0).has_value();
}

result<void> read_patient(invocation& i, std::vector<parameter> const& parameters)
{
    i.patient = read_cx(value_of(parameters, "patientID"));
    if (i.patient.id.empty())
        return fail(errc::invalid_value, "patientID, which a request of type PATIENT must have as id^^^authority");
    if (auto const born = value_of(parameters, "patientBirthDate"); !born.empty() && !is_xml_date(born))
        return fail(errc::invalid_value, "patientBirthDate, which is an XML date or dateTime");
    i.lower_date_time = value_of(parameters, "lowerDateTime");
    i.upper_date_time = value_of(parameters, "upperDateTime");
    i.modalities = list_of(parameters, "modalitiesInStudy");
    if (auto const count = value_of(parameters, "mostRecentResults"); !count.empty()) {
        std::uint32_t number = 0;
        auto const [end, ec] = std::from_chars(count.data(), count.data() + count.size(), number);
        if (ec != std::errc{} || end != count.data() + count.size() || number == 0)
            return fail(errc::invalid_value, "mostRecentResults, which is a whole number from 1");
        i.most_recent = number;
    }
    return {};
}

result<void> read_study(invocation& i, std::vector<parameter> const& parameters)
{
    i.study_uids = list_of(parameters, "studyUID");
    i.accession_numbers = list_of(parameters, "accessionNumber");
    if (i.study_uids.empty() == i.accession_numbers.empty())
        return fail(errc::invalid_value, "studyUID and accessionNumber: a request of type STUDY has one of the two");
    if (!std::ranges::all_of(i.study_uids, [](auto const& uid) { return mapping::codecs::is_uid(uid); }))
        return fail(errc::invalid_value, "studyUID, which is a UID or several with commas between them");
    return {};
}

}  // namespace

result<invocation> read_invocation(std::vector<parameter> const& parameters)
{
    invocation i;
    auto const type = value_of(parameters, "requestType");
    i.of_patient = http::equal_ignoring_case(type, "PATIENT");
    if (!i.of_patient && !http::equal_ignoring_case(type, "STUDY"))
        return fail(errc::invalid_value, "requestType, which is PATIENT or STUDY");
    i.viewer_type = value_of(parameters, "viewerType");
    for (auto const& [name, flag] :
         {std::pair{"diagnosticQuality", &i.diagnostic_quality}, std::pair{"keyImagesOnly", &i.key_images_only}}) {
        auto const value = value_of(parameters, name);
        *flag = http::equal_ignoring_case(value, "true");
        if (!value.empty() && !*flag && !http::equal_ignoring_case(value, "false"))
            return fail(errc::invalid_value, std::string(name) + ", which is true or false");
    }
    auto const read = i.of_patient ? read_patient(i, parameters) : read_study(i, parameters);
    if (!read)
        return tl::unexpected(read.error());
    if (std::max({i.study_uids.size(), i.accession_numbers.size(), i.modalities.size()}) > most_values)
        return fail(errc::too_long, "a list of more than 100 values");
    return i;
}

}  // namespace pons::proxy::iid
