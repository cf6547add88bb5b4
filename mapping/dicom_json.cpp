#include "mapping/dicom_json.hpp"

#include "mapping/dicom_json_walk.hpp"

#include <algorithm>

namespace pons::mapping {

namespace {

struct category final : std::error_category {
    char const* name() const noexcept override { return "DICOM JSON"; }

    std::string message(int code) const override
    {
        switch (static_cast<dicom_json_errc>(code)) {
            case dicom_json_errc::not_json:
                return "not JSON, or cut off";
            case dicom_json_errc::not_utf8:
                return "not UTF-8";
            case dicom_json_errc::not_data_sets:
                return "JSON, but no DICOM data sets";
            case dicom_json_errc::too_large:
                return "too large";
        }
        return "unknown error";
    }
};

}  // namespace

std::error_category const& dicom_json_category()
{
    static category const instance;
    return instance;
}

dicom_json_reader::dicom_json_reader(keep what) : walk_(std::make_unique<dicom_json_walk>(what)) {}
dicom_json_reader::~dicom_json_reader() = default;
dicom_json_reader::dicom_json_reader(dicom_json_reader&&) noexcept = default;
dicom_json_reader& dicom_json_reader::operator=(dicom_json_reader&&) noexcept = default;

result<dicom_json_found> dicom_json_reader::read(std::string& text, row_handler const& row)
{
    using fault = json_scanner::fault;

    constexpr auto where = "DICOM JSON";
    dicom_json_found found;
    if (text.capacity() - text.size() < padding)
        text.reserve(text.size() + padding);

    walk_->issues.clear();
    std::size_t const mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    auto scanned = walk_->scanner.scan(text, mark);
    if (scanned == fault::control_characters) {
        // Raw line ends and tabs in descriptions: to a space everywhere, which leaves JSON as it was.
        std::ranges::replace_if(
            text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
        walk_->remark(issue::kind::informational, "control characters in the archive's answer were taken for spaces");
        scanned = walk_->scanner.scan(text, mark);
    }
    if (scanned == fault::empty)
        return found;
    if (scanned != fault::none)
        return fail(scanned == fault::not_utf8    ? dicom_json_errc::not_utf8
                    : scanned == fault::too_large ? dicom_json_errc::too_large
                                                  : dicom_json_errc::not_json,
                    where);

    auto& walk = *walk_;
    walk.begin();
    if (walk.peek() == '[') {
        if (!walk.rows(row, found))
            return fail(dicom_json_errc::not_json, where);
    } else if (walk.peek() == '{') {
        data_set one;
        if (!walk.attributes(one) || walk.peek() != '\0')
            return fail(dicom_json_errc::not_json, where);
        if (one.empty())  // an error report, not a data set
            return fail(dicom_json_errc::not_data_sets, where);
        found.rows = 1;
        found.stopped = !row(std::move(one));
    } else {
        return fail(dicom_json_errc::not_data_sets, where);
    }
    found.issues = std::move(walk.issues);
    return found;
}

}  // namespace pons::mapping
