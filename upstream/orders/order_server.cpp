#include "upstream/orders/order_server.hpp"

#include "mapping/codecs/identifier.hpp"
#include "mapping/order_item.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/capability_statement.hpp"
#include "upstream/dicomweb/http_client.hpp"
#include "upstream/dicomweb/status.hpp"
#include "upstream/orders/order_reader.hpp"
#include "upstream/orders/order_target.hpp"
#include "upstream/worklist_keys.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pons::upstream::orders {

namespace {

using mapping::orders::order;
using mapping::orders::parties;

constexpr std::uint64_t largest_answer = 64 * 1024 * 1024;
constexpr std::uint32_t page_size = 200;
constexpr std::size_t ids_per_question = 50;
constexpr std::size_t most_pages = 1000;
/// Of those whom orders refer to, in the order in which they are asked for: roles lead to others.
constexpr std::string_view types[] = {"Patient", "PractitionerRole", "Practitioner", "Organization", "Device"};
constexpr std::string_view not_all = "the server of orders may have more than it has told";
constexpr std::string_view no_patient = "the patient of an order could not be had, so that it is left out";

/// What one query has come to so far.
struct gathered {
    found all;
    std::unordered_set<std::string> seen;  ///< ids of orders
    std::unordered_set<std::string> pages;
    bool doubtful = false;
    bool without_patient = false;
};

/// The Patients whom a query is about.
struct patients_meant {
    bool known = false;  ///< else it is about all, or nobody can tell
    std::vector<std::string> ids;
};

class fhir_order_server final : public order_server {
public:
    fhir_order_server(config::order_server const& settings, std::shared_ptr<budget> shared, mapping::codecs::zone zone)
        : settings_(settings),
          source_(as_source(settings)),
          budget_(std::move(shared)),
          zone_(std::move(zone)),
          client_(source_),
          facts_{.base = settings_.url,
                 .patient_system = settings_.issuer.system,
                 .patient_namespace = settings_.issuer.namespace_id,
                 .accession_system = settings_.issuer.accession_system,
                 .ae_title_system = settings_.ae_title_system,
                 .zone = &zone_}
    {
    }

    awaitable<result<found>> find(worklist_query const& query, row_sink& rows, time_point deadline) override
    {
        co_return co_await cancelled_as_value(search(query, rows, deadline));
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        co_return co_await cancelled_as_value(look(deadline));
    }

private:
    tl::unexpected<failure> malformed(failure why) const { return client_.at_source(std::move(why)); }

    awaitable<result<void>> look(time_point deadline)
    {
        if (auto const usable = client_.usable(); !usable)
            co_return malformed(usable.error());
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        result<shown_statement> const shown = co_await ask_statement(client_, source_, deadline);
        if (!shown)
            co_return tl::unexpected(shown.error());
        if (auto const failed = dicomweb::failure_of_status(source_.name, shown->head))
            co_return tl::unexpected(*failed);
        if (!shown->found)
            co_return client_.at_source(
                failure{make_error_code(errc::malformed), "what is at url/metadata is no CapabilityStatement"});
        co_return result<void>();
    }

    awaitable<result<found>> search(worklist_query const& query, row_sink& rows, time_point deadline)
    {
        if (auto const usable = client_.usable(); !usable)
            co_return malformed(usable.error());
        deadline = std::min(deadline, clock::now() + source_.timeouts.total);
        result<permit> const mine = co_await budget_->acquire(deadline);
        if (!mine)
            co_return tl::unexpected(mine.error());
        auto const ours = settings_.max_rows;
        auto const most = query.max_rows == 0 ? ours : std::min(query.max_rows, ours);
        gathered so_far;
        result<patients_meant> const patients = co_await patients_of(query, deadline);
        if (!patients)
            co_return tl::unexpected(patients.error());
        if (patients->known && patients->ids.empty())
            co_return std::move(so_far.all);  // nobody has that id
        auto const first = client_.to()->base_path + orders_target(settings_, query.keys, patients->ids, page_size);
        result<order_page> page = co_await ask(first, deadline);
        for (;;) {
            if (!page)
                co_return tl::unexpected(page.error());
            result<void> const told = co_await tell(*page, most, so_far, rows, deadline);
            if (!told)
                co_return tl::unexpected(told.error());
            if (page->next.empty() || so_far.all.truncated || so_far.doubtful)
                break;
            auto const target = next_target(*client_.to(), page->next);
            if (!target)
                co_return malformed(target.error());
            if (so_far.pages.size() >= most_pages ||
                !so_far.pages.insert(*target).second) {  // it goes round in circles
                so_far.doubtful = true;
                break;
            }
            page = co_await ask(*target, deadline);
        }
        if (page->total.value_or(0) > so_far.seen.size() && !so_far.all.truncated)
            so_far.doubtful = true;
        if (so_far.doubtful)
            so_far.all.issues.push_back({issue::kind::incomplete, std::string(not_all)});
        if (so_far.without_patient)
            so_far.all.issues.push_back({issue::kind::incomplete, std::string(no_patient)});
        co_return std::move(so_far.all);
    }

    awaitable<result<patients_meant>> patients_of(worklist_query const& query, time_point deadline)
    {
        patients_meant meant;
        auto const* const key = find_single_value(query.keys, {mapping::tags::PatientID});
        if (!key)
            co_return meant;
        auto const target = client_.to()->base_path + patients_target(settings_, key->values.front(), ids_per_question);
        result<order_page> const page = co_await ask(target, deadline);
        if (!page)
            co_return tl::unexpected(page.error());
        meant.known = page->next.empty() && !page->fails && page->parties.size() <= ids_per_question &&
                      page->total.value_or(0) <= page->parties.size();
        for (auto const& each : page->parties)
            if (meant.known && each.type == "Patient" && mapping::codecs::is_fhir_id(each.id))
                meant.ids.push_back(each.id);
        co_return meant;
    }

