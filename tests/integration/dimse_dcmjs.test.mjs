// dcmjs-dimse as a client, of Pons before Orthanc's DICOMweb and before dcmqrscp, and of the archive itself: what it is told is the same.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { instancesOf, startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { converse, Dataset, requests, scp } from './support/dcmjs_client.mjs';
import { destination } from './support/destination.mjs';
import { dataSet, element, hash } from './support/files.mjs';
import { sourceFor } from './support/pons.mjs';
import { freePort, removeFolder } from './support/processes.mjs';
import { startProvider } from './support/provider.mjs';

const { CEchoRequest, CFindRequest, CGetRequest, CMoveRequest, CStoreRequest } = requests;
const patientRootFind = '1.2.840.10008.5.1.4.1.2.1.1';
const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let data, others, orthanc, qrscp, taker;
const at = {};
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  for (const each of [data, others]) if (each) removeFolder(each.root);
});

// Pons before each archive, and that archive.
const pairs = [['before Orthanc\'s DICOMweb', 'WEB', 'ORTHANC'], ['before dcmqrscp', 'QR', 'PACS']];

before(async () => {
  data = await syntheticStudies({ studies: 12, plain: true });
  others = await syntheticStudies({ studies: 8, seed: 99, plain: true });
  const movePort = await freePort();
  taker = kept(await scp(movePort));
  orthanc = kept(await startOrthanc(data, { settings: { DicomModalities: { dcmjs: ['DCMJS', '127.0.0.1', movePort] } } }));
  qrscp = kept(await startDcmqrscp(data, { destinations: { DCMJS: movePort } }));
  const pons = kept(await startProvider({
    web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
    qr: sourceFor(qrscp, 'dimse', { retrieve: ['c-get'], quirks: { preset: 'dcmtk-qrscp' } }),
  }, { peers: { DCMJS: movePort } }));
  for (const aet of ['WEB', 'QR', 'NOBODY']) at[aet] = { aet, dimsePort: pons.dicomPort };
  at.ORTHANC = { aet: 'ORTHANC', dimsePort: orthanc.dicomPort };
  at.PACS = { aet: 'PACS', dimsePort: qrscp.port };
});

const studies = () => data.truth.studies;
const deep = () => studies().find((s) => s.series.length > 1) ?? studies()[0];
const uidsOf = (instances) => instances.map((i) => i.attributes.SOPInstanceUID).sort();

// dcmqrscp does not tell them; Pons does, from the series.
const filled = ['ModalitiesInStudy', 'NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'];

/// Who gives the rows, and in which character set, is no data. `without`: elements that are not looked at.
function rows({ responses }, without = []) {
  const passed = ['RetrieveAETitle', 'SpecificCharacterSet', ...without];
  return responses.filter(({ elements }) => elements)
    .map(({ elements }) => JSON.stringify(Object.fromEntries(Object.entries(elements).filter(([name]) => !passed.includes(name))))).sort();
}
const final = ({ responses }) => responses.at(-1)?.status;

const ofStudy = { PatientName: '', PatientID: '', PatientBirthDate: '', PatientSex: '', StudyDate: '', StudyTime: '', AccessionNumber: '', StudyID: '', StudyInstanceUID: '' };
function finds() {
  const one = studies()[2].attributes;
  const [series] = deep().series;
  const uid = { StudyInstanceUID: deep().attributes.StudyInstanceUID };
  const patientRoot = (elements) => {
    const request = new CFindRequest();
    request.setDataset(new Dataset({ QueryRetrieveLevel: 'PATIENT', ...elements }));
    request.setAffectedSopClassUid(patientRootFind);
    return request;
  };
  return [
    ['a study by Patient ID', () => CFindRequest.createStudyFindRequest({ ...ofStudy, PatientID: one.PatientID }), 1],
    ['studies by a wild card', () => CFindRequest.createStudyFindRequest({ ...ofStudy, PatientName: `${String(one.PatientName).slice(0, 2)}*` }), 1],
    ['studies by a range', () => CFindRequest.createStudyFindRequest({ ...ofStudy, StudyDate: '19000101-20991231' }), 5],
    ['no study', () => CFindRequest.createStudyFindRequest({ ...ofStudy, PatientID: 'nobody' }), 0],
    ['series', () => CFindRequest.createSeriesFindRequest({ ...uid, SeriesInstanceUID: '', Modality: '', SeriesNumber: '' }), deep().series.length],
    ['images', () => CFindRequest.createImageFindRequest({ ...uid, SeriesInstanceUID: series.attributes.SeriesInstanceUID, SOPInstanceUID: '', InstanceNumber: '' }), series.instances.length],
    ['a patient, in Patient Root', () => patientRoot({ PatientID: one.PatientID, PatientName: '', PatientSex: '' }), 1],
  ];
}

test('C-ECHO, and who calls nobody hears so', async () => {
  for (const [, title] of pairs) assert.deepEqual((await converse(at[title], new CEchoRequest())).responses.map(({ status }) => status), [0]);
  const { rejected } = await converse(at.NOBODY, new CEchoRequest());
  assert.deepEqual(rejected, { result: 1, source: 1, reason: 7 });
  const stranger = await converse(at.WEB, new CEchoRequest(), { calling: 'STRANGER' });
  assert.deepEqual(stranger.rejected, { result: 1, source: 1, reason: 3 });
});

