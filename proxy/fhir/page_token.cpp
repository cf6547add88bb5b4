#include "proxy/fhir/page_token.hpp"

#include "mapping/errc.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <vector>

namespace pons::proxy::fhir {

namespace {

using bytes = std::vector<unsigned char>;
using cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype([](EVP_CIPHER_CTX* c) { EVP_CIPHER_CTX_free(c); })>;

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
/// What is authenticated besides: a token of another layout does not open.
constexpr std::string_view layout = "pons page 3";

void require(bool done)
{
    if (!done)
        throw std::runtime_error("OpenSSL cannot seal a page token");
}

std::string to_base64url(bytes const& in)
{
    std::string out(4 * ((in.size() + 2) / 3) + 1, '\0');
    auto const size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), in.data(), static_cast<int>(in.size()));
    out.resize(static_cast<std::size_t>(size));
    while (out.ends_with('='))
        out.pop_back();
    for (auto& c : out)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

bytes from_base64url(std::string_view in)
{
    std::string text(in);
    for (auto& c : text)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    auto const padding = (4 - text.size() % 4) % 4;
    text.append(padding, '=');
    bytes out(text.size() / 4 * 3);
    auto const size = padding == 3 ? -1
                                   : EVP_DecodeBlock(out.data(), reinterpret_cast<unsigned char const*>(text.data()),
                                                     static_cast<int>(text.size()));
    if (size < 0)
        return {};
    out.resize(static_cast<std::size_t>(size) - padding);
    // OpenSSL overlooks white space and bits that are not used; what `seal` did not write is not a token.
    return to_base64url(out) == in ? out : bytes();
}

/// Numbers and texts, each on a line, names of sources with spaces between; the query comes last and may hold anything.
std::string to_text(page_position const& p)
{
    std::string missed;
    for (auto const& source : p.missed)
        missed.append(missed.empty() ? "" : " ").append(source);
    return p.resource + '\n' + missed + '\n' + std::to_string(p.now) + '\n' +
           (p.last.started ? std::to_string(*p.last.started) : std::string()) + '\n' + p.last.uid + '\n' + p.query;
}

std::optional<std::int64_t> to_number(std::string_view text)
{
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return {};
    return number;
}

std::vector<std::string> words_of(std::string_view line)
{
    std::vector<std::string> words;
    while (!line.empty()) {
        words.emplace_back(line.substr(0, line.find(' ')));
        line.remove_prefix(std::min(line.size(), words.back().size() + 1));
    }
    return words;
}

std::optional<page_position> from_text(std::string_view text)
{
    auto const line = [&]() -> std::optional<std::string_view> {
        auto const end = text.find('\n');
        if (end == std::string_view::npos)
            return {};
        auto const one = text.substr(0, end);
        text.remove_prefix(end + 1);
        return one;
    };
    auto const resource = line();
    auto const missed = line();
    auto const now = line();
    auto const started = line();
    auto const uid = line();
    if (!resource || !missed || !now || !started || !uid)
        return {};
    auto const at = to_number(*now);
    if (!at)
        return {};
    return page_position{.resource = std::string(*resource),
                         .query = std::string(text),
                         .last = {to_number(*started), std::string(*uid)},
                         .now = *at,
                         .missed = words_of(*missed)};
}

}  // namespace

page_sealer::page_sealer(std::string_view key)
{
    if (key.empty())
        require(RAND_bytes(key_.data(), static_cast<int>(key_.size())) == 1);
    else
        SHA256(reinterpret_cast<unsigned char const*>(key.data()), key.size(), key_.data());
}

std::string page_sealer::seal(page_position const& position) const
{
    auto const text = to_text(position);
    bytes out(nonce_size + text.size() + tag_size);
    require(RAND_bytes(out.data(), nonce_size) == 1);
    cipher const c(EVP_CIPHER_CTX_new());
    int size = 0;
    require(c && EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key_.data(), out.data()) == 1);
    require(EVP_EncryptUpdate(c.get(), nullptr, &size, reinterpret_cast<unsigned char const*>(layout.data()),
                              static_cast<int>(layout.size())) == 1);
    require(EVP_EncryptUpdate(c.get(), out.data() + nonce_size, &size,
                              reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size())) == 1);
    require(EVP_EncryptFinal_ex(c.get(), out.data() + nonce_size + size, &size) == 1);
    require(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, tag_size, out.data() + nonce_size + text.size()) == 1);
    return to_base64url(out);
}

result<page_position> page_sealer::open(std::string_view token) const
{
    auto in = from_base64url(token);
    if (in.size() < nonce_size + tag_size)
        return fail(mapping::errc::expired_page, "_page");
    auto const size = in.size() - nonce_size - tag_size;
    std::string text(size, '\0');
    cipher const c(EVP_CIPHER_CTX_new());
    int written = 0;
    require(c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key_.data(), in.data()) == 1);
    bool const opened =
        EVP_DecryptUpdate(c.get(), nullptr, &written, reinterpret_cast<unsigned char const*>(layout.data()),
                          static_cast<int>(layout.size())) == 1 &&
        EVP_DecryptUpdate(c.get(), reinterpret_cast<unsigned char*>(text.data()), &written, in.data() + nonce_size,
                          static_cast<int>(size)) == 1 &&
        EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, tag_size, in.data() + nonce_size + size) == 1 &&
        EVP_DecryptFinal_ex(c.get(), reinterpret_cast<unsigned char*>(text.data()) + written, &written) == 1;
    if (opened)
        if (auto position = from_text(text))
            return std::move(*position);
    return fail(mapping::errc::expired_page, "_page");
}

}  // namespace pons::proxy::fhir
