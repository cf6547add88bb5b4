#include "mapping/instance_writer.hpp"
#include "mapping/native_xml.hpp"
#include "mapping/native_xml_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace pons::mapping;

/// No XML crashes the reader, and what it reads can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const found = read_native_xml({reinterpret_cast<char const*>(data), size});
    if (!found)
        return 0;
    static_cast<void>(write_instance(found->set));
    if (!found->whole)
        return 0;
    std::string again;
    append_native_xml(again, found->set);
    if (!read_native_xml(again))
        std::abort();
    return 0;
}
