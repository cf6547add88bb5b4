// Invoke Image Display (IHE RAD-106) as an EHR does it: the address comes from an Endpoint, the images from a DIMSE archive.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { publicStudies, startDcmqrscp } from './support/archives.mjs';
import { Client, encode, entries } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { removeFolder, run, temporaryFolder } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const viewer = 'https://viewer.example.org/viewer?StudyInstanceUIDs={study_uids}';
const second = 'https://second.example.org/{patient_id}/{study_uid}?base={dicomweb}';
let archive, displays, bare, data;
before(async () => {
  data = await publicStudies();
  archive = kept(await startDcmqrscp(data));
  await loadTwoPatientsOfOneAccession();
  const sources = { pacs: sourceFor(archive, 'dimse', { quirks: { preset: 'dcmtk-qrscp' }, answer_cache: { size: 0 } }) };
  displays = kept(await startPons({ viewers: { ohif: { study_url: viewer }, second: { study_url: second } }, sources }));
  bare = kept(await startPons({ sources }));
});

async function loadTwoPatientsOfOneAccession() {
  const folder = temporaryFolder('accession');
  const files = ['1', '2'].map((n) => join(folder, `${n}.dcm`));
  for (const [i, file] of files.entries()) {
    copyFileSync(join(data.root, 'ct', 'CT_small.dcm'), file);
    await run('dcmodify', ['-nb', '-gst', '-gse', '-gin', '-i', `0010,0020=TWIN${i}`, '-i', '0008,0050=SHARED', '-i', '0008,0020=20240102', file]);
  }
  await run('storescu', ['-aec', 'PACS', '127.0.0.1', `${archive.port}`, ...files]);
  removeFolder(folder);
}

const invoke = (pons, query) => new Client(pons.url).raw(`IHEInvokeImageDisplay?${encode(query)}`);
const study = (id) => ['requestType', 'STUDY', 'studyUID', id];
const pairs = (...flat) => flat.reduce((all, value, i) => (i % 2 ? [...all.slice(0, -1), [...all.at(-1), value]] : [...all, [value]]), []);
const peter = () => data.truth.studies.filter((s) => s.attributes.PatientID === '98890234');
const uids = (studies) => studies.map((s) => s.attributes.StudyInstanceUID);
const opened = (answer) => new URL(answer.headers.location).searchParams.get('StudyInstanceUIDs').split(',');
const sorted = (list) => [...list].sort();

test('the Endpoint of a study says where to invoke the display, and the study is opened there', async () => {
  const fhir = new Client(displays.base);
  const [one] = peter();
  const bundle = await fhir.search([['_id', uids([one])[0]], ['_include', 'ImagingStudy:endpoint']]);
  const [endpoint] = entries(bundle, 'include').filter((e) => e.connectionType.code === 'ihe-iid');
  assert.equal(endpoint.id, 'pacs-ihe-iid');
  assert.ok(entries(bundle, 'match')[0].endpoint.some((e) => e.reference === 'Endpoint/pacs-ihe-iid'));
  assert.deepEqual((await fhir.get('Endpoint/pacs-ihe-iid')).body, endpoint);
  const answer = await fhir.raw(`${endpoint.address}?${encode([['requestType', 'STUDY'], ['studyUID', uids([one])[0]]])}`);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.location, viewer.replace('{study_uids}', uids([one])[0]));
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('requests of both types lead to the viewer', async () => {
  const all = uids(peter());
  const accession = data.truth.studies.find((s) => s.attributes.AccessionNumber &&
    data.truth.studies.filter((o) => o.attributes.AccessionNumber === s.attributes.AccessionNumber).length === 1);
  const cases = [
    [pairs(...study(all.join(','))), all],
    [[['requestType', 'study'], ['studyUID', all[0]], ['studyUID', all[1]], ['keyImagesOnly', 'false'], ['unknown', '1']], all.slice(0, 2)],
    [pairs('requestType', 'STUDY', 'accessionNumber', accession.attributes.AccessionNumber), uids([accession])],
    [pairs('requestType', 'PATIENT', 'patientID', '98890234'), all],
    [pairs('requestType', 'PATIENT', 'patientID', '98890234^^^HOSP_A'), all],
    [pairs('requestType', 'PATIENT', 'patientID', '98890234^^^&1.2.3.4&ISO', 'patientName', 'Doe^Peter'), all],
    [pairs('requestType', 'PATIENT', 'patientID', '98890234', 'modalitiesInStudy', 'CT'),
      uids(peter().filter((s) => s.series.some((e) => e.attributes.Modality === 'CT')))],
    [pairs('requestType', 'PATIENT', 'patientID', '98890234', 'lowerDateTime', '2002-01-01'),
      uids(peter().filter((s) => s.attributes.StudyDate >= '20020101'))],
    [pairs('requestType', 'PATIENT', 'patientID', '98890234', 'upperDateTime', '2001-12-31'),
      uids(peter().filter((s) => s.attributes.StudyDate < '20020101'))],
  ];
  for (const [query, expected] of cases) {
    const answer = await invoke(displays, query);
    assert.equal(answer.status, 303, `${encode(query)}: ${answer.text}`);
    assert.ok(expected.length > 0);
    assert.deepEqual(sorted(opened(answer)), sorted(expected), encode(query));
  }
  const newest = await invoke(displays, pairs('requestType', 'PATIENT', 'patientID', '98890234', 'mostRecentResults', '1'));
  const dates = peter().map((s) => s.attributes.StudyDate);
  const [shown] = peter().filter((s) => opened(newest).includes(s.attributes.StudyInstanceUID));
  assert.equal(opened(newest).length, 1);
  assert.equal(shown.attributes.StudyDate, sorted(dates).at(-1));
});

test('viewerType names a viewer; its template is filled with what the archive says, each value in its place', async () => {
  const [one] = peter();
  const answer = await invoke(displays, [...pairs(...study(uids([one])[0])), ['viewerType', 'second']]);
  assert.equal(answer.status, 303);
  const { pathname, host, searchParams } = new URL(answer.headers.location);
  assert.equal(host, 'second.example.org');
  assert.equal(pathname.split('/')[1], '98890234');
  assert.equal(searchParams.get('base'), `${displays.url}/dicomweb`);
  for (const name of ['IHE_BIR', 'nobody']) {
    const other = await invoke(displays, [...pairs(...study(uids([one])[0])), ['viewerType', name]]);
    assert.equal(new URL(other.headers.location).host, 'viewer.example.org', name);
  }
});

test('without a viewer Pons shows the series itself, with images', async () => {
  const [one] = peter().filter((s) => s.series.every((e) => e.attributes.Modality === 'CT' || e.attributes.Modality === 'MR'));
  const page = await invoke(bare, pairs(...study(uids([one])[0])));
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /^text\/html/);
  assert.match(page.headers['content-security-policy'], /default-src 'none'/);
  assert.match(page.text, /Doe, Peter/);
  const images = [...page.text.matchAll(/<img [^>]*src="([^"]+)"/g)].map(([, src]) => src);
  assert.equal(images.length, one.series.length);
  for (const src of images) {
    const image = await new Client(bare.url).raw(new URL(src, bare.url).href);
    assert.equal(image.status, 200, `${src}: ${image.text.slice(0, 200)}`);
    assert.equal(image.headers['content-type'], 'image/jpeg');
    assert.equal(image.bytes.readUInt16BE(0), 0xFFD8);
  }
});

