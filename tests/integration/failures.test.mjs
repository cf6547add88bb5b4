// An archive that is down, slow, refusing or talking nonsense is told as such: never an empty Bundle.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { after, test } from 'node:test';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client, entries } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort, until } from './support/processes.mjs';

const open = [];
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});
const kept = (thing) => { open.push(thing); return thing; };

const timeouts = { connect: '1s', association: '1s', first_response: '2s', between_responses: '2s', total: '4s' };

async function ponsBefore(sources) {
  const pons = kept(await startPons({ sources }));
  return { pons, client: new Client(pons.base) };
}

const dimse = (port, more = {}) => ({ kind: 'dimse', host: '127.0.0.1', port, called_ae: 'PACS', timeouts, ...more });
const dicomweb = (port, more = {}) => ({ kind: 'dicomweb', url: `http://127.0.0.1:${port}/dicom-web`, timeouts, ...more });

async function failsWith(client, statuses, path = 'ImagingStudy?patient=P1000') {
  const answer = await client.get(path);
  assert.ok(statuses.includes(answer.status), `${answer.status}: ${answer.text.slice(0, 500)}`);
  assert.equal(answer.body.resourceType, 'OperationOutcome');
  if (answer.status === 503) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/, 'Retry-After');
  return answer;
}

// A server that does one thing to whoever connects.
async function tcp(serve) {
  const server = createTcpServer((socket) => { socket.on('error', () => {}); serve(socket); });
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  kept({ stop: () => new Promise((resolve) => { server.close(resolve); sockets.forEach((s) => s.destroy()); }) });
  return server.address().port;
}

async function http(serve) {
  const server = createHttpServer(serve);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  kept({ stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) });
  return server.address().port;
}

test('nobody listens', async () => {
  for (const source of [dimse(await freePort()), dicomweb(await freePort())]) {
    const { client } = await ponsBefore({ main: source });
    await failsWith(client, [502, 503, 504]);
    await failsWith(client, [502, 503, 504], 'ImagingStudy/1.2.3.4');
    assert.equal((await client.get('Endpoint')).status, 200, 'what needs no archive is answered');
  }
});

test('readyz names the source that is down', async () => {
  const { pons, client } = await ponsBefore({ 'night-archive': dimse(await freePort()) });
  const answer = await client.raw(`${pons.url}/readyz`);
  assert.equal(answer.status, 503);
  assert.match(answer.text, /night-archive/);
  assert.equal((await client.raw(`${pons.url}/livez`)).status, 200);
});

test('an archive that accepts and says nothing', async () => {
  const port = await tcp(() => {});
  for (const source of [dimse(port), dicomweb(port)]) {
    const { client } = await ponsBefore({ main: source });
    const begun = Date.now();
    await failsWith(client, [503, 504]);
    assert.ok(Date.now() - begun < 20000, 'within its deadlines');
  }
});

test('an archive that hangs up', async () => {
  const port = await tcp((socket) => socket.destroy());
  for (const source of [dimse(port), dicomweb(port)]) {
    const { client } = await ponsBefore({ main: source });
    await failsWith(client, [502, 503]);
  }
});

test('an archive that sends garbage', async () => {
  const port = await tcp((socket) => socket.once('data', () => socket.end(Buffer.alloc(4096, 0xa5))));
  for (const source of [dimse(port), dicomweb(port)]) {
    const { client } = await ponsBefore({ main: source });
    await failsWith(client, [502, 503]);
  }
});

