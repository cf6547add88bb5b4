// Samples in every transfer syntax, retrieved each way from real archives and a scripted one: as they are stored, and uncompressed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readDataSet } from '../support/dimse_js/data_set.mjs';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { instancesIn } from '../support/hostile/instances.mjs';
import { repository, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { dataSet, hash, inOneForm, uidsOf } from './support/files.mjs';
import { partsOf } from './support/multipart.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort, run, temporaryFolder } from './support/processes.mjs';

const explicit = '1.2.840.10008.1.2.1';
const native = ['1.2.840.10008.1.2', explicit, '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2'];  // not compressed
const video = '1.2.840.10008.1.2.4.102';
// HTJ2K and Deflated Image Frame Compression: DCMTK 3.6.7 neither sends nor takes them by DIMSE, whoever is built on it.
const unknownToDcmtk = ['1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.203', '1.2.840.10008.1.2.8.1'];

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const held = {};  // by archive, then by SOP Instance UID: files
let data, pons;
before(async () => {
  const root = temporaryFolder('samples');
  await run('/usr/bin/python3', [join(repository, 'tests', 'support', 'own_studies.py'), '--files', join(repository, 'tests', 'data', 'pixels'), '--out', root]);
  data = { root, truth: JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')) };
  const port = await freePort();
  const orthanc = kept(await startOrthanc(data, { settings: { DicomAlwaysAllowMove: true, DicomModalities: { pons: ['PONS_MOVE', '127.0.0.1', port] } } }));
  const known = { root, truth: { studies: data.truth.studies.filter((s) => !unknownToDcmtk.includes(s.name)) } };
  const qrscp = kept(await startDcmqrscp(known, { destinations: { PONS_MOVE: port } }));
  const samples = instancesIn(root);
  const scripted = kept(await new HostileArchive(samples).start()).sendsTo(port);
  const files = (folder, wanted = () => true) => new Map(readdirSync(folder).filter((name) => !/\.(json|dat)$/.test(name))
    .map((name) => readFileSync(join(folder, name))).map((file) => [uidsOf(file).sop, file]).filter(([sop]) => wanted(sop)));
  held.orthanc = files(root);
  held.qrscp = files(qrscp.store);  // storescu and dcmqrscp write anew what they take
  held.scripted = files(root, (sop) => samples.some((i) => i.sop === sop));
  const dimse = (archive, way, preset) => sourceFor(archive, 'dimse', { retrieve: [way], ...(preset ? { quirks: { preset } } : {}) });
  pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources: {
    'orthanc-get': dimse(orthanc, 'c-get', 'orthanc'), 'orthanc-move': dimse(orthanc, 'c-move', 'orthanc'),
    'orthanc-web': sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
    'qrscp-get': dimse(qrscp, 'c-get', 'dcmtk-qrscp'), 'qrscp-move': dimse(qrscp, 'c-move', 'dcmtk-qrscp'),
    'scripted-get': dimse(scripted, 'c-get'), 'scripted-move': dimse(scripted, 'c-move'),
  } }));
});

const asStored = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const byDefault = 'multipart/related; type="application/dicom"';
const ask = (face, study, accept) => new Client(`${pons.url}/dicomweb/sources/${face}`)
  .raw(`studies/${study.attributes.StudyInstanceUID}`, { headers: { Accept: accept } });
const instancesOf = (study) => study.series.flatMap((s) => s.instances);
const sopOf = (instance) => instance.attributes.SOPInstanceUID;

// dcmqrscp's contexts for C-GET and C-MOVE end with what is native in Explicit VR Little Endian, into which DCMTK converts all such.
// Its profile here offers each class once, with all transfer syntaxes, so that for C-MOVE one has to be chosen (decision 0021).
// Both real archives write a data set anew on its way by DIMSE.
const faces = {
  'orthanc-get': { form: inOneForm, cannot: unknownToDcmtk }, 'orthanc-move': { form: inOneForm, cannot: unknownToDcmtk }, 'orthanc-web': {},
  'qrscp-get': { form: inOneForm, converts: true }, 'qrscp-move': { form: inOneForm, converts: true },
  'scripted-get': {}, 'scripted-move': {},
};

for (const [face, { form = dataSet, cannot = [], converts = false }] of Object.entries(faces)) {
  test(`${face}: every transfer syntax is passed on as it is stored`, { timeout: 120000 }, async () => {
    const there = held[face.split('-')[0]];
    const studies = data.truth.studies.filter((study) => instancesOf(study).some((i) => there.has(sopOf(i))));
    assert.ok(studies.length > 13, `${studies.length} studies`);
    for (const study of studies) {
      const answer = await ask(face, study, asStored);
      if (cannot.includes(study.name)) {
        assert.equal(answer.status, 502, study.name);
        continue;
      }
      assert.equal(answer.status, 200, `${study.name}: ${answer.text.slice(0, 300)}`);
      const parts = partsOf(answer).map(({ body }) => ({ ...uidsOf(body), body }));
      assert.deepEqual(parts.map(({ sop }) => sop).sort(), instancesOf(study).map(sopOf).filter((sop) => there.has(sop)).sort(), study.name);
      for (const { sop, syntax, body } of parts) {
        const stored = there.get(sop);
        const converted = converts && native.includes(uidsOf(stored).syntax);
        assert.equal(syntax, converted ? explicit : uidsOf(stored).syntax, study.name);
        const as = converted ? (file) => inOneForm(file, '--write-xfer-little') : form;
        assert.equal(hash(as(body)), hash(as(stored)), `${study.name}, ${sop}`);
      }
    }
  });
}

for (const face of ['orthanc-web', 'scripted-get', 'qrscp-move']) {
  test(`${face}: without transfer-syntax=* it is Explicit VR Little Endian, or 406`, { timeout: 120000 }, async () => {
    const there = held[face.split('-')[0]];
    for (const study of data.truth.studies) {
      const instances = instancesOf(study).filter((i) => there.has(sopOf(i)));
      if (instances.length === 0) continue;
      const answer = await ask(face, study, byDefault);
      if ([video, 'seven bits'].includes(study.name)) {
        assert.equal(answer.status, 406);
        continue;
      }
      assert.equal(answer.status, 200, `${study.name}: ${answer.text.slice(0, 300)}`);
      const pixels = new Map(partsOf(answer).map(({ head, body }) => {
        assert.match(head, /transfer-syntax=1\.2\.840\.10008\.1\.2\.1\r?$/m);
        assert.equal(uidsOf(body).syntax, explicit);
        return [uidsOf(body).sop, readDataSet(dataSet(body), explicit).get(0x7fe00010).bytes];
      }));
      assert.equal(pixels.size, instances.length);
      for (const instance of instances) assert.equal(pixels.get(sopOf(instance)).length, instance.pixels, `${study.name}, ${instance.sample}`);
      // One image, compressed without loss in several ways.
      if (study.name === 'mixed') assert.equal(new Set([...pixels.values()].map(hash)).size, 1, 'the same pixels');
    }
  });
}
