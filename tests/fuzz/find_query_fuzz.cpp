// The identifier of a C-FIND from a stranger: the first byte says how it is encoded, in which model it comes and what
// was agreed to, the rest is the data set.
#include "mapping/dicom_stream.hpp"
#include "mapping/matching.hpp"
#include "proxy/dimse/find_query.hpp"
#include "tests/fuzz/expect.hpp"

using namespace pons;
using namespace pons::proxy::dimse;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    if (size == 0)
        return 0;
    static constexpr mapping::encoding encodings[] = {mapping::encoding::implicit_le, mapping::encoding::explicit_le,
                                                      mapping::encoding::explicit_be};
    mapping::read_limits limits;
    limits.everything = true;
    auto set = mapping::read_data_set(std::as_bytes(std::span(data + 1, size - 1)), encodings[data[0] % 3], {}, limits);
    if (!set)
        return 0;
    auto const model = (data[0] & 0x10) != 0 ? find_model::patient_root : find_model::study_root;
    auto const query = to_find_query(*set, model, {.relational = (data[0] & 0x20) != 0}, 100);
    if (!query)
        return 0;
    // What is asked is bounded, and each key is one that can be judged.
    PONS_EXPECT(query->search.keys.size() <= 64);
    for (auto const& k : query->search.keys)
        PONS_EXPECT(!k.values.empty() && !k.path.empty() && k.path.size() <= 16);
    mapping::data_set const* const rows[] = {&*set};
    static_cast<void>(mapping::matcher(query->search.keys).of(rows));
    static_cast<void>(is_narrowed(*query));
    PONS_EXPECT(!query->charset.empty());
    return 0;
}
