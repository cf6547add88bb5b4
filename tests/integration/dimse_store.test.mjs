// Those who store by DIMSE, before archives that speak DICOMweb or DIMSE: what is acknowledged is there, and nothing else is acknowledged.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { instancesOf, profile, publicStudies, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { dataSet, element, hash, inOneForm, makeFile } from './support/files.mjs';
import { sourceFor } from './support/pons.mjs';
import { removeFolder, temporaryFolder, until } from './support/processes.mjs';
import { beginStore, startProvider, store, told } from './support/provider.mjs';
import { stowStub } from './support/stow_stub.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

function folder(name) {
  const path = temporaryFolder(name);
  kept({ stop: () => removeFolder(path) });
  return path;
}

const serve = async (...what) => kept(await startProvider(...what));
const web = (stub, more = {}) => ({ kind: 'dicomweb', url: stub.url, timeouts: { connect: '2s', first_response: '2s' }, ...more });

const statuses = (list) => list.map(({ status }) => status);

// `count` files made by hand, and their UIDs.
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

async function metric(pons, name) {
  const { text } = await new Client(pons.url).raw('metrics');
  return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ').at(-1));
}

async function inOrthanc(archive, uid) {
  const client = new Client(`http://127.0.0.1:${archive.port}`);
  const found = JSON.parse((await client.raw('tools/lookup', { method: 'POST', body: uid, headers: { 'Content-Length': uid.length } })).text);
  const instance = found.find((f) => f.Type === 'Instance');
  return instance && (await client.raw(`instances/${instance.ID}/file`)).bytes;
}

function inDcmqrscp(archive, uid) {
  return readdirSync(archive.store).filter((name) => name !== 'index.dat').map((name) => readFileSync(join(archive.store, name)))
    .filter((file) => file.includes(element(0x00020003, 'UI', uid))).sort((a, b) => b.length - a.length)[0];
}

let data;
before(async () => { data = await publicStudies(); });