for (const [where, title, itself] of pairs) {
  test(`${where}: C-FIND`, { timeout: 120000 }, async () => {
    for (const [name, make, atLeast] of finds()) {
      const [told, expected] = [await converse(at[title], make()), await converse(at[itself], make())];
      assert.equal(told.error, undefined, name);
      assert.equal(final(told), 0, name);
      const untold = filled.filter((key) => expected.responses.every(({ elements }) => elements?.[key] === undefined));
      assert.deepEqual(rows(told, untold), rows(expected), name);
      assert.ok(rows(told).length >= atLeast, `${name}: ${rows(told).length}`);
    }
  });

  test(`${where}: C-GET of a study, a series and an image`, { timeout: 120000 }, async () => {
    const study = deep().attributes.StudyInstanceUID;
    const [series] = deep().series;
    const levels = [[() => CGetRequest.createStudyGetRequest(study), deep().series.flatMap((s) => s.instances)],
      [() => CGetRequest.createSeriesGetRequest(study, series.attributes.SeriesInstanceUID), series.instances],
      [() => CGetRequest.createImageGetRequest(study, series.attributes.SeriesInstanceUID, series.instances[0].attributes.SOPInstanceUID), series.instances.slice(0, 1)]];
    for (const [make, instances] of levels) {
      const [told, expected] = [await converse(at[title], make()), await converse(at[itself], make())];
      assert.equal(told.error, undefined);
      assert.deepEqual([final(told), told.responses.at(-1).completed, told.responses.at(-1).failures], [0, instances.length, 0], told.responses.at(-1).comment);
      assert.deepEqual([...told.stored.keys()].sort(), uidsOf(instances));
      for (const [sop, elements] of expected.stored) assert.deepEqual(told.stored.get(sop), elements, sop);
      assert.ok(expected.stored.size === 0 || expected.stored.size === instances.length);
    }
  });

  test(`${where}: C-MOVE to its own Scp`, { timeout: 120000 }, async () => {
    const instances = deep().series.flatMap((s) => s.instances);
    const move = async (whom) => {
      taker.stored.clear();
      taker.callers.length = 0;
      const told = await converse(whom, CMoveRequest.createStudyMoveRequest('DCMJS', deep().attributes.StudyInstanceUID));
      return { ...told, took: new Map(taker.stored), callers: [...taker.callers] };
    };
    const [told, expected] = [await move(at[title]), await move(at[itself])];
    assert.deepEqual([final(told), told.responses.at(-1).completed, told.responses.at(-1).failures], [0, instances.length, 0], told.responses.at(-1).comment);
    assert.deepEqual([...told.took.keys()].sort(), uidsOf(instances));
    assert.deepEqual([...expected.took.keys()].sort(), uidsOf(instances));
    for (const [sop, elements] of expected.took) assert.deepEqual(told.took.get(sop), elements, sop);
    assert.deepEqual(told.callers, [title], 'one association, with the title that was called');
    const unknown = await converse(at[title], CMoveRequest.createStudyMoveRequest('NOWHERE', deep().attributes.StudyInstanceUID));
    assert.equal(final(unknown), 0xa801);
  });
}

test('C-STORE: what it says is what the archives hold', { timeout: 120000 }, async () => {
  const kinds = new Set(instancesOf(data).map((i) => `${i.attributes.SOPClassUID} ${i.transferSyntax}`));
  const sent = instancesOf(others).filter((i) => kinds.has(`${i.attributes.SOPClassUID} ${i.transferSyntax}`)).slice(0, 6);
  assert.ok(sent.length >= 4, `${sent.length}`);
  const store = (whom) => converse(whom, sent.map(({ file }) => new CStoreRequest(join(others.root, file))));
  // What is on the wire, by one who takes the first transfer syntax as Pons does.
  const heard = kept(await destination());
  await store({ aet: 'HEARD', dimsePort: heard.port });
  assert.equal(heard.taken.length, sent.length);
  for (const [, title] of pairs) {
    const { responses, error } = await store(at[title]);
    assert.equal(error, undefined);
    assert.deepEqual(responses.map(({ status }) => status), sent.map(() => 0), JSON.stringify(responses));
  }
  const client = new Client(`http://127.0.0.1:${orthanc.port}`);
  for (const { uid, data: bytes } of heard.taken) {
    const [found] = JSON.parse((await client.raw('tools/lookup', { method: 'POST', body: uid, headers: { 'Content-Length': uid.length } })).text);
    assert.equal(hash(dataSet((await client.raw(`instances/${found.ID}/file`)).bytes)), hash(bytes), uid);
    const stored = readdirSync(qrscp.store).map((name) => readFileSync(join(qrscp.store, name))).find((each) => each.includes(element(0x00020003, 'UI', uid)));
    assert.ok(stored, `dcmqrscp holds ${uid}`);
  }
});
