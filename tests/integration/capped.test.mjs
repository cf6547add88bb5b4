// Archives that stop after some rows without a word, which nobody configured: no answer is silently short, on either face, and pages cost
// what a page costs. PONS_STUDIES says how large the archive is that is walked through.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { syntheticStudies } from './support/archives.mjs';
import { Client, entries, link, matches } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';

const faces = ['dimse', 'dicomweb'];

async function start(t, face, truth, quirks, more = {}, fhir = {}) {
  const pacs = await startQuirkPacs({ truth, quirks, ...(face === 'dimse' ? { http: false } : { dimse: false }) });
  t.after(() => pacs.close());
  const archive = { kind: face, port: pacs.dimsePort, aet: pacs.aet, url: pacs.url };
  const pons = await startPons({ log: { level: 'error' }, http: { request_timeout: '10m' }, fhir: { allow_unbounded: true, search_depth: 'study', ...fhir }, dicomweb: { max_results: 1000 },
    sources: { main: sourceFor(archive, face, more) } });
  t.after(() => pons.stop());
  return { pacs, pons, client: new Client(pons.base) };
}

const says = (page) => entries(page, 'outcome').flatMap((outcome) => outcome.issue).filter((issue) => issue.code === 'incomplete');

describe('QIDO-RS of an archive with a limit that nobody configured', { timeout: 120000 }, () => {
  let truth;
  before(async () => { ({ truth } = await syntheticStudies({ studies: 80, seed: 7 })); });
  const searches = {
    'everything': [{}, () => true],
    'a year': [{ StudyDate: '20240101-20241231' }, (a) => a.StudyDate?.startsWith('2024')],
    'a patient': [{ PatientID: 'P1003' }, (a) => a.PatientID === 'P1003'],
    'a modality': [{ ModalitiesInStudy: 'MR' }, (a, study) => study.series.some((s) => s.attributes.Modality === 'MR')],
  };
  for (const face of faces) {
    for (const [what, [keys, meets]] of Object.entries(searches)) {
      test(`${what}, ${face}`, async (t) => {
        const { pons } = await start(t, face, truth, { 'f11.cap': '25' });
        const expected = truth.studies.filter((s) => meets(s.attributes, s)).map((s) => s.attributes.StudyInstanceUID);
        const answer = await fetch(`${pons.url}/dicomweb/studies?${new URLSearchParams(keys)}`, { headers: { accept: 'application/dicom+json' } });
        assert.equal(answer.status, 200);
        const given = (await answer.json()).map((row) => row['0020000D'].Value[0]);
        assert.equal(new Set(given).size, given.length);
        const missing = expected.filter((uid) => !given.includes(uid));
        const warning = answer.headers.get('warning') ?? '';
        assert.ok(missing.length === 0 || /main: /.test(warning), `${missing.length} are missing: ${warning}`);
        assert.deepEqual(given.filter((uid) => !expected.includes(uid)), []);
      });
    }
  }
});

for (const face of faces) {
  // 47 is no number that anybody would look twice at: nothing tells it from an answer that is whole until another one is as long.
  for (const [cap, unseen] of [[50, 0], [47, 1]]) {
    test(`a limit of ${cap} that is set while Pons runs, and has given more before, ${face}`, { timeout: 120000 }, async (t) => {
      const { study, day } = archiveOf(1);
      const patient = (id, from, count) => Array.from({ length: count }, (_, n) => { const one = study(from + n, day(from + n)); one.attributes.PatientID = id; return one; });
      const studies = [...patient('P', 0, 210), ...patient('Q', 300, 100), ...patient('R', 500, 75)];
      const { pacs, client } = await start(t, face, { studies }, { 'w5.warning': 'silent' }, { answer_cache: { size: 0 } });
      const found = async (id) => { const page = JSON.parse((await client.raw(`ImagingStudy?patient.identifier=${id}&_count=1000`)).text); return [matches(page).length, says(page).length > 0]; };
      assert.deepEqual(await found('P'), [210, false]);
      pacs.set('f11.cap', `${cap}`);
      const short = [];
      for (const [id, count] of [['Q', 100], ['R', 75], ['P', 210], ['Q', 100]]) if ((await found(id))[0] !== count) short.push(id);
      assert.deepEqual(short, ['Q'].slice(0, unseen));
    });
  }
}

