#include "mapping/tables/body_part.hpp"

#include "mapping/data_set.hpp"

#include <algorithm>
#include <array>

namespace pons::mapping::tables {

namespace {

// clang-format off
constexpr body_part rows[] = {
    {"3RDVENTRICLE", "49841001", false},
    {"4THVENTRICLE", "35918002", false},
    {"ABDOMEN", "818981001", false},
    {"ABDOMENPELVIS", "818982008", false},
    {"ABDOMINALAORTA", "7832008", false},
    {"ACA", "60176003", true},
    {"ACJOINT", "85856004", true},
    {"ADRENAL", "23451007", true},
    {"AMNIOTICFLUID", "77012006", false},
    {"ANKLE", "70258002", true},
    {"ANTCARDIACV", "194996006", false},
    {"ANTCOMMA", "8012006", false},
    {"ANTECUBITALV", "128553008", true},
    {"ANTSPINALA", "17388009", false},
    {"ANTTIBIALA", "68053000", true},
    {"ANUSRECTUMSIGMD", "110612005", false},
    {"AORTA", "15825003", false},
    {"AORTICARCH", "57034009", false},
    {"APPENDIX", "66754008", false},
    {"ARTERY", "51114001", true},
    {"ASCAORTA", "54247002", false},
    {"ASCENDINGCOLON", "9040008", false},
    {"AXILLA", "91470000", true},
    {"AXILLARYA", "67937003", true},
    {"AXILLARYV", "68705008", true},
    {"AZYGOSVEIN", "72107004", false},
    {"BACK", "77568009", false},
    {"BASILARA", "59011009", false},
    {"BILEDUCT", "28273000", false},
    {"BILIARYTRACT", "34707002", false},
    {"BLADDER", "89837001", false},
    {"BLADDERURETHRA", "110837003", false},
    {"BRACHIALA", "17137000", true},
    {"BRACHIALV", "20115005", true},
    {"BRAIN", "12738006", false},
    {"BREAST", "76752008", true},
    {"BRONCHUS", "955009", true},
    {"BULB", "21479005", true},
    {"BUTTOCK", "46862004", true},
    {"CALCANEUS", "80144004", true},
    {"CALF", "53840002", true},
    {"CAROTID", "69105007", true},
    {"CCA", "32062004", true},
    {"CELIACA", "57850000", false},
    {"CEPHALICV", "20699002", true},
    {"CEREBELLUM", "113305005", true},
    {"CEREBHEMISPHERE", "372073000", true},
    {"CEREBRALA", "88556005", true},
    {"CERVIX", "71252005", false},
    {"CFA", "181347005", true},
    {"CFV", "397363009", true},
    {"CHEEK", "60819002", false},
    {"CHEST", "816094009", false},
    {"CHESTABDOMEN", "416550000", false},
    {"CHESTABDPELVIS", "416775004", false},
    {"CHOROIDPLEXUS", "80621003", true},
    {"CIRCLEOFWILLIS", "11279006", false},
    {"CLAVICLE", "51299004", true},
    {"COCCYX", "64688005", false},
    {"COLON", "71854001", false},
    {"COMILIACA", "73634005", true},
    {"COMILIACV", "46027005", true},
    {"COMMONBILEDUCT", "79741001", false},
    {"CORNEA", "28726007", true},
    {"CORONARYARTERY", "41801008", false},
    {"CORONARYSINUS", "90219004", false},
    {"CSPINE", "122494005", false},
    {"CTSPINE", "1217257000", false},
    {"CULDESAC", "53843000", false},
    {"DESCAORTA", "32672002", false},
    {"DESCENDINGCOLON", "32622004", false},
    {"DUODENUM", "38848004", false},
    {"EAC", "84301002", true},
    {"EAR", "117590005", true},
    {"ECA", "22286001", true},
    {"ELBOW", "16953009", true},
    {"ENDOMETRIUM", "2739003", false},
    {"ENDONASAL", "53342003", false},
    {"ENDONASOPHARYNYX", "18962004", false},
    {"ENDOVASCULAR", "59820001", false},
    {"ENDOVESICAL", "48367006", false},
    {"EPIDIDYMIS", "87644002", true},
    {"EPIGASTRIC", "27947004", false},
    {"ESOPHAGUS", "32849002", false},
    {"EXTILIACA", "113269004", true},
    {"EXTILIACV", "63507001", true},
    {"EXTJUGV", "71585003", true},
    {"EXTREMITY", "66019005", true},
    {"EYE", "81745001", true},
    {"EYELID", "80243003", true},
    {"FACE", "89545001", false},
    {"FACIALA", "23074001", true},
    {"FEMORALA", "7657000", true},
    {"FEMORALV", "83419000", true},
    {"FEMUR", "71341001", true},
    {"FIBULA", "87342007", true},
    {"FINGER", "7569003", true},
    {"FLANK", "58602004", false},
    {"FONTANEL", "79361005", false},
    {"FOOT", "56459004", true},
    {"FOREARM", "14975008", true},
    {"GALLBLADDER", "28231008", false},
    {"GASTRICV", "110568007", true},
    {"GENICULARA", "128559007", true},
    {"GESTSAC", "300571009", false},
    {"GSV", "60734001", true},
    {"HAND", "85562004", true},
    {"HEAD", "69536005", false},
    {"HEADNECK", "774007", false},
    {"HEART", "80891009", false},
    {"HEPATICA", "76015000", true},
    {"HEPATICV", "8993003", true},
    {"HIP", "24136001", true},
    {"HUMERUS", "85050009", true},
    {"HYPOGASTRIC", "11708003", false},
    {"HYPOPHARYNX", "81502006", false},
    {"IAC", "361078006", true},
    {"ICA", "86117002", true},
    {"ILEUM", "34516001", false},
    {"ILIACA", "10293006", true},
    {"ILIACV", "244411005", true},
    {"ILIUM", "22356005", true},
    {"INFMESA", "33795007", false},
    {"INFVENACAVA", "64131007", false},
    {"INGUINAL", "26893007", true},
    {"INNOMINATEA", "12691009", false},
    {"INNOMINATEV", "8887007", true},
    {"INTILIACA", "90024005", true},
    {"INTJUGULARV", "12123001", true},
    {"INTMAMMARYA", "69327007", true},
    {"INTRACRANIAL", "1101003", false},
    {"JAW", "661005", false},
    {"JEJUNUM", "21306003", false},
    {"JOINT", "39352004", true},
    {"KIDNEY", "64033007", false},
    {"KNEE", "72696002", true},
    {"LACRIMALA", "59749000", true},
    {"LARGEINTESTINE", "14742008", false},
    {"LARYNX", "4596009", false},
    {"LATRIUM", "82471001", false},
    {"LATVENTRICLE", "66720007", true},
    {"LFEMORALA", "113270003", false},
    {"LHEPATICV", "273202007", false},
    {"LHYPOCHONDRIAC", "133945003", false},
    {"LINGUALA", "113264009", true},
    {"LINGUINAL", "85119005", false},
    {"LIVER", "10200004", false},
    {"LLQ", "68505006", false},
    {"LLUMBAR", "1017210004", false},
    {"LOWERLEG", "30021000", true},
    {"LOWERLIMB", "61685007", true},
    {"LOWERTRUNK", "63337009", false},
    {"LPORTALV", "70253006", false},
    {"LPULMONARYA", "50408007", false},
    {"LSPINE", "122496007", false},
    {"LSSPINE", "1217253001", false},
    {"LSUPPULMONARYV", "43863001", false},
    {"LUMBAR", "52612000", true},
    {"LUMBARA", "34635009", true},
    {"LUMEN", "91747007", false},
    {"LUNG", "39607008", true},
    {"LUQ", "86367003", false},
    {"LVENTRICLE", "87878005", false},
    {"MANDIBLE", "91609006", false},
    {"MASTOID", "59066005", true},
    {"MAXILLA", "70925003", true},
    {"MCA", "17232002", true},
    {"MEDIASTINUM", "72410000", false},
    {"MESENTRICA", "86570000", false},
    {"MESENTRICV", "128583004", false},
    {"MIDHEPATICV", "273099000", false},
    {"MORISONSPOUCH", "243977002", false},
    {"MOUTH", "123851003", false},
    {"NASOPHARYNX", "360955006", false},
    {"NECK", "45048000", false},
    {"NECKCHEST", "417437006", false},
    {"NECKCHESTABDOMEN", "416152001", false},
    {"NECKCHESTABDPELV", "416319003", false},
    {"NOSE", "45206002", false},
    {"OCCIPTALV", "32114007", true},
    {"OCCPITALA", "31145008", true},
    {"OPHTHALMICA", "53549008", true},
    {"OPTICCANAL", "55024004", true},
    {"ORBIT", "363654007", true},
    {"OVARY", "15497006", true},
    {"PANCBILEDUCT", "110621006", false},
    {"PANCREAS", "15776009", false},
    {"PANCREATICDUCT", "69930009", false},
    {"PARASTERNAL", "91691001", false},
    {"PARATHYROID", "111002", true},
    {"PAROTID", "45289007", true},
    {"PATELLA", "64234005", true},
    {"PCA", "70382005", true},
    {"PELVIS", "816092008", false},
    {"PELVISLOWEXTREMT", "1231522001", false},
    {"PENILEA", "282044005", true},
    {"PENIS", "18911002", false},
    {"PERINEUM", "38864007", false},
    {"PERONEALA", "8821006", true},
    {"PHANTOM", "706342009", false},
    {"PHARYNX", "54066008", false},
    {"PHARYNXLARYNX", "312535008", false},
    {"PLACENTA", "78067005", false},
    {"POPLITEALA", "43899006", true},
    {"POPLITEALFOSSA", "32361000", true},
    {"POPLITEALV", "56849005", true},
    {"PORTALV", "32764006", false},
    {"POSCOMMA", "43119007", true},
    {"POSTIBIALA", "13363002", true},
    {"PROFFEMA", "31677005", true},
    {"PROFFEMV", "23438002", true},
    {"PROSTATE", "41216001", false},
    {"PULMONARYA", "81040000", true},
    {"PULMONARYV", "122972007", true},
    {"RADIALA", "45631007", true},
    {"RADIUS", "62413002", true},
    {"RADIUSULNA", "110535000", true},
    {"RATRIUM", "73829009", false},
    {"RECTUM", "34402009", false},
    {"RENALA", "2841007", true},
    {"RENALV", "56400007", true},
    {"RETROPERITONEUM", "82849001", false},
    {"RFEMORALA", "69833005", false},
    {"RHEPATICV", "272998002", false},
    {"RHYPOCHONDRIAC", "133946002", false},
    {"RIB", "113197003", true},
    {"RINGUINAL", "37117007", false},
    {"RLQ", "48544008", false},
    {"RLUMBAR", "1017211000", false},
    {"RPORTALV", "73931004", false},
    {"RPULMONARYA", "78480002", false},
    {"RSUPPULMONARYV", "8629005", false},
    {"RUQ", "50519007", false},
    {"RVENTRICLE", "53085002", false},
    {"SAPHENOUSV", "362072009", true},
    {"SCALP", "41695006", false},
    {"SCAPULA", "79601000", true},
    {"SCJOINT", "7844006", true},
    {"SCLERA", "18619003", true},
    {"SCROTUM", "20233005", true},
    {"SELLA", "42575006", false},
    {"SEMVESICLE", "64739004", false},
    {"SESAMOID", "58742003", true},
    {"SFA", "181349008", true},
    {"SFJ", "128587003", true},
    {"SFV", "397364003", true},
    {"SHOULDER", "16982005", true},
    {"SIGMOID", "60184004", false},
    {"SIJOINT", "39723000", true},
    {"SKULL", "89546000", false},
    {"SMA", "42258001", false},
    {"SMALLINTESTINE", "30315005", false},
    {"SPINALCORD", "2748008", false},
    {"SPINE", "421060004", false},
    {"SPLEEN", "78961009", false},
    {"SPLENICA", "22083002", false},
    {"SPLENICV", "35819009", false},
    {"SSPINE", "54735007", false},
    {"STERNUM", "56873002", false},
    {"STOMACH", "69695003", false},
    {"SUBCLAVIANA", "36765005", true},
    {"SUBCLAVIANV", "9454009", true},
    {"SUBCOSTAL", "19695001", true},
    {"SUBMANDIBULAR", "54019009", true},
    {"SUPRACLAVICULAR", "77621008", true},
    {"SUPTHYROIDA", "72021004", true},
    {"SVC", "48345005", false},
    {"TESTIS", "40689003", true},
    {"THALAMUS", "42695009", true},
    {"THIGH", "68367000", true},
    {"THORACICAORTA", "113262008", false},
    {"THORAX", "43799004", false},
    {"THUMB", "76505004", true},
    {"THYMUS", "9875009", false},
    {"THYROID", "69748006", false},
    {"TIBIA", "12611008", true},
    {"TIBIAFIBULA", "110536004", true},
    {"TLSPINE", "1217256009", false},
    {"TMJ", "53620006", true},
    {"TOE", "29707007", true},
    {"TONGUE", "21974007", false},
    {"TRACHEA", "44567001", false},
    {"TRACHEABRONCHUS", "110726009", false},
    {"TRANSVERSECOLON", "485005", false},
    {"TSPINE", "122495006", false},
    {"ULNA", "23416004", true},
    {"ULNARA", "44984001", true},
    {"UMBILICAL", "90290004", false},
    {"UMBILICALA", "50536004", false},
    {"UMBILICALV", "284639000", false},
    {"UPPERARM", "40983000", true},
    {"UPPERLIMB", "53120007", true},
    {"UPPERTRUNK", "67734004", false},
    {"UPRURINARYTRACT", "431491007", false},
    {"URETER", "87953007", false},
    {"URETHRA", "13648007", false},
    {"UTERUS", "35039007", false},
    {"VAGINA", "76784001", false},
    {"VEIN", "29092000", false},
    {"VERTEBRALA", "85234005", true},
    {"VULVA", "45292006", false},
    {"WHOLEBODY", "38266002", false},
    {"WRIST", "74670003", true},
    {"ZYGOMA", "13881006", true},
};
// clang-format on

static_assert(std::ranges::is_sorted(rows, {}, &body_part::term));

// Editions before 2020 had other codes for the three regions asked for most.
constexpr struct {
    std::string_view older;
    std::string_view current;
} synonyms[] = {{"113345001", "818981001"}, {"12921003", "816092008"}, {"51185008", "816094009"}};

constexpr auto by_code = [] {
    std::array<body_part const*, std::size(rows)> sorted{};
    for (std::size_t i = 0; i != sorted.size(); ++i)
        sorted[i] = &rows[i];
    // By term within a code: `rows` is in that order, and its addresses compare.
    std::ranges::sort(sorted,
                      [](auto const* a, auto const* b) { return a->code != b->code ? a->code < b->code : a < b; });
    return sorted;
}();

constexpr laterality sides[] = {
    {'R', "419465000", "Unilateral right"}, {'L', "419161000", "Unilateral left"}, {'B', "51440002", "Bilateral"}};

constexpr std::string_view side_words[] = {"BILAT", "LEFT", "RIGHT", "LT", "RT", "L", "R"};

constexpr bool separates(char c)
{
    return c == ' ' || c == '_' || c == '-';
}

body_part const* find_term(std::string_view term)
{
    auto at = std::ranges::lower_bound(rows, term, {}, &body_part::term);
    return at != std::end(rows) && at->term == term ? at : nullptr;
}

/// `value` in upper case without separators. Not at all when it is too long for any term.
struct squeezed {
    std::array<char, 32> text{};
    std::size_t size = 0;

