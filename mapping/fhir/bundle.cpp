#include "mapping/fhir/bundle.hpp"

namespace pons::mapping::fhir {

namespace {

void write_link(writer& w, std::string_view relation, std::string_view url)
{
    w.begin_item();
    w.property("relation", relation);
    w.property("url", url);
    w.end_item();
}

}  // namespace

searchset_writer::searchset_writer(writer& w, std::optional<std::uint32_t> total, std::string_view self,
                                   std::string_view next, bool subsetted)
    : w_(w)
{
    w_.begin_resource({}, "Bundle");
    if (subsetted)
        write_subsetted(w_);
    w_.property("type", "searchset");
    if (total)
        w_.property("total", *total);
    w_.begin_list("link");
    write_link(w_, "self", self);
    if (!next.empty())
        write_link(w_, "next", next);
    w_.end_list();
}

void searchset_writer::begin_entry(std::string_view base, std::string_view path)
{
    if (!entries_)
        w_.begin_list("entry");
    entries_ = true;
    w_.begin_item();
    if (!path.empty())
        w_.property("fullUrl", base, path);
}

void searchset_writer::end_entry(std::string_view mode)
{
    w_.begin_object("search");
    w_.property("mode", mode);
    w_.end_object();
    w_.end_item();
}

void searchset_writer::end()
{
    if (entries_)
        w_.end_list();
    w_.end_resource();
}

}  // namespace pons::mapping::fhir
