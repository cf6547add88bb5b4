// C-GET of one study, drained to nowhere by our own wire code: what a retrieve through Pons is compared with. See
// bench/README.md.
//
//   get_client --port N --aet AE --study UID --class UID [--host H]
//
// The answer is one line of JSON.

#include "mapping/dicom_stream.hpp"
#include "upstream/dimse/conversation.hpp"
#include "upstream/dimse/exchange.hpp"
#include "upstream/dimse/identifier.hpp"
#include "upstream/dimse/wire/uids.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace pons;
using namespace pons::upstream::dimse;

struct drained {
    std::uint64_t bytes = 0;
    std::uint32_t instances = 0;
    bool good = false;
};

command_set response(command_set const& rq)
{
    command_set rsp;
    rsp.set(command_element::affected_sop_class_uid, rq.text(command_element::affected_sop_class_uid));
    rsp.set(command_element::command_field, static_cast<std::uint16_t>(command::c_store_rsp));
    rsp.set(command_element::message_id_being_responded_to, rq.number(command_element::message_id).value_or(0));
    rsp.set(command_element::command_data_set_type, no_data_set);
    rsp.set(command_element::status, status::success);
    rsp.set(command_element::affected_sop_instance_uid, rq.text(command_element::affected_sop_instance_uid));
    return rsp;
}

drained drain(association& over, presentation_context const& in, std::string const& study)
{
    drained all;
    auto const patient = [] { return patience{clock::now() + std::chrono::minutes(1)}; };
    upstream::retrieve_request const what{study, {}, {}};
    auto const as = in.transfer_syntax == uids::implicit_vr_little_endian ? mapping::encoding::implicit_le
                                                                          : mapping::encoding::explicit_le;
    auto const identifier = mapping::write_data_set(to_identifier(what), as, "ISO_IR 192");
    auto const rq = make_request(command::c_get_rq, uids::study_root_get, over.next_message_id(), true);
    if (!over.send(in.id, rq, identifier.bytes, patient()))
        return all;
    std::vector<std::byte> nowhere(256 * 1024);
    for (;;) {
        auto const came = over.receive_command(patient());
        if (!came)
            return all;
        for (bool more = came->command.has_data_set(); more;) {
            auto const piece = over.next(patient(), nowhere);
            if (!piece)
                return all;
            all.bytes += piece->bytes.size();
            more = !piece->last;
        }
        if (came->command.is(command::c_store_rq)) {
            ++all.instances;
            if (!over.send(came->context, response(came->command), {}, patient()))
                return all;
        } else if (auto const code = came->command.number(command_element::status).value_or(1);
                   !status::is_pending(code)) {
            all.good = code == status::success;
            return all;
        }
    }
}

double cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv)
{
    config::source source;
    source.name = "bench";
    source.host = "127.0.0.1";
    std::string study;
    std::string sop_class;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string_view const option = argv[i];
        if (option == "--port")
            source.port = static_cast<std::uint16_t>(std::atoi(argv[i + 1]));
        if (option == "--aet")
            source.called_ae = argv[i + 1];
        if (option == "--host")
            source.host = argv[i + 1];
        if (option == "--study")
            study = argv[i + 1];
        if (option == "--class")
            sop_class = argv[i + 1];
    }
    source.calling_ae = "BENCH";
    auto const begun = clock::now();
    interruption nobody;
    association_request const proposed{
        source.calling_ae,
        source.called_ae,
        {{uids::study_root_get, {uids::explicit_vr_little_endian, uids::implicit_vr_little_endian}},
         {sop_class, {uids::explicit_vr_little_endian}, true}}};
    auto opened = open_association(source, proposed, {clock::now() + std::chrono::seconds(10), &nobody});
    auto const* const in = opened ? opened->context(uids::study_root_get) : nullptr;
    if (!in) {
        std::fprintf(stderr, "get_client: no association for C-GET\n");
        return 1;
    }
    auto const all = drain(*opened, *in, study);
    opened->release({clock::now() + std::chrono::seconds(1)});
    std::chrono::duration<double> const spent = clock::now() - begun;
    std::printf(R"({"instances": %u, "bytes": %llu, "seconds": %.4f, "cpu": %.4f})"
                "\n",
                all.instances, static_cast<unsigned long long>(all.bytes), spent.count(), cpu_seconds());
    return all.good ? 0 : 1;
}
