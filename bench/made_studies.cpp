#include "bench/made_studies.hpp"

#include "mapping/dicom_json.hpp"
#include "mapping/dicom_stream.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace pons::bench {

namespace {

constexpr std::array<std::string_view, 5> modalities{R"("CT")", R"("CT","SR")", R"("MR")", R"("US","SR")",
                                                     R"("PT","CT")"};
constexpr std::array<std::string_view, 5> descriptions{"CT thorax with contrast", "CT abdomen, follow-up",
                                                       "MRI knee right", "Ultrasound abdomen",
                                                       "PET/CT skull base to thigh"};
constexpr std::array<std::string_view, 3> referrers{"Ashdown^Clara^^Dr.", "Brandvold^Nils^^Prof. Dr.", "Castellan^Ivo"};
constexpr std::array<std::string_view, 3> readers{"Everhart^Milo^^Dr.", "Fontana^Livia", "Köhler^Jörg^^Dr."};

void add(std::string& json, std::string_view tag, std::string_view vr, std::string_view values)
{
    json.append(json.back() == '{' ? "\"" : ",\"").append(tag).append(R"(":{"vr":")").append(vr);
    json.append(R"(","Value":[)").append(values).append("]}");
}

void add_text(std::string& json, std::string_view tag, std::string_view vr, std::string_view text)
{
    std::string const quoted = '"' + std::string(text) + '"';
    add(json, tag, vr, quoted);
}

void add_name(std::string& json, std::string_view tag, std::string_view name)
{
    std::string const value = R"({"Alphabetic":")" + std::string(name) + R"("})";
    add(json, tag, "PN", value);
}

/// `format` takes one number.
std::string numbered(char const* format, std::size_t number)
{
    std::array<char, 128> text;
    auto const size = std::snprintf(text.data(), text.size(), format, static_cast<int>(number));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string date_of(std::size_t n)
{
    return std::to_string(2024 - n / 28 % 20) + numbered("%02d", 12 - n % 12) + numbered("%02d", n % 28 + 1);
}

void add_study(std::string& json, std::size_t n)
{
    auto const uid = numbered("1.2.826.0.1.3680043.10.1338.20240229.1%05d.17", n);
    json.append("{");
    add_text(json, "00080005", "CS", "ISO_IR 192");
    add_text(json, "00080020", "DA", date_of(n));
    add_text(json, "00080030", "TM", numbered("%02d", n % 24) + "3015.120");
    add_text(json, "00080050", "SH", numbered("ACC%07d", n));
    add_text(json, "00080056", "CS", "ONLINE");
    add(json, "00080061", "CS", modalities[n % modalities.size()]);
    add_name(json, "00080090", referrers[n % referrers.size()]);
    add_text(json, "00080201", "SH", n % 2 == 0 ? "+0100" : "+0200");
    add_text(json, "00081030", "LO", descriptions[n % descriptions.size()]);
    add_name(json, "00081060", readers[n % readers.size()]);
    add_text(json, "00081190", "UR", "http://archive.example.org/dicom-web/studies/" + uid);
    add_name(json, "00100010", "Whitlock^Ada^Maria^^PhD");
    add_text(json, "00100020", "LO", made_patient_id);
    add_text(json, "00100021", "LO", "HOSP_A");
    add_text(json, "00100030", "DA", "19580303");
    add_text(json, "00100040", "CS", "F");
    add_text(json, "0020000D", "UI", uid);
    add_text(json, "00200010", "SH", numbered("S%06d", n));
    add(json, "00201206", "IS", numbered("%d", n % 9 + 1));
    add(json, "00201208", "IS", numbered("%d", n * 7 % 900 + 1));
    json.append("}");
}

}  // namespace

std::string made_qido_answer(std::size_t count)
{
    std::string json = "[";
    for (std::size_t n = 0; n < count; ++n) {
        json.append(n == 0 ? "" : ",");
        add_study(json, n);
    }
    return json + "]";
}

std::vector<std::vector<std::byte>> made_find_identifiers(std::size_t count)
{
    std::vector<std::vector<std::byte>> identifiers;
    auto json = made_qido_answer(count);
    mapping::dicom_json_reader reader;
    auto const read = reader.read(json, [&](mapping::data_set&& row) {
        identifiers.push_back(mapping::write_data_set(row, mapping::encoding::explicit_le, "ISO_IR 192").bytes);
        return true;
    });
    if (!read || identifiers.size() != count)
        std::abort();
    return identifiers;
}

}  // namespace pons::bench
