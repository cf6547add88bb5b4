// The DICOMweb face before real archives, asked by dicomweb-client and by hand.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import dicomwebClient from '../conformance/node_modules/dicomweb-client/build/dicomweb-client.js';
import { readDataSet } from '../support/dimse_js/data_set.mjs';
import { publicStudies, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client, encode, entries } from './support/client.mjs';
import { dataSet, hash, inOneForm, uidsOf } from './support/files.mjs';
import { partsOf } from './support/multipart.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { XMLHttpRequest } from './support/xml_http_request.mjs';

globalThis.XMLHttpRequest = XMLHttpRequest;

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

let data, pons, heldByQrscp;
const faces = ['dimse', 'qrscp', 'web'];  // Orthanc by DIMSE, dcmqrscp, Orthanc by DICOMweb
before(async () => {
  data = await publicStudies();
  const [qrscp, orthanc] = [kept(await startDcmqrscp(data)), kept(await startOrthanc(data))];
  heldByQrscp = qrscp.store;
  pons = kept(await startPons({ http: { cors_origins: ['https://viewer.example.org'] }, sources: {
    dimse: sourceFor(orthanc, 'dimse', { quirks: { preset: 'orthanc' } }),
    qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' } }),
    web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
  } }));
});

const base = (face) => `${pons.url}/dicomweb${face ? `/sources/${face}` : ''}`;
const client = (face) => new dicomwebClient.api.DICOMwebClient({ url: base(face) });
const value = (row, tag, n = 0) => row[tag]?.Value?.[n];
const values = (rows, tag) => rows.map((row) => value(row, tag));
const studies = () => data.truth.studies;
const uidOf = (one) => one.attributes.StudyInstanceUID ?? one.attributes.SeriesInstanceUID ?? one.attributes.SOPInstanceUID;
const sorted = (list) => [...list].sort();
const seriesOf = (study) => study.series.map((series) => series.attributes.SeriesInstanceUID);
const instancesOf = (study) => study.series.flatMap((series) => series.instances.map((i) => i.attributes.SOPInstanceUID));
const studyUid = (study) => study.attributes.StudyInstanceUID;

for (const face of faces) {
  test(`${face}: all studies, newest first, each with what the standard requires`, async () => {
    const rows = await client(face).searchForStudies();
    assert.deepEqual(sorted(values(rows, '0020000D')), sorted(studies().map(studyUid)));
    const dates = values(rows, '00080020').filter(Boolean);
    assert.deepEqual(dates, [...dates].sort().reverse());
    for (const row of rows) {
      const study = studies().find((s) => studyUid(s) === value(row, '0020000D'));
      for (const tag of ['00080020', '00080030', '00080050', '00080061', '00080090', '00100010', '00100020', '00100030', '00100040', '00200010'])
        assert.ok(row[tag], `${tag} is there`);
      assert.equal(value(row, '00081190'), `${base(face)}/studies/${studyUid(study)}`);
      assert.equal(value(row, '00201206'), study.series.length, 'series');
      // dcmqrscp tells no counts, and its series have none to add up.
      assert.equal(value(row, '00201208'), face === 'qrscp' ? undefined : instancesOf(study).length, 'instances');
      const modalities = new Set(study.series.map((s) => s.attributes.Modality).filter(Boolean));
      assert.deepEqual(sorted(row['00080061'].Value ?? []), sorted(modalities));
    }
  });

  test(`${face}: the hierarchy, by paths and by relational resources`, async () => {
    const study = studies().find((s) => s.series.length > 1);
    const uid = studyUid(study);
    const web = client(face);
    assert.deepEqual(sorted(values(await web.searchForSeries({ studyInstanceUID: uid }), '0020000E')), sorted(seriesOf(study)));
    assert.deepEqual(sorted(values(await web.searchForInstances({ studyInstanceUID: uid }), '00080018')), sorted(instancesOf(study)));
    const series = study.series[0];
    const under = await web.searchForInstances({ studyInstanceUID: uid, seriesInstanceUID: series.attributes.SeriesInstanceUID });
    assert.deepEqual(sorted(values(under, '00080018')), sorted(series.instances.map((i) => i.attributes.SOPInstanceUID)));
    const relational = await web.searchForSeries({ queryParams: { StudyInstanceUID: uid, Modality: series.attributes.Modality } });
    assert.ok(values(relational, '0020000E').includes(series.attributes.SeriesInstanceUID));
    for (const row of relational) assert.equal(value(row, '0020000D'), uid);
  });

  test(`${face}: keys that this archive ignores are judged all the same`, async () => {
    const web = client(face);
    for (const modality of ['CT', 'MR', 'SR', 'XX']) {
      const expected = studies().filter((s) => s.series.some((e) => e.attributes.Modality === modality)).map(studyUid);
      const rows = await web.searchForStudies({ queryParams: { ModalitiesInStudy: modality } });
      assert.deepEqual(sorted(values(rows, '0020000D')), sorted(expected), modality);
    }
    const dated = studies().find((s) => /^\d{8}$/.test(s.attributes.StudyDate ?? ''));
    const day = dated.attributes.StudyDate;
    const rows = await web.searchForStudies({ queryParams: { StudyDate: `${day}-${day}` } });
    assert.deepEqual(sorted(values(rows, '0020000D')), sorted(studies().filter((s) => s.attributes.StudyDate === day).map(studyUid)));
  });

  test(`${face}: pages of one order`, async () => {
    const all = values(await client(face).searchForStudies(), '0020000D');
    const seen = [];
    for (let offset = 0; offset < all.length + 3; offset += 3) {
      const raw = await new Client(base(face)).raw(`studies?${encode([['limit', 3], ['offset', offset]])}`);
      const rows = JSON.parse(raw.text);
      assert.equal(/additional results/.test(raw.headers.warning ?? ''), offset + 3 < all.length, `${offset}: ${raw.headers.warning}`);
      seen.push(...values(rows, '0020000D'));
    }
    assert.deepEqual(seen, all);
  });
}

