#include "mapping/dicom_json.hpp"
#include "mapping/dicom_stream.hpp"
#include "mapping/instance_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace pons::mapping;

/// Metadata of strangers becomes a data set that our own reader takes, or is refused; gaps are where elements end.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static dicom_json_reader reader(dicom_json_reader::keep::instances);
    std::string json(reinterpret_cast<char const*>(data), size);
    auto const read = reader.read(json, [&](data_set&& set) {
        auto const written = write_instance(set);
        if (!written.whole)
            return true;
        std::vector<std::byte> file;
        std::size_t at = 0;
        auto const copy = [&](std::size_t end) {
            if (end < at || end > written.bytes.size())
                std::abort();
            file.insert(file.end(), written.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                        written.bytes.begin() + static_cast<std::ptrdiff_t>(end));
            at = end;
        };
        for (auto const& gap : written.gaps) {
            copy(gap.at);
            append_element_header(gap.t, gap.vr, 0, file);
        }
        copy(written.bytes.size());
        auto const again = read_data_set(file, encoding::explicit_le, "", {.elements = 100'000});
        if (!again)
            std::abort();
        return true;
    });
    static_cast<void>(read);
    return 0;
}
