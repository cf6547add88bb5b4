#include "proxy/cli/exit_code.hpp"

namespace pons::proxy::cli {

namespace {

constexpr exit_code_row rows[] = {
    {exit_code::ok, "all is well; warnings do not count"},
    {exit_code::failed, "the verb ran, and what it looked at is not well"},
    {exit_code::usage, "the command line cannot be understood"},
    {exit_code::configuration, "the configuration is missing or faulty"},
    {exit_code::not_started, "something that serving needs cannot be had: a port, a certificate"},
    {exit_code::differs, "what `pons probe` learned is not what is configured"},
    {exit_code::source_settings, "`doctor`: a file that `tls` names, or a URL, cannot be used"},
    {exit_code::source_name, "`doctor`: the archive's host name has no address"},
    {exit_code::source_tcp, "`doctor`: no TCP connection to the archive"},
    {exit_code::source_tls, "`doctor`: no TLS with the archive: versions, certificates, the name in them"},
    {exit_code::source_association, "`doctor`: no association: AE titles, limits, no C-FIND allowed"},
    {exit_code::source_echo, "`doctor`: C-ECHO failed"},
    {exit_code::source_http, "`doctor`: what answers by HTTP is no DICOMweb service, or does not let us in"},
    {exit_code::source_find, "`doctor`: a search failed"},
    {exit_code::source_retrieve, "`doctor`: no configured way brought an instance"},
    {exit_code::source_destination, "`doctor`: the archive does not know where C-MOVE shall send to"},
    {exit_code::source_store_port, "`doctor`: the archive cannot connect to the port where C-MOVE sends to"},
    {exit_code::source_closed, "`doctor`: the source is switched off, or outside its hours; nothing was tried"},
    {exit_code::source_tls_wanted,
     "`doctor`: the archive speaks TLS at that port, and the source is without `tls.enabled`"},
    {exit_code::source_tls_unknown,
     "`doctor`: the archive speaks DICOM without TLS at that port, and the source wants TLS"},
    {exit_code::internal, "a bug of Pons, or no memory left"},
};

}  // namespace

std::span<exit_code_row const> exit_codes()
{
    return rows;
}

}  // namespace pons::proxy::cli