// dcmqrscp 3.6.7 stores Comprehensive 3D SR, Parametric Map and Microscopy Bulk Simple Annotations, and answers A702 when it is
// to send them by C-GET.
const unsent = ['1.2.840.10008.5.1.4.1.1.88.34', '1.2.840.10008.5.1.4.1.1.30', '1.2.840.10008.5.1.4.1.1.91.1'];
const maySend = (face, study) => face !== 'qrscp' ||
  !study.series.some((s) => s.instances.some((i) => unsent.includes(i.attributes.SOPClassUID)));

// storescu and dcmqrscp write the files anew on their way in, and what is not compressed goes out in Explicit VR Little Endian.
let qrscpFiles;
function isHeldByQrscp(sent) {
  qrscpFiles ??= new Map(readdirSync(heldByQrscp).filter((name) => name !== 'index.dat').map((name) => join(heldByQrscp, name))
    .map((path) => [uidsOf(readFileSync(path)).sop, path]));
  const stored = readFileSync(qrscpFiles.get(uidsOf(sent).sop));
  if (dataSet(sent).equals(dataSet(stored))) return true;
  const options = uidsOf(sent).syntax === '1.2.840.10008.1.2.1' ? ['--write-xfer-little'] : [];
  return inOneForm(sent, ...options).equals(inOneForm(stored, ...options));
}

