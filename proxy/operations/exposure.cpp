#include "proxy/operations/exposure.hpp"

#include "upstream/asio.hpp"

namespace pons::proxy::operations {

namespace {

bool is_loopback(asio::ip::address const& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
    return address.is_loopback();
}

}  // namespace

std::optional<std::string> refuse_exposure(config::address const& listen, bool insecure, std::string_view section)
{
    std::string const key(section);
    std::string const place = key + ".listen: ";
    asio::io_context context(1);
    tcp::resolver resolver(context);
    boost::system::error_code ec;
    auto const names = resolver.resolve(listen.host, std::to_string(listen.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, ec);
    if (ec)
        return place + "the host \"" + listen.host + "\" cannot be found (" + ec.message() + ").";
    if (insecure)
        return std::nullopt;
    for (auto const& name : names)
        if (auto const address = name.endpoint().address(); !is_loopback(address))
            return place + "\"" + listen.host + "\" (" + address.to_string() +
                   ") can be reached from other machines, without encryption and without asking who it is. Listen on "
                   "127.0.0.1 behind a proxy that does both, or say " +
                   key + ".insecure: true if everybody who reaches this port may read all patients' imaging records.";
    return std::nullopt;
}

std::optional<std::string> refuse_exposure(config::settings const& all)
{
    if (auto why = refuse_exposure(all.http.listen, all.http.insecure, "http"))
        return why;
    auto const& dicom = all.dicom;
    bool const calls_known = dicom.tls.enabled && !dicom.tls.ca_file.empty();
    return refuse_exposure(dicom.listen, dicom.insecure || calls_known, "dicom");
}

}  // namespace pons::proxy::operations
