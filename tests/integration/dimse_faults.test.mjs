// Archives that fail, asked through the DIMSE provider: what is missing is told, what was acknowledged is there, and Pons serves the next.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { echo, find } from './support/dcmtk_clients.mjs';
import { destination } from './support/destination.mjs';
import { dataSet, hash, makeFile } from './support/files.mjs';
import { findScp } from './support/find_scp.mjs';
import { sourceFor } from './support/pons.mjs';
import { freePort, removeFolder, temporaryFolder, until } from './support/processes.mjs';
import { beginStore, retrieve, startProvider, store, told } from './support/provider.mjs';
import { beginFind } from './support/retrieve_client.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});
const serve = async (...what) => kept(await startProvider(...what));
function folder(name) {
  const path = temporaryFolder(name);
  kept({ stop: () => removeFolder(path) });
  return path;
}

const timeouts = { connect: '1s', association: '1s', first_response: '1s', between_responses: '1s', total: '3s' };
const always = { timeouts, breaker: { failures: 0 }, answer_cache: { size: 0 } };
const dimse = (port, more = {}) => ({ kind: 'dimse', host: '127.0.0.1', port, called_ae: 'PACS', ...always, ...more });
const web = (port, more = {}) => ({ kind: 'dicomweb', url: `http://127.0.0.1:${port}/dicom-web`, ...always, ...more });

// --- C-FIND ---

