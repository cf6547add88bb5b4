// What a stranger says on an association that we accepted: PDUs, PDVs and what is put together of them. The first byte
// says how much room there is for a piece of a PDV.
#include "tests/fuzz/expect.hpp"
#include "upstream/dimse/wire/accepted_association.hpp"
#include "upstream/errc.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <span>
#include <string>
#include <vector>

using namespace pons;
using namespace pons::upstream::dimse;

namespace {

constexpr std::size_t largest_data_set = 1024;

/// An association on which `said` comes, and nothing more. What we say is not read: it is little.
class line {
public:
    explicit line(std::span<unsigned char const> said)
    {
        int ends[2];
        PONS_EXPECT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        theirs_ = descriptor(ends[0]);
        PONS_EXPECT(::send(ends[0], said.data(), said.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(said.size()));
        ::shutdown(ends[0], SHUT_WR);
        associate_request asked;
        asked.contexts.push_back({1, "1.2.840.10008.1.1", {"1.2.840.10008.1.2"}});
        associate_answer answer;
        answer.contexts.push_back({1, context_result::acceptance, "1.2.840.10008.1.2"});
        over_.emplace(transport{.socket = descriptor(ends[1])}, asked, answer);
    }

    accepted_association& over() { return *over_; }
    static patience a_while() { return {clock::now() + std::chrono::seconds(20)}; }

private:
    descriptor theirs_;
    std::optional<accepted_association> over_;
};

/// Each byte with what it belongs to, each end of a message, and how the association ended: the same however it is
/// read.
std::string told(std::span<unsigned char const> said, std::size_t room)
{
    line one(said);
    std::string all;
    std::vector<std::byte> space(room);
    for (;;) {
        auto const piece = one.over().next(line::a_while(), space);
        if (!piece) {
            PONS_EXPECT(piece.error().code == upstream::errc::aborted ||
                        piece.error().code == upstream::errc::malformed);
            PONS_EXPECT(!one.over().usable());
            all.append(piece.error().code.message());
            all.append(one.over().released() ? " released" : one.over().lost() ? " lost" : "");
            return all;
        }
        PONS_EXPECT(room == 0 || piece->bytes.size() <= room);
        for (auto const b : piece->bytes) {
            all.push_back(static_cast<char>(piece->context));
            all.push_back(piece->command ? 'c' : 'd');
            all.push_back(static_cast<char>(b));
        }
        if (piece->last)
            all.append(" last");
        PONS_EXPECT(all.size() <= 8 * said.size() + 64);
    }
}

/// Commands and data sets, as a service takes them.
void take_messages(std::span<unsigned char const> said)
{
    line one(said);
    while (auto const rq = one.over().receive_command(line::a_while())) {
        if (!rq->command.has_data_set())
            continue;
        std::vector<std::byte> bytes;
        auto const fits = one.over().receive_data_set(bytes, largest_data_set, line::a_while());
        PONS_EXPECT(bytes.size() <= largest_data_set);
        if (!fits)
            break;
        PONS_EXPECT(*fits || bytes.empty());
    }
    PONS_EXPECT(!one.over().usable());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size)
{
    constexpr std::size_t most = 64 * 1024;  // goes into the socket at once
    if (size == 0 || size > most)
        return 0;
    std::span const said(data + 1, size - 1);
    PONS_EXPECT(told(said, 0) == told(said, data[0] + std::size_t{1}));
    take_messages(said);
    return 0;
}