for (const face of faces) {
  test(`images of an archive that counts nothing and stops after 200: no false number, no false none, ${face}`, { timeout: 120000 }, async (t) => {
    const { study, day } = archiveOf(1);
    const studies = [300, 120, 300].map((count, n) => {
      const one = study(n + 1, day(n));
      one.series[0].instances = Array.from({ length: count }, (_, i) => ({ attributes: {
        SOPInstanceUID: `2.25.77.${n + 1}.1.${i + 1}`, SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', InstanceNumber: `${i + 1}` } }));
      return one;
    });
    const { pacs, client } = await start(t, face, { studies }, { 'f3.counts': 'absent', 'w5.warning': 'silent' }, { answer_cache: { size: 0 } }, { search_depth: 'instance' });
    const ask = async (query) => {
      const page = JSON.parse((await client.raw(`ImagingStudy?${query}`)).text);
      return { found: matches(page).map(({ numberOfInstances: count, series }) => [count, series[0].instance.length]), said: says(page).length > 0 };
    };
    // Longer than any, and whole: three short questions tell.
    assert.deepEqual(await ask('_id=2.25.77.2'), { found: [[120, 120]], said: false });
    pacs.set('f11.cap', '200');
    assert.deepEqual(await ask('patient.identifier=P1&instance=2.25.77.1.1.290'), { found: [], said: true });
    assert.deepEqual(await ask('_id=2.25.77.1'), { found: [[undefined, 200]], said: true });
    assert.deepEqual(await ask('_id=2.25.77.3'), { found: [[undefined, 200]], said: true });
    assert.deepEqual(await ask('_id=2.25.77.2'), { found: [[120, 120]], said: false });
    assert.deepEqual(await ask('patient.identifier=P2&instance=2.25.77.2.1.290'), { found: [], said: false });
  });
}

/// Studies of the last five years, so many a day.
function archiveOf(count) {
  const day = (n) => new Date(Date.UTC(2024, 11, 31) - n * 86400000).toISOString().slice(0, 10).replaceAll('-', '');
  const study = (n, date) => ({
    attributes: { StudyInstanceUID: `2.25.77.${n}`, PatientID: `P${n % 997}`, PatientName: `Doe^No${n % 997}`, StudyDate: date, StudyTime: '101500', AccessionNumber: `A${n}` },
    series: [{ attributes: { SeriesInstanceUID: `2.25.77.${n}.1`, Modality: 'CT' }, instances: [{ attributes: { SOPInstanceUID: `2.25.77.${n}.1.1` } }] }] });
  const days = Math.min(1800, Math.ceil(count / 20));
  return { study, day, truth: { studies: Array.from({ length: count }, (_, n) => study(n, day((n * 7919) % days))) } };
}

/// All of an archive of `count` studies, `size` a page; `bounds`: how many queries the first page and the others may cost.
async function walkThrough(t, count, size, bounds) {
  const { study, day, truth } = archiveOf(count);
  // Nothing here is about time.
  const timeouts = { first_response: '5m', between_responses: '5m', total: '10m' };
  const { pacs, client, pons } = await start(t, 'dimse', truth, { 'f11.cap': '200', 'f1.modalities_in_study': 'ignored' }, { timeouts });
  const seen = new Set();
  const costs = [];
  let arrived = 0;
  for (let next = `ImagingStudy?_count=${size}`; next;) {
    const before = pacs.log.searches.length;
    const answer = await client.raw(next);
    assert.equal(answer.status, 200, answer.text.slice(0, 500));
    const page = JSON.parse(answer.text);
    for (const { id } of matches(page)) {
      assert.ok(!seen.has(id), `${id} comes twice`);
      seen.add(id);
    }
    next = link(page, 'next');
    // What is at the end cannot be asked for alone: studies without a date.
    if (next) assert.deepEqual(says(page), []);
    costs.push(pacs.log.searches.length - before);
    for (let n = 0; arrived < 50 && n < 2; ++n, ++arrived) pacs.model.add(study(count + arrived, day(n === 0 ? 0 : arrived * 3)));
  }
  assert.equal(arrived, Math.min(50, 2 * costs.length));
  for (let n = 0; n < count; ++n) assert.ok(seen.has(`2.25.77.${n}`), `study ${n} is lost`);
  // The first page finds out where the archive stops.
  const [first, ...others] = costs.slice(0, -1);
  const half = Math.floor(others.length / 2);
  t.diagnostic(JSON.stringify({ pages: costs.length, first, most: Math.max(...others), all: costs.reduce((a, b) => a + b, 0) }));
  assert.ok(first <= bounds.first, `the first page: ${first} queries`);
  assert.ok(Math.max(...others) <= bounds.others, `a page: ${Math.max(...others)} queries`);
  const mean = (list) => list.reduce((sum, n) => sum + n, 0) / list.length;
  assert.ok(mean(others.slice(half)) <= mean(others.slice(0, half)) + 1, 'the pages behind');
  const metrics = await (await fetch(`${pons.url}/metrics`)).text();
  assert.match(metrics, /^pons_learned_row_limits_total 1/m);
}

for (const [count, size, bounds] of [[4000, 100, { first: 40, others: 8 }], [Number(process.env.PONS_STUDIES ?? 100000), 1000, { first: 150, others: 12 }]]) {
  test(`pages through all of ${count} studies, ${size} a page: none lost, none twice, and no page costs more the further back it is`, { timeout: 3600000 },
    (t) => walkThrough(t, count, size, bounds));
}

test('a hundred different searches at once, and an archive that takes two associations: none is rejected, each is answered', { timeout: 120000 }, async (t) => {
  const { truth } = archiveOf(400);
  const { pacs, pons } = await start(t, 'dimse', truth, { 'n1.associations': '2' }, { limits: { associations: 2 } });
  const all = await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const answer = await fetch(`${pons.base}/ImagingStudy?patient=P${n}`);
    return { n, status: answer.status, found: answer.status === 200 ? matches(await answer.json()).map((s) => s.id) : [] };
  }));
  for (const { n, status, found } of all) {
    assert.ok(status === 200 || status === 503, `${status}`);
    if (status === 200) assert.deepEqual(found, truth.studies.filter((s) => s.attributes.PatientID === `P${n}`).map((s) => s.attributes.StudyInstanceUID));
  }
  assert.ok(all.some(({ status }) => status === 200));
  const rejected = pacs.log.of('A-ASSOCIATE').filter(({ status }) => status !== 'accepted');
  assert.deepEqual(rejected, []);
  assert.ok(pacs.log.mostAtOnce <= 2, `${pacs.log.mostAtOnce} at once`);
});