const web = [
  ['500', (q, r) => { r.writeHead(500); r.end('<html>'); }, [502, 503]],
  ['503 with Retry-After', (q, r) => { r.writeHead(503, { 'Retry-After': '7' }); r.end(); }, [502, 503]],
  ['401', (q, r) => { r.writeHead(401); r.end(); }, [502]],
  ['413', (q, r) => { r.writeHead(413); r.end(); }, [400, 403, 502, 503]],
  ['no JSON', (q, r) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json' }); r.end('<html>'); }, [502]],
  ['half a JSON', (q, r) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json' }); r.end('[{"0020000D":{"vr":"UI","Value":["1.2.3"]}},'); }, [502]],
  ['a body that breaks off', (q, r) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json', 'Content-Length': '9999' }); r.write('[{'); r.socket.end(); }, [502]],
  ['a body that never ends', (q, r) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json' }); r.write('['); }, [502, 503, 504]],
  ['an object instead of a list', (q, r) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json' }); r.end('{"a":1}'); }, [502]],
];
for (const [name, serve, statuses] of web) {
  test(`a DICOMweb server that answers ${name}`, async () => {
    const { client } = await ponsBefore({ main: dicomweb(await http(serve)) });
    await failsWith(client, statuses);
  });
}

test('204 and an empty list mean that nothing matched', async () => {
  for (const serve of [(q, r) => { r.writeHead(204); r.end(); },
    (q, r) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json' }); r.end('[]'); }]) {
    const { client } = await ponsBefore({ main: dicomweb(await http(serve)) });
    const answer = await client.get('ImagingStudy?patient=P1000');
    assert.equal(answer.status, 200);
    assert.equal(answer.body.total, 0);
  }
});

test('an archive that does not know us', async () => {
  const archive = kept(await startDcmqrscp());
  const { client } = await ponsBefore({ main: dimse(archive.port, { called_ae: 'NOBODY' }) });
  await failsWith(client, [502, 503]);
});

test('archives that stop between two searches', async () => {
  const data = await syntheticStudies({ studies: 10, plain: true });
  const dcmqrscp = await startDcmqrscp(data);
  const orthanc = await startOrthanc(data);
  for (const [archive, source] of [[dcmqrscp, sourceFor(dcmqrscp)], [orthanc, sourceFor(orthanc)]]) {
    const { client } = await ponsBefore({ main: { ...source, timeouts, answer_cache: { size: 0 } } });
    assert.equal((await client.walk([['patient', 'P1000']])).ids.length, 1);
    await archive.stop();
    await failsWith(client, [502, 503, 504], 'ImagingStudy?patient=P1001');
    await failsWith(client, [502, 503, 504], 'ImagingStudy?patient=P1000&started=ge2000');
  }
});

test('one of two archives down: 503 when the other has nothing, told when it has something', async () => {
  const data = await syntheticStudies({ studies: 10, plain: true });
  const orthanc = kept(await startOrthanc(data));
  const { client } = await ponsBefore({ web: sourceFor(orthanc),
    pacs: { ...dimse(await freePort()), issuer: sourceFor(orthanc).issuer } });
  const some = await client.get('ImagingStudy?patient=P1000');
  assert.equal(some.status, 200);
  assert.ok(entries(some.body, 'outcome').flatMap((o) => o.issue).some((i) => i.code === 'incomplete'), 'incomplete is told');
  await failsWith(client, [503], 'ImagingStudy?patient=nobody-0');
});

test('SIGTERM lets a request in flight end and refuses new ones', async () => {
  let answer;
  const asked = new Promise((resolve) => { answer = resolve; });
  const port = await http((q, r) => answer({ q, r }));
  const { pons, client } = await ponsBefore({ main: dicomweb(port, { quirks: { leading_spaces: true },  // one query, as only one is answered
    timeouts: { ...timeouts, first_response: '10s', total: '10s' } }) });
  const pending = client.get('ImagingStudy?patient=P1000');
  const { r } = await asked;
  pons.process.signal('SIGTERM');
  const refused = () => client.raw(`${pons.url}/livez`, {}).then((a) => a.status === 503, () => true);
  await until(refused, { what: 'no new request is taken', started: pons.process });
  r.writeHead(200, { 'Content-Type': 'application/dicom+json' });
  r.end('[]');
  assert.equal((await pending).status, 200);
  const { code } = await pons.process.ended;
  assert.equal(code, 0);
});

test('a configuration with a fault is refused before anything starts, with file, line and key', async () => {
  await assert.rejects(startPons({ sources: { main: { kind: 'dimse', host: '127.0.0.1', port: 4242, caled_ae: 'X' } } }), /caled_ae/);
});

test('beyond loopback only when told so', async () => {
  const port = await freePort();
  await assert.rejects(startPons({ http: { listen: `0.0.0.0:${port}` }, sources: { main: dimse(port) } }), /insecure/);
});
