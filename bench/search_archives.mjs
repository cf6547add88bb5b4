// FHIR searches and QIDO-RS before real archives, against the archives themselves asked the same.
//
//   node bench/search_archives.mjs [latency] [qido] [ceiling] [series]      without a name: all
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository, startDcmqrscp, startOrthanc } from '../tests/integration/support/archives.mjs';
import { sourceFor, startPons } from '../tests/integration/support/pons.mjs';
import { run, temporaryFolder } from '../tests/integration/support/processes.mjs';
import { askDirectly, load, median, report, targets } from './support/measure.mjs';
import { startRelay } from './support/relay.mjs';

const many = 300;
const single = 100;
const associations = 4;
const rounds = 5;
const wanted = process.argv.slice(2);
const asked = (name) => wanted.length === 0 || wanted.includes(name);

const root = temporaryFolder('archive');
await run('/usr/bin/python3', [join(repository, 'bench', 'archive.py'), '--out', root, '--many', `${many}`, '--single', `${single}`]);
const data = { root, truth: JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')) };
const uids = data.truth.studies.slice(0, many).map((study) => study.attributes.StudyInstanceUID);
const singles = Array.from({ length: single }, (_, n) => `patient=ONE${n}`);

// Orthanc serves four associations at once by default, which those that Pons keeps open would take from the other side.
const orthanc = await startOrthanc(data, { settings: { DicomThreadsCount: 32 } });
const dcmqrscp = await startDcmqrscp(data);

function startBefore(archive, face, depth, more = {}) {
  return startPons({ fhir: { search_depth: depth },
    sources: { main: sourceFor(archive, face, { limits: { associations, queue_length: 1024 }, answer_cache: { size: 0 }, ...more }) } });
}

// dcmqrscp tells neither modalities nor counts, which Pons would gather from the series: those elements are not asked for.
// QIDO-RS cannot leave them out, so that it is Orthanc alone that is asked so.
const faces = [
  { title: 'C-FIND, Orthanc', archive: orthanc, face: 'dimse', elements: '' },
  { title: 'C-FIND, dcmqrscp', archive: dcmqrscp, face: 'dimse', elements: '&_elements=identifier,subject,started,description' },
  { title: 'DICOMweb, Orthanc', archive: orthanc, face: 'dicomweb', elements: '' },
];

// What a client asks Pons, how many studies it was told, and what it would ask a DICOMweb archive itself.
const fhir = {
  name: 'FHIR',
  budgets: ['<= 1', '<= 1.1'],
  target: (query, elements) => `/fhir/ImagingStudy?${query}&_count=1000${elements}`,
  count: (bundle) => {
    assert.ok(bundle.entry.every((entry) => entry.search.mode === 'match'), 'no remark');
    return bundle.entry.length;
  },
  ownTargets: (archive, queries) => targetsOf(archive, queries, '&_count=1000'),
};
const qido = {
  name: 'QIDO-RS',
  budgets: [],
  target: (query) => `/dicomweb/studies?PatientID=${query.slice('patient='.length)}&limit=1000`,
  count: (studies) => studies.length,
  ownTargets: (archive, queries) => queries.map((query) =>
    `${new URL(archive.url).pathname}/studies?PatientID=${query.slice('patient='.length)}&limit=1000`),
};

async function told(pons, service, query, elements = '') {
  const response = await fetch(pons.url + service.target(query, elements));
  const text = await response.text();
  assert.equal(response.status, 200, text.slice(0, 500));
  return service.count(JSON.parse(text));
}

// Median on one connection less the median of the archive's own answer, in turns: the C-FIND that it becomes on one open
// association, or a QIDO-RS on one connection.
async function latency(service, { title, archive, face, elements }) {
  const pons = await startBefore(archive, face, 'study');
  for (const [studies, queries] of [[1, singles], [many, ['patient=MANY']]]) {
    assert.equal(await told(pons, service, queries[0], elements), studies);
    const paths = queries.map((query) => service.target(query, elements));
    const own = face === 'dicomweb' ? await service.ownTargets(archive, queries) : [];
    const times = { pons: [], archive: [] };
    for (let round = 0; round < rounds; ++round) {
      times.archive.push(face === 'dicomweb' ? (await load(archive.port, own, { connections: 1, seconds: 2 })).median
        : (await askDirectly(archive, queries, { seconds: 2 })).median_ms);
      times.pons.push((await load(pons.port, paths, { connections: 1, seconds: 2 })).median);
    }
    const [ours, theirs] = [median(times.pons), median(times.archive)];
    const what = `median of ${studies} ${studies === 1 ? 'study' : 'studies'}, ${service.name} over ${title}`;
    const text = `${ours.toFixed(2)} ms / ${theirs.toFixed(2)} ms`;
    if (studies === 1) report(what, `${text}: adds ${(ours - theirs).toFixed(2)} ms`, ours - theirs, service.budgets[0]);
    else report(what, `${text} = ${(ours / theirs).toFixed(2)}`, ours / theirs, service.budgets[1]);
  }
  await pons.stop();
}

// Searches a second over one pooled source against the archive's own, in turns. More associations are not always more:
// both get as many (or connections) as the archive itself is fastest with.
async function ceiling(title, archive, face, elements) {
  const direct = face === 'dicomweb'
    ? async (connections, seconds) => (await load(archive.port, queries, { connections, seconds })).perSecond
    : async (count, seconds) => {
      const answered = await askDirectly(archive, singles, { associations: count, seconds });
      return answered.queries / answered.seconds;
    };
  const queries = face === 'dicomweb' ? await targetsOf(archive, singles) : [];
  const tried = [];
  for (const count of [1, 2, associations]) tried.push({ count, rate: await direct(count, 2) });
  const { count } = tried.reduce((a, b) => (b.rate > a.rate ? b : a));

  const pons = await startBefore(archive, face, 'study', { limits: { associations: count, queue_length: 1024 } });
  const paths = singles.map((query) => `/fhir/ImagingStudy?${query}${elements}`);
  const rates = { pons: [], archive: [] };
  for (let round = 0; round < 3; ++round) {
    rates.archive.push(await direct(count, 3));
    rates.pons.push((await load(pons.port, paths, { connections: 4 * count, seconds: 3 })).perSecond);
  }
  const [ours, theirs] = [median(rates.pons), median(rates.archive)];
  report(`searches a second, ${title}, ${count} at once`, `${ours.toFixed(0)} / ${theirs.toFixed(0)} = ${(ours / theirs).toFixed(2)}`, ours / theirs, '>= 0.9');
  await pons.stop();
}

// What FHIR searches for patients become as QIDO-RS.
async function targetsOf(archive, queries, more = '') {
  const pons = await startBefore(archive, 'dicomweb', 'study');
  const [target] = await targets(pons.config, `ImagingStudy?${queries[0]}${more}`);
  await pons.stop();
  const id = (query) => query.slice('patient='.length);
  return queries.map((query) => target.replace(`PatientID=${id(queries[0])}`, `PatientID=${id(query)}`));
}

// One search that shows the series of many studies: how many queries it becomes, and how long it takes against the
// archive's own SERIES queries over as many associations or connections.
async function series(title, archive, face, quirks) {
  const relay = await startRelay(face, face === 'dimse' ? archive.dicomPort ?? archive.port : archive.port);
  const before = face === 'dimse' ? { ...archive, port: relay.port, dicomPort: relay.port } : { ...archive, url: archive.url.replace(/:\d+/, `:${relay.port}`) };
  const counted = await startBefore(before, face, 'series', { quirks });
  assert.equal(await told(counted, fhir, 'patient=MANY'), many);
  const { queries } = relay;
  const own = relay.targets.filter((target) => /\/studies\/[^/]+\/series/.test(target));
  await counted.stop();
  await relay.stop();

  const byList = quirks?.series_by_uid_list;
  assert.ok(byList || face === 'dimse' || own.length === many, 'a SERIES query for each study');
  const alone = async () => (face === 'dimse'
    ? (await askDirectly(archive, uids.map((uid) => `series ${uid}`), { associations })).seconds
    : many / (await load(archive.port, own, { connections: associations, seconds: 3 })).perSecond);
  const pons = await startBefore(archive, face, 'series', { quirks });
  const seconds = { pons: [], archive: [] };
  for (let round = 0; round < 3; ++round) {
    const begun = performance.now();
    await told(pons, fhir, 'patient=MANY');
    seconds.pons.push((performance.now() - begun) / 1000);
    if (!byList) seconds.archive.push(await alone());
  }
  await pons.stop();
  const ours = median(seconds.pons);
  const what = `series of ${many} studies, ${title}`;
  const text = `${queries} queries, ${ours.toFixed(2)} s`;
  if (byList) return report(what, text, ours, '<= 1');
  const theirs = median(seconds.archive);
  return report(what, `${text} / ${theirs.toFixed(2)} s = ${(ours / theirs).toFixed(2)}`, ours / theirs, '<= 1.1');
}

if (asked('latency')) for (const each of faces) await latency(fhir, each);
if (asked('qido')) for (const each of faces.filter(({ archive }) => archive === orthanc)) await latency(qido, each);
if (asked('ceiling')) {
  await ceiling('Orthanc over DIMSE', orthanc, 'dimse', '');
  await ceiling('dcmqrscp over DIMSE', dcmqrscp, 'dimse', faces[1].elements);
  await ceiling('Orthanc over DICOMweb', orthanc, 'dicomweb', '');
}
if (asked('series')) {
  await series('Orthanc over DIMSE, one by one', orthanc, 'dimse');
  await series('Orthanc over DIMSE, by list of UIDs', orthanc, 'dimse', { series_by_uid_list: true });
  await series('dcmqrscp, one by one', dcmqrscp, 'dimse');
  await series('Orthanc over DICOMweb, one by one', orthanc, 'dicomweb');
  await series('Orthanc over DICOMweb, by list of UIDs', orthanc, 'dicomweb', { series_by_uid_list: true });
}
await dcmqrscp.stop();
await orthanc.stop();
