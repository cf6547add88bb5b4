// The quirks that touch searching, each with what Pons is configured with, what the archive then tells, and where Pons is known to fall short.

import { byKeyword } from '../../support/quirk_pacs/dictionary.mjs';

const both = ['dimse', 'dicomweb'];
const dimse = ['dimse'];
const web = ['dicomweb'];

/// One case for each value of a switch.
const each = (quirk, values, more = {}) => values.map((value) => ({ name: `${quirk}=${value}`, quirks: { [quirk]: value }, faces: both, ...more }));

// What the archive tells then, as a change of the truth (`told`): the truth of a search is what was told, where that is another value or one
// that has a stand-in (a zone). What it leaves out altogether is a change of its own (`untold`): what it holds is to be found all the same, or
// the answer says that it is incomplete; what matches only as it is told may come besides.
const everyStudy = (change) => (truth) => { truth.studies.forEach((study, n) => change(study.attributes, n, study)); return truth; };
const junk = everyStudy((a, n) => { if (n % 2 === 1) Object.assign(a, { PatientBirthDate: '@', StudyTime: '@' }); });
const unzoned = everyStudy((a) => { delete a.TimezoneOffsetFromUTC; });
const without = (...keywords) => everyStudy((a) => { for (const keyword of keywords) delete a[keyword]; });
const firstGroup = (value) => (Array.isArray(value) ? value.map(firstGroup) : typeof value === 'string' ? value.split('=')[0] : value);
const alphabetic = everyStudy((a) => {
  for (const keyword of ['PatientName', 'ReferringPhysicianName', 'NameOfPhysiciansReadingStudy']) if (a[keyword]) a[keyword] = firstGroup(a[keyword]);
});
const prefixed = (before) => everyStudy((a) => { if (a.AccessionNumber) a.AccessionNumber = `${before}${a.AccessionNumber}`; });
const spaced = prefixed(' ');
// The prefix comes before what is stored, and that has a space.
const spacedPrefixed = everyStudy((a) => { if (a.AccessionNumber?.startsWith(' ')) a.AccessionNumber = `A-${a.AccessionNumber}`; });
const reversed = everyStudy((a) => {
  const turned = (value) => (Array.isArray(value) ? value.map(turned) : typeof value === 'string' ? value.split('=').reverse().join('=') : value);
  for (const keyword of Object.keys(a)) if (byKeyword.get(keyword)?.vr === 'PN') a[keyword] = turned(a[keyword]);
});
const halfEmpty = everyStudy((a, n, study) => {
  if (n % 2 === 0) return;
  for (const { attributes } of [study, ...study.series, ...study.series.flatMap(({ instances }) => instances)])
    for (const keyword of Object.keys(attributes)) if (byKeyword.get(keyword)?.vr !== 'UI' && keyword !== 'StudyDate') delete attributes[keyword];
});

// What cannot be known from the answers of the archive, which are as good as any: silent unless the key is set. A case beside shows that it then is not.
const needs = (key, ...searches) => ({ key, searches });

const silent = { timeouts: { connect: '2s', association: '2s', first_response: '1s', between_responses: '1s', total: '20s' } };