test('every file of the test data, into Orthanc by STOW-RS and into dcmqrscp, is there as it was sent', { timeout: 300000 }, async () => {
  const [orthanc, qrscp] = [kept(await startOrthanc()), kept(await startDcmqrscp(data, { empty: true }))];
  const pons = await serve({ web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
    qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' } }) });
  const outgoing = join(folder('profile'), 'storescu.cfg');
  writeFileSync(outgoing, profile(data, false));
  const sent = instancesOf(data).filter(({ file }) => dataSet(readFileSync(join(data.root, file))));
  const syntaxes = new Set(sent.map(({ transferSyntax }) => transferSyntax));
  assert.ok(syntaxes.size >= 8, `transfer syntaxes: ${[...syntaxes]}`);
  for (const [title, held] of [['WEB', (uid) => inOrthanc(orthanc, uid)], ['QRSCP', (uid) => inDcmqrscp(qrscp, uid)]]) {
    const answers = await store(pons, title, sent.map(({ file }) => join(data.root, file)), ['-xf', outgoing, 'Default']);
    assert.equal(answers.length, sent.length);
    assert.deepEqual(answers.filter(({ status }) => status !== '0000'), [], title);
    for (const instance of sent) {
      const file = await held(instance.attributes.SOPInstanceUID);
      assert.ok(file, `${title}: ${instance.file} is there`);
      // storescu writes a data set anew when it sends it.
      assert.equal(hash(inOneForm(file)), hash(inOneForm(readFileSync(join(data.root, instance.file)))), `${title}: ${instance.file}`);
    }
  }
  assert.equal(await metric(pons, 'pons_dicom_c_store_total'), 2 * sent.length);
  assert.equal(await metric(pons, 'pons_dicom_c_store_failed_total'), 0);
});

test('each instance is a request of its own, all on one connection, and the bytes are those of storescu', async () => {
  const stub = kept(await stowStub());
  const pons = await serve({ web: web(stub) });
  const sent = made('1.2.11', 40, 100000);
  assert.deepEqual(statuses(await store(pons, 'WEB', files(sent))), sent.map(() => '0000'));
  assert.deepEqual(stub.stored, sent.map(({ uid }) => uid));
  assert.ok(stub.connections <= 3, `${stub.connections} connections`);
  for (const { uid, file } of sent) {
    const body = stub.bodies.get(uid);
    assert.equal(body.subarray(128, 132).toString(), 'DICM');
    assert.equal(hash(dataSet(body)), hash(dataSet(readFileSync(file))));
  }
});

test('a server that refuses every third: the sender hears its words, and the others are stored', async () => {
  const failures = [0xa700, 0xa900, 0xc000, 0x0122, 0xc122];
  const stub = kept(await stowStub((n) => (n % 3 === 2 ? { failure: failures[(n - 2) / 3] } : n % 3 === 1 ? { warning: [0xb000, 0xb006, 0xb007][(n - 1) / 3 % 3] } : undefined)));
  const pons = await serve({ web: web(stub) });
  const sent = made('1.2.12', 15);
  const answers = await store(pons, 'WEB', files(sent));
  assert.deepEqual(statuses(answers), ['0000', 'B000', 'A700', '0000', 'B006', 'A900', '0000', 'B007', 'C000', '0000', 'B000', '0122', '0000', 'B006', 'C122']);
  assert.equal(answers[2].comment, 'source web: A700, out of resources');
  assert.equal(answers[11].comment, 'source web: 0122, SOP class not supported');
  assert.deepEqual(stub.stored, sent.filter((_, n) => n % 3 !== 2).map(({ uid }) => uid));
  assert.equal(await metric(pons, 'pons_dicom_c_store_failed_total'), 5);
  const lines = pons.process.output.split('\n').filter((line) => /not stored/.test(line));
  assert.equal(lines.length, 5, pons.process.output);
  assert.doesNotMatch(pons.process.output, /1\.2\.12|Made|HAND-1/, 'nothing about a patient or an instance in the log');
});

test('a server that is down, and HTTP errors: A700, so that the sender keeps it, and why', async () => {
  const gone = await stowStub();
  await gone.stop();
  const errors = [401, 404, 413, 429, 500, 503];
  const stub = kept(await stowStub((n) => ({ status: errors[n] })));
  const never = { breaker: { failures: 0 } };
  const pons = await serve({ down: web(gone, never), web: web(stub, never) });
  const sent = made('1.2.13', errors.length);
  const down = await store(pons, 'DOWN', files(sent));
  assert.deepEqual(statuses(down), sent.map(() => 'A700'));
  assert.match(down[0].comment, /^source down: /);
  const refused = await store(pons, 'WEB', files(sent));
  assert.deepEqual(statuses(refused), sent.map(() => 'A700'));
  errors.forEach((status, n) => assert.match(refused[n].comment, new RegExp(`^source web: HTTP status ${status}`)));
  assert.deepEqual(stub.stored, []);
});

test('a server that dies in the middle of a body, or does not answer: only what was stored is acknowledged', { timeout: 180000 }, async () => {
  const stub = kept(await stowStub((n) => (n % 4 === 1 ? { dies: true } : n % 4 === 3 ? { silent: true } : undefined)));
  const pons = await serve({ web: web(stub, { timeouts: { first_response: '300ms' }, breaker: { failures: 0 } }) });
  const sent = made('1.2.14', 8, 2 << 20);
  const answers = await store(pons, 'WEB', files(sent));
  assert.deepEqual(statuses(answers), ['0000', 'A700', '0000', 'A700', '0000', 'A700', '0000', 'A700']);
  assert.deepEqual(stub.stored, sent.filter((_, n) => n % 2 === 0).map(({ uid }) => uid));
});

test('a sender that is killed within an instance: the server never sees an end of it', { timeout: 180000 }, async () => {
  let go;
  const stub = kept(await stowStub((n) => (n === 1 ? { holds: new Promise((resolve) => { go = resolve; }) } : undefined)));
  const pons = await serve({ web: web(stub) });
  const [small] = made('1.2.15', 1);
  const [large] = made('1.2.16', 1, 48 << 20);
  const sender = beginStore(pons, 'WEB', files([small, large]));
  await until(() => stub.begun === 2, { what: 'the second instance begins', started: sender });
  process.kill(-sender.child.pid, 'SIGKILL');
  await sender.ended;
  go();
  await until(() => stub.broken === 1, { what: 'the request is broken off' });
  assert.equal(stub.whole, 1);
  assert.deepEqual(stub.stored, [small.uid]);
  assert.deepEqual(statuses(await store(pons, 'WEB', files([large]))), ['0000']);
});

test('memory does not grow with an instance', { timeout: 180000 }, async () => {
  const stub = kept(await stowStub(() => ({ keep: false })));
  const pons = await serve({ web: web(stub) });
  const { pid } = pons.process.child;
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  assert.deepEqual(statuses(await store(pons, 'WEB', files(made('1.2.17', 1, 1 << 20)))), ['0000']);
  const idle = peak();
  assert.deepEqual(statuses(await store(pons, 'WEB', files(made('1.2.18', 1, 96 << 20)))), ['0000']);
  assert.ok(peak() - idle < 16, `${idle} MiB, then ${peak()} MiB`);
});

test('an archive that is killed in mid-store has lost nothing that was acknowledged', { timeout: 180000 }, async () => {
  const storage = folder('kept');
  const settings = { StorageDirectory: join(storage, 'storage'), IndexDirectory: join(storage, 'index') };
  const mortal = kept(await startOrthanc(undefined, { settings }));
  const pons = await serve({ web: sourceFor(mortal, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }) });
  const sent = made('1.2.19', 120, 400000);
  const sender = beginStore(pons, 'WEB', files(sent));
  await until(() => told(sender.output).filter(({ status }) => status === '0000').length >= 20, { what: 'twenty are stored', started: sender });
  process.kill(-mortal.process.child.pid, 'SIGKILL');
  await sender.ended;
  const answers = told(sender.output);
  assert.equal(answers.length, sent.length);
  const acknowledged = sent.filter((_, n) => answers[n].status === '0000');
  assert.ok(acknowledged.length >= 20 && acknowledged.length < sent.length, `${acknowledged.length} acknowledged`);
  assert.ok(answers.every(({ status }) => status === '0000' || status === 'A700'), `${statuses(answers)}`);
  const again = kept(await startOrthanc(undefined, { settings }));
  for (const { uid, file } of acknowledged) {
    const held = await inOrthanc(again, uid);
    assert.ok(held, `${uid} is there`);
    assert.equal(hash(dataSet(held)), hash(dataSet(readFileSync(file))));
  }
});

test('an AE title of several sources needs dicomweb.store_to', async () => {
  const [one, other] = [kept(await stowStub()), kept(await stowStub())];
  const sources = { one: web(one), other: web(other) };
  const [file] = made('1.2.20', 1);
  const [refused] = await store(await serve(sources), 'PONS', [file.file]);
  assert.equal(refused.status, 'A700');
  assert.match(refused.comment, /dicomweb\.store_to/);
  const chosen = await serve(sources, { dicomweb: { store_to: 'other' } });
  assert.deepEqual(statuses(await store(chosen, 'PONS', [file.file])), ['0000']);
  assert.deepEqual([one.stored, other.stored], [[], [file.uid]]);
});
