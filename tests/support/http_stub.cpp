#include "tests/support/http_stub.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>
#include <zlib.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <list>

namespace pons::test {

namespace ssl = asio::ssl;

http_reply answer(unsigned status, std::string_view body, std::string_view headers)
{
    std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
    if (status != 204)
        bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    bytes.append(headers).append("\r\n").append(body);
    return {.bytes = std::move(bytes)};
}

http_reply json(std::string_view body, std::string_view headers)
{
    return answer(200, body, "Content-Type: application/dicom+json\r\n" + std::string(headers));
}

std::string gzip(std::string_view plain)
{
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&z, plain.size()) + 32, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

certificate::certificate(std::string const& name)
{
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> const cert(X509_new(), X509_free);
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    auto* const subject = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>("test"), -1, -1, 0);
    X509_set_issuer_name(cert.get(), subject);
    boost::system::error_code is_name;
    asio::ip::make_address(name, is_name);
    auto const names = (is_name ? "DNS:" : "IP:") + name;
    for (auto const& [id, value] :
         {std::pair(NID_subject_alt_name, names.c_str()), std::pair(NID_basic_constraints, "critical,CA:TRUE")}) {
        auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
        X509_add_ext(cert.get(), extension, -1);
        X509_EXTENSION_free(extension);
    }
    X509_sign(cert.get(), key.get(), EVP_sha256());

    auto const file = [](auto write) {
        auto name_template = (std::filesystem::temp_directory_path() / "pons-test-XXXXXX").string();
        auto* const out = fdopen(mkstemp(name_template.data()), "w");
        write(out);
        std::fclose(out);
        return name_template;
    };
    cert_file = file([&](std::FILE* out) { PEM_write_X509(out, cert.get()); });
    key_file =
        file([&](std::FILE* out) { PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

certificate::~certificate()
{
    std::filesystem::remove(cert_file);
    std::filesystem::remove(key_file);
}

/// Outlives the stub as long as one of its coroutines does.
struct http_stub::state : std::enable_shared_from_this<http_stub::state> {
    tcp_acceptor acceptor;
    script answers;
    std::optional<ssl::context> tls;
    std::vector<http_request> requests;
    std::list<tcp_socket> sockets;
    unsigned connections = 0;
    bool reads_bodies = true;

    state(asio::io_context& on, script with)
        : acceptor(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), answers(std::move(with))
    {
    }

    void accept()
    {
        acceptor.async_accept([self = shared_from_this()](boost::system::error_code ec, tcp_socket socket) {
            if (ec)
                return;
            ++self->connections;
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            self->sockets.push_back(std::move(socket));
            auto const here = std::prev(self->sockets.end());
            asio::co_spawn(self->acceptor.get_executor(), serve(self, here),
                           [self, here](std::exception_ptr) { self->sockets.erase(here); });
            self->accept();
        });
    }

    static awaitable<void> serve(std::shared_ptr<state> self, std::list<tcp_socket>::iterator at)
    {
        if (!self->tls) {
            co_await talk(self, *at, *at);
            co_return;
        }
        ssl::stream<tcp_socket&> secure(*at, *self->tls);
        auto const [ec] = co_await secure.async_handshake(ssl::stream_base::server, as_tuple);
        if (!ec)
            co_await talk(self, secure, *at);
    }

    template <class Stream>
    static awaitable<void> talk(std::shared_ptr<state> self, Stream& stream, tcp_socket& socket)
    {
        std::string held;
        for (;;) {
            auto const [ec, size] =
                co_await asio::async_read_until(stream, asio::dynamic_buffer(held), "\r\n\r\n", as_tuple);
            if (ec)
                co_return;
            http_request request{.target = {}, .head = held.substr(0, size), .body = {}};
            held.erase(0, size);
            if (self->reads_bodies && request.head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos) {
                auto const [cut, length] =
                    co_await asio::async_read_until(stream, asio::dynamic_buffer(held), "\r\n0\r\n\r\n", as_tuple);
                request.body = held.substr(0, cut ? held.size() : length);
                held.erase(0, request.body.size());
                if (cut) {
                    self->requests.push_back(request);
                    co_return;
                }
            }
            auto const from = request.head.find(' ') + 1;
            request.target = request.head.substr(from, request.head.find(' ', from) - from);
            self->requests.push_back(request);

            http_reply const reply = self->answers(request);
            auto const piece = reply.piece == 0 ? std::max<std::size_t>(reply.bytes.size(), 1) : reply.piece;
            for (std::size_t sent = 0; sent < reply.bytes.size(); sent += piece) {
                asio::const_buffer const part(reply.bytes.data() + sent, std::min(piece, reply.bytes.size() - sent));
                auto const [failed, n] = co_await asio::async_write(stream, part, as_tuple);
                static_cast<void>(n);
                if (failed)
                    co_return;
                if (reply.piece != 0)  // let the other side read before more comes
                    for (int turns = 0; turns < 3; ++turns)
                        co_await asio::post(socket.get_executor(), use_awaitable);
            }
            if (reply.close)
                co_return;
            if (reply.silent) {  // until the other side has had enough
                char byte = 0;
                asio::mutable_buffer const one(&byte, 1);
                auto const [gone, n] = co_await stream.async_read_some(one, as_tuple);
                static_cast<void>(gone);
                static_cast<void>(n);
                co_return;
            }
        }
    }
};

http_stub::http_stub(asio::io_context& on, script answers, certificate const* tls, std::string client_ca)
    : state_(std::make_shared<state>(on, std::move(answers)))
{
    if (tls) {
        state_->tls.emplace(ssl::context::tls_server);
        state_->tls->use_certificate_chain_file(tls->cert_file);
        state_->tls->use_private_key_file(tls->key_file, ssl::context::pem);
        if (!client_ca.empty()) {
            state_->tls->load_verify_file(client_ca);
            state_->tls->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
        }
    }
    state_->accept();
}

http_stub::~http_stub()
{
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    close_all();
}

std::uint16_t http_stub::port() const
{
    return state_->acceptor.local_endpoint().port();
}

std::string http_stub::url(std::string_view host) const
{
    return std::string(state_->tls ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port()) +
           "/dicom-web";
}

void http_stub::ignore_bodies()
{
    state_->reads_bodies = false;
}

std::vector<http_request> const& http_stub::requests() const
{
    return state_->requests;
}

unsigned http_stub::connections() const
{
    return state_->connections;
}

unsigned http_stub::open() const
{
    return static_cast<unsigned>(state_->sockets.size());
}

void http_stub::close_all()
{
    boost::system::error_code ignored;
    for (auto& socket : state_->sockets)
        socket.close(ignored);
}

}  // namespace pons::test
