#include "mapping/dicom_json.hpp"

#include "tests/fuzz/expect.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace pons::mapping;

/// Whatever comes, the reader ends, and what it read can be walked. What simdjson takes for JSON is JSON.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static dicom_json_reader reader;
    std::string json(reinterpret_cast<char const*>(data), size);
    static simdjson::dom::parser parser;
    bool const is_json = parser.parse(json).error() == simdjson::SUCCESS;
    std::size_t rows = 0;
    std::size_t length = 0;
    auto const found = reader.read(json, [&](data_set&& row) {
        ++rows;
        row.for_each([&](tag t, vr, bool sequence) {
            for (std::size_t i = 0; !sequence && i < row.count(t); ++i)
                length += row.text(t, i).size();
        });
        data_set const copy = row;
        if (!(copy == row))
            std::abort();
        return rows < 1000;
    });
    if (found && found->rows != rows)
        std::abort();
    if (is_json && !found)
        PONS_EXPECT(found.error().code != dicom_json_errc::not_json && found.error().code != dicom_json_errc::not_utf8);
    return static_cast<int>(length & 0);
}
