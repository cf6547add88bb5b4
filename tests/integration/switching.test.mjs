// A source is switched off and on while Pons runs: the file is changed, SIGHUP, and that archive hears nothing more. The others do not notice.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { sampleTruth } from '../support/quirk_pacs/sample.mjs';
import { startDcmqrscp, syntheticStudies } from './support/archives.mjs';
import { entries, matches } from './support/client.mjs';
import { makeFile } from './support/files.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort, temporaryFolder, until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const large = '1.2.826.0.1.3680043.10.1.77';
const small = sampleTruth.studies[0].attributes.StudyInstanceUID;
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/// The sample, and a study that no client takes at once.
function withALargeStudy() {
  const files = temporaryFolder('large');
  writeFileSync(join(files, 'large.dcm'), makeFile({ uid: `${large}.1.1`, study: large, size: 48 << 20 }));
  const study = { attributes: { StudyInstanceUID: large, PatientID: 'P77', PatientName: 'Large^One', StudyDate: '20240101' },
    series: [{ attributes: { SeriesInstanceUID: `${large}.1`, Modality: 'OT' },
      instances: [{ attributes: { SOPClassUID: secondaryCapture, SOPInstanceUID: `${large}.1.1` }, file: 'large.dcm', transferSyntax: '1.2.840.10008.1.2.1' }] }] };
  return { files, truth: { studies: [...sampleTruth.studies, study] } };
}

/// Stands before a port and counts what comes: `connections` so far, `bytes` so far, `now` open.
async function counter(port) {
  const seen = { connections: 0, bytes: 0, now: 0 };
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const behind = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
    ++seen.connections;
    ++seen.now;
    client.on('close', () => { --seen.now; }).on('data', (bytes) => { seen.bytes += bytes.length; });
    for (const [one, other] of [[client, behind], [behind, client]]) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => { sockets.delete(one); other.destroySoon(); });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return kept(Object.assign(seen, { port: server.address().port,
    stop: () => new Promise((resolve) => { server.close(resolve); for (const socket of sockets) socket.destroy(); }) }));
}

/// Each answer of the archive waits from now on until `let`.
function hold(archive) {
  const held = { waiting: 0 };
  const go = new Promise((resolve) => { held.let = () => { archive.before = undefined; resolve(); }; });
  archive.before = () => { ++held.waiting; return go; };
  return held;
}

/// A retrieve whose client takes nothing after the first bytes; `rest()` takes the others, and tells whether the body ended as it should.
function beginRetrieve(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' }, agent: false }, (answer) => {
      answer.once('data', () => {
        answer.pause();
        resolve({ status: answer.statusCode, rest: () => new Promise((done) => {
          answer.on('error', () => {}).on('close', () => done(answer.complete)).resume();
        }) });
      });
    }).on('error', reject);
  });
}

const issuer = { system: 'urn:oid:1.2.3.4' };
const byDimse = (port, more = {}) => ({ kind: 'dimse', host: '127.0.0.1', port, called_ae: 'QUIRK', issuer, ...more });
const byWeb = (port, more = {}) => ({ kind: 'dicomweb', url: `http://127.0.0.1:${port}`, issuer, ...more });

async function ask(url) {
  const answer = await fetch(url);
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
}
const inFlight = async ({ url }) => Number(/^pons_http_requests_in_flight (\d+)/m.exec((await ask(`${url}/metrics`)).text)[1]);

