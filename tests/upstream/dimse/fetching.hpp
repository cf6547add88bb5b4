#pragma once

#include "tests/upstream/dimse/asking.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

/// What the tests of retrieving share: a sink that keeps what comes, and retrieving to the end.
namespace pons::test {

struct fetched {
    upstream::part_head head;
    std::string bytes;
    bool ended = false;

    std::string header() const { return bytes.substr(0, head.data_set_offset); }
    std::string data_set() const { return bytes.substr(head.data_set_offset); }
};

struct part_list final : upstream::part_sink {
    std::vector<fetched> parts;
    std::thread::id on;
    std::size_t most_at_once = 0;
    bool keep = true;
    std::uint64_t size = 0;
    std::function<result<void>()> at_begin, at_write, at_end;  ///< called first, if set
    std::function<awaitable<void>()> before_write;             ///< waited for, if set

    awaitable<result<void>> begin(upstream::part_head const& head) override
    {
        on = std::this_thread::get_id();
        auto said = say(at_begin);
        if (said)
            parts.push_back({head, {}, false});
        co_return said;
    }

    awaitable<result<void>> write(std::span<std::byte const> bytes) override
    {
        if (before_write)
            co_await before_write();
        auto said = say(at_write);
        most_at_once = std::max(most_at_once, bytes.size());
        size += bytes.size();
        if (said && keep)
            parts.back().bytes.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
        co_return said;
    }

    awaitable<result<void>> end() override
    {
        auto said = say(at_end);
        if (said)
            parts.back().ended = true;
        co_return said;
    }

    fetched const* find(std::string_view sop_instance_uid) const
    {
        for (auto const& p : parts)
            if (p.head.sop_instance_uid == sop_instance_uid)
                return &p;
        return nullptr;
    }

private:
    static result<void> say(std::function<result<void>()> const& f) { return f ? f() : result<void>(); }
};

using retrieve_answer = result<upstream::retrieved>;

class fetcher : public asker {
public:
    using asker::asker;

    /// Starts a retrieve; `run` ends when its result is there.
    void start(upstream::retrieve_request request, part_list& parts, std::chrono::milliseconds within,
               std::optional<retrieve_answer>& answer, asio::cancellation_signal* signal = nullptr)
    {
        auto work = [](upstream::archive& a, upstream::retrieve_request r, part_list& to,
                       time_point until) -> awaitable<retrieve_answer> {
            auto got = co_await a.retrieve(r, to, until);
            co_return got;
        };
        begin(work(archive(), std::move(request), parts, clock::now() + within), answer, signal);
    }

    retrieve_answer fetch(upstream::retrieve_request request, part_list& parts,
                          std::chrono::milliseconds within = std::chrono::seconds(20))
    {
        std::optional<retrieve_answer> answer;
        start(std::move(request), parts, within, answer);
        run();
        return std::move(*answer);
    }
};

/// What stands behind preamble and group 0002 in a PS3.10 file.
inline std::string data_set_of(std::string const& file)
{
    if (file.size() < 144 || file.compare(128, 4, "DICM") != 0)
        throw std::runtime_error("not a PS3.10 file");
    auto const at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(file[i])); };
    auto const length = at(140) | at(141) << 8 | at(142) << 16 | at(143) << 24;  // (0002,0000) UL
    return file.substr(144 + length);
}

inline std::string read_file(std::string const& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace pons::test
