// Orthanc as a modality: it queries, retrieves from and stores to Pons, before another Orthanc's DICOMweb and before dcmqrscp, as it would
// an archive. What it is told is what it is told by the archive itself.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { instancesOf, startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { element, hash, inOneForm } from './support/files.mjs';
import { sourceFor } from './support/pons.mjs';
import { freePort, removeFolder } from './support/processes.mjs';
import { startProvider } from './support/provider.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let data, others, modality, archive, qrscp;
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  for (const each of [data, others]) if (each) removeFolder(each.root);
});

/// A request to an Orthanc: what it answers, read.
async function ask(orthanc, path, body, method = body === undefined ? 'GET' : 'POST') {
  const client = new Client(`http://127.0.0.1:${orthanc.port}`);
  const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await client.raw(path, { method, body: text, headers: text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) } });
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return method === 'GET' || body !== undefined ? JSON.parse(answer.text || 'null') : undefined;
}

// Whom the modality calls: Pons before each archive, and that archive.
const pairs = [['before Orthanc\'s DICOMweb', 'PONS_WEB', 'ORTHANC'], ['before dcmqrscp', 'PONS_QR', 'PACS']];

before(async () => {
  data = await syntheticStudies({ studies: 12, plain: true });
  others = await syntheticStudies({ studies: 8, seed: 99, plain: true });
  archive = kept(await startOrthanc(data));
  qrscp = kept(await startDcmqrscp({ root: data.root, truth: { studies: [...data.truth.studies] } }));
  const dicomPort = await freePort();
  const at = (title, port) => [title, '127.0.0.1', port];
  modality = kept(await startOrthanc(undefined, { settings: { DicomAet: 'CT1',
    DicomModalities: { PONS_WEB: at('WEB', dicomPort), PONS_QR: at('QR', dicomPort), ORTHANC: at('ORTHANC', archive.dicomPort), PACS: at('PACS', qrscp.port) } } }));
  kept(await startProvider({
    web: sourceFor(archive, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
    qr: sourceFor(qrscp, 'dimse', { retrieve: ['c-get'], quirks: { preset: 'dcmtk-qrscp' } }),
  }, { dicom: { listen: `127.0.0.1:${dicomPort}` }, peers: { CT1: modality.dicomPort } }));
});

const studies = () => data.truth.studies;
const retrieveTitle = '0008,0054';

/// One query of the modality's: its path, and the answers without what says who gave them, and what has no value.
async function query(whom, level, keys) {
  const { Path } = await ask(modality, `modalities/${whom}/query`, { Level: level, Query: keys });
  const path = Path.slice(1);
  const answers = [];
  for (const n of await ask(modality, `${path}/answers`))
    answers.push(Object.fromEntries(Object.entries(await ask(modality, `${path}/answers/${n}/content`))
      .filter(([tag, { Value: value }]) => value !== '' && value !== null && ![retrieveTitle, '0008,0005'].includes(tag)).map(([tag, { Value: value }]) => [tag, value])));
  return { path, answers };
}

const inOrder = (answers) => answers.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
const ofStudy = { PatientName: '', PatientID: '', PatientBirthDate: '', PatientSex: '', StudyDate: '', StudyTime: '', AccessionNumber: '', StudyDescription: '', StudyInstanceUID: '' };

for (const [where, title, itself] of pairs) {
  test(`${where}: C-ECHO, and queries of every level are answered as by the archive itself`, { timeout: 120000 }, async () => {
    await ask(modality, `modalities/${title}/echo`, {});
    const one = studies()[2].attributes;
    const deep = studies().find((s) => s.series.length > 1) ?? studies()[0];
    const [series] = deep.series;
    const uid = { StudyInstanceUID: deep.attributes.StudyInstanceUID };
    const queries = [
      ['Study', { ...ofStudy, PatientID: one.PatientID }, 1],
      ['Study', { ...ofStudy, PatientID: `${one.PatientID.slice(0, 3)}*` }, 2],
      ['Study', { ...ofStudy, PatientName: `${String(one.PatientName).split('^')[0]}*` }, 1],
      ['Study', { ...ofStudy, StudyDate: '19000101-20991231' }, 5],
      ['Study', { ...ofStudy, StudyDate: `-${one.StudyDate}` }, 1],
      ['Study', { ...ofStudy, AccessionNumber: one.AccessionNumber }, 1],
      ['Study', { ...ofStudy, StudyInstanceUID: studies().slice(0, 3).map((s) => s.attributes.StudyInstanceUID).join('\\') }, 3],
      ['Study', { ...ofStudy, PatientID: 'nobody' }, 0],
      ['Series', { ...uid, SeriesInstanceUID: '', Modality: '', SeriesNumber: '' }, deep.series.length],
      ['Instance', { ...uid, SeriesInstanceUID: series.attributes.SeriesInstanceUID, SOPInstanceUID: '', InstanceNumber: '' }, series.instances.length],
      ['Patient', { PatientID: one.PatientID, PatientName: '', PatientSex: '' }, 1],
    ];
    for (const [level, keys, atLeast] of queries) {
      const [told, expected] = [await query(title, level, keys), await query(itself, level, keys)];
      assert.deepEqual(inOrder(told.answers), inOrder(expected.answers), `${level} ${JSON.stringify(keys)}`);
      assert.ok(told.answers.length >= atLeast, `${level} ${JSON.stringify(keys)}: ${told.answers.length}`);
    }
  });

  test(`${where}: what it retrieves by C-MOVE to itself is what the archive holds`, { timeout: 120000 }, async () => {
    const deep = studies().find((s) => s.series.length > 1) ?? studies()[0];
    const [series] = deep.series;
    const uid = { StudyInstanceUID: deep.attributes.StudyInstanceUID };
    const levels = [['Study', uid, deep.series.flatMap((s) => s.instances)],
      ['Series', { ...uid, SeriesInstanceUID: series.attributes.SeriesInstanceUID }, series.instances],
      ['Instance', { ...uid, SeriesInstanceUID: series.attributes.SeriesInstanceUID, SOPInstanceUID: series.instances[0].attributes.SOPInstanceUID }, series.instances.slice(0, 1)]];
    for (const [level, keys, instances] of levels) {
      const { path, answers } = await query(title, level, keys);
      assert.equal(answers.length, 1);
      await ask(modality, `${path}/answers/0/retrieve`, { TargetAet: 'CT1', Synchronous: true });
      await holdsOnly(modality, instances, data, level);
      for (const id of await ask(modality, 'patients')) await ask(modality, `patients/${id}`, undefined, 'DELETE');
    }
    // All answers of a query at once, as a workstation does.
    const two = studies().slice(3, 5);
    const { path } = await query(title, 'Study', { StudyInstanceUID: two.map((s) => s.attributes.StudyInstanceUID).join('\\') });
    await ask(modality, `${path}/retrieve`, { TargetAet: 'CT1', Synchronous: true });
    await holdsOnly(modality, two.flatMap((s) => s.series.flatMap((each) => each.instances)), data, 'two studies');
    for (const id of await ask(modality, 'patients')) await ask(modality, `patients/${id}`, undefined, 'DELETE');
  });
}

// dcmqrscp sends what it holds in Implicit VR in Explicit VR where that is accepted.
async function holdsOnly(orthanc, instances, from, what) {
  const got = new Map();
  const client = new Client(`http://127.0.0.1:${orthanc.port}`);
  for (const id of await ask(orthanc, 'instances')) {
    const { MainDicomTags: { SOPInstanceUID: sop } } = await ask(orthanc, `instances/${id}`);
    got.set(sop, (await client.raw(`instances/${id}/file`)).bytes);
  }
  assert.deepEqual([...got.keys()].sort(), instances.map((i) => i.attributes.SOPInstanceUID).sort(), what);
  for (const { file, attributes } of instances)
    assert.equal(hash(inOneForm(got.get(attributes.SOPInstanceUID), '+te')), hash(inOneForm(readFileSync(join(from.root, file)), '+te')), `${what}: ${file}`);
}

test('what it stores through Pons is in both archives as it was', { timeout: 120000 }, async () => {
  // dcmqrscp takes what it was told of.
  const kinds = new Set(instancesOf(data).map((i) => `${i.attributes.SOPClassUID} ${i.transferSyntax}`));
  const sent = instancesOf(others).filter((i) => kinds.has(`${i.attributes.SOPClassUID} ${i.transferSyntax}`)).slice(0, 12);
  assert.ok(sent.length >= 4, `${sent.length}`);
  const ids = [];
  for (const one of sent) ids.push((await ask(modality, 'instances', readFileSync(join(others.root, one.file)))).ID);
  for (const [, title] of pairs) {
    const done = await ask(modality, `modalities/${title}/store`, { Resources: ids, Synchronous: true });
    assert.deepEqual([done.FailedInstancesCount, done.InstancesCount], [0, sent.length], JSON.stringify(done));
  }
  const client = new Client(`http://127.0.0.1:${archive.port}`);
  const inQrscp = readdirSync(qrscp.store).filter((name) => name !== 'index.dat').map((name) => readFileSync(join(qrscp.store, name)));
  for (const { file, attributes: { SOPInstanceUID: sop } } of sent) {
    const itself = hash(inOneForm(readFileSync(join(others.root, file))));
    const [found] = await ask(archive, 'tools/lookup', sop);
    assert.equal(hash(inOneForm((await client.raw(`instances/${found.ID}/file`)).bytes)), itself, file);
    const stored = inQrscp.find((each) => each.includes(element(0x00020003, 'UI', sop)));
    assert.equal(hash(inOneForm(stored)), itself, file);
  }
});
