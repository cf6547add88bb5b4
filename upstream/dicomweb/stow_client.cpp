#include "upstream/dicomweb/stow_client.hpp"

#include "upstream/dicomweb/retrieve_answer.hpp"
#include "upstream/dicomweb/status.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace pons::upstream::dicomweb {

namespace {

using mapping::tag;

constexpr std::uint64_t largest_answer = 64 << 20;
constexpr std::uint16_t processing_failure = 0x0110;  // PS3.7 §C.5.8

// Store Instances Response Module (PS3.3 §C.30; PS3.18 §10.5.3.2).
constexpr tag referenced_sop_sequence{0x00081199};
constexpr tag failed_sop_sequence{0x00081198};
constexpr tag referenced_sop_instance_uid{0x00081155};
constexpr tag warning_reason{0x00081196};
constexpr tag failure_reason{0x00081197};

/// Not to be guessed, so that no instance can hold it.
std::string make_edge()
{
    std::array<unsigned char, 16> random{};
    RAND_bytes(random.data(), static_cast<int>(random.size()));
    std::string edge = "pons-";
    for (auto const byte : random) {
        constexpr char digits[] = "0123456789abcdef";
        edge.append(1, digits[byte >> 4]).append(1, digits[byte & 0xF]);
    }
    return edge;
}

std::uint16_t number_of(mapping::data_set const& item, tag t, std::uint16_t otherwise)
{
    auto const text = item.text(t);
    std::uint16_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

asio::const_buffer buffer_of(std::string_view text)
{
    return {text.data(), text.size()};
}

/// One chunk of a body (RFC 9112 §7.1).
class chunk {
public:
    explicit chunk(std::vector<asio::const_buffer> const& parts)
    {
        std::size_t size = 0;
        for (auto const& part : parts)
            size += part.size();
        std::snprintf(head_.data(), head_.size(), "%zx\r\n", size);
        all_.push_back(buffer_of(head_.data()));
        all_.insert(all_.end(), parts.begin(), parts.end());
        all_.push_back(buffer_of("\r\n"));
    }
    chunk(chunk const&) = delete;
    chunk& operator=(chunk const&) = delete;
    std::vector<asio::const_buffer> const& buffers() const { return all_; }

private:
    std::array<char, 24> head_{};
    std::vector<asio::const_buffer> all_;
};

/// Not one of the statuses that say Success, Warning or Pending (PS3.7 §C.1 to C.4).
bool is_failure(std::uint16_t status)
{
    auto const kind = status >> 12;
    return status > 1 && kind != 0xB && kind != 0xF;
}

bool is_of_the_source(failure const& why)
{
    return why.code == errc::cancelled;
}

}  // namespace

stow_client::stow_client(config::source const& source, http_client& client)
    : source_(source), client_(client), reader_(mapping::dicom_json_reader::keep::everything)
{
}

awaitable<result<stored>> stow_client::store(instance_source& instances, time_point deadline)
{
    stored all;
    result<std::optional<part_head>> first = co_await instances.next();
    if (!first)
        co_return tl::unexpected(first.error());
    if (!*first)
        co_return all;
    if (auto const usable = client_.usable(); !usable)
        co_return client_.at_source(usable.error());
    auto const until = make_transfer_times(source_, deadline);
    result<std::shared_ptr<connection>> opened = co_await client_.open_or_go_on(until.next(false));
    if (!opened)
        co_return client_.at_source(opened.error());
    auto& on = **opened;

    auto const edge = make_edge();
    auto const head =
        client_.post_for(client_.to()->base_path + "/studies",
                         "multipart/related; type=\"application/dicom\"; boundary=" + edge, source_.quirks.accept);
    on.begin();
    std::vector<asio::const_buffer> const head_parts(1, buffer_of(head));
    result<void> sent = co_await on.send(head_parts, until.next(false));
    if (sent)
        sent = co_await send(on, instances, edge, std::move(**first), all, until);
    // An archive that refuses may do so, and close, before it has read everything.
    bool const broken = !sent && sent.error().code == errc::aborted && on.is_open();
    if (!sent && !broken)
        co_return is_of_the_source(sent.error()) ? tl::unexpected(sent.error()) : client_.at_source(sent.error());
    result<http_head> answered = co_await on.answer(source_.timeouts, until.total);
    if (!answered)
        co_return client_.at_source(broken ? sent.error() : answered.error());
    if (broken && answered->status / 100 == 2) {
        on.close();
        co_return client_.at_source(sent.error());
    }
    result<http_answer> answer =
        co_await on.collect(std::move(*answered), source_.timeouts, largest_answer, until.total);
    if (!answer)
        co_return client_.at_source(answer.error());
    if (!broken)
        client_.done_with(std::move(*opened));
    auto const judged = judge(*answer, all);
    if (!judged)
        co_return tl::unexpected(judged.error());
    co_return all;
}

awaitable<result<void>> stow_client::send(connection& on, instance_source& instances, std::string const& edge,
                                          part_head first, stored& all, transfer_times const& until)
{
    std::optional<part_head> head(std::move(first));
    std::string before = "--" + edge;
    while (head) {
        stored::instance one;
        one.sop_class_uid = head->sop_class_uid;
        one.sop_instance_uid = head->sop_instance_uid;
        all.instances.push_back(std::move(one));
        // Without a transfer syntax: Orthanc's plugin 1.7 passes over parts whose type has parameters, and says 200.
        before += "\r\nContent-Type: application/dicom\r\n\r\n";
        for (bool begun = false;; begun = true) {
            result<std::span<std::byte const>> const bytes = co_await instances.read();
            if (!bytes)
                co_return tl::unexpected(bytes.error());
            if (bytes->empty() && begun)
                break;
            std::vector<asio::const_buffer> parts;
            if (!begun)
                parts.push_back(buffer_of(before));
            parts.emplace_back(bytes->data(), bytes->size());
            chunk const piece(parts);
            result<void> const sent = co_await on.send(piece.buffers(), until.next(true));
            if (!sent)
                co_return sent;
            if (bytes->empty())
                break;
        }
        before = "\r\n--" + edge;
        result<std::optional<part_head>> next = co_await instances.next();
        if (!next)
            co_return tl::unexpected(next.error());
        head = std::move(*next);
    }
    before += "--\r\n";
    std::vector<asio::const_buffer> const closing(1, buffer_of(before));
    chunk const last(closing);
    auto buffers = last.buffers();
    buffers.push_back(buffer_of("0\r\n\r\n"));
    result<void> const sent = co_await on.send(buffers, until.next(true));
    co_return sent;
}

/// What the answer says of each instance.
result<void> stow_client::judge(http_answer& answer, stored& all)
{
    auto const where = place_of_status(source_.name, answer.status);
    switch (answer.status) {
        case 200:
        case 202:
        case 409:
            break;
        case 404:
        case 405:
        case 415:
        case 501:
            return fail(errc::unsupported, where);
        case 413:
            return fail(errc::too_large, where);
        default:
            if (auto failed = failure_of_status(source_.name, answer))
                return tl::unexpected(std::move(*failed));
            return fail(errc::refused, where);  // 204, 206: no answer to a store
    }
    // 200 alone says that all were stored; with a report, those that it names.
    auto const unless_told = answer.status == 200 && answer.body.empty() ? std::uint16_t{0} : processing_failure;
    for (auto& one : all.instances)
        one.status = unless_told;
    auto const note = [&](mapping::data_set const& item, std::uint16_t status) {
        auto const uid = item.text(referenced_sop_instance_uid);
        for (auto& one : all.instances)
            if (one.sop_instance_uid == uid) {
                one.status = status;
                one.retrieve_url = item.text(mapping::tags::RetrieveURL);
            }
    };
    auto const read = reader_.read(answer.body, [&](mapping::data_set&& told) {
        all.retrieve_url = told.text(mapping::tags::RetrieveURL);
        for (auto const& item : told.items(referenced_sop_sequence))
            note(item, number_of(item, warning_reason, 0));
        for (auto const& item : told.items(failed_sop_sequence)) {
            auto const why = number_of(item, failure_reason, processing_failure);
            note(item, is_failure(why) ? why : processing_failure);
        }
        return true;
    });
    if (!read)
        all.issues.push_back({issue::kind::informational, "the archive's answer to a store could not be read"});
    return {};
}

}  // namespace pons::upstream::dicomweb
