// V1 to V10: how values and their character sets are written and read.
import { encodeText } from '../../dimse_js/character_sets.mjs';
import { byKeyword, inCharacterSet } from '../dictionary.mjs';
import { cannot, studyOf } from '../query.mjs';
import { choice, count, flag, text } from '../switches.mjs';

const notAscii = (value) => typeof value === 'string' && /[^\0-\x7f]/.test(value);
const inOwnSet = (query) => query.narrowing.filter((keyword) => notAscii(query.keys.get(keyword)));
const spelled = { hyphen: (label) => label.replace('ISO_IR', 'ISO-IR').replace('ISO 2022 IR', 'ISO-2022-IR'), lower: (label) => label.toLowerCase(),
  space: (label) => label.replace('ISO_IR', 'ISO IR'), doubled: (label) => `ISO 2022 IR 6\\${label}` };

function pad(row, change) {
  for (const [keyword, values] of Object.entries(row.values))
    if (['SH', 'LO', 'PN', 'CS', 'ST', 'LT'].includes(byKeyword.get(keyword).vr) && keyword !== 'QueryRetrieveLevel')
      row.values[keyword] = values.map((value) => (value === '' ? value : change(value)));
}

export const values = [
  { id: 'V1', name: 'v1.charset', values: text('term of (0008,0005); several with \\'), off: 'ISO_IR 192', on: 'ISO_IR 100', face: 'dimse',
    says: 'Answers that are not ASCII are written in this set where it has their letters, else in UTF-8.', seen: 'fo-dicom#659',
    labels: (said, row, value) => { if (row.texts.every((t) => encodeText(t, value.split('\\')))) Object.assign(said, { encode: value.split('\\'), labels: value.split('\\') }); } },
  { id: 'V1', name: 'v1.unlabelled', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'Answers have no Specific Character Set, whatever they are written in.', seen: 'fo-dicom#659',
    labels: (said) => { said.labels = undefined; } },
  { id: 'V2', name: 'v2.label_on_request', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'Specific Character Set comes only if it was asked for.', seen: 'Sante PACS, Weasis#627',
    labels: (said, row) => { if (!row.asksForLabel) said.labels = undefined; } },
  { id: 'V3', name: 'v3.label', values: text('term of (0008,0005); several with \\'), off: '', on: 'ISO_IR 100', face: 'dimse',
    says: 'Answers that are not ASCII carry this label, whatever they are written in.', seen: 'weasis-dicom-tools#24: ISO_IR 100 over UTF-8',
    labels: (said, row, value) => { if (said.encode.length) said.labels = value.split('\\'); } },
  { id: 'V4', name: 'v4.spelling', values: choice('right', 'hyphen', 'lower', 'space', 'doubled'), off: 'right', on: 'hyphen', face: 'dimse',
    says: 'The label is misspelt: ISO-IR 192, iso_ir 192, ISO IR 192, or "ISO 2022 IR 6\\ISO_IR 192".', seen: 'Orthanc NEWS',
    labels: (said, row, value) => { if (said.labels?.length) said.labels = spelled[value](said.labels.join('\\')).split('\\'); } },
  { id: 'V5', name: 'v5.database', values: text('term of (0008,0005)'), off: '', on: 'ISO_IR 100', face: 'dimse',
    says: 'Keys that are not ASCII find something only if they come in this character set, in which the database is.', seen: 'fo-dicom#938; dcmqrscp',
    reads: (query, value) => { if (inOwnSet(query).length && query.labels.join('\\') !== value) query.nothing = true; } },
  { id: 'V6', name: 'v6.ascii_only', values: choice('off', 'nothing', 'refused', 'abort'), off: 'off', on: 'nothing', face: 'dimse',
    says: 'Keys that are not ASCII find nothing, are refused with C000, or make it abort.', seen: 'go-netdicom#10',
    refuses: (query, value) => (value !== 'nothing' && inOwnSet(query).length ? { ...cannot('not ASCII'), abort: value === 'abort' } : undefined),
    reads: (query) => { if (inOwnSet(query).length) query.nothing = true; } },
  { id: 'V7', name: 'v7.padding', values: choice('right', 'null', 'spaces', 'long'), off: 'right', on: 'null',
    says: 'Texts end in a null byte, stand between spaces, or are filled with spaces beyond what their VR allows.', seen: 'Azure (null)',
    tells: (row, query, value) => pad(row, (t) => ({ null: `${t}\0`, spaces: ` ${t}  `, long: t.padEnd(80) }[value])) },
  { id: 'V8', name: 'v8.invalid', values: choice('none', 'dotted', 'junk'), off: 'none', on: 'junk',
    says: 'Dates are written 2024.03.10 and times 10:15:30, or every second study has @ for a birth date and time, and 0 for the number of its series.', seen: 'fo-dicom#1355',
    tells: (row, query, value) => (value === 'dotted' ? dotted(row) : junk(row)) },
  { id: 'V9', name: 'v9.groups', values: choice('all', 'first_matched', 'first_told', 'reversed'), off: 'all', on: 'first_matched',
    says: 'Of a name\'s component groups only the first is compared, or only the first is told, or they come the other way round.', seen: 'dicom-server#668',
    reads: (query, value) => { if (value === 'first_matched') query.how.groups = 'first'; },
    tells: (row, query, value) => {
      for (const [keyword, its] of Object.entries(row.values)) {
        if (byKeyword.get(keyword).vr !== 'PN' || value === 'first_matched') continue;
        row.values[keyword] = its.map((name) => (value === 'first_told' ? name.split('=')[0] : name.split('=').reverse().join('=')));
      }
    } },
  { id: 'V10', name: 'v10.timezone', values: choice('told', 'absent', 'empty'), off: 'told', on: 'absent',
    says: 'Timezone Offset From UTC is not returned, or empty: times are local, and nobody says where.', seen: 'no product named',
    tells: (row, query, value) => {
      if (value === 'absent') delete row.values.TimezoneOffsetFromUTC;
      else if (row.values.TimezoneOffsetFromUTC) row.values.TimezoneOffsetFromUTC = [];
    } },
  { id: 'V11', name: 'v11.empty', values: count('studies: each so-manieth'), off: 0, on: '2',
    says: 'Each so-manieth study\'s rows have all that was asked for, but every text and date without a value (null in JSON).', seen: 'no product named',
    tells: (row, query, value) => {
      if (row.entity.level === 'PATIENT' || studyOf(row.entity).number % value !== value - 1) return;
      for (const keyword of Object.keys(row.values)) if (byKeyword.get(keyword).vr !== 'UI' && keyword !== 'QueryRetrieveLevel' && keyword !== 'StudyDate') row.values[keyword] = [];
    } },
];

