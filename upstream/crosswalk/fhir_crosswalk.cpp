#include "upstream/crosswalk/fhir_crosswalk.hpp"

#include "mapping/search/query_string.hpp"
#include "upstream/cancelling.hpp"
#include "upstream/crosswalk/errc.hpp"
#include "upstream/crosswalk/fhir_client.hpp"
#include "upstream/crosswalk/records.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pons::upstream {

namespace {

using mapping::search::encode_query_value;
using mapping::search::issued_id;

/// Identifiers in one question who has them.
constexpr std::size_t ids_per_question = 16;

/// "system|value", its own separators escaped (FHIR R4 §3.1.1.4).
std::string to_token(issued_id const& id)
{
    return mapping::search::escape(id.system) + '|' + mapping::search::escape(id.value);
}

class fhir_crosswalk final : public crosswalk {
public:
    fhir_crosswalk(config::crosswalk const& settings, std::shared_ptr<budget> shared)
        : settings_(settings), client_(settings, std::move(shared))
    {
    }

    awaitable<result<known_patient>> resolve(std::string id, time_point deadline) override
    {
        co_return co_await cancelled_as_value(find(std::move(id), deadline));
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        co_return co_await cancelled_as_value(client_.verify(deadline));
    }

private:
    awaitable<result<known_patient>> find(std::string id, time_point deadline)
    {
        patient_records records(settings_.url);
        result<bool> const first = co_await add(records, id, deadline);
        if (!first)
            co_return tl::unexpected(first.error());
        if (!*first)
            co_return fail(crosswalk_errc::unknown_patient, "patient");
        std::vector<issued_id> asked;
        for (;;) {
            result<void> const followed = co_await follow(records, deadline);
            if (!followed)
                co_return tl::unexpected(followed.error());
            auto fresh = records.ids();
            std::erase_if(fresh, [&](auto const& one) { return std::ranges::find(asked, one) != asked.end(); });
            if (!settings_.check_identifiers || fresh.empty())
                break;
            fresh.resize(std::min(fresh.size(), ids_per_question));
            result<void> const checked = co_await add_holders(records, fresh, deadline);
            if (!checked)
                co_return tl::unexpected(checked.error());
            asked.insert(asked.end(), fresh.begin(), fresh.end());
        }
        co_return records.as_one();
    }

    /// False: the server does not have it.
    awaitable<result<bool>> add(patient_records& to, std::string const& id, time_point deadline)
    {
        result<std::optional<std::string>> const answer = co_await client_.get("/Patient/" + id, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        if (!*answer)
            co_return false;
        auto patient = read_patient(**answer);
        if (!patient)
            co_return tl::unexpected(patient.error());
        if (patient->id != id)
            co_return fail(crosswalk_errc::malformed, "crosswalk: another Patient than the one asked for");
        auto const added = to.add(std::move(*patient));
        if (!added)
            co_return tl::unexpected(added.error());
        co_return true;
    }

    awaitable<result<void>> follow(patient_records& records, time_point deadline)
    {
        for (auto id = records.next(); id; id = records.next()) {
            result<bool> const there = co_await add(records, *id, deadline);
            if (!there)
                co_return tl::unexpected(there.error());
            if (!*there)
                if (auto const missing = records.add_missing(*id); !missing)
                    co_return missing;
        }
        co_return result<void>();
    }

    /// Adds the records that have one of `ids`.
    awaitable<result<void>> add_holders(patient_records& to, std::vector<issued_id> const& ids, time_point deadline)
    {
        std::string tokens;
        for (auto const& id : ids)
            tokens.append(tokens.empty() ? "" : ",").append(to_token(id));
        auto const target =
            "/Patient?identifier=" + encode_query_value(tokens) + "&_count=" + std::to_string(most_records + 1);
        result<std::optional<std::string>> const answer = co_await client_.get(target, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        if (!*answer)
            co_return fail(crosswalk_errc::refused, "crosswalk: search of Patient by identifier");
        auto page = read_patients(**answer);
        if (!page)
            co_return tl::unexpected(page.error());
        if (page->more)
            co_return fail(crosswalk_errc::too_large, "crosswalk: Patients with the same identifiers");
        for (auto& patient : page->patients) {
            // A server that does not understand the question gives whomever it likes.
            auto const asked_for = [&](issued_id const& one) { return std::ranges::find(ids, one) != ids.end(); };
            if (to.has(patient.id) || std::ranges::none_of(patient.ids, asked_for))
                continue;
            if (auto const added = to.add(std::move(patient)); !added)
                co_return added;
        }
        co_return result<void>();
    }

    config::crosswalk const& settings_;
    fhir_client client_;
};

class pixm_crosswalk final : public crosswalk {
public:
    pixm_crosswalk(config::crosswalk const& settings, std::shared_ptr<budget> shared)
        : settings_(settings), client_(settings, std::move(shared))
    {
    }

    awaitable<result<known_patient>> resolve(std::string id, time_point deadline) override
    {
        co_return co_await cancelled_as_value(find(std::move(id), deadline));
    }

    awaitable<result<void>> verify(time_point deadline) override
    {
        co_return co_await cancelled_as_value(client_.verify(deadline));
    }

private:
    awaitable<result<known_patient>> find(std::string id, time_point deadline)
    {
        issued_id const asked{settings_.system, std::move(id)};
        auto const target = "/Patient/$ihe-pix?sourceIdentifier=" + encode_query_value(to_token(asked));
        result<std::optional<std::string>> const answer = co_await client_.get(target, deadline);
        if (!answer)
            co_return tl::unexpected(answer.error());
        if (!*answer)
            co_return fail(crosswalk_errc::unknown_patient, "patient");
        auto ids = read_pix_answer(**answer);
        if (!ids)
            co_return tl::unexpected(ids.error());
        if (ids->size() > most_ids)
            co_return fail(crosswalk_errc::too_large, "crosswalk: targetIdentifier");
        ids->push_back(asked);  // a source may have the EHR's own ids
        std::ranges::sort(*ids);
        auto const rest = std::ranges::unique(*ids);
        ids->erase(rest.begin(), rest.end());
        known_patient found{.ids = std::move(*ids)};
        co_return found;
    }

    config::crosswalk const& settings_;
    fhir_client client_;
};

}  // namespace

std::unique_ptr<crosswalk> make_fhir_crosswalk(config::crosswalk const& settings, std::shared_ptr<budget> shared)
{
    return std::make_unique<fhir_crosswalk>(settings, std::move(shared));
}

std::unique_ptr<crosswalk> make_pixm_crosswalk(config::crosswalk const& settings, std::shared_ptr<budget> shared)
{
    return std::make_unique<pixm_crosswalk>(settings, std::move(shared));
}

}  // namespace pons::upstream
