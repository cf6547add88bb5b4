// The archive is protected: it is left alone when it does not answer, outside its hours and when it is switched off; queries must narrow
// as it wants them; equal ones share one.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { Client, entries, matches } from './support/client.mjs';
import { startPons } from './support/pons.mjs';
import { until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const study = { '0020000D': { vr: 'UI', Value: ['1.2.3'] }, '00100020': { vr: 'LO', Value: ['P1'] }, '00080020': { vr: 'DA', Value: ['20240102'] } };
const series = { '0020000D': { vr: 'UI', Value: ['1.2.3'] }, '0020000E': { vr: 'UI', Value: ['1.2.3.1'] }, '00080060': { vr: 'CS', Value: ['CT'] } };

/// A DICOMweb server with one study of one series, which `behaves` as it is told: 'well', 'gone' (hangs up), or waits until it is let.
async function startArchive(behaves = 'well') {
  const archive = { behaves, connections: 0, queries: [], held: [] };
  const answer = ({ url }, response) => {
    response.setHeader('Content-Type', 'application/dicom+json');
    response.end(JSON.stringify([url.includes('/series') ? series : study]));
  };
  const server = createServer((request, response) => {
    archive.queries.push(request.url);
    if (archive.behaves === 'gone') request.socket.destroy();
    else if (archive.behaves === 'slow') archive.held.push(() => answer(request, response));
    else answer(request, response);
  });
  server.on('connection', () => { archive.connections += 1; });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  archive.url = `http://127.0.0.1:${server.address().port}/rs`;
  archive.release = () => archive.held.splice(0).forEach((go) => go());
  archive.stop = () => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)); };
  return kept(archive);
}

async function ponsBefore(archive, more = {}, rest = {}) {
  const source = { kind: 'dicomweb', url: archive.url, issuer: { system: 'urn:oid:1.2.3.4' }, ...more };
  const pons = kept(await startPons({ fhir: { search_depth: 'study' }, ...rest, sources: { web: source } }));
  const client = new Client(pons.base);
  kept({ stop: () => client.finish() });
  return { ...pons, client };
}

const byPatient = 'ImagingStudy?patient=P1';
const diagnostics = (answer) => answer.body.issue.map((i) => i.diagnostics).join('; ');

test('an archive that does not answer is left alone, and asked again when it does', async () => {
  const archive = await startArchive('gone');
  const { client, url } = await ponsBefore(archive, { breaker: { failures: 3, pause: '1h' } });
  for (let i = 0; i < 3; ++i) assert.ok((await client.get(byPatient)).status >= 500);
  const { connections } = archive;
  archive.behaves = 'well';
  const answer = await client.get(byPatient);
  assert.equal(answer.status, 503);
  assert.match(diagnostics(answer), /web, which is left alone after failures/);
  assert.ok(Number(answer.headers['retry-after']) > 3000);
  assert.equal((await fetch(`${url}/dicomweb/studies`)).status, 503);
  assert.equal((await fetch(`${url}/dicomweb/studies/1.2.3`)).status, 503);
  const ready = await fetch(`${url}/readyz`);
  assert.equal(ready.status, 503);
  assert.deepEqual((await ready.json()).sources, { web: 'unreachable' });
  assert.equal(archive.connections, connections);
});

test('after the pause one request finds out that it is back', async () => {
  const archive = await startArchive('gone');
  const { client } = await ponsBefore(archive, { breaker: { failures: 2, pause: '1ms' } });
  for (let i = 0; i < 4; ++i) assert.ok((await client.get(byPatient)).status >= 500);
  archive.behaves = 'well';
  await until(async () => (await client.get(byPatient)).status === 200, { what: 'an archive that is back' });
  for (let i = 0; i < 5; ++i) assert.equal(matches((await client.get(byPatient)).body).length, 1);
});

test('a source that is switched off hears nothing, and that is as it should be', async () => {
  const archive = await startArchive();
  const { client, url } = await ponsBefore(archive, { enabled: false });
  const answer = await client.get(byPatient);
  assert.equal(answer.status, 503);
  assert.match(diagnostics(answer), /source web is switched off/);
  assert.equal((await fetch(`${url}/dicomweb/studies`)).status, 503);
  const ready = await fetch(`${url}/readyz`);
  assert.equal(ready.status, 200);
  assert.deepEqual((await ready.json()).sources, { web: 'closed' });
  assert.equal(archive.connections, 0);
});

