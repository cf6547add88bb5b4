#include "mapping/dictionary.hpp"
#include "mapping/search/parameter.hpp"
#include "mapping/tables/imaging_study.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/levels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <variant>

using namespace pons;
using namespace pons::mapping;

namespace {

struct counter final : fhir::value_sink {
    void take(fhir::value const& v) override
    {
        ++values;
        types.insert(v.index());
    }
    std::size_t values = 0;
    std::set<std::size_t> types;
};

counter read(tables::element_row const& row, study_record const& study, series_record const* series = nullptr,
             data_set const* instance = nullptr)
{
    std::string buffer;
    counter c;
    row.read({study, series, instance, buffer}, c);
    return c;
}

/// Calls `f(row, series, instance)` for every place of the record that a row is about.
template <class F>
void for_each_place(study_record const& study, tables::element_row const& row, F&& f)
{
    if (row.at == level::study)
        return f(nullptr, nullptr);
    for (auto const& series : study.series) {
        if (row.at == level::series)
            f(&series, nullptr);
        else
            for (auto const& instance : series.instances)
                f(&series, &instance);
    }
}

std::vector<tables::element_row> all_rows()
{
    std::vector<tables::element_row> rows(tables::imaging_study().begin(), tables::imaging_study().end());
    rows.insert(rows.end(), tables::patient().begin(), tables::patient().end());
    return rows;
}

}  // namespace

TEST_CASE("every row reads something from a study that has everything")
{
    auto const study = test::read_golden_study("ct_two_series");
    for (auto const& row : all_rows()) {
        CAPTURE(std::string(row.element));
        std::size_t values = 0;
        for_each_place(study.record, row, [&](series_record const* series, data_set const* instance) {
            values += read(row, study.record, series, instance).values;
        });
        CHECK(values != 0);
    }
}

TEST_CASE("cardinalities hold, whatever a study has")
{
    for (std::string const name : {"ct_two_series", "odd_values", "bare"}) {
        CAPTURE(name);
        auto const study = test::read_golden_study(name);
        for (auto const& row : all_rows()) {
            CAPTURE(std::string(row.element));
            for_each_place(study.record, row, [&](series_record const* series, data_set const* instance) {
                if (series && !tables::presentable(*series))
                    return;
                auto const c = read(row, study.record, series, instance);
                if (row.cardinality.starts_with('1'))
                    CHECK(c.values >= 1);
                if (!row.repeats())
                    CHECK(c.values <= 1);
                CHECK(c.types.size() <= 1);
            });
        }
    }
}

TEST_CASE("rows come in the order of the specification, each once")
{
    std::set<std::string_view> seen;
    auto at = level::study;
    for (auto const& row : tables::imaging_study()) {
        CAPTURE(std::string(row.element));
        CHECK(seen.insert(row.element).second);
        CHECK(row.at >= at);
        at = row.at;
        CHECK(row.element.starts_with("series.instance.") == (row.at == level::instance));
        CHECK(row.element.starts_with("series.") == (row.at != level::study));
        CHECK(!row.spec.empty());
        CHECK(!row.type.empty());
        // A shape has a bit for each row.
        CHECK(seen.size() <= 64);
    }
    std::size_t rows = 0;
    for (auto const l : {level::study, level::series, level::instance}) {
        for (auto const& row : tables::imaging_study(l))
            CHECK(row.at == l);
        rows += tables::imaging_study(l).size();
    }
    CHECK(rows == tables::imaging_study().size());
}

TEST_CASE("what is asked for is known, of its level, and everything that is read")
{
    for (auto const l : {level::study, level::series, level::instance}) {
        auto const keys = tables::return_keys(l);
        CHECK(std::ranges::is_sorted(keys));
        CHECK(std::ranges::adjacent_find(keys) == keys.end());
        for (auto const t : keys) {
            CAPTURE(describe(t));
            CHECK(find_attribute(t) != nullptr);
            CHECK(test::level_of(t, l) == l);
        }
        for (auto const& row : all_rows())
            if (row.at == l)
                for (auto const t : row.from)
                    CHECK((t == tag{} || std::ranges::find(keys, t) != keys.end()));
    }
}

TEST_CASE("an element is read from nothing but the attributes of its row")
{
    auto const study = test::read_golden_study("ct_two_series");
    auto const only = [](data_set const& from, tables::element_row const& row) {
        data_set to;
        from.for_each([&](tag t, vr as, bool sequence) {
            if (std::ranges::find(row.from, t) == row.from.end())
                return;
            if (sequence) {
                auto const items = from.items(t);
                to.add_sequence(t)->assign(items.begin(), items.end());
            } else if (to.begin(t, as)) {
                for (std::size_t i = 0; i < from.count(t); ++i)
                    to.value(from.text(t, i));
            }
        });
        return to;
    };
    for (auto const& row : all_rows()) {
        CAPTURE(std::string(row.element));
        for_each_place(study.record, row, [&](series_record const* series, data_set const* instance) {
            study_record bare;
            bare.source = study.record.source;
            series_record bare_series;
            data_set bare_instance;
            if (row.at == level::study)
                bare.attributes = only(study.record.attributes, row);
            if (row.at == level::series)
                bare_series.attributes = only(series->attributes, row);
            if (instance)
                bare_instance = only(*instance, row);
            CHECK(read(row, bare, series ? &bare_series : nullptr, instance ? &bare_instance : nullptr).values ==
                  read(row, study.record, series, instance).values);
        });
    }
}

TEST_CASE("search parameters are judged on elements that exist, at the level where they are")
{
    for (auto const& row : search::imaging_study_parameters()) {
        CAPTURE(std::string(row.name));
        CHECK(search::find_parameter(row.name) == &row);
        CHECK(row.definition.starts_with("http://hl7.org/fhir/SearchParameter/"));
        CHECK(!row.qido.empty());
        CHECK(!row.c_find.empty());
        for (auto const element : row.elements) {
            if (element.empty() || element == "id")
                continue;
            auto const table = tables::imaging_study();
            auto const at = std::ranges::find(table, element, &tables::element_row::element);
            REQUIRE(at != table.end());
            CHECK(at->at == row.at);
        }
    }
    CHECK(search::find_parameter("accession") == nullptr);
}

TEST_CASE("the bare id of a patient is that of the source's own issuer")
{
    struct {
        std::string id, issuer, own, bare;
    } const cases[] = {{"P_1", "", "", "P_1"},   {"P_1", "A", "", "P_1"}, {"P_1", "", "A", "P_1"},
                       {"P_1", "A", "A", "P_1"}, {"P_1", "B", "A", ""},   {"", "", "", ""}};
    for (auto const& c : cases) {
        CAPTURE(c.issuer);
        CAPTURE(c.own);
        source_facts facts;
        facts.patient_namespace = c.own;
        study_record record;
        record.source = &facts;
        record.attributes.add(tags::PatientID, c.id);
        record.attributes.add(tags::IssuerOfPatientID, c.issuer);
        CHECK(tables::bare_patient_id(record) == c.bare);
    }
}