for (const face of faces) {
  test(`${face}: every study is retrieved whole, each data set as it is stored`, { timeout: 300000 }, async () => {
    const raw = new Client(base(face));
    for (const study of studies()) {
      const asked = raw.raw(`studies/${studyUid(study)}`,
        { headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } });
      const answer = await (maySend(face, study) ? asked : asked.catch((e) => e));
      // Whole, or visibly broken.
      if (!maySend(face, study)) {
        assert.ok(answer.code === 'ECONNRESET' || answer.status === 502, `${studyUid(study)}: ${answer.code} ${answer.status}`);
        continue;
      }
      assert.equal(answer.status, 200, `${studyUid(study)}: ${answer.text.slice(0, 300)}`);
      const parts = partsOf(answer);
      const stored = study.series.flatMap((series) => series.instances);
      assert.equal(parts.length, stored.length, studyUid(study));
      for (const part of parts) assert.match(part.head, /^Content-Type: application\/dicom; transfer-syntax=[0-9.]+/);
      if (face === 'qrscp') {
        for (const { body } of parts) assert.ok(isHeldByQrscp(body), `${studyUid(study)}, ${uidsOf(body).sop}`);
        continue;
      }
      const form = face === 'dimse' ? inOneForm : dataSet;
      const files = stored.map((instance) => readFileSync(join(data.root, instance.file)));
      if (files.some((file) => !dataSet(file))) continue;  // without meta information they are stored in another form
      assert.deepEqual(sorted(parts.map((part) => hash(form(part.body)))), sorted(files.map((file) => hash(form(file)))), studyUid(study));
    }
    assert.equal((await raw.raw('studies/1.2.3.4.5.6')).status, 404);
  });

  test(`${face}: every series is retrieved by itself, of whatever class its instances are`, { timeout: 300000 }, async () => {
    const raw = new Client(base(face));
    for (const study of studies()) {
      for (const series of study.series) {
        if (face === 'qrscp' && series.instances.some((i) => unsent.includes(i.attributes.SOPClassUID))) continue;
        const answer = await raw.raw(`studies/${studyUid(study)}/series/${series.attributes.SeriesInstanceUID}`);
        assert.equal(answer.status, 200, `${series.attributes.Modality} ${answer.text.slice(0, 300)}`);
        assert.equal(partsOf(answer).length, series.instances.length);
      }
    }
  });

  test(`${face}: series, instance and metadata`, async () => {
    const study = studies().find((s) => s.series.length > 1 && maySend(face, s));
    const [series] = study.series;
    const [instance] = series.instances;
    const path = `studies/${studyUid(study)}/series/${series.attributes.SeriesInstanceUID}`;
    const one = `${path}/instances/${instance.attributes.SOPInstanceUID}`;
    const raw = new Client(base(face));
    assert.equal(partsOf(await raw.raw(path)).length, series.instances.length);
    const [part, ...more] = partsOf(await raw.raw(one));
    assert.equal(more.length, 0);
    assert.ok(part.head.includes(`Content-Location: ${base(face)}/${one}`));
    const single = await raw.raw(one, { headers: { Accept: 'application/dicom; transfer-syntax=*' } });
    assert.match(single.headers['content-type'], /^application\/dicom; transfer-syntax=/);
    assert.deepEqual(dataSet(single.bytes), dataSet(part.body));
    const uri = await raw.raw(`${pons.url}/wado?${encode([['requestType', 'WADO'], ['studyUID', studyUid(study)],
      ['seriesUID', series.attributes.SeriesInstanceUID], ['objectUID', instance.attributes.SOPInstanceUID],
      ['contentType', 'application/dicom']])}`);
    assert.equal(uri.status, 200);
    const rows = await client(face).retrieveSeriesMetadata({ studyInstanceUID: studyUid(study),
      seriesInstanceUID: series.attributes.SeriesInstanceUID });
    assert.deepEqual(sorted(values(rows, '00080018')), sorted(series.instances.map((i) => i.attributes.SOPInstanceUID)));
    for (const row of rows) assert.equal(row['7FE00010'], undefined);
  });
}

// Every BulkDataURI of metadata, at whatever depth.
function bulkUris(set) {
  return Object.values(set).flatMap((attribute) => attribute.vr === 'SQ'
    ? (attribute.Value ?? []).flatMap(bulkUris) : attribute.BulkDataURI ? [attribute.BulkDataURI] : []);
}