    explicit squeezed(std::string_view value, bool keep_separators)
    {
        for (char c : value) {
            if (!keep_separators && separates(c))
                continue;
            if (size == text.size()) {
                size = 0;
                return;
            }
            text[size++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }

    std::string_view view() const { return {text.data(), size}; }
};

/// "KNEE_LT" gives "KNEE_"; what does not end in a separate side stays.
std::string_view without_side(std::string_view upper)
{
    auto last = std::find_if(upper.rbegin(), upper.rend(), separates).base();
    std::string_view word(last, upper.end());
    if (word.size() == upper.size() || std::ranges::find(side_words, word) == std::end(side_words))
        return upper;
    return upper.substr(0, upper.size() - word.size());
}

}  // namespace

std::span<body_part const> body_parts()
{
    return rows;
}

body_part const* find_body_part(std::string_view value)
{
    squeezed upper(trim(value, "CS"_vr), true);
    if (upper.size == 0)
        return nullptr;
    if (auto const* row = find_term(upper.view()))
        return row;
    if (auto const* row = find_term(squeezed(upper.view(), false).view()))
        return row;
    return find_term(squeezed(without_side(upper.view()), false).view());
}

std::span<body_part const* const> body_parts_of(std::string_view code)
{
    for (auto const& s : synonyms)
        if (s.older == code)
            code = s.current;
    auto found = std::ranges::equal_range(by_code, code, {}, &body_part::code);
    return {found.begin(), found.end()};
}

std::span<laterality const> lateralities()
{
    return sides;
}

laterality const* find_laterality(std::string_view value)
{
    value = trim(value, "CS"_vr);
    auto at = std::ranges::find_if(sides, [&](auto const& s) { return value.size() == 1 && value[0] == s.value; });
    return at != std::end(sides) ? at : nullptr;
}

laterality const* find_laterality_by_code(std::string_view code)
{
    auto at = std::ranges::find(sides, code, &laterality::code);
    return at != std::end(sides) ? at : nullptr;
}

}  // namespace pons::mapping::tables
