#pragma once

#include "tests/support/process.hpp"
#include "upstream/asio.hpp"

#include <doctest/doctest.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace pons::test {

inline std::string read_file(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Orthanc with its DICOMweb plugin, on ports of its own, with an archive of its own.
class orthanc {
public:
    static constexpr auto program = "/usr/sbin/Orthanc";
    static constexpr auto plugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

    static bool is_installed() { return std::filesystem::exists(program) && std::filesystem::exists(plugin); }

    orthanc() : http_(free_port())
    {
        auto const file = folder_.path() / "orthanc.json";
        std::ofstream(file) << R"({"Name":"test","StorageDirectory":")" << folder_.path().string()
                            << R"(","IndexDirectory":")" << folder_.path().string() << R"(","HttpPort":)" << http_
                            << R"(,"DicomPort":)" << free_port()
                            << R"(,"RemoteAccessAllowed":false,"AuthenticationEnabled":false,"Plugins":[")" << plugin
                            << R"("],"DicomWeb":{"Enable":true,"Root":"/dicom-web/"}})";
        running_.emplace(std::vector<std::string>{program, file.string()});
        if (!wait_for_listener(http_))
            throw std::runtime_error("Orthanc does not start");
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(http_) + "/dicom-web"; }

    /// Stores an instance that is made from lines as dump2dcm takes them.
    void store(std::string const& lines)
    {
        auto const dump = folder_.path() / "one.dump";
        auto const file = folder_.path() / "one.dcm";
        std::ofstream(dump) << "(0008,0005) CS [ISO_IR 192]\n(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]\n" << lines;
        REQUIRE(run({"dump2dcm", dump.string(), file.string()}) == 0);
        store_file(read_file(file));
    }

    /// Stores a PS3.10 file and says how Orthanc calls the instance.
    std::string store_file(std::string const& file)
    {
        auto const reply =
            ask("POST /instances HTTP/1.0\r\nContent-Length: " + std::to_string(file.size()) + "\r\n\r\n" + file);
        REQUIRE(reply.find(" 200 OK") != std::string::npos);
        auto const at = reply.find("\"ID\" : \"");
        REQUIRE(at != std::string::npos);
        return reply.substr(at + 8, reply.find('"', at + 8) - at - 8);
    }

    /// The file of an instance as Orthanc itself gives it.
    std::string file_of(std::string const& id)
    {
        auto const reply = ask("GET /instances/" + id + "/file HTTP/1.0\r\n\r\n");
        REQUIRE(reply.find(" 200 OK") != std::string::npos);
        return reply.substr(reply.find("\r\n\r\n") + 4);
    }

private:
    std::string ask(std::string const& request)
    {
        asio::io_context on;
        tcp_socket socket(on);
        socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), http_));
        asio::write(socket, asio::buffer(request));
        std::string reply;
        boost::system::error_code ec;
        asio::read(socket, asio::dynamic_buffer(reply), ec);
        return reply;
    }

    temporary_folder folder_;
    std::uint16_t http_;
    std::optional<process> running_;
};

}  // namespace pons::test