test('a source is asked only within its hours', async () => {
  const archive = await startArchive();
  const clock = (hour) => `${String((hour + 24) % 24).padStart(2, '0')}:00`;
  const hour = new Date().getUTCHours();
  const shut = await ponsBefore(archive, { timezone: 'UTC', hours: `${clock(hour + 3)}-${clock(hour + 5)}` });
  const answer = await shut.client.get(byPatient);
  assert.equal(answer.status, 503);
  const wait = Number(answer.headers['retry-after']);
  assert.ok(wait > 3600 && wait <= 3 * 3600, `Retry-After: ${wait}`);
  assert.equal(archive.connections, 0);
  const round = await ponsBefore(archive, { timezone: 'UTC', hours: `${clock(hour - 1)}-${clock(hour + 2)}` });
  assert.equal((await round.client.get(byPatient)).status, 200);
});

test('a query that narrows less than the source wants it is refused before the archive hears of it', async () => {
  const archive = await startArchive();
  const { client, url } = await ponsBefore(archive, { limits: { require_any_of: ['PatientID', 'AccessionNumber'] } });
  const broad = await client.get('ImagingStudy?started=ge2024-01-01');
  assert.equal(broad.status, 403);
  assert.equal(broad.body.issue[0].code, 'too-costly');
  assert.match(diagnostics(broad), /PatientID or AccessionNumber/);
  assert.equal((await fetch(`${url}/dicomweb/studies?StudyDate=20240102`)).status, 413);
  assert.equal(archive.queries.length, 0);
  assert.equal(matches((await client.get(byPatient)).body).length, 1);
  assert.equal(matches((await client.get('ImagingStudy?_id=1.2.3')).body).length, 1);
});

test('a search that is too slow is 503, goes on, and is ready when it is asked for again', async () => {
  const archive = await startArchive('slow');
  const { client } = await ponsBefore(archive, {}, { http: { request_timeout: '1s' } });
  const early = await client.get(byPatient);
  assert.equal(early.status, 503);
  assert.equal(early.headers['retry-after'], '5');
  assert.match(diagnostics(early), /still searching/);
  assert.equal(archive.held.length, 1, 'it was not cancelled');
  archive.behaves = 'well';
  archive.release();
  await until(async () => (await client.get(byPatient)).status === 200, { what: 'the answer' });
  assert.equal(archive.queries.filter((q) => q.includes('P1')).length, 1);
});

/// A DICOMweb server with studies of one series each, which answers as many queries as it is granted and holds the rest until it is let.
async function startManyStudies(count) {
  const archive = { granted: 0, queries: [], held: [] };
  const uid = (i) => `1.2.3.${i + 1}`;
  const studies = Array.from({ length: count }, (_, i) => ({ ...study, '0020000D': { vr: 'UI', Value: [uid(i)] } }));
  const seriesOf = (of) => ({ ...series, '0020000D': { vr: 'UI', Value: [of] }, '0020000E': { vr: 'UI', Value: [`${of}.1`] } });
  const server = createServer(({ url }, response) => {
    archive.queries.push(url);
    const go = () => {
      const [, of] = /\/studies\/([0-9.]+)\/series/.exec(url) ?? [];
      response.setHeader('Content-Type', 'application/dicom+json');
      response.end(JSON.stringify(of ? [seriesOf(of)] : studies));
    };
    if (archive.granted-- > 0) go();
    else archive.held.push(go);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  archive.url = `http://127.0.0.1:${server.address().port}/rs`;
  archive.grant = (more) => {
    archive.granted = more;
    archive.held.splice(0).forEach((go) => go());
  };
  archive.stop = () => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)); };
  return kept(archive);
}