test('what was asked for and is not there is told before anything is opened', async () => {
  const [one] = peter();
  const query = pairs(...study(`${uids([one])[0]},1.2.3.4.5.6.7`));
  const page = await invoke(displays, query);
  assert.equal(page.status, 200);
  assert.match(page.text, /This may not be all: 1 of the 2 studies/);
  assert.ok(page.text.includes(viewer.replace('{study_uids}', uids([one])[0])), 'what is there can be opened');
  const own = await invoke(bare, query);
  assert.equal(own.status, 200);
  assert.match(own.text, /This may not be all: 1 of the 2 studies/);
});

test('what cannot be shown has a status and says why', async () => {
  const [one] = peter();
  for (const [status, ...query] of [
    [400],
    [400, 'requestType', 'SERIES', 'studyUID', uids([one])[0]],
    [400, 'requestType', 'STUDY'],
    [400, 'requestType', 'STUDY', 'studyUID', uids([one])[0], 'accessionNumber', '1'],
    [400, 'requestType', 'STUDY', 'studyUID', '"><script>'],
    [400, 'requestType', 'PATIENT'],
    [400, 'requestType', 'PATIENT', 'patientID', '98890234', 'mostRecentResults', '0'],
    [400, 'requestType', 'PATIENT', 'patientID', '98890234', 'lowerDateTime', 'yesterday'],
    [404, 'requestType', 'STUDY', 'studyUID', '1.2.3.4.5.6.7'],
    [404, 'requestType', 'STUDY', 'accessionNumber', 'NOBODY'],
    [404, 'requestType', 'PATIENT', 'patientID', 'NOBODY'],
    [404, 'requestType', 'PATIENT', 'patientID', '98890234^^^ELSEWHERE'],
    [409, 'requestType', 'STUDY', 'accessionNumber', 'SHARED'],
  ]) {
    for (const pons of [displays, bare]) {
      const answer = await invoke(pons, pairs(...query));
      assert.equal(answer.status, status, encode(pairs(...query)));
      assert.match(answer.headers['content-type'], /^text\/html/);
      assert.match(answer.text, /Images cannot be shown/);
      assert.doesNotMatch(answer.text, /<script/);
      assert.equal(answer.headers.location, undefined);
    }
  }
  const post = await new Client(displays.url).raw('IHEInvokeImageDisplay?requestType=STUDY', { method: 'POST' });
  assert.equal(post.status, 405);
});

test('an archive that is down is no patient without images', async () => {
  const [one] = peter();
  await archive.stop();
  open.splice(open.indexOf(archive), 1);
  const answer = await invoke(displays, pairs(...study(uids([one])[0])));
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers['retry-after']) > 0);
});