export const cases = [
  { name: 'no quirk', quirks: {}, faces: both },
  ...each('f1.modalities_in_study', ['ignored', 'unreturned', 'absent', 'refused']),
  { name: 'f1.modalities_in_study=match, and Pons knows', quirks: {}, faces: both, source: { quirks: { modalities_in_study: true } } },
  ...each('f2.several_values', ['or', 'ignored', 'nothing', 'first']),
  ...each('f2.uid_lists', ['first', 'nothing']),
  ...each('f3.counts', ['absent', 'zero']),
  ...each('f4.unmatched', ['PatientName,StudyDescription,PatientBirthDate,Modality', 'StudyDate,AccessionNumber,PatientID']),
  ...['PatientSex,AccessionNumber', 'PatientName,PatientBirthDate,StudyTime', 'PatientID', 'StudyDate'].flatMap((value) => each('f4.untold', [value], { untold: without(...value.split(',')) })),
  ...each('f5.unique_key_wins', ['on']),
  ...each('f6.star', ['dates_nothing', 'refused']),
  ...each('f6.star', ['required', 'dates_refused'], { faces: dimse }),
  ...['required', 'dates_nothing', 'dates_refused', 'refused'].flatMap((value) => each('f6.star', [value], { name: `f6.star=${value}, and Pons sends *`, faces: dimse, source: { quirks: { universal: 'star' } } })),
  ...each('f7.upper_uids', ['nothing']),
  ...each('f8.relational', ['always', 'nothing']),
  { name: 'f8.relational=always, and Pons knows', quirks: { 'f8.relational': 'always' }, faces: both, source: { quirks: { relational: true, series_by_uid_list: true } } },
  ...each('f9.roots', ['study', 'patient', 'no_patient_level'], { faces: dimse }),
  ...each('f10.refuses_above', ['20']),
  ...['400', '500'].map((status) => ({ name: `f10.refuses_above=20, w21.too_many=${status}`, quirks: { 'f10.refuses_above': '20', 'w21.too_many': status }, faces: web })),
  ...each('f10.wants_keys', ['1']),
  ...each('f11.cap', ['25']),
  ...each('f11.cap', ['25'], { name: 'f11.cap=25, and Pons knows', source: { quirks: { max_results: 25 } } }),
  { name: 'f11.cap=25, f3.counts=absent', quirks: { 'f11.cap': '25', 'f3.counts': 'absent' }, faces: both },
  { name: 'f10.refuses_above=20, and Pons knows', quirks: { 'f10.refuses_above': '20' }, faces: both, source: { quirks: { max_results: 20 } } },
  ...each('f12.cancel', ['ignored'], { faces: dimse }),
  ...each('f13.times', ['combined', 'nothing', 'ignored']),
  ...each('f14.case', ['sensitive', 'insensitive']),
  { name: 'f14.case=sensitive, and Pons knows', quirks: { 'f14.case': 'sensitive' }, faces: both, source: { quirks: { name_matching: 'sensitive' } } },
  { name: 'f14.case=insensitive, and Pons knows', quirks: { 'f14.case': 'insensitive' }, faces: both, source: { quirks: { name_matching: 'insensitive' } } },
  { name: 'f14.case=insensitive, and Pons knows, but may not look at everything', quirks: { 'f14.case': 'insensitive' }, faces: both, source: { quirks: { name_matching: 'insensitive' } }, fhir: { allow_unbounded: false } },
  ...each('f15.names', ['prefix']),
  ...each('f15.names', ['words', 'literal']),
  ...['words', 'literal'].flatMap((value) => each('f15.names', [value], { name: `f15.names=${value}, and Pons knows`, source: { quirks: { wildcards: false } } })),
  ...each('f16.require_any_of', ['PatientID,AccessionNumber,StudyInstanceUID']),
  ...each('f16.min_chars', ['6']),
  ...each('f16.min_chars', ['6'], { name: 'f16.min_chars=6, and Pons knows', source: { limits: { min_chars: 6 } } }),
  ...each('f17.integers', ['decimal', 'text', 'plus']),
  ...each('f18.extras', ['on']),
  ...each('f19.max_keys', ['12']),
  ...each('f19.unknown', ['refused', 'nothing'], { faces: dimse }),
  ...each('f20.duplicates', ['same', 'differing']),
  ...each('f21.final_identifier', ['on'], { faces: dimse }),
  ...each('f22.always_ff01', ['on'], { faces: dimse }),
  ...each('f23.sparse', ['3']),
  ...each('f24.availability', ['empty', 'absent', 'nearline']),
  ...each('f25.accession_prefix', [' '], { told: spaced }),
  ...['00', 'A-'].flatMap((before) => each('f25.accession_prefix', [before], { told: prefixed(before) })),
  { name: 'f25.accession_prefix=A-, and Pons knows', quirks: { 'f25.accession_prefix': 'A-' }, faces: both, told: spacedPrefixed, toldWeb: prefixed('A-'), source: { accession: { prefix: 'A-' } } },
  ...each('f26.merged', ['P1003=OLD-1'], { needs: needs('crosswalk.kind', 'a patient', 'by patient') }),
  ...each('f27.picky', ['nothing'], { faces: dimse }),
  ...each('f27.picky', ['silence'], { faces: dimse, source: silent }),
  ...each('v1.charset', ['ISO_IR 100', '\\ISO 2022 IR 87'], { faces: dimse }),
  { name: 'v1.charset=ISO_IR 100, v1.unlabelled=on', quirks: { 'v1.charset': 'ISO_IR 100', 'v1.unlabelled': 'on' }, faces: dimse },
  ...each('v1.charset', ['ISO_IR 144'], { faces: dimse }),
  { name: 'v1.charset=ISO_IR 144, v1.unlabelled=on', quirks: { 'v1.charset': 'ISO_IR 144', 'v1.unlabelled': 'on' }, faces: dimse },
  { name: 'v1.charset=GB18030, v1.unlabelled=on', quirks: { 'v1.charset': 'GB18030', 'v1.unlabelled': 'on' }, faces: dimse },
  { name: 'v1.charset=ISO_IR 144, v1.unlabelled=on, and Pons knows', quirks: { 'v1.charset': 'ISO_IR 144', 'v1.unlabelled': 'on' }, faces: dimse, source: { quirks: { charset_default: 'ISO_IR 144' } } },
  ...each('v1.unlabelled', ['on'], { faces: dimse }),
  ...each('v2.label_on_request', ['on'], { faces: dimse }),
  ...each('v3.label', ['ISO_IR 100'], { faces: dimse }),
  { name: 'v1.charset=ISO_IR 144, v3.label=ISO_IR 100', quirks: { 'v1.charset': 'ISO_IR 144', 'v3.label': 'ISO_IR 100' }, faces: dimse },
  { name: 'v1.charset=ISO_IR 144, v3.label=ISO_IR 100, and Pons knows', quirks: { 'v1.charset': 'ISO_IR 144', 'v3.label': 'ISO_IR 100' }, faces: dimse, source: { quirks: { charset_labels: { 'ISO_IR 100': 'ISO_IR 144' } } } },
  ...each('v4.spelling', ['hyphen', 'lower', 'space', 'doubled'], { faces: dimse }),
  ...each('v5.database', ['ISO_IR 100'], { faces: dimse }),
  ...each('v5.database', ['ISO_IR 144'], { faces: dimse }),
  { name: 'v5.database=ISO_IR 144, and Pons knows', quirks: { 'v5.database': 'ISO_IR 144' }, faces: dimse, source: { quirks: { charset_query: 'ISO_IR 144' } } },
  ...each('v6.ascii_only', ['nothing', 'refused', 'abort'], { faces: dimse }),
  ...[['v5.database', 'ISO_IR 100'], ['v6.ascii_only', 'nothing'], ['v6.ascii_only', 'refused'], ['v9.groups', 'first_matched']].map(([quirk, value]) => ({
    name: `${quirk}=${value}, and Pons sends names`, quirks: { [quirk]: value, 'f14.case': 'insensitive' }, faces: dimse, source: { quirks: { name_matching: 'insensitive' } } })),
  ...each('v7.padding', ['null', 'spaces', 'long']),
  ...each('v8.invalid', ['dotted']),
  ...each('v8.invalid', ['junk'], { told: junk }),
  ...each('v9.groups', ['first_matched']),
  ...each('v9.groups', ['first_told'], { told: alphabetic }),
  ...each('v9.groups', ['reversed'], { told: reversed }),
  ...each('v10.timezone', ['absent', 'empty'], { told: unzoned }),
  ...each('v11.empty', ['2'], { told: halfEmpty }),
  ...each('n1.associations', ['2'], { faces: dimse, source: { limits: { associations: 2 } } }),
  ...each('n1.per_caller', ['2'], { faces: dimse, source: { limits: { associations: 2 } } }),
  { name: 'n1.associations=2, and Pons is allowed four', quirks: { 'n1.associations': '2' }, faces: dimse, varies: true },
  { name: 'n1.associations=1, and Pons is allowed four', quirks: { 'n1.associations': '1' }, faces: dimse, varies: true },
  { name: 'n1.associations=1, and Pons knows', quirks: { 'n1.associations': '1' }, faces: dimse, source: { limits: { associations: 1 } } },
  ...each('n2.calling', ['KNOWN'], { faces: dimse }),
  ...each('n2.called', ['KNOWN'], { faces: dimse }),
  ...each('n3.idle_ms', ['20'], { faces: dimse, varies: true }),
  ...each('n3.operations', ['1'], { faces: dimse }),
  { name: 'n3.operations=1, and Pons knows', quirks: { 'n3.operations': '1' }, faces: dimse, source: { limits: { operations: 1 } } },
  ...each('n3.second', ['silent'], { faces: dimse, source: silent, varies: true }),
  ...each('n3.second', ['stale'], { faces: dimse, varies: true }),
  { name: 'n3.second=silent, and Pons knows', quirks: { 'n3.second': 'silent' }, faces: dimse, source: { limits: { operations: 1 } } },
  { name: 'n3.second=stale, and Pons knows', quirks: { 'n3.second': 'stale' }, faces: dimse, source: { limits: { operations: 1 } } },
  ...each('n4.rejects_first', ['1'], { faces: dimse }),
  ...each('n4.rejects', ['transient', 'congested', 'permanent'], { faces: dimse }),
  ...each('n5.contexts', ['1'], { faces: dimse, varies: true }),
  ...each('n5.flaky', ['on'], { faces: dimse, varies: true }),
  ...each('n5.implicit_only', ['on'], { faces: dimse }),
  ...each('n6.session_ms', ['20'], { faces: dimse, varies: true }),
  ...each('n6.answer_ms', ['20']),
  ...each('n6.stalls_after', ['5'], { faces: dimse, source: silent }),
  ...each('n6.aborts_after', ['5'], { faces: dimse }),
  ...each('n6.fails_after', ['5'], { faces: dimse }),
  ...each('n7.max_pdu', ['4096'], { faces: dimse }),
  ...each('n7.fragments', ['7'], { faces: dimse }),
  ...each('n8.user', ['reader:secret'], { faces: dimse }),
  ...each('n8.user', ['reader:secret'], { name: 'n8.user=reader:secret, and Pons knows', faces: dimse, source: { credentials: { kind: 'basic', user: 'reader', password: 'secret' } } }),
  ...each('w1.percent', ['minimal'], { faces: web }),
  { name: 'w1.percent=minimal, and Pons knows', quirks: { 'w1.percent': 'minimal' }, faces: web, source: { quirks: { query_encoding: 'minimal' } } },
  ...each('w2.unknown_keys', ['ignored', 'refused'], { faces: web }),
  ...each('w3.includefield', ['ignored', 'first_only', 'commas_refused', 'all_ignored'], { faces: web }),
  ...each('w4.default_limit', ['25'], { faces: web }),
  ...each('w4.max_limit', ['25'], { faces: web }),
  { name: 'w4.max_limit=25, w5.warning=silent', quirks: { 'w4.max_limit': '25', 'w5.warning': 'silent' }, faces: web },
  { name: 'w4.max_limit=25, w5.warning=silent, w6.offset=ignored', quirks: { 'w4.max_limit': '25', 'w5.warning': 'silent', 'w6.offset': 'ignored' }, faces: web },
  { name: 'w4.max_limit=25, w5.warning=silent, w6.offset=refused', quirks: { 'w4.max_limit': '25', 'w5.warning': 'silent', 'w6.offset': 'refused' }, faces: web },
  { name: 'w4.max_limit=25, w5.warning=silent, w6.offset=refused, and Pons knows', quirks: { 'w4.max_limit': '25', 'w5.warning': 'silent', 'w6.offset': 'refused' }, faces: web, source: { quirks: { page_limit: 25, offset: false } } },
  { name: 'w4.max_limit=25, w5.warning=silent, w22.repeats=3', quirks: { 'w4.max_limit': '25', 'w5.warning': 'silent', 'w22.repeats': '3' }, faces: web },
  { name: 'w4.max_limit=25, w5.warning=silent, w22.skips=1', quirks: { 'w4.max_limit': '25', 'w5.warning': 'silent', 'w22.skips': '1' }, faces: web },
  { name: 'w4.max_limit=25, w4.above=refused', quirks: { 'w4.max_limit': '25', 'w4.above': 'refused' }, faces: web },
  { name: 'w4.max_limit=25, w4.above=refused, and Pons knows', quirks: { 'w4.max_limit': '25', 'w4.above': 'refused', 'w5.warning': 'silent' }, faces: web, source: { quirks: { page_limit: 25 } } },
  ...each('w7.wildcards', ['literal'], { faces: web }),
  ...each('w7.wildcards', ['refused'], { faces: web }),
  ...['literal', 'refused'].flatMap((value) => each('w7.wildcards', [value], { name: `w7.wildcards=${value}, and Pons knows`, faces: web, source: { quirks: { wildcards: false } } })),
  ...each('w9.empty', ['204', '404'], { faces: web }),
  ...each('w9.empty', ['404'], { name: 'w9.empty=404, and Pons knows', faces: web, source: { quirks: { not_found_is_empty: true } } }),
  ...each('w11.accept', ['json_only', 'json_always', 'xml_only'], { faces: web }),
  ...each('w11.accept', ['plain_json'], { faces: web }),
  { name: 'w11.accept=plain_json, and Pons knows', quirks: { 'w11.accept': 'plain_json' }, faces: web, source: { quirks: { accept: 'application/json' } } },
  ...each('w12.content_type', ['json', 'absent', 'text'], { faces: web }),
  ...each('w13.qido', ['/aets/QUIRK/rs'], { faces: web }),
  { name: 'w14.auth=basic:reader:secret, and Pons knows', quirks: { 'w14.auth': 'basic:reader:secret' }, faces: web, source: { credentials: { kind: 'basic', user: 'reader', password: 'secret' } } },
  { name: 'w14.auth=basic:reader:secret, and Pons does not', quirks: { 'w14.auth': 'basic:reader:secret' }, faces: web },
  { name: 'w14.auth=bearer:token, and Pons does not', quirks: { 'w14.auth': 'bearer:token' }, faces: web },
  ...each('w15.retrieve_url', ['absent', 'null', 'foreign'], { faces: web }),
  ...each('w16.disabled', ['qido'], { faces: web }),
  ...each('w17.numbers', ['string'], { faces: web }),
  ...each('w18.shape', ['bare', 'empty_vr', 'no_vr', 'plain_names', 'null_items', 'keywords'], { faces: web }),
  ...each('w22.newest_first', ['on'], { faces: web }),
  ...each('w23.searchable', ['StudyInstanceUID,PatientID,StudyDate,PatientName,AccessionNumber,Modality'], { faces: web }),
  ...each('w24.default_fields', ['few'], { faces: web }),
  { name: 'w24.default_fields=few, w3.includefield=ignored', quirks: { 'w24.default_fields': 'few', 'w3.includefield': 'ignored' }, faces: web, told: unzoned, untold: without('StudyTime') },
  ...each('w25.empty_values', ['refused', 'literal'], { faces: web }),
  { name: 'empty values are matched, and Pons knows', quirks: {}, faces: web, source: { quirks: { empty_value_matching: true } } },
  ...each('w26.absent', ['series'], { faces: web }),
  ...each('w28.broken_off', ['on'], { faces: web }),
  ...each('w29.login_page', ['on'], { faces: web }),

  // A product as the archive has it, and as Pons does.
  ...[['dcmqrscp-like', 'dcmtk-qrscp', dimse], ['orthanc-like', 'orthanc', dimse], ['orthanc-like', 'orthanc-dicomweb-old', web], ['dcm4chee', 'dcm4chee', dimse], ['dcm4chee', 'dcm4chee', web],
    ['synapse', 'fuji-synapse', dimse], ['ge-archive', 'ge-archive', dimse], ['no-star-in-dates', 'agfa-impax', dimse], ['clearcanvas', 'clearcanvas', dimse],
    ['osirix', 'osirix', dimse], ['sectra', 'sectra', dimse], ['azure', 'azure', web], ['aws', 'aws-healthimaging', web], ['google', 'google', web], ['dicom-rst', 'generic', web],
  ].map(([preset, known, faces]) => ({ name: `the archive like ${preset}, preset ${known}`, preset, quirks: {}, faces, source: { quirks: { preset: known } } })),
];

/// Values of switches that touch searching and are in no case, and why.
export const elsewhere = {
  'f3.counts=named': 'the presets have it',
  'f7.upper_uids=refused': 'the presets have it',
  'f8.relational=never': 'the presets have it',
  'n9.tls': 'dimse_tls.test.mjs',
  'n9.tls_version': 'dimse_tls.test.mjs',
  'n10.stale_address': 'of retrieves: quirks_retrieve.test.mjs',
  'w8.fuzzy': 'is never asked for',
  'w10.accept_type': 'of retrieves: quirks_retrieve.test.mjs',
  'w13.wado': 'of retrieves: quirks_retrieve.test.mjs',
  'w19.boundary': 'of retrieves: quirks_retrieve.test.mjs',
  'w19.part_type': 'of retrieves: quirks_retrieve.test.mjs',
  'w19.part_syntax': 'of retrieves: quirks_retrieve.test.mjs',
  'w20.single_part': 'of retrieves: quirks_retrieve.test.mjs',
  'w27.cors': 'of browsers',
  'w28.drops': 'of retrieves: quirks_retrieve.test.mjs',
};