for (const face of faces) {
  test(`${face}: all that metadata says is elsewhere can be had there, at Pons alone`, { timeout: 300000 }, async () => {
    const raw = new Client(base(face));
    const bigEndian = '1.2.840.10008.1.2.2';
    const deflated = '1.2.840.10008.1.2.1.99';
    let values = 0;
    let nested = 0;
    for (const study of studies().filter((s) => maySend(face, s))) {
      const answer = await raw.raw(`studies/${studyUid(study)}/metadata`);
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
      for (const row of JSON.parse(answer.text)) {
        const stored = study.series.flatMap((s) => s.instances).find((i) => i.attributes.SOPInstanceUID === value(row, '00080018'));
        const file = readFileSync(join(data.root, stored.file));
        for (const uri of bulkUris(row).slice(0, 4)) {
          assert.ok(uri.startsWith(`${base(face)}/studies/${studyUid(study)}/series/`), uri);
          const bare = await raw.raw(uri, { headers: { Accept: 'application/octet-stream' } });
          assert.equal(bare.status, 200, `${stored.file} ${uri}: ${bare.text.slice(0, 300)}`);
          assert.ok(bare.bytes.length > 0, uri);
          if (![bigEndian, deflated].includes(stored.transferSyntax)) assert.ok(file.includes(bare.bytes), `${stored.file} ${uri}`);
          if (values++ % 10 === 0) {
            const [part, ...more] = partsOf(await raw.raw(uri));
            assert.equal(more.length, 0);
            assert.ok(part.head.includes(`Content-Location: ${uri}`));
            assert.deepEqual(part.body, bare.bytes);
          }
          nested += /\.\d+\./.test(uri) ? 1 : 0;
        }
      }
    }
    assert.ok(values > 30, `${values} values`);
    assert.ok(nested > 3, `${nested} of them in sequences`);
  });

  test(`${face}: a study and a series are rendered instance by instance`, { timeout: 120000 }, async () => {
    const raw = new Client(base(face));
    const study = studies().find((s) => s.attributes.PatientID === '98890234' && s.series.some((e) => e.attributes.Modality === 'MR')
      && s.series.length > 1);
    const each = new Map();
    for (const series of study.series) {
      for (const instance of series.instances) {
        const path = `studies/${studyUid(study)}/series/${series.attributes.SeriesInstanceUID}/instances/${instance.attributes.SOPInstanceUID}`;
        const one = await raw.raw(`${path}/rendered?viewport=64,64`, { headers: { Accept: 'image/png' } });
        assert.equal(one.status, 200, one.text.slice(0, 300));
        each.set(`${base(face)}/${path}`, hash(one.bytes));
      }
    }
    const whole = await raw.raw(`studies/${studyUid(study)}/rendered?viewport=64,64`, { headers: { Accept: 'image/png' } });
    assert.equal(whole.status, 200, whole.text.slice(0, 300));
    assert.match(whole.headers['content-type'], /^multipart\/related; type="image\/png"; boundary=/);
    assert.deepEqual(sorted(partsOf(whole).map((part) => hash(part.body))), sorted([...each.values()]));
    const [series] = study.series;
    const some = await raw.raw(`studies/${studyUid(study)}/series/${series.attributes.SeriesInstanceUID}/rendered?viewport=64,64`,
      { headers: { Accept: 'multipart/related; type="image/png"' } });
    const parts = partsOf(some);
    assert.equal(parts.length, series.instances.length);
    for (const part of parts) {
      const location = /Content-Location: (\S+?)(\/frames\/1)?\/rendered/.exec(part.head)[1];
      assert.equal(hash(part.body), each.get(location), location);
    }
    assert.equal((await raw.raw('studies/1.2.3.4.5.6/rendered')).status, 404);
    const documents = studies().find((s) => maySend(face, s) && s.series.every((e) => ['SR', 'DOC', 'KO', 'ECG'].includes(e.attributes.Modality)));
    assert.equal((await raw.raw(`studies/${studyUid(documents)}/rendered`)).status, 406);
  });
}

