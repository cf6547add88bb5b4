#include "proxy/http/session.hpp"

#include "proxy/http/cors.hpp"
#include "proxy/http/finish.hpp"
#include "proxy/http/request_id.hpp"
#include "proxy/http/worker.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <typeinfo>

namespace pons::proxy::http {

namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto answer_grace = 1s;         // for a handler to answer 504 in its own words
constexpr auto linger_time = 2s;          // for a client to read an answer while it still sends
constexpr auto long_linger_time = 15s;    // when what it sends is long
constexpr std::size_t small_read = 2048;  // also what an idle connection keeps
constexpr std::size_t large_read = 16 * 1024;

std::string to_address(error_code& ec, tcp_socket const& socket)
{
    auto const address = socket.remote_endpoint(ec).address();
    if (ec)
        return {};
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

request_limits to_limits(config::http const& config)
{
    request_limits limits;
    limits.header = config.max_header;
    limits.target = std::min<std::size_t>(limits.target, config.max_header);
    limits.body = config.max_body;
    return limits;
}

}  // namespace

session::session(worker& owner, tcp_socket socket, counted slot, bool refuse)
    : worker_(owner),
      socket_(std::move(socket)),
      slot_(std::move(slot)),
      refuse_(refuse),
      deadline_(clock::now() + owner.config().header_timeout),
      buffer_(owner.config().max_header + largest_read),
      reader_(to_limits(owner.config()), [this](request const& req) { return streams_body(req); })
{
    worker_.join(*this);
}

session::~session()
{
    worker_.leave(*this);
}

void session::start()
{
    error_code ec;
    socket_.set_option(tcp::no_delay(true), ec);
    if (!ec)
        socket_.non_blocking(true, ec);
    if (!ec)
        remote_ = to_address(ec, socket_);
    if (ec)
        return;  // the client has gone already
    auto ended = [self = shared_from_this()](std::exception_ptr error) {
        if (error)
            spdlog::critical("a session ended by an exception");
        // Later: the frame that calls this still refers to the cancellation slot inside the session.
        auto& owner = self->worker_;
        asio::post(owner.get_executor(), [self] {});
    };
    asio::co_spawn(worker_.get_executor(), run(), asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
}

awaitable<void> session::run()
{
    if (refuse_) {
        began_ = clock::now();
        id_ = worker_.make_id();
        answer_ = make_error(status::service_unavailable, "This server has all the connections that it takes.");
        finish(reader_.request(), answer_, {.id = id_, .date = worker_.date(), .keep_alive = false}, head_);
        begin_sending();
        co_await send();
        record({}, static_cast<unsigned>(status::service_unavailable));
    } else {
        bool more = true;
        while (more)
            more = co_await serve();
    }
    // Closing with bytes unread would reset the connection and could take the answer away from the client.
    if (socket_.is_open() &&
        (refuse_ || buffer_.size() > 0 || unread_body() || reader_.at() == request_reader::state::faulty))
        co_await linger();
    close();
}

/// One request and its answer. False when the connection ends.
awaitable<bool> session::serve()
{
    bool const read = co_await read_request();
    if (!read)
        co_return false;
    counted const in_flight(worker_.counts().requests);
    auto const& req = reader_.request();
    auto const sent_id = req.header("X-Request-Id");
    id_ = is_request_id(sent_id) ? std::string(sent_id) : worker_.make_id();
    keep_ = reader_.keep_alive();
    ended_ = ended::no;
    stream_.reset();
    body_.reset();

    routed found;
    if (auto const& fault = reader_.fault()) {
        answer_ = make_error(fault->status, fault->text);
    } else {
        found = worker_.site().routes.find(req.method, req.path);
        if (found.status == status::ok)
            co_await handle(found);
        else
            answer_ = answer_unrouted(found);
    }
    body_.reset();
    keep_ = keep_ && !unread_body();
    if (stream_.begun()) {
        co_await end_stream(found);
        co_return keep_;
    }
    if (ended_ == ended::client_left || ended_ == ended::cut) {
        record(found, ended_ == ended::client_left ? 499 : static_cast<unsigned>(status::service_unavailable));
        co_return false;
    }

    finish_answer();
    begin_sending();
    bool sent = send_now();
    if (!sent)
        sent = co_await send();
    record(found, sent ? static_cast<unsigned>(answer_.status) : 499);
    keep_ = keep_ && sent;
    forget_answer();
    co_return keep_;
}

void session::forget_answer()
{
    answer_ = {};
    remarks_.clear();
    deadline_ = clock::now() + worker_.config().idle_timeout;
}

/// Reads until the request is complete or faulty. False when the connection ends without one. The deadline for its
/// first byte is set already.
awaitable<bool> session::read_request()
{
    using state = request_reader::state;
    auto const& config = worker_.config();
    bool continued = false;
    reader_.reset();
    bytes_in_ = bytes_out_ = 0;
    phase_ = phase::idle;
    expired_ = false;
    if (buffer_.size() == 0 && buffer_.capacity() > 2 * small_read)
        buffer_.shrink_to_fit();

    for (;;) {
        if (buffer_.size() > 0) {
            auto const before = reader_.at();
            auto const used = reader_.put(unread());
            buffer_.consume(used);
            bytes_in_ += used;
            if (before == state::empty && reader_.at() != state::empty) {
                phase_ = phase::reading;
                began_ = clock::now();
                deadline_ = began_ + config.header_timeout;
            }
            if (reader_.at() == state::complete || reader_.at() == state::faulty || reader_.streams())
                co_return true;
            if (before != state::body && reader_.at() == state::body)
                deadline_ = clock::now() + config.body_timeout;
        }
        if (phase_ == phase::idle && worker_.draining() && socket_.available() == 0)
            co_return false;
        if (reader_.at() == state::body && reader_.expects_continue() && !continued && buffer_.size() == 0) {
            continued = true;
            tell_to_continue();
        }

        auto const room = buffer_.prepare(reader_.at() == state::body ? large_read : small_read);
        auto const [ec, n] = co_await socket_.async_read_some(room, as_tuple);
        if (ec && expired_) {
            reader_.refuse(status::request_timeout, "The request did not come in time.", unread());
            co_return true;
        }
        if (ec)
            co_return false;
        buffer_.commit(n);
    }
}

bool session::streams_body(request const& req) const
{
    auto const found = worker_.site().routes.find(req.method, req.path);
    return found.status == status::ok && found.row->streams_body;
}

/// Something of a streamed body has not come, or has not been looked at.
bool session::unread_body() const
{
    return reader_.streams() && reader_.at() != request_reader::state::complete;
}

void session::tell_to_continue()
{
    error_code ignored;  // the client sends its body after a while anyway
    socket_.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), ignored);
}

