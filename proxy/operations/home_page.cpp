#include "proxy/operations/home_page.hpp"

#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>

namespace pons::proxy::operations {

namespace {

constexpr std::string_view style = R"(
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { margin-bottom: 0; } .version { color: #666; } label { display: block; margin: .5rem 0; }
input { font: inherit; padding: .2rem .4rem; } button { font: inherit; padding: .2rem 1rem; }
td { padding: .1rem 1.5rem .1rem 0; } .ok { color: #176b2c; } .bad { color: #a61b1b; font-weight: 600; }
)";

constexpr std::string_view script = R"(
const table = document.getElementById('sources');
const row = (name, word) => {
  const tr = table.insertRow();
  tr.insertCell().textContent = name;
  const cell = tr.insertCell();
  cell.textContent = word;
  cell.className = word === 'ok' ? 'ok' : 'bad';
};
fetch('readyz', { cache: 'no-store' })
  .then(answer => answer.json())
  .then(ready => Object.entries(ready.sources).forEach(([name, word]) => row(name, word)))
  .catch(() => row('status', 'cannot be read'));
document.getElementById('search').addEventListener('submit', event => {
  for (const input of event.target.elements) input.disabled = input.name !== '' && input.value === '';
  setTimeout(() => { for (const input of event.target.elements) input.disabled = false; });
});
)";

std::string hash_source(std::string_view text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
    std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
    EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(length));
    return std::string("'sha256-").append(reinterpret_cast<char const*>(base64.data())).append("'");
}

http::response make_page()
{
    http::response page{.content_type = "text/html; charset=utf-8"};
    page.headers.emplace_back("Content-Security-Policy",
                              "default-src 'none'; script-src " + hash_source(script) + "; style-src " +
                                  hash_source(style) +
                                  "; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    page.headers.emplace_back("Referrer-Policy", "no-referrer");
    page.body = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pons</title><style>)";
    page.body.append(style)
        .append(R"(</style></head>
<body>
<h1>Pons</h1>
<p class="version">version )")
        .append(PONS_VERSION)
        .append(R"(</p>
<p>A bridge between imaging archives and FHIR: searches for imaging studies are answered live from the archives below.</p>
<h2>Sources</h2>
<table id="sources"></table>
<h2>Try a search</h2>
<form id="search" action="fhir/ImagingStudy" method="get">
<label>Patient id <input name="patient.identifier" autocomplete="off"></label>
<label>Accession number <input name="identifier" autocomplete="off"></label>
<input type="hidden" name="_format" value="json"><input type="hidden" name="_pretty" value="true">
<button>Search</button>
</form>
<h2>For programs</h2>
<ul>
<li><a href="fhir/metadata?_format=json&amp;_pretty=true">fhir/metadata</a>: what the FHIR server can do</li>
<li><a href="readyz?verbose">readyz</a>, <a href="livez">livez</a>, <a href="metrics">metrics</a></li>
</ul>
<script>)")
        .append(script)
        .append("</script>\n</body>\n</html>\n");
    return page;
}

}  // namespace

awaitable<http::response> home_page(http::exchange const&)
{
    static http::response const page = make_page();
    co_return page;
}

}  // namespace pons::proxy::operations