const drawn = new Map();  // by face, the hash of one rendered instance
// What a viewer that is built on dicomweb-client retrieves, by each of its calls, is what is stored. It asks for Explicit VR Little Endian,
// in which this study is.
for (const face of ['dimse', 'web']) {
  test(`${face}: all that dicomweb-client retrieves`, { timeout: 120000 }, async () => {
    const viewer = client(face);
    const explicit = '1.2.840.10008.1.2.1';
    const study = studies().find((s) => s.attributes.PatientID === '98890234' && s.series.length > 1
      && s.series.every((e) => e.attributes.Modality === 'MR' && e.instances.every((i) => i.transferSyntax === explicit)));
    const [series] = study.series;
    const [instance] = series.instances;
    const ofStudy = { studyInstanceUID: studyUid(study) };
    const ofSeries = { ...ofStudy, seriesInstanceUID: series.attributes.SeriesInstanceUID };
    const one = { ...ofSeries, sopInstanceUID: instance.attributes.SOPInstanceUID };
    const fileOf = (of) => readFileSync(join(data.root, of.file));
    const form = face === 'dimse' ? inOneForm : dataSet;  // Orthanc writes it anew on its way by DIMSE
    const hashes = (files) => sorted(files.map((file) => hash(form(Buffer.from(file)))));
    const all = study.series.flatMap((e) => e.instances);

    assert.deepEqual(hashes(await viewer.retrieveStudy(ofStudy)), hashes(all.map(fileOf)));
    assert.deepEqual(hashes(await viewer.retrieveSeries(ofSeries)), hashes(series.instances.map(fileOf)));
    assert.deepEqual(hashes([await viewer.retrieveInstance(one)]), hashes([fileOf(instance)]));

    const sops = (list) => sorted(list.map((i) => i.attributes.SOPInstanceUID));
    assert.deepEqual(sorted(values(await viewer.retrieveStudyMetadata(ofStudy), '00080018')), sops(all));
    const [row, ...others] = await viewer.retrieveInstanceMetadata(one);
    assert.equal(others.length, 0);
    assert.equal(value(row, '00080018'), one.sopInstanceUID);

    const file = fileOf(instance);
    const stored = readDataSet(dataSet(file), explicit);
    const [frame, ...more] = await viewer.retrieveInstanceFrames({ ...one, frameNumbers: [1] });
    assert.equal(more.length, 0);
    assert.equal(hash(Buffer.from(frame)), hash(stored.get(0x7fe00010).bytes));
    assert.equal(frame.byteLength, value(row, '00280010') * value(row, '00280011') * 2);
    const BulkDataURI = `${base(face)}/studies/${one.studyInstanceUID}/series/${one.seriesInstanceUID}/instances/${one.sopInstanceUID}/bulkdata/7FE00010`;
    const [bulk] = await viewer.retrieveBulkData({ BulkDataURI });
    assert.equal(hash(Buffer.from(bulk)), hash(Buffer.from(frame)));

    const png = { mediaTypes: [{ mediaType: 'image/png' }] };
    const picture = async (answer) => Buffer.from((await answer)[0]);
    const rendered = await picture(viewer.retrieveInstanceRendered({ ...one, ...png }));
    assert.deepEqual(sizeOf(rendered), [value(row, '00280011'), value(row, '00280010')]);
    const ofFrame = await picture(viewer.retrieveInstanceFramesRendered({ ...one, frameNumbers: [1], ...png }));
    assert.equal(hash(ofFrame), hash(rendered));
    const thumbnail = await picture(viewer.retrieveInstanceThumbnail({ ...one, ...png }));
    assert.equal(Math.max(...sizeOf(thumbnail)), 128);
    drawn.set(face, hash(rendered));
  });
}

test('a picture is the same by either way to the archive', () => {
  assert.equal(drawn.size, 2);
  assert.equal(new Set(drawn.values()).size, 1);
});

// Width and height of a PNG (RFC 2083 §11.2.2), of a GIF (GIF89a §18).
const sizeOf = (bytes) => bytes.subarray(1, 4).toString() === 'PNG'
  ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : [bytes.readUInt16LE(6), bytes.readUInt16LE(8)];

test('WADO-URI gives images', async () => {
  const raw = new Client(pons.url);
  const ask = (file, query) => {
    const study = studies().find((s) => s.series.some((e) => e.instances.some((i) => i.file.endsWith(file))));
    const series = study.series.find((e) => e.instances.some((i) => i.file.endsWith(file)));
    const instance = series.instances.find((i) => i.file.endsWith(file));
    return raw.raw(`wado?${encode([['requestType', 'WADO'], ['studyUID', studyUid(study)], ['seriesUID', series.attributes.SeriesInstanceUID],
      ['objectUID', instance.attributes.SOPInstanceUID], ...query])}`);
  };
  const ct = 'ct/CT_small.dcm';  // 128 x 128
  const plain = await ask(ct, []);
  assert.equal(plain.headers['content-type'], 'image/jpeg', plain.text.slice(0, 300));
  assert.equal(plain.bytes.readUInt16BE(0), 0xFFD8);
  const png = (query) => ask(ct, [['contentType', 'image/png'], ...query]);
  const whole = await png([]);
  assert.equal(whole.headers['content-type'], 'image/png');
  assert.deepEqual(sizeOf(whole.bytes), [128, 128]);
  assert.deepEqual(sizeOf((await png([['rows', 64]])).bytes), [64, 64]);
  assert.deepEqual(sizeOf((await png([['rows', 64], ['columns', 32]])).bytes), [32, 32]);
  assert.deepEqual(sizeOf((await png([['region', '0.25,0.5,0.75,1']])).bytes), [64, 64]);
  assert.deepEqual(sizeOf((await png([['region', '0,0,0.5,1'], ['rows', 32]])).bytes), [16, 32]);
  const narrow = await png([['windowCenter', 40], ['windowWidth', 2]]);
  assert.notDeepEqual(narrow.bytes, whole.bytes);
  assert.ok((await ask(ct, [['imageQuality', 5]])).bytes.length < plain.bytes.length);
  const cine = 'nm-pt/NM-MONO2-16-13x-heart.dcm';  // 13 frames
  const gif = await ask(cine, [['contentType', 'image/gif']]);
  assert.equal(gif.bytes.subarray(0, 6).toString(), 'GIF89a');
  assert.equal(gif.bytes.toString('latin1').split('\x21\xf9\x04').length - 1, 13, 'frames');
  const third = await ask(cine, [['contentType', 'image/png'], ['frameNumber', 3]]);
  const first = await ask(cine, [['contentType', 'image/png'], ['frameNumber', 1]]);
  assert.notDeepEqual(third.bytes, first.bytes);
  assert.equal((await ask(cine, [['contentType', 'image/png'], ['frameNumber', 14]])).status, 404);
  for (const type of ['video/mpeg', 'text/html', 'application/pdf']) assert.equal((await ask(ct, [['contentType', type]])).status, 406, type);
  assert.equal((await ask(ct, [['windowCenter', 40]])).status, 400);
  const document_ = await ask('sr-ko/test-SR.dcm', []);
  assert.match(document_.headers['content-type'], /^application\/dicom/, 'what has no pixels comes as it is');
  assert.equal((await ask('sr-ko/test-SR.dcm', [['contentType', 'image/jpeg']])).status, 406);
  assert.equal((await ask('sr-ko/test-SR.dcm', [['region', '0,0,1,1'], ['contentType', 'image/jpeg']])).status, 406);
});

