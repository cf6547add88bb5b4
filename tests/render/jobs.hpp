#pragma once

#include "render/run_job.hpp"
#include "render/vr_dictionary.hpp"

#include "render/decode.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Jobs without a process: bytes in, parts out.
namespace pons::test {

using bytes = std::vector<std::byte>;

inline bytes read_bytes(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    auto const view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

inline std::filesystem::path const data = PONS_SOURCE_DIR "/tests/data";

inline bytes file(std::string const& name)
{
    auto const found = read_bytes(data / name);
    REQUIRE_MESSAGE(!found.empty(), name);
    return found;
}

/// Gives a few bytes at a time, so that no reader can rely on how they come.
class memory_source final : public render::byte_source {
public:
    explicit memory_source(std::span<std::byte const> from, std::size_t piece = 4001) : from_(from), piece_(piece) {}

    std::size_t read(std::span<std::byte> into) override
    {
        auto const size = std::min({into.size(), from_.size(), piece_});
        std::copy_n(from_.begin(), size, into.begin());
        from_ = from_.subspan(size);
        return size;
    }

    std::size_t left() const { return from_.size(); }

private:
    std::span<std::byte const> from_;
    std::size_t piece_;
};

struct part {
    render::part_info info;
    bytes body;
};

struct collected final : render::answer {
    std::vector<part> parts;

    void begin(render::part_info const& info) override { parts.push_back({info, {}}); }
    void write(std::span<std::byte const> more) override
    {
        parts.back().body.insert(parts.back().body.end(), more.begin(), more.end());
    }
};

inline result<std::vector<part>> run(render::job const& asked, std::span<std::byte const> instance)
{
    static bool const ready = (render::load_dictionary(), render::register_codecs(), true);
    (void)ready;
    memory_source from(instance);
    collected to;
    auto const done = render::run_job(asked, from, to);
    if (!done)
        return tl::unexpected(done.error());
    return std::move(to.parts);
}

/// The frames of an instance, decoded. Fails the test when there are none.
inline std::vector<bytes> frames_of(std::span<std::byte const> instance, std::vector<std::uint32_t> which = {})
{
    auto const got = run({.kind = render::job_kind::frames, .frames = std::move(which)}, instance);
    REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error().code.message() + " " + got.error().where));
    std::vector<bytes> all;
    for (auto const& p : *got)
        all.push_back(p.body);
    return all;
}

}  // namespace pons::test
