#include "proxy/dimse/answer_with_rows.hpp"

#include "proxy/fault.hpp"

namespace pons::proxy::dimse {

namespace {

constexpr std::size_t rows_ahead = 64;

/// On the association's thread.
class conversation {
public:
    conversation(operation& of, row_search const& search) : of_(of), search_(search) {}

    result<void> hold()
    {
        auto const deadline = clock::now() + of_.times.operation;
        auto task = of_.bridge.begin<row_ending>(
            news_, [this, deadline](bridge::archives& all) { return search_(rows_, all, deadline); });
        for (;;) {
            bool const ended = task.ended();
            auto const sent = send_rows();
            if (!sent)
                return tl::unexpected(sent.error());
            if (cancelled_) {
                rows_.close();
                task.cancel();
                static_cast<void>(task.wait());
                return of_.respond(status::cancelled);
            }
            if (ended)
                break;
            if (*sent)
                continue;  // the bell may have been reset in between
            if (auto const heard = listen(); !heard)
                return heard;
        }
        auto const how = task.wait();
        auto const end = how ? *how : to_ending(how.error());
        return of_.respond(end.status, end.comment);
    }

private:
    result<void> listen()
    {
        auto const said = await_news(of_, news_);
        if (!said)
            return tl::unexpected(said.error());
        cancelled_ = *said == interjection::cancelled;
        return {};
    }

    /// What has come; false: nothing. The peer is listened to in between: it may cancel while rows flow.
    result<bool> send_rows()
    {
        bool some = false;
        while (!cancelled_) {
            auto row = rows_.take();
            if (!row)
                break;
            some = true;
            auto const code = row->in_full ? status::pending : status::pending_with_unsupported_keys;
            auto const pending = of_.response(code, {}, true);
            if (auto const sent = of_.send(pending, row->identifier); !sent)
                return tl::unexpected(sent.error());
            ++of_.results;
            news_.request();  // so that it only looks
            if (auto const heard = listen(); !heard)
                return tl::unexpected(heard.error());
        }
        return some;
    }

    operation& of_;
    row_search const& search_;
    wire::interruption news_;
    outward<find_row> rows_{rows_ahead, news_};
    bool cancelled_ = false;
};

}  // namespace

row_ending to_ending(failure const& f)
{
    return {fault_of(f).dimse, in_words(f)};
}

result<void> answer_with_rows(operation& of, row_search const& search)
{
    conversation with(of, search);
    return with.hold();
}

}  // namespace pons::proxy::dimse
