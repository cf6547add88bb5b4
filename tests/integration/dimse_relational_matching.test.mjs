// Relational C-FIND (PS3.4 §C.4.1.2.2.1): series and images by keys of any level, without the UIDs above, in both models; case by case and in
// combinations that are drawn at random, asked of Pons before archives that can be asked so and that cannot, and judged by an oracle that
// knows the standard only. PONS_SEED and PONS_ROUNDS draw others.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { asFile } from '../support/dimse_js/data_set.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { byKeyword, uniqueKeys } from '../support/quirk_pacs/dictionary.mjs';
import { Model, stored } from '../support/quirk_pacs/model.mjs';
import { startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { dice } from './support/dice.mjs';
import { isDoubtful, judge, wrongWith } from './support/matching_oracle.mjs';
import { sourceFor } from './support/pons.mjs';
import { removeFolder, temporaryFolder } from './support/processes.mjs';
import { startProvider } from './support/provider.mjs';
import { beginFind, models, patientModels } from './support/retrieve_client.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

// --- what is held: entities by the numbers at the end of their UID, "2.1.3" ---

const root = '1.2.826.0.1.3680043.10.1.61';
const uidOf = (path) => `${root}.${path}`;
const uids = (...paths) => paths.map(uidOf).join('\\');
const vrOf = (keyword) => byKeyword.get(keyword).vr;

const studies = {
  1: [{ PatientName: 'Adams^John', PatientID: 'R-100', PatientSex: 'M', StudyDate: '20240101', StudyTime: '080000', AccessionNumber: 'ACC1', StudyDescription: 'CT Abdomen', StudyID: 'S1' }, ['CT', 'SR']],
  2: [{ PatientName: 'Adams^John', PatientID: 'R-100', PatientSex: 'M', StudyDate: '20240102', StudyTime: '093000', AccessionNumber: 'ACC10', StudyDescription: 'CT Thorax', StudyID: 'S2' }, ['CT', 'CT']],
  3: [{ PatientName: 'Adamson^Eve', PatientID: 'R-101', PatientSex: 'F', StudyDate: '20240131', StudyTime: '235959', AccessionNumber: 'ACC2', StudyDescription: 'MR Head', StudyID: 'S3' }, ['MR']],
  4: [{ PatientName: 'Smith^A', PatientID: 'R-400', PatientSex: 'F', StudyDate: '20231231', StudyTime: '000000', AccessionNumber: 'ACC1', StudyDescription: 'Knee', StudyID: 'S4' }, ['CT', 'MR', 'SR']],
};
const descriptions = ['T1_ax', 'T2_ax fs', 't1_ax'];

function truthOf() {
  return { studies: Object.entries(studies).map(([n, [attributes, modalities]]) => ({
    attributes: { ...attributes, StudyInstanceUID: uidOf(n) },
    series: modalities.map((Modality, s) => ({
      attributes: { Modality, SeriesNumber: `${s + 1}`, SeriesDescription: descriptions[s], BodyPartExamined: n === '4' ? 'KNEE' : '', SeriesInstanceUID: uidOf(`${n}.${s + 1}`) },
      instances: Array.from({ length: Modality === 'SR' ? 1 : 3 }, (_, i) => ({
        attributes: { SOPClassUID: `1.2.840.10008.5.1.4.1.1.7${i === 2 ? '.2' : ''}`, SOPInstanceUID: uidOf(`${n}.${s + 1}.${i + 1}`), InstanceNumber: `${10 * i + 1}` },
        file: `${n}-${s + 1}-${i + 1}.dcm`, transferSyntax: '1.2.840.10008.1.2.1' })) })) })) };
}

const truth = truthOf();
const entities = { STUDY: {}, SERIES: {}, IMAGE: {} };
for (const study of truth.studies) {
  const path = (attributes, keyword) => attributes[keyword].slice(root.length + 1);
  const ofStudy = { ...study.attributes, ModalitiesInStudy: [...new Set(study.series.map(({ attributes }) => attributes.Modality))] };
  entities.STUDY[path(ofStudy, 'StudyInstanceUID')] = ofStudy;
  for (const series of study.series) {
    const ofSeries = { ...ofStudy, ...series.attributes };
    entities.SERIES[path(ofSeries, 'SeriesInstanceUID')] = ofSeries;
    for (const { attributes } of series.instances) entities.IMAGE[path(attributes, 'SOPInstanceUID')] = { ...ofSeries, ...attributes };
  }
}

// --- the cases: name, keys, and how many have to match ---

const cases = {
  STUDY: [  // of the Patient Root only: it names the patient in vain
    ['a study', { StudyInstanceUID: uidOf(2) }, 1],
    ['studies by date', { StudyDate: '20240101-20240131' }, 3],
    ['studies by accession number', { AccessionNumber: 'ACC1' }, 2],
    ['studies of some patients', { PatientID: 'R-1*' }, 3],
  ],
  SERIES: [
    ['a series', { SeriesInstanceUID: uidOf('1.2') }, 1],
    ['series of several studies', { SeriesInstanceUID: uids('1.1', '3.1', '4.3') }, 3],
    ['series, one of nowhere', { SeriesInstanceUID: uids('1.1', '9.9') }, 1],
    ['a series of nowhere', { SeriesInstanceUID: uidOf('9.9') }, 0],
    ['series and a modality', { SeriesInstanceUID: uids('1.1', '1.2', '3.1'), Modality: 'MR' }, 1],
    ['series and a description', { SeriesInstanceUID: uids('1.1', '4.3'), SeriesDescription: 't1*' }, 1],
    ['series and a patient', { SeriesInstanceUID: uids('1.1', '3.1'), PatientID: 'R-101' }, 1],
    ['series and another patient', { SeriesInstanceUID: uidOf('1.1'), PatientID: 'R-400' }, 0],
    ['series and a study', { SeriesInstanceUID: uids('1.1', '2.1'), StudyInstanceUID: uidOf(2) }, 1],
    ['series and another study', { SeriesInstanceUID: uidOf('1.1'), StudyInstanceUID: uidOf(2) }, 0],
    ['series and studies', { SeriesInstanceUID: uids('1.1', '2.1', '3.1'), StudyInstanceUID: uids(1, 3) }, 2],
    ['series and what is of their study', { SeriesInstanceUID: uids('1.1', '2.1', '4.1'), StudyDescription: 'CT*' }, 2],
    ['series and days', { SeriesInstanceUID: uids('1.1', '2.1', '4.1'), StudyDate: '20240101-' }, 2],
    ['of a study', { StudyInstanceUID: uidOf(4) }, 3],
    ['of studies', { StudyInstanceUID: uids(1, 4) }, 5],
    ['of studies, by modality', { StudyInstanceUID: uids(1, 2, 4), Modality: 'CT' }, 4],
    ['of a patient', { PatientID: 'R-100' }, 4],
    ['of a patient, by number', { PatientID: 'R-100', SeriesNumber: '2' }, 2],
    ['of patients by name', { PatientName: 'Adam*' }, 5],
    ['of patients by name, by modality', { PatientName: 'Adam*', Modality: 'MR' }, 1],
    ['of an accession number', { AccessionNumber: 'ACC1' }, 5],
    ['of an accession number, by sex', { AccessionNumber: 'ACC1', PatientSex: 'F' }, 3],
    ['of a Study ID', { StudyID: 'S3' }, 1],
    ['of days', { StudyDate: '20240101-20240102' }, 4],
    ['of days, by modality', { StudyDate: '-20240102', Modality: 'SR' }, 2],
    ['of days and times', { StudyDate: '20240101-20240131', StudyTime: '0900-1000' }, 2],
    ['of studies with reports', { StudyDate: '20231231-', ModalitiesInStudy: 'SR' }, 5],
    ['of studies with reports, but these', { StudyDate: '20231231-', ModalitiesInStudy: 'SR', Modality: 'CT' }, 2],
    ['of all: a modality', { Modality: 'MR' }, 2],
    ['of all: a body part', { BodyPartExamined: 'KNEE' }, 3],
    ['of all: a description', { SeriesDescription: 'T?_ax*' }, 7],
    ['of all: a number, universal keys beside it', { SeriesNumber: '3', PatientName: '', StudyInstanceUID: '', Modality: '' }, 1],
  ],
  IMAGE: [
    ['an image', { SOPInstanceUID: uidOf('1.1.2') }, 1],
    ['images of several studies', { SOPInstanceUID: uids('1.1.1', '1.2.1', '3.1.3', '4.2.1') }, 4],
    ['images, one of nowhere', { SOPInstanceUID: uids('1.1.1', '9.9.9') }, 1],
    ['images and their series', { SOPInstanceUID: uids('1.1.1', '1.2.1'), SeriesInstanceUID: uidOf('1.1') }, 1],
    ['images and several series', { SOPInstanceUID: uids('1.1.1', '1.2.1', '3.1.1'), SeriesInstanceUID: uids('1.1', '3.1') }, 2],
    ['images and another series', { SOPInstanceUID: uidOf('1.1.1'), SeriesInstanceUID: uidOf('2.1') }, 0],
    ['images and their study', { SOPInstanceUID: uids('1.1.1', '2.1.1'), StudyInstanceUID: uidOf(1) }, 1],
    ['images, their study and series', { SOPInstanceUID: uids('1.1.1', '1.1.2'), StudyInstanceUID: uidOf(1), SeriesInstanceUID: uidOf('1.1') }, 2],
    ['images and a number', { SOPInstanceUID: uids('1.1.1', '1.1.2', '3.1.2'), InstanceNumber: '11' }, 2],
    ['images and a modality', { SOPInstanceUID: uids('1.1.1', '1.2.1', '3.1.2'), Modality: 'CT' }, 1],
    ['images and a patient', { SOPInstanceUID: uids('1.1.1', '3.1.2'), PatientID: 'R-101' }, 1],
    ['images and another patient', { SOPInstanceUID: uidOf('1.1.1'), PatientID: 'R-400' }, 0],
    ['images and days', { SOPInstanceUID: uids('1.1.1', '3.1.2'), StudyDate: '20240131' }, 1],
    ['of a series', { SeriesInstanceUID: uidOf('2.2') }, 3],
    ['of series', { SeriesInstanceUID: uids('1.2', '2.2', '4.1') }, 7],
    ['of series, by number', { SeriesInstanceUID: uids('1.1', '2.2', '4.1'), InstanceNumber: '21' }, 3],
    ['of series, by class', { SeriesInstanceUID: uids('1.1', '3.1'), SOPClassUID: '1.2.840.10008.5.1.4.1.1.7.2' }, 2],
    ['of series, by modality', { SeriesInstanceUID: uids('1.1', '3.1'), Modality: 'MR' }, 3],
    ['of series, of a patient', { SeriesInstanceUID: uids('1.1', '3.1'), PatientID: 'R-100' }, 3],
    ['of a study', { StudyInstanceUID: uidOf(1) }, 4],
    ['of a study, by number', { StudyInstanceUID: uidOf(4), InstanceNumber: '1' }, 3],
    ['of a study, by modality', { StudyInstanceUID: uidOf(4), Modality: 'MR' }, 3],
    ['of studies', { StudyInstanceUID: uids(1, 3) }, 7],
    ['of a patient', { PatientID: 'R-100' }, 10],
    ['of a patient, by modality and number', { PatientID: 'R-100', Modality: 'CT', InstanceNumber: '21' }, 3],
    ['of an accession number', { AccessionNumber: 'ACC1', SeriesNumber: '1' }, 6],
    ['of days', { StudyDate: '20240131-20240131' }, 3],
    ['of all: a class', { SOPClassUID: '1.2.840.10008.5.1.4.1.1.7.2' }, 6],
    ['of all: a number of a modality', { InstanceNumber: '11', Modality: 'MR' }, 2],
  ] };

// --- combinations ---

const seed = Number(process.env.PONS_SEED ?? 1);
const rounds = Number(process.env.PONS_ROUNDS ?? 40);

/// Keys of two or three cases together, by their number.
function drawn(number) {
  const draw = dice(number);
  const level = ['SERIES', 'IMAGE'][draw(2)];
  const from = [...cases.SERIES, ...(level === 'IMAGE' ? cases.IMAGE : [])];
  const keys = Object.assign({}, ...Array.from({ length: 2 + draw(2) }, () => from[draw(from.length)][1]));
  if (draw(3) === 0) Object.assign(keys, { StudyDate: '20231231-20240102', StudyTime: '0000-0900' });
  return { level, name: `seed ${number}: ${JSON.stringify(keys)}`, keys, model: ['patient', 'study'][draw(2)], combined: draw(2) };
}

// --- before each archive ---

/// `silent`: what it does not tell, so that nothing can be judged by it: passed over, and FF01. `apart`: it cannot be asked by UIDs alone.
const faces = {
  'QUIRK-DIMSE': {},
  'QUIRK-STRICT': { apart: true },
  'QUIRK-WEB': {},
  QRSCP: { silent: ['SeriesDescription', 'BodyPartExamined', 'SOPClassUID'], apart: true },
  'ORTHANC-DIMSE': {},
  'ORTHANC-WEB': {},
};

let pons;
before(async () => {
  const folder = temporaryFolder('relational');
  kept({ stop: () => removeFolder(folder) });
  const data = { root: folder, truth };
  for (const instance of new Model(truth).IMAGE) {
    const { sopClass, sop, syntax, bytes } = stored(instance);
    writeFileSync(join(folder, `${sop.slice(root.length + 1).replaceAll('.', '-')}.dcm`), asFile(bytes, { sopClass, sop, syntax }));
  }
  const quirk = kept(await startQuirkPacs({ truth, files: folder, quirks: { 'f8.relational': 'always' } }));
  const strict = kept(await startQuirkPacs({ truth, files: folder, http: false, quirks: { 'f8.relational': 'never' } }));
  const qrscp = kept(await startDcmqrscp(data));
  const orthanc = kept(await startOrthanc(data));
  const more = { answer_cache: { size: 0 } };
  const dimse = (archive, quirks) => ({ kind: 'dimse', host: '127.0.0.1', port: archive.dimsePort, called_ae: archive.aet, ...quirks, ...more });
  pons = kept(await startProvider({
    'quirk-dimse': dimse(quirk, { quirks: { relational: true } }),
    'quirk-strict': dimse(strict),
    'quirk-web': { kind: 'dicomweb', url: quirk.url, ...more },
    qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' }, ...more }),
    'orthanc-dimse': sourceFor(orthanc, 'dimse', { quirks: { preset: 'orthanc' }, ...more }),
    'orthanc-web': sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' }, ...more }),
  }, { fhir: { allow_unbounded: true } }));
});

test('the oracle finds for each case as many as are written there', () => {
  for (const [level, list] of Object.entries(cases))
    for (const [name, keys, expected] of list)
      assert.equal(Object.values(entities[level]).filter((attributes) => judge(keys, attributes, vrOf) === 'yes').length, expected, `${level}: ${name}`);
});

const tabled = Object.entries(cases).flatMap(([level, list]) => list.flatMap(([name, keys]) => (level === 'STUDY' ? ['patient'] : ['study', 'patient']).map((model) => (
  { level, name: `${level} in the ${model} root: ${name}`, keys, model, combined: 0 }))));

for (const [face, { silent = [], apart = false }] of Object.entries(faces))
  test(`${face}: ${tabled.length} relational cases, and ${rounds} combinations from seed ${seed} on`, { timeout: 300000 }, async (t) => {
    t.diagnostic(`PONS_SEED=${seed} PONS_ROUNDS=${rounds}`);
    const queue = [...tabled, ...Array.from({ length: rounds }, (_, n) => drawn(seed + n))];
    const run = ({ level, name, keys, model, combined }) => t.test(name, async () => {
      const unique = uniqueKeys[level];
      const asked = await beginFind(pons.dicomPort, face, level, { [unique]: '', ...keys }, { extended: [1, combined], model: (model === 'patient' ? patientModels : models).find });
      const got = await asked.all();
      await asked.release();
      assert.deepEqual(asked.agreed.map(([, bytes]) => bytes), [[1, combined]]);
      if (apart && got.status === 'A900') {
        assert.equal(got.comment, 'no archive here finds series or images by their UIDs alone');
        assert.ok(keys.SeriesInstanceUID || keys.SOPInstanceUID, 'it has such UIDs');
        assert.deepEqual([keys.PatientID, keys.StudyInstanceUID, keys.AccessionNumber].filter(Boolean), [], 'and nothing that narrows it');
        return;
      }
      assert.equal(got.status, '0000', got.comment);
      const found = got.values.map((value) => value(unique).slice(root.length + 1));
      assert.equal(wrongWith(found, keys, entities[level], vrOf, { silent, pairs: combined ? [['StudyDate', 'StudyTime']] : [] }), undefined);
      assert.deepEqual([...new Set(got.pending)], found.length ? [isDoubtful(keys, silent) ? 'FF01' : 'FF00'] : [], 'pending');
    });
    await Promise.all(Array.from({ length: 3 }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await run(next);
    }));
  });
