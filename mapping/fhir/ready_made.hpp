#pragma once

#include "mapping/codecs/code.hpp"
#include "mapping/fhir/value.hpp"
#include "mapping/fhir/writer.hpp"

#include <functional>
#include <string>

/// What nearly every resource holds with the same constants is written once in each format, and copied from then on.
namespace pons::mapping::fhir {

/// Elements of constants, one or several.
class ready_made {
public:
    /// `write` writes the same whenever it is called, and ends all that it begins.
    explicit ready_made(std::function<void(writer&)> write);

    /// Writes the elements, as `write` would.
    void write(writer& w) const
    {
        if (w.pretty())
            write_(w);
        else
            w.written(w.written_as() == format::json ? json_ : xml_);
    }

private:
    std::function<void(writer&)> write_;
    std::string json_;
    std::string xml_;
};

/// A coding of ours, made once; `get` gives codings that know it.
class ready_coding {
public:
    explicit ready_coding(coding const& constant);

    coding get() const
    {
        auto c = constant_;
        c.ready = this;
        return c;
    }

    ready_made elements;    ///< of the Coding
    ready_made as_concept;  ///< of a CodeableConcept that has this coding and no text

private:
    coding constant_;
};

/// The elements of a Coding.
void write_coding(writer& w, coding const& c);
/// The elements of a CodeableConcept.
void write_concept(writer& w, codeable_concept const& c);
/// An element that is a CodeableConcept of one coding, without text.
void write_concept(writer& w, std::string_view element, coding const& only);
/// A URI in its pieces; nothing when it is empty.
[[gnu::always_inline]] inline void write_uri(writer& w, std::string_view element, system_uri const& uri)
{
    if (!uri.tail.empty())
        w.property(element, uri.head, uri.tail);
    else
        w.optional(element, uri.head);
}

}  // namespace pons::mapping::fhir
