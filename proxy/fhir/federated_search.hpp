#pragma once

#include "mapping/search/judge.hpp"
#include "mapping/search/plan.hpp"
#include "proxy/fhir/federate.hpp"
#include "proxy/fhir/merged_page.hpp"
#include "upstream/federation/holders.hpp"
#include "upstream/federation/partial_answer.hpp"
#include "upstream/search/study_search.hpp"

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

/// What search_all is made of, for itself only.
namespace pons::proxy::fhir {

/// One source's part of the search.
struct searched_part {
    upstream::searched_source* source;
    std::size_t rank;  ///< in `federation.order`
    mapping::search::plan plan;
    upstream::fan_out_budget fan_out{};
    result<upstream::page_found> found{};
    result<upstream::held_studies> held{};  ///< its own records of the page's studies that came from others
    bool lost = false;                      ///< it failed after it had answered

    std::string place() const { return upstream::place_of(*source); }
};

/// One search over all sources: `run` once.
class federated_search {
public:
    federated_search(service& s, mapping::search::request const& asked, search_wanted wanted, time_point deadline)
        : service_(s),
          asked_(asked),
          wanted_(std::move(wanted)),
          deadline_(deadline),
          judge_(asked.criteria),
          page_(wanted_.order)
    {
    }

    awaitable<result<search_found>> run();

private:
    void prepare();
    awaitable<result<void>> attempt();
    awaitable<result<void>> ask(searched_part& p, time_point until);
    result<void> tell_missing();
    void merge();
    result<void> check_patient() const;
    awaitable<result<void>> find_other_holders();
    awaitable<result<void>> find_held_by(searched_part& p, time_point until);
    result<void> check_held(searched_part const& p);
    bool was_shown(searched_part const& p, mapping::study_record const& other) const;
    void drop_shown(std::set<std::string, std::less<>> const& shown);
    void tell_holders();
    awaitable<result<void>> fill();
    awaitable<result<void>> fill(std::size_t from, std::size_t count, mapping::level depth);
    awaitable<result<void>> fill_from(searched_part& p, std::span<placed> studies, mapping::level depth,
                                      time_point until);
    /// Writes down, where it is traced, how many of these are no longer on the page.
    void tell_dropped(std::vector<std::size_t> const& before) const;
    void remark(issue::kind what, std::string text) { out_.issues.push_back({what, std::move(text)}); }
    void remark(searched_part const& p, std::vector<issue> const& issues)
    {
        for (auto const& i : issues)
            remark(i.what, p.place() + ": " + i.text);
    }

    service& service_;
    mapping::search::request const& asked_;
    search_wanted wanted_;
    time_point deadline_;
    mapping::search::judge judge_;
    bool all_matches_ = false;  // every match is collected, not only those of the page
    bool again_ = false;        // a source was lost: the rest is to be asked again
    std::vector<upstream::searched_source> sources_;
    std::vector<searched_part> parts_;
    merged_page page_;
    search_found out_;
};

}  // namespace pons::proxy::fhir
