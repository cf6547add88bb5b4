#include "proxy/http/session.hpp"

/// What ends a session, or what it does, from without: the clock, the client, and the server that stops.
namespace pons::proxy::http {

void session::expire()
{
    deadline_ = time_point::max();
    switch (phase_) {
        case phase::reading:
            expired_ = true;
            socket_.cancel();
            break;
        case phase::handling:
            ended_ = ended::too_late;
            cancel_.emit(asio::cancellation_type::terminal);
            break;
        case phase::receiving:
            body_.expired();
            socket_.cancel();
            break;
        case phase::streaming:
            stream_.expired();
            socket_.cancel();
            break;
        case phase::idle:
        case phase::writing:
        case phase::lingering:
            close();
            break;
    }
}

int session::watched()
{
    bool const at_work = phase_ == phase::handling || phase_ == phase::streaming;
    return at_work && ended_ == ended::no ? socket_.native_handle() : -1;
}

void session::client_left()
{
    if (watched() == -1)
        return;
    ended_ = ended::client_left;
    deadline_ = time_point::max();
    cancel_.emit(asio::cancellation_type::terminal);
}

void session::drain()
{
    boost::system::error_code ec;
    if (phase_ == phase::lingering || (phase_ == phase::idle && buffer_.size() == 0 && socket_.available(ec) == 0))
        close();
}

void session::cut()
{
    if (phase_ != phase::handling && phase_ != phase::receiving && phase_ != phase::streaming)
        return close();
    bool const told = ended_ != ended::no;
    ended_ = ended::cut;
    deadline_ = time_point::max();
    if (!told)
        cancel_.emit(asio::cancellation_type::terminal);
}

void session::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace pons::proxy::http