test('all sources as one: each study once', async () => {
  const rows = await client().searchForStudies();
  assert.deepEqual(sorted(values(rows, '0020000D')), sorted(studies().map(studyUid)));
  assert.equal(value(rows[0], '00081190'), `${base()}/studies/${value(rows[0], '0020000D')}`);
});

test('the Endpoint of a FHIR search is a base that works', async () => {
  const fhir = new Client(pons.base);
  const study = studies().find((s) => s.attributes.AccessionNumber);
  const bundle = await fhir.search([['_id', studyUid(study)], ['_include', 'ImagingStudy:endpoint']]);
  const endpoints = entries(bundle, 'include').filter((e) => e.connectionType.code === 'dicom-wado-rs');
  assert.equal(endpoints.length, 3, 'each source holds it');
  for (const { address } of endpoints) {
    const rows = JSON.parse((await fhir.raw(`${address}/studies?StudyInstanceUID=${studyUid(study)}`)).text);
    assert.deepEqual(values(rows, '0020000D'), [studyUid(study)]);
    assert.equal(value(rows[0], '00081190'), `${address}/studies/${studyUid(study)}`);
  }
});

test('what viewers send: their parameters, preflight, both quotings, XML, gzip', async () => {
  const raw = new Client(base('web'));
  const ohif = await raw.raw('studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060');
  assert.equal(ohif.status, 200);
  assert.ok(JSON.parse(ohif.text).some((row) => row['00081030']));
  const preflight = await raw.raw('studies', { method: 'OPTIONS',
    headers: { Origin: 'https://viewer.example.org', 'Access-Control-Request-Method': 'GET' } });
  assert.equal(preflight.headers['access-control-allow-origin'], 'https://viewer.example.org');
  assert.match(preflight.headers['access-control-allow-methods'], /GET/);
  for (const type of ['multipart/related; type=application/dicom+xml', 'multipart/related; type="application/dicom+xml"']) {
    const xml = await raw.raw('studies?limit=2', { headers: { Accept: type } });
    assert.equal(xml.status, 200);
    assert.equal(xml.text.split('<NativeDicomModel').length, 3);
  }
  const packed = await raw.raw('studies', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal((await raw.raw('studies/?limit=1')).status, 200);
  assert.equal((await raw.raw('studies?Nonsense=1')).status, 400);
  const capabilities = await raw.raw(base('web'), { method: 'OPTIONS' });
  assert.equal(capabilities.headers['content-type'], 'application/vnd.sun.wadl+xml');
  assert.match(capabilities.text, /<resource path="studies\/{study}\/series">/);
  assert.match(capabilities.text, /\/bulkdata\/{place}"><method name="GET" id="RetrieveBulkData">.{0,80}?<representation mediaType="multipart\/related; type=&quot;application\/octet-stream&quot;"\/>/);
  assert.match(capabilities.text, /<resource path="studies\/{study}\/rendered"><method name="GET" id="RetrieveRendered">.*?<representation mediaType="multipart\/related; type=&quot;image\/jpeg&quot;"\/>/);
});