for (const [way, source] of [
  ['DIMSE, C-GET', (at, more) => byDimse(at, { retrieve: ['c-get'], ...more })],
  ['DIMSE, C-MOVE', (at, more) => byDimse(at, { retrieve: ['c-move'], ...more })],
  ['DICOMweb', byWeb],
]) {
  test(`${way}: what runs on a source that is switched off ends at once, nothing comes after, and the other source goes on`, { timeout: 120000 }, async () => {
    const store = await freePort();
    const sick = kept(await startQuirkPacs({ ...withALargeStudy(), destinations: { '*': { host: '127.0.0.1', port: store } } }));
    const well = kept(await startQuirkPacs({ truth: sampleTruth }));
    const front = await counter(way === 'DICOMweb' ? sick.httpPort : sick.dimsePort);
    const settings = (more = {}) => ({ dicom: { listen: `127.0.0.1:${store}` }, fhir: { search_depth: 'study' }, sources: {
      sick: source(front.port, { limits: { associations: 2 }, answer_cache: { time: '10m' }, timeouts: { idle: '1h' }, ...more }),
      well: way === 'DICOMweb' ? byDimse(well.dimsePort) : byWeb(well.httpPort) } });
    const pons = kept(await startPons(settings()));
    const at = (name, rest) => `${pons.url}/dicomweb/sources/${name}/${rest}`;

    assert.equal((await ask(at('sick', 'studies?PatientID=P3'))).status, 200);
    const retrieve = await beginRetrieve(at('sick', `studies/${large}`));
    assert.equal(retrieve.status, 200);
    const [onSick, onWell] = [hold(sick), hold(well)];
    // More than there are associations: some wait in the queue.
    const searches = ['P1', 'P2', 'P4', 'P5'].map((patient) => ask(at('sick', `studies?PatientID=${patient}`)));
    const other = ask(at('well', 'studies?PatientID=P1'));
    await until(async () => onSick.waiting > 0 && onWell.waiting > 0 && await inFlight(pons) >= 6, { what: 'what runs', started: pons.process });

    const said = await pons.readAgain(settings({ enabled: false }));
    assert.match(said, /source sick is switched off: what ran on it was ended/);
    assert.doesNotMatch(said, /source well|after a restart/);
    for (const answer of await Promise.all(searches)) {
      assert.equal(answer.status, 503, answer.text);
      assert.match(answer.retryAfter, /^\d+$/);
      assert.match(answer.text, /switched off/);
    }
    assert.equal(await retrieve.rest(), false, 'the body is broken off');
    await until(() => front.now === 0, { what: 'the end of all connections', started: pons.process });
    onSick.let();

    const { connections, bytes } = front;
    for (const rest of ['studies?PatientID=P1', 'studies?PatientID=P3', `studies/${large}`, `studies/${large}/metadata`]) {
      const answer = await ask(at('sick', rest));
      assert.equal(answer.status, 503, `${rest}: ${answer.text}`);
      assert.match(answer.retryAfter, /^\d+$/);
    }
    await until(async () => JSON.parse((await ask(`${pons.url}/readyz`)).text).sources.sick === 'closed', { what: 'readyz', started: pons.process });
    assert.deepEqual([front.connections, front.bytes], [connections, bytes], 'the archive hears nothing');

    onWell.let();
    const undisturbed = await other;
    assert.equal(undisturbed.status, 200, undisturbed.text);
    assert.equal(JSON.parse(undisturbed.text).length, 2);
    const both = await ask(`${pons.base}/ImagingStudy?patient=P1`);
    assert.equal(both.status, 200, both.text);
    assert.equal(matches(JSON.parse(both.text)).length, 2);
    assert.match(JSON.stringify(entries(JSON.parse(both.text), 'outcome')), /source sick: the archive may not be asked now/);
    assert.equal((await ask(`${pons.base}/ImagingStudy?patient=nobody`)).status, 503);

    assert.match(await pons.readAgain(settings()), /source sick is switched on/);
    const found = await ask(at('sick', 'studies?PatientID=P1'));
    assert.equal(found.status, 200, found.text);
    assert.equal(JSON.parse(found.text).length, 2);
    assert.equal(await (await beginRetrieve(at('sick', `studies/${small}`))).rest(), true, 'a study comes whole');
  });
}

/// A STOW of which one instance was sent, and of the next one only the beginning; `answer()`: all that is said to it.
async function beginStore(port, path) {
  const files = [1, 2].map((n) => makeFile({ uid: `${large}.9.${n}`, study: `${large}.9`, size: 600_000 }));
  const head = '--b\r\nContent-Type: application/dicom\r\n\r\n';
  const whole = Buffer.concat(files.flatMap((file) => [Buffer.from(head), file, Buffer.from('\r\n')]).concat(Buffer.from('--b--\r\n')));
  const socket = createConnection({ port, host: '127.0.0.1' });
  let said = '';
  const over = new Promise((resolve) => socket.on('data', (bytes) => { said += bytes; }).on('error', () => {}).on('close', resolve));
  socket.write(`POST ${path} HTTP/1.1\r\nHost: pons\r\nContent-Type: multipart/related; type="application/dicom"; boundary=b\r\nContent-Length: ${whole.length}\r\n\r\n`);
  socket.write(whole.subarray(0, files[0].length + 300_000));
  return { first: files[0].length, answer: async () => { await over; return said; } };
}

for (const [way, source] of [['DIMSE', byDimse], ['DICOMweb', byWeb]])
  test(`${way}: whoever stores is told that the source was switched off, and that some may be stored`, { timeout: 60000 }, async () => {
    const pacs = kept(await startQuirkPacs({ truth: sampleTruth }));
    const front = await counter(way === 'DICOMweb' ? pacs.httpPort : pacs.dimsePort);
    const settings = (more = {}) => ({ sources: { pacs: source(front.port, more) } });
    const pons = kept(await startPons(settings()));
    const store = await beginStore(new URL(pons.url).port, '/dicomweb/sources/pacs/studies');
    await until(() => front.bytes > store.first, { what: 'the first instance', started: pons.process });
    await pons.readAgain(settings({ enabled: false }));
    const said = await store.answer();
    assert.match(said, /^HTTP\/1.1 503 /);
    assert.match(said, /switched off meanwhile/);
    assert.match(said, /some instances of this request may have been stored/);
  });

