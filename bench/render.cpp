/// Rendered images per second by modality, through `pons-render` as `pons` uses it, against dcmj2pnm of DCMTK in the
/// same run. The tool is started for every image, which is how it is used; what that start alone takes is printed too.
#include "proxy/render/renderer.hpp"
#include "upstream/asio.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

using namespace pons;

namespace {

using bytes = std::vector<std::byte>;

struct measured_case {
    char const* name;
    char const* file;
    bool by_tool;  // dcmj2pnm can read it
};

constexpr measured_case cases[] = {
    {"CT 512 x 512, native", "dicom/studies/rt-breast/ct.0.dcm", true},
    {"MR 300 x 484, native", "dicom/mr/examples_overlay.dcm", true},
    {"NM 256 x 1024, JPEG lossless", "pixels/nm-pt/JPEG-LL.dcm", true},
    {"US 600 x 800, palette, RLE", "pixels/us/OBXXXX1A_rle_2frame.dcm", true},
    {"US 240 x 320, colour, JPEG", "pixels/us/examples_ybr_color.dcm", true},
    {"US 480 x 640, colour, JPEG 2000", "pixels/us/examples_jpeg2k.dcm", false},
    {"SC 480 x 640, colour, HTJ2K", "pixels/encodings/HTJ2KLossless_08_RGB.dcm", false},
    {"CR 1760 x 1760, JPEG 2000", "pixels/cr-dx-mg/RG3_J2KI.dcm", false},
};

bytes read_file(std::string const& path)
{
    std::ifstream in(path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    auto const view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

struct nowhere final : proxy::render::part_receiver {
    std::size_t size = 0;
    awaitable<result<void>> begin(render::part_info const&) override { co_return result<void>{}; }
    awaitable<result<void>> write(std::span<std::byte const> more) override
    {
        size += more.size();
        co_return result<void>{};
    }
    awaitable<result<void>> end() override { co_return result<void>{}; }
};

awaitable<result<void>> write_all(upstream::part_sink& to, bytes const& instance)
{
    upstream::part_head const head;
    auto const begun = co_await to.begin(head);
    if (!begun)
        co_return begun;
    auto const written = co_await to.write(instance);
    if (!written)
        co_return written;
    auto const ended = co_await to.end();
    co_return ended;
}

/// Seconds that one call takes: the best of three rounds of as many calls as half a second holds.
double seconds_of(std::function<bool()> const& once)
{
    using clock = std::chrono::steady_clock;
    double best = 1e9;
    for (int round = 0; round < 3; ++round) {
        auto const begin = clock::now();
        double spent = 0;
        int calls = 0;
        do {
            if (!once())
                return 0;
            ++calls;
            spent = std::chrono::duration<double>(clock::now() - begin).count();
        } while (spent < 0.5);
        best = std::min(best, spent / calls);
    }
    return best;
}

bool run_tool(std::vector<std::string> const& command)
{
    std::vector<char*> arguments;
    for (auto const& a : command)
        arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    auto const error = ::posix_spawnp(&pid, arguments[0], &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    int status = 0;
    return error == 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}

bool render_once(asio::io_context& context, proxy::render::renderer& with, render::job const& asked,
                 bytes const& instance)
{
    bool good = false;
    nowhere to;
    proxy::render::feed const bring = [&](upstream::part_sink& sink) { return write_all(sink, instance); };
    asio::co_spawn(
        context.get_executor(), with.run(asked, bring, to, clock::now() + std::chrono::seconds(60)),
        [&](std::exception_ptr thrown, result<proxy::render::rendered> done) { good = !thrown && done.has_value(); });
    context.restart();
    context.run();
    return good;
}

}  // namespace

int main()
{
    asio::io_context context(1);
    proxy::render::settings how;
    how.program = PONS_RENDER_PROGRAM;
    how.workers = 1;
    proxy::render::renderer with(context.get_executor(), how, proxy::render::make_budget(how));
    std::string const data = PONS_SOURCE_DIR "/tests/data/";

    auto const start = seconds_of([] { return run_tool({"dcmj2pnm", "--version"}); });
    std::printf("dcmj2pnm started and ended, no image: %.1f ms\n", start * 1e3);
    std::printf("%-34s %10s %10s %12s %8s\n", "one frame", "JPEG /s", "PNG /s", "128 px /s", "ratio");
    for (auto const& c : cases) {
        auto const instance = read_file(data + c.file);
        render::job jpeg{.frames = {1}};
        render::job png{.frames = {1}, .format = render::image_format::png};
        render::job thumbnail{.frames = {1}, .viewport = render::viewport{128, 128}};
        auto const one = [&](render::job const& asked) {
            return seconds_of([&] { return render_once(context, with, asked, instance); });
        };
        auto const jpeg_seconds = one(jpeg);
        std::printf("%-34s %10.0f %10.0f %12.0f", c.name, 1 / jpeg_seconds, 1 / one(png), 1 / one(thumbnail));
        if (c.by_tool) {
            auto const tool = seconds_of([&] {
                return run_tool({"dcmj2pnm", "+oj", "+Wm", data + c.file, "/dev/null"});
            });
            std::printf(" %7.1fx", tool / jpeg_seconds);
        }
        std::printf("\n");
    }
}
