#pragma once

#include "mapping/data_set.hpp"
#include "tests/support/raw_scp.hpp"
#include "upstream/dimse/dimse_archive.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// What the tests of the DIMSE upstream share: a source that leads to a peer, and asking it to the end.
namespace pons::test {

using namespace std::chrono_literals;

struct row_list final : upstream::row_sink {
    std::vector<mapping::data_set> rows;
    std::thread::id on;
    std::function<void()> each;  ///< called for each row, if set

    void row(mapping::data_set&& r) override
    {
        rows.push_back(std::move(r));
        on = std::this_thread::get_id();
        if (each)
            each();
    }
};

inline config::source source_at(std::uint16_t port)
{
    config::source s;
    s.name = "tested";
    s.host = "127.0.0.1";
    s.port = port;
    s.called_ae = "ARCHIVE";
    s.limits.associations = 1;
    s.timeouts.total = 10s;
    return s;
}

inline mapping::find_request all_studies()
{
    namespace tags = mapping::tags;
    return {.at = mapping::level::study, .keys = {}, .return_keys = {tags::StudyInstanceUID, tags::StudyDescription}};
}

/// One who asks an archive, with an io_context of its own, as a worker thread of Pons has.
class asker {
public:
    explicit asker(config::source const& source) : asker(source, upstream::dimse::make_pool(source)) {}
    asker(config::source const& source, std::shared_ptr<upstream::dimse::association_pool> pool)
        : archive_(upstream::dimse::make_dimse_archive(source, std::move(pool)))
    {
    }

    /// Until all that was started is done.
    void run()
    {
        context_.restart();
        context_.run();
    }

    asio::io_context& context() { return context_; }
    upstream::archive& archive() { return *archive_; }

protected:
    /// Starts `task`; `run` ends when its result is there, and throws what it throws.
    template <class T>
    void begin(awaitable<T> task, std::optional<T>& answer, asio::cancellation_signal* signal = nullptr)
    {
        auto done = [&answer](std::exception_ptr e, T r) {
            if (e)
                std::rethrow_exception(e);
            answer = std::move(r);
        };
        if (signal)
            asio::co_spawn(context_, std::move(task), asio::bind_cancellation_slot(signal->slot(), done));
        else
            asio::co_spawn(context_, std::move(task), done);
    }

private:
    asio::io_context context_{1};
    std::unique_ptr<upstream::archive> archive_;
};

class caller : public asker {
public:
    using asker::asker;

    /// Starts a find; `run` ends when its result is there.
    void start(mapping::find_request request, row_list& rows, std::chrono::milliseconds within,
               std::optional<result<upstream::found>>& answer, asio::cancellation_signal* signal = nullptr)
    {
        auto work = [](upstream::archive& a, mapping::find_request r, row_list& to,
                       time_point until) -> awaitable<result<upstream::found>> {
            auto found = co_await a.find(r, to, until);
            co_return found;
        };
        begin(work(archive(), std::move(request), rows, clock::now() + within), answer, signal);
    }

    result<upstream::found> find(mapping::find_request request, row_list& rows, std::chrono::milliseconds within = 10s)
    {
        std::optional<result<upstream::found>> answer;
        start(std::move(request), rows, within, answer);
        run();
        return std::move(*answer);
    }

    result<upstream::found> find(std::chrono::milliseconds within = 10s)
    {
        row_list rows;
        return find(all_studies(), rows, within);
    }

    result<void> verify(std::chrono::milliseconds within = 10s)
    {
        std::optional<result<void>> answer;
        begin(archive().verify(clock::now() + within), answer);
        run();
        return std::move(*answer);
    }
};

}  // namespace pons::test