std::string_view session::unread() const
{
    return {static_cast<char const*>(buffer_.cdata().data()), buffer_.size()};
}

/// Runs the handler; its answer, or what stands for it, is in `answer_`.
awaitable<void> session::handle(routed& found)
{
    exchange const x{.req = reader_.request(),
                     .path_parameters = std::move(found.parameters),
                     .id = id_,
                     .deadline = clock::now() + worker_.config().request_timeout,
                     .remarks = &remarks_,
                     .stream = &stream_,
                     .body = found.row->streams_body ? &body_ : nullptr};
    phase_ = phase::handling;
    deadline_ = x.deadline + answer_grace;
    char const* thrown = nullptr;
    try {
        answer_ = co_await found.row->handler(x);
    } catch (std::exception const& e) {
        thrown = typeid(e).name();  // its text may quote what it choked on
    } catch (...) {
        thrown = "not an exception";
    }
    phase_ = phase::writing;
    if (ended_ != ended::no)
        co_await asio::this_coro::reset_cancellation_state();
    if (stream_.begun()) {
        if (ended_ == ended::no && thrown != nullptr) {
            spdlog::error("request {} on {} failed by a defect: {}", id_, found.row->name, thrown);
            stream_.break_off("a defect of this server");
        }
    } else if (ended_ == ended::too_late) {
        answer_ = make_error(status::gateway_timeout, "The answer was not ready in time.");
    } else if (ended_ == ended::no && thrown != nullptr) {
        spdlog::error("request {} on {} failed by a defect: {}", id_, found.row->name, thrown);
        answer_ = make_error(status::internal_server_error, "A defect of this server; the log has it by request id.");
        keep_ = false;
    }
}

/// What no handler answers: 400, 404, 405 and OPTIONS.
response session::answer_unrouted(routed const& found)
{
    auto const& req = reader_.request();
    response answer;
    if (found.status == status::no_content) {
        answer.status = found.status;
        answer_preflight(worker_.config().cors_origins, req, found.allow, answer);
    } else if (found.status == status::method_not_allowed) {
        answer = make_error(found.status, "This path does not know that method.");
    } else if (found.status == status::bad_request) {
        answer = make_error(found.status, "The path holds an escape that is not UTF-8, or a control character.");
    } else {
        answer = make_error(found.status, "Nothing is here.");
    }
    if (!found.allow.empty())
        answer.headers.emplace_back("Allow", found.allow);
    return answer;
}

response session::make_error(http::status status, std::string_view text)
{
    auto answer = worker_.site().on_error(status, reader_.request(), id_, text);
    if (status == http::status::service_unavailable)
        answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

awaitable<void> session::linger()
{
    phase_ = phase::lingering;
    deadline_ = clock::now() + (unread_body() ? long_linger_time : linger_time);
    error_code ec;
    socket_.shutdown(tcp_socket::shutdown_send, ec);
    buffer_.clear();
    while (!ec) {
        auto const room = buffer_.prepare(large_read);
        auto const [failed, n] = co_await socket_.async_read_some(room, as_tuple);
        ec = failed;
    }
}

void session::record(routed const& found, unsigned status)
{
    auto const& on_request = worker_.site().on_request;
    if (!on_request)
        return;
    using std::chrono::duration_cast;
    bool const understood = !reader_.fault() && !refuse_;
    on_request({.id = id_,
                .method = understood ? reader_.request().method : verb::unknown,
                .route = found.row != nullptr ? std::string_view(found.row->name) : std::string_view(),
                .status = status,
                .duration = duration_cast<std::chrono::microseconds>(clock::now() - began_),
                .bytes_in = bytes_in_,
                .bytes_out = bytes_out_,
                .remarks = &remarks_,
                .remote = remote_});
}

}  // namespace pons::proxy::http
