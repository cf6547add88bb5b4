// FHIR searches before real archives, against the archives themselves asked the same.
//
//   node bench/search_archives.mjs [latency] [ceiling] [series]      without a name: all
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

const orthanc = await startOrthanc(data);
const dcmqrscp = await startDcmqrscp(data);

function startBefore(archive, face, depth, more = {}) {
  return startPons({ fhir: { search_depth: depth },
    sources: { main: sourceFor(archive, face, { limits: { associations, queue_length: 1024 }, answer_cache: { size: 0 }, ...more }) } });
}

// dcmqrscp tells neither modalities nor counts, which Pons would gather from the series: those elements are not asked for.
const faces = [
  { title: 'Orthanc', archive: orthanc, elements: '' },
  { title: 'dcmqrscp', archive: dcmqrscp, elements: '&_elements=identifier,subject,started,description' },
];

async function found(pons, query) {
  const response = await fetch(`${pons.base}/ImagingStudy?${query}`);
  const bundle = await response.json();
  assert.equal(response.status, 200, JSON.stringify(bundle).slice(0, 500));
  assert.ok(bundle.entry.every((entry) => entry.search.mode === 'match'), 'no remark');
  return bundle.entry.length;
}

// Median of a search on one connection less the median of its C-FIND on one open association, in turns.
async function latency({ title, archive, elements }) {
  const pons = await startBefore(archive, 'dimse', 'study');
  for (const [studies, queries] of [[1, singles], [many, ['patient=MANY']]]) {
    assert.equal(await found(pons, `${queries[0]}&_count=1000${elements}`), studies);
    const paths = queries.map((query) => `/fhir/ImagingStudy?${query}&_count=1000${elements}`);
    const times = { pons: [], archive: [] };
    for (let round = 0; round < rounds; ++round) {
      times.archive.push((await askDirectly(archive, queries, { seconds: 2 })).median_ms);
      times.pons.push((await load(pons.port, paths, { connections: 1, seconds: 2 })).median);
    }
    const [ours, theirs] = [median(times.pons), median(times.archive)];
    const text = `${ours.toFixed(2)} ms / ${theirs.toFixed(2)} ms`;
    if (studies === 1) report(`median of 1 study over C-FIND, ${title}`, `${text}: adds ${(ours - theirs).toFixed(2)} ms`, ours - theirs, '<= 1');
    else report(`median of ${studies} studies over C-FIND, ${title}`, `${text} = ${(ours / theirs).toFixed(2)}`, ours / theirs, '<= 1.1');
  }
  await pons.stop();
}

// Searches a second over one pooled source against the archive's own, in turns. More associations are not always more:
// both get as many (or connections) as the archive itself is fastest with.
async function ceiling(title, archive, face, elements) {
  const direct = face === 'dicomweb'
    ? async (connections, seconds) => (await load(archive.port, queries, { connections, seconds })).perSecond
    : async (count, seconds) => {
      const told = await askDirectly(archive, singles, { associations: count, seconds });
      return told.queries / told.seconds;
    };
  const queries = face === 'dicomweb' ? await targetsOf(archive) : [];
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

// What the searches become as QIDO-RS.
async function targetsOf(archive) {
  const pons = await startBefore(archive, 'dicomweb', 'study');
  const [target] = await targets(pons.config, `ImagingStudy?${singles[0]}`);
  await pons.stop();
  return singles.map((query) => target.replace(/ONE0(?!\d)/, query.slice('patient='.length)));
}

// One search that shows the series of many studies: how many queries it becomes, and how long it takes against the
// archive's own SERIES queries over as many associations.
async function series(title, archive, face, quirks) {
  const relay = await startRelay(face, face === 'dimse' ? archive.dicomPort ?? archive.port : archive.port);
  const before = face === 'dimse' ? { ...archive, port: relay.port, dicomPort: relay.port } : { ...archive, url: archive.url.replace(/:\d+/, `:${relay.port}`) };
  const counted = await startBefore(before, face, 'series', { quirks });
  assert.equal(await found(counted, 'patient=MANY&_count=1000'), many);
  const queries = relay.queries;
  await counted.stop();
  await relay.stop();

  const pons = await startBefore(archive, face, 'series', { quirks });
  const seconds = { pons: [], archive: [] };
  for (let round = 0; round < 3; ++round) {
    const begun = performance.now();
    await found(pons, 'patient=MANY&_count=1000');
    seconds.pons.push((performance.now() - begun) / 1000);
    if (face === 'dimse') seconds.archive.push((await askDirectly(archive, uids.map((uid) => `series ${uid}`), { associations })).seconds);
  }
  await pons.stop();
  const ours = median(seconds.pons);
  const what = `series of ${many} studies, ${title}`;
  const told = `${queries} queries, ${ours.toFixed(2)} s`;
  if (quirks?.series_by_uid_list) report(what, told, ours, '<= 1');
  else if (face === 'dimse') report(what, `${told} / ${median(seconds.archive).toFixed(2)} s = ${(ours / median(seconds.archive)).toFixed(2)}`, ours / median(seconds.archive), '<= 1.1');
  else report(what, told);
}

if (asked('latency')) for (const face of faces) await latency(face);
if (asked('ceiling')) {
  for (const { title, archive, elements } of faces) await ceiling(`${title} over DIMSE`, archive, 'dimse', elements);
  await ceiling('Orthanc over DICOMweb', orthanc, 'dicomweb', '');
}
if (asked('series')) {
  await series('Orthanc over DIMSE, one by one', orthanc, 'dimse');
  await series('Orthanc over DIMSE, by list of UIDs', orthanc, 'dimse', { series_by_uid_list: true });
  await series('dcmqrscp, one by one', dcmqrscp, 'dimse');
  await series('Orthanc over DICOMweb, one by one', orthanc, 'dicomweb');
}
await dcmqrscp.stop();
await orthanc.stop();
