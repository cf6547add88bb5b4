#include "mapping/fhir/imaging_study.hpp"

#include "mapping/fhir/common.hpp"
#include "mapping/fhir/ready_made.hpp"
#include "mapping/tables/imaging_study.hpp"

#include <algorithm>

namespace pons::mapping::fhir {

namespace {

void write_identifier(writer& w, identifier const& id)
{
    if (!id.use.empty())
        w.literal("use", id.use);
    if (!id.type.empty())
        write_concept(w, "type", id.type);
    write_uri(w, "system", id.system);
    write_uri(w, "value", id.value);
    if (!id.assigner.empty()) {
        w.begin_object("assigner");
        w.property("display", id.assigner);
        w.end_object();
    }
}

void write_reference(writer& w, reference const& r)
{
    write_uri(w, "reference", r.literal);
    if (!r.type.empty())
        w.literal("type", r.type);
    if (!r.logical.empty()) {
        w.begin_object("identifier");
        write_identifier(w, r.logical);
        w.end_object();
    }
    w.optional("display", r.display);
}

void write_performer(writer& w, performer const& p)
{
    if (!p.function.empty())
        write_concept(w, "function", p.function);
    w.begin_object("actor");
    write_reference(w, p.actor);
    w.end_object();
}

/// What of a row is needed for every study, taken out of it once.
struct element_form {
    std::string_view name;
    bool repeats;
};

std::span<element_form const> element_forms()
{
    static auto const forms = [] {
        std::vector<element_form> all;
        for (auto const& row : tables::imaging_study())
            all.push_back({row.name(), row.repeats()});
        return all;
    }();
    return forms;
}

/// Writes the values of one element as they come, as a list where the element may repeat.
class element_writer final : public value_sink {
public:
    element_writer(writer& w, element_form const& as) : w_(w), name_(as.name), repeats_(as.repeats) {}

    void take(value const& v) override
    {
        // Assigned in the order in which they are frequent; a visitor table would cost an indirect call more.
        if (auto const* const s = std::get_if<string>(&v))
            return w_.property(name_, s->text);
        if (auto const* const n = std::get_if<unsigned_int>(&v))
            return w_.property(name_, n->number);
        if (auto const* const i = std::get_if<id>(&v))
            return w_.property(name_, i->text);
        if (auto const* const c = std::get_if<code>(&v))
            return w_.property(name_, c->text);
        if (auto const* const t = std::get_if<codecs::date_time>(&v))
            return w_.property(name_, t->text.view());
        begin();
        if (auto const* const c = std::get_if<coding>(&v))
            write_coding(w_, *c);
        else if (auto const* const i = std::get_if<identifier>(&v))
            write_identifier(w_, *i);
        else if (auto const* const r = std::get_if<reference>(&v))
            write_reference(w_, *r);
        else if (auto const* const cc = std::get_if<codeable_concept>(&v))
            write_concept(w_, *cc);
        else if (auto const* const p = std::get_if<performer>(&v))
            write_performer(w_, *p);
        w_.end_object();
    }

    void end()
    {
        if (open_)
            w_.end_list();
    }

private:
    void begin()
    {
        if (!repeats_)
            return w_.begin_object(name_);
        if (!open_)
            w_.begin_list(name_);
        open_ = true;
        w_.begin_item();
    }

    writer& w_;
    std::string_view name_;
    bool repeats_;
    bool open_ = false;
};

void write_rows(writer& w, level at, tables::element_context const& context, shape const& as)
{
    auto const rows = tables::imaging_study(at);
    auto const forms = element_forms();
    auto index = static_cast<std::size_t>(rows.data() - tables::imaging_study().data());
    for (auto const& row : rows) {
        if (as.shows(index)) {
            element_writer sink(w, forms[index]);
            row.read(context, sink);
            sink.end();
        }
        ++index;
    }
}

void write_instances(writer& w, study_record const& study, series_record const& series, shape const& as,
                     std::string& buffer)
{
    bool open = false;
    for (auto const& instance : series.instances) {
        if (!tables::presentable_instance(instance))
            continue;
        if (!open)
            w.begin_list("instance");
        open = true;
        w.begin_item();
        write_rows(w, level::instance, {study, &series, &instance, buffer}, as);
        w.end_item();
    }
    if (open)
        w.end_list();
}

void write_series(writer& w, study_record const& study, shape const& as, std::string& buffer)
{
    bool open = false;
    for (auto const& series : study.series) {
        if (!tables::presentable(series))
            continue;
        if (!open)
            w.begin_list("series");
        open = true;
        w.begin_item();
        write_rows(w, level::series, {study, &series, nullptr, buffer}, as);
        if (as.depth == level::instance)
            write_instances(w, study, series, as, buffer);
        w.end_item();
    }
    if (open)
        w.end_list();
}

std::string_view base_name(tables::element_row const& row)
{
    return row.at == level::study ? row.element : std::string_view("series");
}

}  // namespace

bool is_element(std::string_view element)
{
    return element == "id" || element == "meta" ||
           std::ranges::any_of(tables::imaging_study(), [&](auto const& row) { return base_name(row) == element; });
}

shape make_shape(view v, std::span<std::string const> elements, level depth)
{
    shape as{.rows = 0, .depth = depth, .subsetted = v != view::all || !elements.empty() || depth != level::instance};
    std::size_t index = 0;
    bool any_series = false;
    for (auto const& row : tables::imaging_study()) {
        bool const kept = row.when == tables::presence::kept;
        bool const named =
            elements.empty() ? v != view::text : std::ranges::find(elements, base_name(row)) != elements.end();
        // Inside a series that is shown its own mandatory elements are kept; they alone do not bring series in.
        bool shown = (named || (kept && row.at == level::study)) && !(v == view::summary && !row.in_summary);
        if (shown && row.at == level::series)
            any_series = true;
        if (shown)
            as.rows |= std::uint64_t{1} << index;
        ++index;
    }
    if (!any_series)
        as.depth = level::study;
    else if (v == view::summary)
        as.depth = std::min(as.depth, level::series);
    return as;
}

void write_imaging_study(writer& w, std::string_view element, study_record const& study, shape const& as)
{
    thread_local std::string buffer;
    w.begin_resource(element, "ImagingStudy");
    w.property("id", study.uid());
    if (as.subsetted)
        write_subsetted(w);
    write_rows(w, level::study, {study, nullptr, nullptr, buffer}, as);
    if (as.depth != level::study)
        write_series(w, study, as, buffer);
    w.end_resource();
}

std::size_t unpresentable(study_record const& study)
{
    std::size_t count = 0;
    for (auto const& series : study.series) {
        if (!tables::presentable(series)) {
            ++count;
            continue;
        }
        count += static_cast<std::size_t>(
            std::ranges::count_if(series.instances, [](auto const& i) { return !tables::presentable_instance(i); }));
    }
    return count;
}

}  // namespace pons::mapping::fhir