function dotted(row) {
  for (const [keyword, its] of Object.entries(row.values)) {
    const { vr } = byKeyword.get(keyword);
    if (vr === 'DA') row.values[keyword] = its.map((v) => v.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1.$2.$3'));
    if (vr === 'TM') row.values[keyword] = its.map((v) => v.replace(/^(\d\d)(\d\d)(\d\d)/, '$1:$2:$3'));
  }
}

function junk(row) {
  if (row.entity.level === 'PATIENT' || studyOf(row.entity).number % 2 === 0) return;
  for (const [keyword, value] of [['PatientBirthDate', '@'], ['StudyTime', '@'], ['NumberOfStudyRelatedSeries', '0']])
    if (row.values[keyword]) row.values[keyword] = [value];
}

/// How a row is written: {encode: the sets, labels: what (0008,0005) says, undefined for nothing}.
export function writing(switches, row, asksForLabel) {
  const texts = textsOf(row.values);
  const said = texts.every((t) => !notAscii(t)) ? { encode: [], labels: undefined } : { encode: ['ISO_IR 192'], labels: ['ISO_IR 192'] };
  if (said.encode.length) switches.each('labels', said, { texts, asksForLabel });
  return said;
}

function textsOf(byName) {
  return Object.entries(byName).flatMap(([keyword, its]) => its.flatMap((value) => (typeof value === 'object' ? textsOf(value)
    : inCharacterSet.has(byKeyword.get(keyword).vr) ? [value] : [])));
}