    awaitable<result<order_page>> ask(std::string const& target, time_point deadline)
    {
        result<dicomweb::http_answer> answer = co_await client_.get(target, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        co_return read(*answer);
    }

    result<order_page> read(dicomweb::http_answer const& answer) const
    {
        if (auto const failed = dicomweb::failure_of_status(source_.name, answer))
            return tl::unexpected(*failed);
        auto page = read_orders(answer.body);
        if (!page)
            return malformed(page.error());
        return page;
    }

    /// Gives what a page holds.
    awaitable<result<void>> tell(order_page& page, std::uint32_t most, gathered& so_far, row_sink& rows,
                                 time_point deadline)
    {
        so_far.doubtful = so_far.doubtful || page.fails;
        auto const before = so_far.seen.size();
        std::vector<order> wanted;
        for (auto& one : page.orders) {
            if (so_far.all.truncated || !so_far.seen.insert(one.id).second)
                continue;  // it moved to this page meanwhile
            so_far.all.truncated = so_far.seen.size() > most;
            if (!so_far.all.truncated && mapping::orders::is_scheduled(one, settings_.categories))
                wanted.push_back(std::move(one));
        }
        // A page that only repeats what was there. One without any order is none: some servers filter behind their
        // pages.
        if (so_far.seen.size() == before && !page.orders.empty() && !page.next.empty())
            so_far.doubtful = true;
        parties came(settings_.url);
        came.add(std::move(page.parties));
        for (std::string_view const type : types) {
            result<void> const fetched = co_await fetch(type, wanted, came, deadline);
            if (!fetched)
                co_return fetched;
        }
        for (auto const& one : wanted) {
            auto const view = mapping::orders::look_at(one, came, facts_);
            if (!view.patient && refers_to_patient(one)) {
                so_far.without_patient = true;
                continue;
            }
            ++so_far.all.rows;
            rows.row(mapping::orders::to_worklist_item(view));
        }
        co_return result<void>();
    }

    static bool refers_to_patient(order const& one)
    {
        auto const& to = one.subject.to;
        return to.starts_with("urn:") || to.starts_with('#') || to.starts_with("Patient/") ||
               to.find("/Patient/") != std::string::npos;
    }

    /// Asks for those whom orders refer to and whom the server has not included. Without Patients an order cannot be
    /// told; of the others nothing is known where the server does not want to tell.
    awaitable<result<void>> fetch(std::string_view type, std::vector<order> const& of, parties& came,
                                  time_point deadline)
    {
        auto const missing = ids_of(type, of, came);
        for (std::size_t at = 0; at < missing.size(); at += ids_per_question) {
            auto const count = std::min(ids_per_question, missing.size() - at);
            auto const some = std::span(missing).subspan(at, count);
            auto const target = client_.to()->base_path + parties_target(type, some);
            result<order_page> page = co_await ask(target, deadline);
            bool const withheld =
                !page && (page.error().code == errc::refused || page.error().code == errc::unauthorized);
            if (withheld && type != "Patient")
                break;
            if (!page)
                co_return tl::unexpected(page.error());
            came.add(std::move(page->parties));
        }
        co_return result<void>();
    }

    static std::vector<std::string> ids_of(std::string_view type, std::vector<order> const& of, parties const& came)
    {
        std::vector<std::string> missing;
        std::unordered_set<std::string_view> known;
        auto const note = [&](order const& one, mapping::orders::reference const& to) {
            auto const id = came.id_of(to, type);
            auto const* const there = came.find(to, one);
            if (!id.empty() && !there && known.insert(id).second)
                missing.emplace_back(id);
            return there;
        };
        auto const note_role = [&](order const& one, mapping::orders::reference const& to) {
            auto const* const who = note(one, to);
            if (!who || who->type != "PractitionerRole")
                return;
            note(one, who->practitioner);
            note(one, who->organization);
        };
        for (auto const& one : of) {
            note(one, one.subject);
            note_role(one, one.requester);
            for (auto const& performer : one.performers)
                note_role(one, performer);
        }
        return missing;
    }

    config::order_server const settings_;
    config::source const source_;
    std::shared_ptr<budget> const budget_;
    mapping::codecs::zone const zone_;
    dicomweb::http_client client_;
    mapping::orders::order_facts const facts_;
};

}  // namespace

config::source as_source(config::order_server const& settings)
{
    config::source source;
    source.name = settings.name;
    source.kind = config::source_kind::dicomweb;
    source.url = settings.url;
    source.credentials = settings.credentials;
    source.tls = settings.tls;
    source.timezone = settings.timezone;
    source.limits.associations = settings.connections;
    source.limits.queue = settings.timeout;
    source.limits.max_answer = largest_answer;
    source.limits.max_rows = settings.max_rows;
    source.timeouts.connect = std::min<config::milliseconds>(settings.timeout, source.timeouts.connect);
    source.timeouts.first_response = settings.timeout;
    source.timeouts.between_responses = settings.timeout;
    source.timeouts.total = settings.timeout;
    source.quirks.accept = "application/fhir+json";
    return source;
}

std::shared_ptr<order_server> make_order_server(config::order_server const& settings, std::shared_ptr<budget> shared,
                                                mapping::codecs::zone zone)
{
    return std::make_shared<fhir_order_server>(settings, std::move(shared), std::move(zone));
}

}  // namespace pons::upstream::orders