test('a file with a fault changes nothing, and what needs a restart is told by its key', { timeout: 60000 }, async () => {
  const archive = kept(await startQuirkPacs({ truth: sampleTruth }));
  const settings = (more = {}, rest = {}) => ({ ...rest, sources: { web: byWeb(archive.httpPort, { answer_cache: { size: 0 }, ...more }) } });
  const pons = kept(await startPons(settings()));
  const status = async () => (await ask(`${pons.url}/dicomweb/studies?PatientID=P1`)).status;
  const nothing = /the configuration was read again and is faulty, nothing was changed/;

  let said = await pons.readAgain(settings({ enabled: false, limit: { associations: 3 } }));
  assert.match(said, nothing);
  assert.match(said, /pons\.yaml:\d+:\d+: sources\.web\.limit: [^\n]*limits/);
  assert.equal(await status(), 200);
  assert.match(await pons.readAgain('sources: ['), nothing);
  said = await pons.readAgain(settings({ enabled: false }, { http: { listen: '0.0.0.0:1' } }));
  assert.match(said, /http\.listen: [^\n]* is beyond loopback/);
  assert.match(said, nothing);
  assert.equal(await status(), 200);

  said = await pons.readAgain(settings({ credentials: { kind: 'bearer', token: 'swordfish' }, limits: { associations: 3 } },
    { peers: { CT1: { host: '127.0.0.1', port: 104 } } }));
  assert.match(said, /hold after a restart: [^\n]*sources\.web\.limits\.associations/);
  for (const key of ['peers.CT1', 'sources.web.credentials.token']) assert.ok(said.includes(key), said);
  assert.doesNotMatch(said, /swordfish|source web/);
  const more = settings();
  more.sources.more = byWeb(archive.httpPort);
  assert.match(await pons.readAgain(more), /hold after a restart: sources\.more\\?"/);
  assert.equal((await ask(`${pons.url}/dicomweb/sources/more/studies?PatientID=P1`)).status, 404);

  said = await pons.readAgain(settings());
  assert.doesNotMatch(said, /after a restart|source web/);
  const clock = (hour) => `${String((hour + 24) % 24).padStart(2, '0')}:00`;
  const hour = new Date().getUTCHours();
  said = await pons.readAgain(settings({ timezone: 'UTC', hours: `${clock(hour + 3)}-${clock(hour + 5)}` }));
  assert.match(said, /source web has other hours, and may not be asked now: what ran on it was ended/);
  assert.match(said, /after a restart: sources\.web\.timezone/);
  const answer = await ask(`${pons.url}/dicomweb/studies?PatientID=P1`);
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.retryAfter) > 3600, answer.retryAfter);
  assert.match(await pons.readAgain(settings()), /source web has other hours, and may be asked now/);
  assert.equal(await status(), 200);
});

test('switching a source twenty times under load loses no request of the other, and leaves nothing behind', { timeout: 180000 }, async () => {
  const data = await syntheticStudies({ studies: 20, plain: true });
  const dcmqrscp = kept(await startDcmqrscp(data));
  const sick = kept(await startQuirkPacs({ truth: sampleTruth }));
  const settings = (enabled) => ({ http: { threads: 2 }, sources: {
    sick: byDimse(sick.dimsePort, { enabled, answer_cache: { size: 0 }, limits: { associations: 3 } }),
    web: byWeb(sick.httpPort, { enabled, answer_cache: { size: 0 } }),
    well: sourceFor(dcmqrscp, 'dimse', { answer_cache: { size: 0 } }) } });
  const pons = kept(await startPons(settings(true)));
  const { pid } = pons.process.child;
  const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
  const at = (name, query) => `${pons.url}/dicomweb/sources/${name}/studies?${query}`;
  const well = { asked: 0, lost: [] };
  const off = { answered: 0, refused: 0, wrong: [] };
  let goesOn = true;
  const askWell = async (n) => {
    while (goesOn) {
      const answer = await ask(at('well', `PatientID=P${1000 + n}`));
      ++well.asked;
      if (answer.status !== 200 || JSON.parse(answer.text).length !== 2) well.lost.push(answer);
    }
  };
  const askSick = async (name, n) => {
    while (goesOn) {
      const answer = await ask(at(name, `PatientID=P${n}`));
      if (answer.status === 200 && JSON.parse(answer.text).length === (n === 1 ? 2 : 1)) ++off.answered;
      else if (answer.status === 503 && /switched off/.test(answer.text)) ++off.refused;
      else off.wrong.push(answer);
    }
  };
  const load = [0, 1, 2].map(askWell).concat([1, 2, 3, 4].flatMap((n) => [askSick('sick', n), askSick('web', n)]));
  await until(() => well.asked > 10 && off.answered > 10, { what: 'the load', started: pons.process });
  const before = descriptors();
  for (let n = 0; n < 20; ++n) {
    const { asked } = well;
    const [answered, refused] = [off.answered, off.refused];
    const on = n % 2 === 1;
    assert.match(await pons.readAgain(settings(on)), on ? /source sick is switched on/ : /source sick is switched off/);
    await until(() => well.asked > asked && (on ? off.answered > answered : off.refused > refused), { what: `SIGHUP ${n}`, started: pons.process });
  }
  goesOn = false;
  await Promise.all(load);
  assert.deepEqual(well.lost.slice(0, 1), []);
  assert.deepEqual(off.wrong.slice(0, 1), []);
  await until(() => descriptors() <= before, { what: `no more than ${before} descriptors`, started: pons.process });
});
