#include "mapping/fhir/ready_made.hpp"

namespace pons::mapping::fhir {

namespace {

std::string as_written(std::function<void(writer&)> const& write, format as)
{
    std::string text;
    writer w(text, as);
    write(w);
    w.finish();
    return text;
}

}  // namespace

ready_made::ready_made(std::function<void(writer&)> write)
    : write_(std::move(write)), json_(as_written(write_, format::json)), xml_(as_written(write_, format::xml))
{
}

ready_coding::ready_coding(coding const& constant)
    : elements([constant](writer& w) { write_coding(w, constant); }),
      as_concept([constant](writer& w) {
          write_concept(w, {.codings = {&constant, 1}, .text = {}});
      }),
      constant_(constant)
{
}

void write_coding(writer& w, coding const& c)
{
    if (c.ready)
        return c.ready->elements.write(w);
    write_uri(w, "system", c.system);
    w.optional("code", c.code);
    w.optional("display", c.display);
}

void write_concept(writer& w, codeable_concept const& c)
{
    if (!c.codings.empty()) {
        w.begin_list("coding");
        for (auto const& one : c.codings) {
            w.begin_item();
            write_coding(w, one);
            w.end_item();
        }
        w.end_list();
    }
    w.optional("text", c.text);
}

void write_concept(writer& w, std::string_view element, coding const& only)
{
    w.begin_object(element);
    if (only.ready)
        only.ready->as_concept.write(w);
    else
        write_concept(w, {.codings = {&only, 1}, .text = {}});
    w.end_object();
}

}  // namespace pons::mapping::fhir