for (const [face, ask] of [
  ['FHIR', async ({ base }) => { const answer = await fetch(`${base}/${byPatient}&_count=100`); return { answer, text: await answer.text() }; }],
  ['QIDO-RS', async ({ url }) => { const answer = await fetch(`${url}/dicomweb/studies?PatientID=P1`); return { answer, text: await answer.text() }; }],
])
  test(`${face}: a search of many queries that is too slow gets further with each try`, async () => {
    const count = 20;
    const archive = await startManyStudies(count);
    // No answer is kept but what someone was told to come back for: without a clock, what more than five seconds do.
    const pons = await ponsBefore(archive, { answer_cache: { time: '0', empty_time: '0' } }, { fhir: { search_depth: 'series' }, http: { request_timeout: '1s' } });
    let tries = 0;
    for (;;) {
      archive.grant(5);
      const before = archive.queries.length;
      const { answer, text } = await ask(pons);
      if (answer.status === 200) {
        const found = JSON.parse(text);
        assert.equal(face === 'FHIR' ? matches(found).length : found.length, count);
        break;
      }
      assert.equal(answer.status, 503, text);
      assert.equal(answer.headers.get('retry-after'), '5');
      assert.match(text, /still searching/);
      assert.ok(archive.queries.length > before, 'it got further');
      tries += 1;
      assert.ok(tries < count);
    }
    assert.ok(tries >= 2, `${tries} tries`);
    assert.equal(archive.queries.filter((url) => url.includes('/series')).length, count);
    assert.equal(archive.queries.length, new Set(archive.queries).size, 'no query was made twice');
  });

test('where no answers are kept a search that is too slow is cancelled', async () => {
  const archive = await startArchive('slow');
  const { client } = await ponsBefore(archive, { answer_cache: { size: 0 } }, { http: { request_timeout: '1s' } });
  assert.equal((await client.get(byPatient)).status, 504);
  assert.equal((await client.get(byPatient)).status, 504);
  assert.equal(archive.queries.length, 2);
});

test('an answer is kept for a while', async () => {
  const archive = await startArchive();
  const { client } = await ponsBefore(archive, { answer_cache: { time: '10m' } });
  assert.equal(matches((await client.get(byPatient)).body).length, 1);
  const asked = archive.queries.length;
  for (let i = 0; i < 5; ++i) assert.equal(matches((await client.get(byPatient)).body).length, 1);
  assert.equal(archive.queries.length, asked);
});

test('where a part is not wanted, an archive that is down makes it 503', async () => {
  const [one, other] = [await startArchive(), await startArchive('gone')];
  for (const [partial, status] of [['answer', 200], ['refuse', 503]]) {
    const pons = kept(await startPons({ fhir: { search_depth: 'study' }, federation: { partial }, sources: {
      one: { kind: 'dicomweb', url: one.url, issuer: { system: 'urn:oid:1.2.3.4' } },
      other: { kind: 'dicomweb', url: other.url, issuer: { system: 'urn:oid:1.2.3.4' } } } }));
    const answer = await fetch(`${pons.base}/${byPatient}`);
    const body = await answer.json();
    assert.equal(answer.status, status, JSON.stringify(body));
    if (status === 200) assert.match(JSON.stringify(entries(body, 'outcome')), /source other/);
    else assert.match(JSON.stringify(body), /source other/);
    assert.equal((await fetch(`${pons.url}/dicomweb/studies?PatientID=P1`)).status, status);
  }
});

test('equal searches at the same time are one query', async () => {
  const archive = await startArchive('slow');
  const { base, url } = await ponsBefore(archive, { limits: { associations: 8 } });
  const count = 1000;
  const search = async (query) => (await fetch(`${base}/${query}`)).json();
  const searches = Array.from({ length: count }, () => search(byPatient));
  const other = search('ImagingStudy?patient=P2');
  await until(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^pons_http_requests_in_flight (\d+)/m.exec(text)?.[1]) > count && archive.held.length === 2;
  }, { what: 'searches that wait' });
  archive.behaves = 'well';
  archive.release();
  for (const answer of await Promise.all(searches)) {
    assert.equal(matches(answer).length, 1);
    assert.equal(entries(answer, 'outcome').length, 0);
  }
  assert.equal(matches(await other).length, 0);
  assert.equal(archive.queries.filter((q) => q.includes('P1')).length, 1);
});
