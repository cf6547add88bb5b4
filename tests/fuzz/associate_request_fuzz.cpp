// The body of an A-ASSOCIATE-RQ from a stranger, and what the store provider answers to it.
#include "tests/fuzz/expect.hpp"
#include "upstream/dimse/store_provider_contexts.hpp"
#include "upstream/dimse/wire/associate_answer.hpp"
#include "upstream/dimse/wire/associate_request.hpp"
#include "upstream/dimse/wire/pdu.hpp"

#include <set>
#include <string_view>

using namespace pons::upstream::dimse;

namespace {

bool is_uid(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
}

bool is_title(std::string_view text)
{
    for (auto const c : text)
        if (c < ' ' || c > '~' || c == '\\')
            return false;
    return text.size() <= 16;
}

}  // namespace

/// What is taken for a request keeps its limits, and can be answered context by context.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    auto const asked = parse_associate_request(std::as_bytes(std::span(data, size)));
    if (!asked)
        return 0;
    PONS_EXPECT(is_title(asked->called_ae) && is_title(asked->calling_ae));
    PONS_EXPECT(asked->contexts.size() <= most_proposed_contexts);
    std::set<unsigned> ids;
    associate_answer answer;
    for (auto const& context : asked->contexts) {
        PONS_EXPECT(ids.insert(context.id).second);
        PONS_EXPECT(is_uid(context.abstract_syntax));
        PONS_EXPECT(!context.transfer_syntaxes.empty() && context.transfer_syntaxes.size() <= most_transfer_syntaxes);
        for (auto const& uid : context.transfer_syntaxes)
            PONS_EXPECT(is_uid(uid));
        answer.contexts.push_back(answer_storage_context(context));
        auto const& last = answer.contexts.back();
        PONS_EXPECT((last.result == context_result::acceptance) == is_uid(last.transfer_syntax));
    }
    for (auto const& role : asked->roles)
        PONS_EXPECT(is_uid(role.sop_class_uid));
    auto const pdu = encode_accept(*asked, answer, 131072);
    PONS_EXPECT(pdu::big_endian(std::span(pdu).subspan(2, 4)) == pdu.size() - pdu::header_size);
    return 0;
}
