#pragma once

#include <boost/json.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Two JSON libraries with a document tree, under one set of names: what Pons is measured against.
namespace pons::bench {

struct nlohmann_dom {
    using value = nlohmann::json;
    using object = nlohmann::json;
    using array = nlohmann::json;

    static value parse(std::string const& json) { return value::parse(json); }
    static std::string write(value const& v) { return v.dump(); }
    static auto const& elements(value const& v) { return v; }

    /// The member at `key`; null when there is none.
    static value const* find(value const& v, char const* key)
    {
        auto const at = v.find(key);
        return at != v.end() ? &*at : nullptr;
    }
    static std::size_t size(value const& v) { return v.size(); }
    static value const& at(value const& v, std::size_t index) { return v[index]; }
    static bool is_object(value const& v) { return v.is_object(); }
    static std::string_view text(value const& v) { return v.get_ref<std::string const&>(); }
    static std::uint32_t number(value const& v) { return v.get<std::uint32_t>(); }
};

struct boost_dom {
    using value = boost::json::value;
    using object = boost::json::object;
    using array = boost::json::array;

    static value parse(std::string const& json) { return boost::json::parse(json); }
    static std::string write(value const& v) { return boost::json::serialize(v); }
    static auto const& elements(value const& v) { return v.get_array(); }

    static value const* find(value const& v, char const* key) { return v.get_object().if_contains(key); }
    static std::size_t size(value const& v) { return v.get_array().size(); }
    static value const& at(value const& v, std::size_t index) { return v.get_array()[index]; }
    static bool is_object(value const& v) { return v.is_object(); }
    static std::string_view text(value const& v) { return {v.get_string().data(), v.get_string().size()}; }
    static std::uint32_t number(value const& v) { return v.to_number<std::uint32_t>(); }
};

}  // namespace pons::bench
