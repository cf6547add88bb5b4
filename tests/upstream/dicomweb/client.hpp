#pragma once

#include "tests/support/http_stub.hpp"
#include "upstream/dicomweb/dicomweb_archive.hpp"

#include <algorithm>
#include <string>
#include <vector>

/// A source at a stub, its archive, and what came.
namespace pons::test {

using namespace std::chrono_literals;

inline config::source source_at(std::string url)
{
    config::source s;
    s.name = "web";
    s.kind = config::source_kind::dicomweb;
    s.url = std::move(url);
    return s;
}

struct collected final : upstream::row_sink {
    std::vector<mapping::data_set> rows;
    void row(mapping::data_set&& one) override { rows.push_back(std::move(one)); }
};

/// `[from, to)` as studies, whose UIDs are "1.0", "1.1", …
inline std::string studies(int from, int to)
{
    std::string all = "[";
    for (int i = from; i < to; ++i)
        all.append(i == from ? "" : ",")
            .append(R"({"0020000D":{"vr":"UI","Value":["1.)" + std::to_string(i) + R"("]}})");
    return all + "]";
}

/// The value of a parameter of a target; `otherwise` when there is none.
inline int parameter(std::string const& target, std::string const& name, int otherwise)
{
    auto const at = target.find(name + "=");
    return at == std::string::npos ? otherwise : std::stoi(target.substr(at + name.size() + 1));
}

inline mapping::find_request all_studies(std::uint32_t max_rows = 0)
{
    return {.at = mapping::level::study,
            .keys = {},
            .return_keys = {mapping::tags::StudyInstanceUID},
            .max_rows = max_rows};
}

struct client {
    asio::io_context& on;
    config::source source;
    std::shared_ptr<upstream::budget> budget;
    std::unique_ptr<upstream::archive> archive;

    client(asio::io_context& on_, config::source s)
        : on(on_),
          source(std::move(s)),
          budget(std::make_shared<upstream::budget>(source.name, source.limits)),
          archive(upstream::dicomweb::make_dicomweb_archive(source, budget))
    {
    }

    result<upstream::found> find(upstream::row_sink& rows, mapping::find_request const& request = all_studies(),
                                 std::chrono::milliseconds time = 20s)
    {
        return run_on(on, archive->find(request, rows, clock::now() + time));
    }
    result<upstream::found> find(mapping::find_request const& request = all_studies())
    {
        collected rows;
        return find(rows, request);
    }
};

}  // namespace pons::test