const studies = Array.from({ length: 3 }, (_, n) => ({ '0020000D': { vr: 'UI', Value: [`1.2.51.${n + 1}`] }, '00080020': { vr: 'DA', Value: ['20240310'] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Made^By^Hand' }] }, '00100020': { vr: 'LO', Value: ['HAND-1'] } }));
const json = (r, body, length) => { r.writeHead(200, { 'Content-Type': 'application/dicom+json', ...(length ? { 'Content-Length': length } : {}) }); r.write(body); };
const whole = JSON.stringify(studies);

const webFaults = {
  'is down': [undefined, ['A700']],
  'hangs up': [(q) => q.socket.destroy(), ['A700', 'C004']],
  'answers nothing': [() => {}, ['C001']],
  'answers 401': [(q, r) => r.writeHead(401).end(), ['A700']],
  'answers 403': [(q, r) => r.writeHead(403).end(), ['A700', 'C003']],
  'answers 500': [(q, r) => r.writeHead(500).end('<html>'), ['C003', 'A700']],
  'answers 503': [(q, r) => r.writeHead(503, { 'Retry-After': '7' }).end(), ['A700']],
  'answers HTML': [(q, r) => r.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'), ['C005']],
  'dies within its answer': [(q, r) => { json(r, whole.slice(0, 300), whole.length); r.socket.end(); }, ['C004', 'C005']],
  'ends its answer too soon': [(q, r) => { json(r, whole.slice(0, 300)); r.end(); }, ['C005', 'C004']],
  'never ends its answer': [(q, r) => json(r, whole.slice(0, 300)), ['C001']],
};

const dimseFaults = {
  'is down': [undefined, ['A700']],
  'rejects the association': [{ rejects: [1, 1, 7] }, ['A700']],
  'rejects it for now': [{ rejects: [2, 3, 2] }, ['A700']],
  'accepts no context': [{ refuses: true }, ['0122', 'A700']],
  'answers nothing': [{ rows: 0, then: 'silent' }, ['C001']],
  'is silent after two': [{ rows: 2, then: 'silent' }, ['C001']],
  'aborts after two': [{ rows: 2, then: 'aborts' }, ['C004']],
  'dies after two': [{ rows: 2, then: 'dies' }, ['C004']],
  'says garbage after two': [{ rows: 2, then: 'garbage' }, ['C005', 'C004']],
  'ends with A700 after two': [{ rows: 2, then: 0xa700 }, ['A700']],
  'ends with C001 after two': [{ rows: 2, then: 0xc001 }, ['C003']],
  'says FE00, which nobody asked for': [{ rows: 2, then: 0xfe00 }, ['B000', 'A700', 'C003', 'C004', 'C005']],
};

async function findFaults(t, kind, faults, make) {
  const sources = {};
  const archives = {};
  for (const [n, [how]] of Object.values(faults).entries()) {
    archives[n] = how && kept(await make(how));
    sources[`s${n}`] = kind(archives[n]?.port ?? await freePort());
  }
  const pons = await serve(sources);
  const ask = (n) => find({ dimsePort: pons.dicomPort, aet: `S${n}` }, ['PatientID=HAND-1', 'PatientName', 'StudyDate', 'StudyInstanceUID']);
  await Promise.all(Object.entries(faults).map(([name, [how, statuses]], n) => t.test(`an archive that ${name}`, async () => {
    const got = await ask(n);
    assert.ok(statuses.includes(got.status), `${got.status}\n${got.text.slice(-2000)}`);
    assert.equal(got.code, 0, 'the association goes on to its release');
    // What a DIMSE archive gave is there: all of it, as it came, unless a reset took it from the wire.
    if (how?.rows !== undefined && how.then !== 'dies') assert.equal(got.rows.length, how.rows);
    else assert.ok(got.rows.length < 3, `${got.rows.length} rows`);
    assert.match(got.text, /\(0000,0902\) LO \[[^\]]{10,}\]/, 'why');
    if (!archives[n]) return;
    archives[n].recover();
    const again = await ask(n);
    assert.deepEqual([again.status, again.rows.length], ['0000', 3], again.text.slice(-2000));
  })));
  assert.equal((await echo({ dimsePort: pons.dicomPort }, ['-aec', 'PONS'])).status, '0000');
  assert.doesNotMatch(pons.process.output, /HAND-1|Made\^/);
}

test('C-FIND before DICOMweb servers that fail is never Success, and is when they are well again', { timeout: 120000 }, (t) =>
  findFaults(t, (port) => web(port, { limits: { associations: 2 } }), webFaults, async (how) => {
    let now = how;
    const server = createHttpServer((q, r) => now(q, r));
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return { port: server.address().port, recover: () => { now = (q, r) => { json(r, new URL(q.url, 'http://x').searchParams.has('offset') ? '[]' : whole); r.end(); }; },
      stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
  }));

test('C-FIND before DIMSE archives that fail is never Success, and is when they are well again', { timeout: 120000 }, (t) =>
  findFaults(t, dimse, dimseFaults, async (how) => {
    const scp = await findScp(how);
    return Object.assign(scp, { recover: () => { scp.does = {}; } });
  }));

test('rows of an archive that is alone go out before it has ended', { timeout: 60000 }, async () => {
  let end;
  const scp = kept(await findScp({ rows: 2, then: new Promise((resolve) => { end = resolve; }) }));
  const pons = await serve({ slow: dimse(scp.port, { timeouts: { ...timeouts, between_responses: '30s', total: '30s' } }) });
  const asked = await beginFind(pons.dicomPort, 'SLOW', 'STUDY', { PatientID: 'HAND-1', StudyInstanceUID: '' });
  const first = [await asked.next(), await asked.next()];
  assert.deepEqual(first.map(({ status, uids: [study] }) => [status, study]), [['FF00', '1.2.51.1'], ['FF00', '1.2.51.2']]);
  end(0);
  assert.deepEqual(await asked.all(), { status: '0000', comment: undefined, rows: [], pending: [], values: [] });
  await asked.release();
});

// --- C-GET and C-MOVE ---

const held = Array.from({ length: 9 }, (_, n) => madeInstance({ study: '1.2.52', number: n + 1, size: 20000 }));
const third = ({ instance }) => Number(instance.sop.split('.').at(-1)) % 3 === 0;
const refusal = ({ status }) => /^A70[012]$/.test(status);
const rest = ({ status, completed, failed }) => status === 'B000' && completed === 6 && failed === 3;
const some = ({ status, completed, failed }) => status === 'B000' && completed + failed === 9;
const all = ({ status, completed, failed }) => status === '0000' && completed === 9 && failed === 0;

const retrieveFaults = {
  'does right': [{}, all],
  'fails every third, and says so': [{ drops: third }, rest],
  'fails every third, and counts it as completed': [{ drops: third, counters: 'wrong' }, rest],
  'fails every third the first time': [{ drops: (at) => at.operation === 0 && third(at) }, all],
  'aborts after four, always': [{ abortsBefore: ({ index, request, instance }) => index === 4 || (request.sop && third({ instance })) }, (got) => some(got) || refusal(got)],
  'aborts within the fifth, once': [{ abortsInside: ({ index, operation }) => operation === 0 && index === 4 }, (got) => all(got) || some(got)],
  'is silent after three': [{ silentFrom: ({ index, request }) => index === 3 || Boolean(request.sop) }, (got) => some(got) || refusal(got)],
  'is silent': [{ silentFrom: () => true }, refusal],
  'rejects retrieves': [{ rejects: ({ contexts }) => (contexts.some((c) => /4\.1\.2\.2\.[23]$/.test(c.abstractSyntax)) ? [1, 1, 1] : undefined) }, refusal],
  'accepts no retrieves': [{ refuses: (sop) => /4\.1\.2\.2\.[23]$/.test(sop) }, refusal],
  'says Success, and sends nothing': [{ drops: () => true, counters: 'wrong' }, refusal],
};

for (const way of ['c-get', 'c-move'])
  test(`C-GET and C-MOVE before archives that fail, asked by ${way.toUpperCase()}: what came is what is told`, { timeout: 240000 }, async (t) => {
    const port = await freePort();
    const cases = await Promise.all(Object.entries(retrieveFaults).flatMap(([name, [does, expected]]) => ['getscu', 'movescu'].map(async (tool) => {
      const archive = kept(await new HostileArchive(held, does).start()).sendsTo(port);
      return { name, tool, archive, expected, taker: await freePort() };
    })));
    cases.forEach(({ archive }, n) => { archive.aet = `HOSTILE${n}`; });
    const pons = await serve(Object.fromEntries(cases.map(({ archive }, n) => [`s${n}`, dimse(archive.port, { called_ae: archive.aet, retrieve: [way], timeouts: { ...timeouts, total: '8s', transfer: '20s' } })])),
      { dicom: { listen: `127.0.0.1:${port}` }, peers: Object.fromEntries(cases.map(({ taker }, n) => [`TAKER${n}`, taker])) });
    pons.dicomPort = port;
    const run = async ({ name, tool, archive, expected, taker }, n) => t.test(`${tool} of an archive that ${name}`, async () => {
      const got = await retrieve(tool, pons, `S${n}`, 'STUDY', ['StudyInstanceUID=1.2.52'], tool === 'movescu' ? ['-aem', `TAKER${n}`, '+P', `${taker}`] : []);
      const what = `${got.status} ${got.completed} completed, ${got.failed} failed, ${got.files.size} came; ${got.comment}`;
      // C-GET of what broke off within an instance ends the association, where a part of it was sent.
      if (got.status === undefined) {
        assert.ok(archive.does.abortsInside({ index: 4, operation: 0 }), `${what}\n${got.output.slice(-2000)}`);
        return;
      }
      assert.ok(expected(got), `${what}\n${got.output.slice(-2000)}`);
      assert.equal(got.files.size, got.completed ?? 0, what);
      for (const [sop, file] of got.files) assert.equal(hash(dataSet(file)), held.find((one) => one.sop === sop).hash, sop);
      if (got.status !== '0000') assert.ok(got.comment?.length > 10, what);
    });
    // A few at a time: the tools are many processes.
    const queue = cases.map((each, n) => [each, n]);
    await Promise.all(Array.from({ length: 4 }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await run(...next);
    }));
    assert.equal((await echo({ dimsePort: port }, ['-aec', 'PONS'])).status, '0000');
    assert.doesNotMatch(pons.process.output, /MADE-1|Made\^Up/);
  });

// --- C-STORE ---

function made(root, count, size = 64) {
  const path = folder('made');
  return Array.from({ length: count }, (_, n) => {
    const uid = `${root}.${n + 1}`;
    const file = join(path, `${String(n).padStart(4, '0')}.dcm`);
    writeFileSync(file, makeFile({ uid, study: root, size }));
    return { uid, file };
  });
}
const files = (list) => list.map(({ file }) => file);

const storeFaults = {
  'fails every third': [{ answers: (command, n) => [0, 0, 0xa700][n % 3] }, ['0000', '0000', 'A700', '0000', '0000', 'A700', '0000', '0000', 'A700']],
  'warns of every third': [{ answers: (command, n) => [0, 0, 0xb007][n % 3] }, ['0000', '0000', 'B007', '0000', '0000', 'B007', '0000', '0000', 'B007']],
  'says that it does not understand': [{ answers: () => 0xc123 }, Array(9).fill('C123')],
  'dies at every third': [{ answers: (command, n) => (n % 3 === 2 ? 'dies' : 0) }],
  'rejects the association': [{ rejects: () => [1, 1, 7] }, Array(9).fill('A700')],
  'rejects it for now': [{ rejects: () => [2, 3, 2] }, Array(9).fill('A700')],
  'accepts no context': [{ accepts: () => false }],
  'is down': [undefined, Array(9).fill('A700')],
};

test('C-STORE before DIMSE archives that fail: the sender hears what became of each', { timeout: 120000 }, async (t) => {
  const archives = {};
  const sources = {};
  for (const [n, [how]] of Object.values(storeFaults).entries()) {
    archives[n] = how && kept(await destination(how));
    sources[`s${n}`] = dimse(archives[n]?.port ?? await freePort());
  }
  const pons = await serve(sources);
  const sent = made('1.2.53', 9);
  await Promise.all(Object.entries(storeFaults).map(([name, [, statuses]], n) => t.test(`an archive that ${name}`, async () => {
    const answers = await store(pons, `S${n}`, files(sent));
    if (statuses) assert.deepEqual(answers.map(({ status }) => status), statuses);
    assert.equal(answers.length, 9);
    const acknowledged = sent.filter((_, i) => /^(0000|B00\w)$/.test(answers[i].status)).map(({ uid }) => uid);
    const taken = (archives[n]?.taken ?? []).filter(({ status }) => status === 0 || (status & 0xf000) === 0xb000).map(({ uid }) => uid);
    assert.deepEqual(acknowledged, acknowledged.filter((uid) => taken.includes(uid)), 'what was acknowledged is there');
    for (const { status, comment } of answers) if (!/^(0000|B00\w)$/.test(status)) assert.match(comment ?? '', /^source s\d[:,] /, status);
  })));
  assert.doesNotMatch(pons.process.output, /1\.2\.53|HAND-1|Made\^/);
});

/// Leads to an archive that may be another process each time: {port, to, stop()}.
async function switchboard() {
  const sockets = new Set();
  const board = { to: undefined };
  const server = createServer((client) => {
    const behind = connect(board.to, '127.0.0.1');
    for (const [one, other] of [[client, behind], [behind, client]]) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => { sockets.delete(one); other.destroy(); });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return Object.assign(board, { port: server.address().port, stop: () => new Promise((resolve) => { server.close(resolve); for (const socket of sockets) socket.destroy(); }) });
}

test('an archive that is killed while four send, and started again: nothing acknowledged is lost, and what was refused can be sent again', { timeout: 240000 }, async () => {
  const storage = folder('kept');
  const settings = { StorageDirectory: join(storage, 'storage'), IndexDirectory: join(storage, 'index') };
  const board = kept(await switchboard());
  const mortal = kept(await startOrthanc(undefined, { settings }));
  board.to = mortal.port;
  const pons = await serve({ web: sourceFor({ ...mortal, url: `http://127.0.0.1:${board.port}/dicom-web` }, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' }, breaker: { failures: 0 }, timeouts: { connect: '2s', first_response: '20s' } }) });
  const queues = Array.from({ length: 4 }, (_, n) => made(`1.2.54.${n + 1}`, 60, 200000));
  const senders = queues.map((queue) => beginStore(pons, 'WEB', files(queue)));
  const stored = (sender) => told(sender.output).filter(({ status }) => status === '0000').length;
  await until(() => senders.every((sender) => stored(sender) >= 5), { what: 'each has stored five', timeout: 60000 });
  process.kill(-mortal.process.child.pid, 'SIGKILL');
  await mortal.process.ended;
  const again = kept(await startOrthanc(undefined, { settings }));
  board.to = again.port;
  await Promise.all(senders.map((sender) => sender.ended));
  const client = new Client(`http://127.0.0.1:${again.port}`);
  const inArchive = async (uid) => {
    const found = JSON.parse((await client.raw('tools/lookup', { method: 'POST', body: uid, headers: { 'Content-Length': uid.length } })).text).find((f) => f.Type === 'Instance');
    return found && (await client.raw(`instances/${found.ID}/file`)).bytes;
  };
  const refused = [];
  let acknowledged = 0;
  for (const [n, queue] of queues.entries()) {
    const answers = told(senders[n].output);
    assert.equal(answers.length, queue.length);
    for (const [i, { uid, file }] of queue.entries()) {
      if (answers[i].status !== '0000') {
        assert.equal(answers[i].status, 'A700', answers[i].comment);
        refused.push(file);
        continue;
      }
      ++acknowledged;
      const there = await inArchive(uid);
      assert.ok(there, `${uid} was acknowledged`);
      assert.equal(hash(dataSet(there)), hash(dataSet(readFileSync(file))));
    }
  }
  assert.ok(refused.length >= 1 && acknowledged >= 20, `${acknowledged} acknowledged, ${refused.length} refused`);
  assert.deepEqual((await store(pons, 'WEB', refused)).filter(({ status }) => status !== '0000'), []);
  for (const { uid } of queues.flat()) assert.ok(await inArchive(uid), `${uid} is there in the end`);
});
