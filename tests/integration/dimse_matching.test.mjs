// Attribute matching of PS3.4 §C.2.2.2, case by case, asked by findscu of Pons before every kind of archive, and judged by an oracle that knows
// the standard only. Where the standard leaves it open, either will do.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { asFile } from '../support/dimse_js/data_set.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { byKeyword } from '../support/quirk_pacs/dictionary.mjs';
import { Model, stored } from '../support/quirk_pacs/model.mjs';
import { startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { find } from './support/dcmtk_clients.mjs';
import { isDoubtful, judge, wrongWith } from './support/matching_oracle.mjs';
import { sourceFor } from './support/pons.mjs';
import { removeFolder, temporaryFolder } from './support/processes.mjs';
import { startProvider } from './support/provider.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

// --- what is held: entities by a letter or number, the last component of their UID ---

const root = '1.2.826.0.1.3680043.10.1.60';
const vrOf = (keyword) => byKeyword.get(keyword).vr;
const coded = (...pairs) => pairs.map(([CodeValue, CodingSchemeDesignator]) => ({ CodeValue, CodingSchemeDesignator, CodeMeaning: 'x' }));

const studies = {
  1: { PatientName: 'Adams^John', PatientID: 'M-100', PatientSex: 'M', StudyDate: '20240101', StudyTime: '080000', AccessionNumber: 'ACC1', StudyDescription: 'CT Abdomen', StudyID: 'S1',
    ProcedureCodeSequence: coded(['P1', '99X'], ['P2', '99Y']) },
  2: { PatientName: 'ADAMS^JOHN', PatientID: 'm-100', PatientSex: 'M', StudyDate: '20240102', StudyTime: '0930', AccessionNumber: 'ACC10', StudyDescription: 'ct abdomen', StudyID: 'S2',
    ProcedureCodeSequence: coded(['P1', '99Y']) },
  3: { PatientName: 'Adamson^Eve', PatientID: 'M-101', PatientSex: 'F', StudyDate: '20240131', StudyTime: '235959.999999', AccessionNumber: 'ACC2', StudyDescription: 'MR Head (3T)', StudyID: 'S3',
    ProcedureCodeSequence: coded(['P2', '99X']) },
  4: { PatientName: 'M\u00fcller^J\u00f6rg', PatientID: 'M-200', PatientSex: 'M', StudyDate: '20231231', StudyTime: '000000', AccessionNumber: 'acc1', StudyDescription: 'Thorax?*', StudyID: 'S4' },
  5: { PatientName: 'Yamada^Tarou=\u5c71\u7530^\u592a\u90ce=\u3084\u307e\u3060^\u305f\u308d\u3046', PatientID: 'M 300', PatientSex: 'O', StudyDate: '20240201', StudyTime: '12', AccessionNumber: 'A.C', StudyDescription: '100% [x]', StudyID: 'S5' },
  6: { PatientName: 'Smith', PatientID: 'M-400', PatientSex: 'F', StudyDate: '', StudyTime: '', AccessionNumber: '', StudyDescription: '', StudyID: 'S6' },
  7: { PatientName: 'O\'Neil^Ann^^Dr.', PatientID: 'M-500', PatientSex: 'F', StudyDate: '20240301', StudyTime: '101010', AccessionNumber: 'ACC?', StudyDescription: 'Knee', StudyID: 'S7' },
  8: { PatientName: 'Smith^A', PatientID: 'M-401', PatientSex: 'F', StudyDate: '20240229', StudyTime: '113000', AccessionNumber: 'ACC1', StudyDescription: 'Follow-up', StudyID: 'S8' },
  9: { PatientName: '', PatientID: 'M-600', PatientSex: '', StudyDate: '20240101', StudyTime: '235900', AccessionNumber: 'X_1', StudyDescription: 'Knee left', StudyID: 'S9' },
};
const modalities = { 1: ['CT'], 2: ['CT', 'SR'], 3: ['MR'], 4: ['CR'], 5: ['US'], 6: ['CT'], 7: ['MR', 'PR'], 8: ['CT', 'MR', 'SEG'], 9: ['OT'] };

// The series of study 8, and the images of its first.
const seriesOf8 = [{ SeriesNumber: '1', SeriesDescription: 'T1_ax', BodyPartExamined: 'KNEE', PerformedProcedureStepStartDate: '20240228',
  RequestAttributesSequence: [{ ScheduledProcedureStepID: 'SPS1', RequestedProcedureID: 'RP1' }] },
{ SeriesNumber: '2', SeriesDescription: 'T2_ax fs', BodyPartExamined: 'KNEE', PerformedProcedureStepStartDate: '20240229',
  RequestAttributesSequence: [{ ScheduledProcedureStepID: 'SPS2', RequestedProcedureID: 'RP1' }, { ScheduledProcedureStepID: 'SPS1', RequestedProcedureID: 'RP2' }] },
{ SeriesNumber: '12', SeriesDescription: 't1_ax', BodyPartExamined: '', PerformedProcedureStepStartDate: '20240301' }];
const acquired = ['20240101080000', '20240101120000.500000', '20240102000000', '20231231235959', ''];

const uidOf = (...numbers) => [root, ...numbers].join('.');
function truthOf() {
  return { studies: Object.entries(studies).map(([n, attributes]) => ({
    attributes: { ...attributes, StudyInstanceUID: uidOf(n) },
    series: modalities[n].map((Modality, s) => ({
      attributes: { ...(n === '8' ? seriesOf8[s] : { SeriesNumber: `${s + 1}` }), Modality, SeriesInstanceUID: uidOf(n, s + 1) },
      instances: (n === '8' && s === 0 ? acquired : ['']).map((AcquisitionDateTime, i) => ({
        attributes: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.7', SOPInstanceUID: uidOf(n, s + 1, i + 1), InstanceNumber: `${i + 1}`, ...(AcquisitionDateTime ? { AcquisitionDateTime } : {}) },
        file: `${n}-${s + 1}-${i + 1}.dcm`, transferSyntax: '1.2.840.10008.1.2.1' })) })) })) };
}

/// What the oracle looks at, by the number: at STUDY with what is counted of its series.
const entities = {
  PATIENT: studies,
  STUDY: Object.fromEntries(Object.entries(studies).map(([n, attributes]) => [n, { ...attributes, StudyInstanceUID: uidOf(n), ModalitiesInStudy: modalities[n] }])),
  SERIES: Object.fromEntries(seriesOf8.map((attributes, s) => [s + 1, { ...studies[8], ...attributes, Modality: modalities[8][s], StudyInstanceUID: uidOf(8), SeriesInstanceUID: uidOf(8, s + 1) }])),
  IMAGE: Object.fromEntries(acquired.map((AcquisitionDateTime, i) => [i + 1, { AcquisitionDateTime, InstanceNumber: `${i + 1}`, StudyInstanceUID: uidOf(8), SeriesInstanceUID: uidOf(8, 1), SOPInstanceUID: uidOf(8, 1, i + 1) }])),
};

// --- the cases: section and name, keys, and the numbers of what has to match ---

const STUDY = [
  ['single value', { PatientID: 'M-100' }, '1'],
  ['single value: case counts', { AccessionNumber: 'acc1' }, '4'],
  ['single value: spaces around it do not', { AccessionNumber: 'ACC1 ' }, '18'],
  ['single value: of two', { AccessionNumber: 'ACC1' }, '18'],
  ['single value: nothing', { AccessionNumber: 'ACC' }, ''],
  ['single value: a code', { PatientSex: 'F' }, '3678'],
  ['single value: a date', { StudyDate: '20240101' }, '19'],
  ['single value: a time', { StudyTime: '080000' }, '1'],
  ['single value: a dot is a dot', { AccessionNumber: 'A.C' }, '5'],
  ['single value: a value with what is special elsewhere', { StudyDescription: '100% [x]' }, '5'],
  ['single value: an underscore is one', { AccessionNumber: 'X_1' }, '9'],
  ['a name', { PatientName: 'Adams^John' }, '1'],
  ['a name in another case', { PatientName: 'adams^john' }, ''],
  ['a name without accents', { PatientName: 'Muller^Jorg' }, ''],
  ['a name beyond ASCII', { PatientName: 'M\u00fcller^J\u00f6rg' }, '4'],
  ['a group of a name', { PatientName: '\u5c71\u7530^\u592a\u90ce' }, ''],
  ['all groups of a name', { PatientName: studies[5].PatientName }, '5'],
  ['a name with an apostrophe', { PatientName: 'O\'Neil^Ann^^Dr.' }, '7'],
  ['list of UID', { StudyInstanceUID: [1, 3, 99].map((n) => uidOf(n)).join('\\') }, '13'],
  ['list of UID: one', { StudyInstanceUID: uidOf(2) }, '2'],
  ['list of UID: of nothing', { StudyInstanceUID: uidOf(99) }, ''],
  ['universal', { PatientName: '', StudyDate: '' }, '123456789'],
  ['universal, as a star', { PatientName: '*' }, '123456789'],
  ['universal, beside another key', { StudyDescription: '', AccessionNumber: 'ACC2' }, '3'],
  ['wild card: star at the end', { PatientID: 'M-*' }, '1346789'],
  ['wild card: star at the beginning', { PatientID: '*100' }, '12'],
  ['wild card: star in the middle', { AccessionNumber: 'A*1' }, '18'],
  ['wild card: a star is nothing, too', { AccessionNumber: 'ACC1*' }, '128'],
  ['wild card: question mark', { PatientID: 'M-10?' }, '13'],
  ['wild card: a question mark is one character', { AccessionNumber: 'ACC?' }, '1378'],
  ['wild card: a question mark is no more', { AccessionNumber: 'ACC1?' }, '2'],
  ['wild card: both', { PatientID: '?-?00*' }, '124679'],
  ['wild card: case counts', { StudyDescription: '*Abdomen' }, '1'],
  ['wild card: a dot is a dot', { StudyDescription: 'CT.*' }, ''],
  ['wild card: a percent sign is one', { StudyDescription: '100%*' }, '5'],
  ['wild card: an underscore is one', { StudyDescription: '100_*' }, ''],
  ['wild card: brackets are brackets', { StudyDescription: 'MR*(?T)' }, '3'],
  ['wild card: what has no value', { StudyDescription: '?*' }, '12345789'],
  ['wild card: a name', { PatientName: 'Adams*' }, '13'],
  ['wild card: the family name', { PatientName: 'Adams^*' }, '1'],
  ['wild card: the given name', { PatientName: '*^Eve' }, '3'],
  ['wild card: one letter beyond ASCII', { PatientName: 'M?ller*' }, '4'],
  ['wild card: behind one', { PatientName: 'M\u00fc*' }, '4'],
  ['wild card: in a code', { ModalitiesInStudy: 'M?' }, '378'],
  ['range: dates', { StudyDate: '20240101-20240131' }, '1239'],
  ['range: dates from', { StudyDate: '20240102-' }, '23578'],
  ['range: dates until', { StudyDate: '-20240101' }, '149'],
  ['range: one day, that of a leap year', { StudyDate: '20240229-20240229' }, '8'],
  ['range: over the turn of the year', { StudyDate: '20231231-20240101' }, '149'],
  ['range: of no dates', { StudyDate: '20200101-20201231' }, ''],
  ['range: times', { StudyTime: '080000-093000' }, '1'],
  ['range: times, to the minute', { StudyTime: '0800-0930' }, '12'],
  ['range: times, to the hour', { StudyTime: '11-12' }, '58'],
  ['range: times from', { StudyTime: '120000-' }, '359'],
  ['range: times until', { StudyTime: '-080000' }, '14'],
  ['range: times, to a part of a second', { StudyTime: '235959.5-235959.999999' }, '3'],
  ['range: a date and a time, each by itself', { StudyDate: '20240101-20240131', StudyTime: '0900-1000' }, '2'],
  ['sequence: two keys of one item', { ProcedureCodeSequence: { CodeValue: 'P1', CodingSchemeDesignator: '99X' } }, '1'],
  ['sequence: not of two items', { ProcedureCodeSequence: { CodeValue: 'P2', CodingSchemeDesignator: '99X' } }, '3'],
  ['sequence: any of the items', { ProcedureCodeSequence: { CodeValue: 'P1' } }, '12'],
  ['sequence: a wild card in it', { ProcedureCodeSequence: { CodeValue: 'P*', CodingSchemeDesignator: '99Y' } }, '12'],
  ['sequence: universal', { ProcedureCodeSequence: { CodeValue: '' } }, '123456789'],
  ['several values in the study: any', { ModalitiesInStudy: 'CT' }, '1268'],
  ['several values in the study: the second', { ModalitiesInStudy: 'SR' }, '2'],
  ['several values in the study: the third', { ModalitiesInStudy: 'SEG', PatientSex: 'F' }, '8'],
  ['several values in the study: of none', { ModalitiesInStudy: 'XA' }, ''],
  ['several keys', { PatientSex: 'F', StudyDate: '20240101-', AccessionNumber: 'ACC*' }, '378'],
  ['several keys, of which one does not match', { PatientID: 'M-100', PatientSex: 'F' }, ''],
];
const inStudy8 = { StudyInstanceUID: uidOf(8) };
const inSeries1 = { ...inStudy8, SeriesInstanceUID: uidOf(8, 1) };
const cases = { STUDY,
  PATIENT: [
    ['a patient', { PatientID: 'M-100' }, '1'],
    ['patients by a wild card', { PatientID: 'M-40?' }, '68'],
    ['patients by name', { PatientName: 'Smith*' }, '68'],
    ['patients by sex and name', { PatientName: 'A*', PatientSex: 'F' }, '3'],
  ],
  SERIES: [
    ['all series', { ...inStudy8 }, '123'],
    ['series: single value', { ...inStudy8, Modality: 'MR' }, '2'],
    ['series: a number', { ...inStudy8, SeriesNumber: '2' }, '2'],
    ['series: a number is no text', { ...inStudy8, SeriesNumber: '1' }, '1'],
    ['series: wild card', { ...inStudy8, SeriesDescription: 'T?_ax*' }, '12'],
    ['series: without a value', { ...inStudy8, BodyPartExamined: 'KNEE' }, '12'],
    ['series: range', { ...inStudy8, PerformedProcedureStepStartDate: '20240229-' }, '23'],
    ['series: list of UID', { ...inStudy8, SeriesInstanceUID: [1, 3].map((n) => uidOf(8, n)).join('\\') }, '13'],
    ['series: sequence', { ...inStudy8, RequestAttributesSequence: { ScheduledProcedureStepID: 'SPS1', RequestedProcedureID: 'RP1' } }, '1'],
    ['series: sequence, any item', { ...inStudy8, RequestAttributesSequence: { ScheduledProcedureStepID: 'SPS1' } }, '12'],
  ],
  IMAGE: [
    ['all images', { ...inSeries1 }, '12345'],
    ['images: a number', { ...inSeries1, InstanceNumber: '3' }, '3'],
    ['images: list of UID', { ...inSeries1, SOPInstanceUID: [2, 5, 9].map((n) => uidOf(8, 1, n)).join('\\') }, '25'],
    ['images: a date and time', { ...inSeries1, AcquisitionDateTime: '20240101080000' }, '1'],
    ['images: range of dates and times', { ...inSeries1, AcquisitionDateTime: '20240101080000-20240101130000' }, '12'],
    ['images: range of dates and times from', { ...inSeries1, AcquisitionDateTime: '20240101100000-' }, '23'],
    ['images: range of dates and times until', { ...inSeries1, AcquisitionDateTime: '-20240101080000' }, '14'],
    ['images: range of dates and times, of a day', { ...inSeries1, AcquisitionDateTime: '20240101-20240102' }, '123'],
  ] };

// --- before each archive ---

const sequences = ['ProcedureCodeSequence', 'RequestAttributesSequence'];
/// What each does not tell, so that nothing can be judged by it: passed over, and FF01.
const faces = {
  'QUIRK-DIMSE': [],
  'QUIRK-WEB': [],
  QRSCP: [...sequences, 'SeriesDescription', 'BodyPartExamined', 'PerformedProcedureStepStartDate', 'AcquisitionDateTime'],
  'ORTHANC-DIMSE': [],
  'ORTHANC-WEB': [...sequences],
};
const uniqueTag = { PATIENT: '(0010,0020)', STUDY: '(0020,000d)', SERIES: '(0020,000e)', IMAGE: '(0008,0018)' };
const uniqueKey = { PATIENT: 'PatientID', STUDY: 'StudyInstanceUID', SERIES: 'SeriesInstanceUID', IMAGE: 'SOPInstanceUID' };

let pons;
before(async () => {
  const folder = temporaryFolder('matching');
  kept({ stop: () => removeFolder(folder) });
  const data = { root: folder, truth: truthOf() };
  for (const instance of new Model(data.truth).IMAGE) {
    const { sopClass, sop, syntax, bytes } = stored(instance);
    writeFileSync(join(folder, `${sop.slice(root.length + 1).replaceAll('.', '-')}.dcm`), asFile(bytes, { sopClass, sop, syntax }));
  }
  const quirk = kept(await startQuirkPacs({ truth: data.truth, files: folder }));
  const qrscp = kept(await startDcmqrscp(data));
  const orthanc = kept(await startOrthanc(data));
  const more = { answer_cache: { size: 0 } };
  pons = kept(await startProvider({
    'quirk-dimse': { kind: 'dimse', host: '127.0.0.1', port: quirk.dimsePort, called_ae: quirk.aet, ...more },
    'quirk-web': { kind: 'dicomweb', url: quirk.url, ...more },
    qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' }, ...more }),
    'orthanc-dimse': sourceFor(orthanc, 'dimse', { quirks: { preset: 'orthanc' }, ...more }),
    'orthanc-web': sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' }, ...more }),
  }, { fhir: { allow_unbounded: true } }));
});

/// As arguments of findscu, with what names the answers.
function asKeys(keys, level) {
  const flat = Object.entries(keys).flatMap(([keyword, wanted]) => (typeof wanted === 'object'
    ? Object.entries(wanted).map(([inner, value]) => `${keyword}[0].${inner}=${value}`) : `${keyword}=${wanted}`));
  return ['SpecificCharacterSet=ISO_IR 192', ...flat, ...(keys[uniqueKey[level]] === undefined ? [uniqueKey[level]] : [])];
}

test('the oracle says of each case what is written there', () => {
  for (const [level, list] of Object.entries(cases))
    for (const [name, keys, expected] of list) {
      const found = Object.entries(entities[level]).filter(([, attributes]) => judge(keys, attributes, vrOf) === 'yes').map(([n]) => n).join('');
      assert.equal(found, expected, `${level}: ${name}`);
    }
});

for (const [face, silent] of Object.entries(faces))
  test(`${face}: ${Object.values(cases).flat().length} cases of matching`, { timeout: 300000 }, async (t) => {
    const queue = Object.entries(cases).flatMap(([level, list]) => list.map((one) => [level, ...one]));
    const run = (level, name, keys) => t.test(`${level}: ${name}`, async () => {
      const got = await find({ dimsePort: pons.dicomPort, aet: face }, asKeys(keys, level), { level, root: level === 'PATIENT' ? '-P' : '-S' });
      // An archive that finds nothing by what is beyond ASCII may not know how to: that is told.
      const unsure = /[^\0-\x7f]/.test(JSON.stringify(keys)) && got.rows.length === 0 && /nothing was found for what is not ASCII/.test(got.text);
      assert.equal(got.status, unsure ? 'A700' : '0000', got.text.slice(-3000));
      const uids = got.rows.map((row) => row[uniqueTag[level]].replace(/\0$/, ''));
      const numbers = level === 'PATIENT' ? uids.map((id) => Object.keys(studies).find((n) => studies[n].PatientID === id)) : uids.map((uid) => uid.split('.').at(-1));
      assert.equal(wrongWith(numbers, keys, entities[level], vrOf, { silent }), undefined);
      assert.deepEqual([...new Set(got.pending)], numbers.length ? [isDoubtful(keys, silent) ? 'FF01' : 'FF00'] : [], 'pending');
    });
    await Promise.all(Array.from({ length: 3 }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await run(...next);
    }));
  });
