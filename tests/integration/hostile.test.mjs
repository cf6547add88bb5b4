// Retrieves from archives that do wrong: the answer is whole, or everybody sees that it is not. Never a clean short one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { dataSetOffset, instancesIn, madeInstance } from '../support/hostile/instances.mjs';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { startRubbish } from '../support/hostile/rubbish.mjs';
import { repository } from './support/archives.mjs';
import { startPons } from './support/pons.mjs';
import { accepts as receiverListens, freePort, removeFolder, run, start, temporaryFolder, until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const files = instancesIn(join(repository, 'tests', 'data', 'dicom', 'studies'));
const mri = '1.113654.3.13.1026';  // six images of 130 kB
const mr = files.find((i) => i.study !== mri && i.modality === 'MR');

const timeouts = { connect: '2s', association: '2s', first_response: '3s', between_responses: '2s', total: '20s', transfer: '30s', idle: '2s' };
const source = (archive, more = {}) => ({ kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, timeouts, ...more });

async function ponsBefore(archives, more = {}) {
  const port = await freePort();
  for (const { archive } of Object.values(archives)) archive.sendsTo(port);
  const sources = Object.fromEntries(Object.entries(archives).map(([name, { archive, ...rest }]) => [name, source(archive, rest)]));
  const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources, ...more }));
  pons.studies = (name) => `${pons.url}/dicomweb/sources/${name}/studies`;
  return pons;
}

const pairs = (instances) => instances.map((i) => `${i.sop} ${i.hash}`).sort();

/// What the law says of every answer, whatever the archive did; gives 'whole', 'broken' or the status of a refusal.
function judged(got, wanted, what) {
  const seen = `${what}: ${got.status}, ${got.parts.length} of ${wanted.length}, ${got.whole ? 'ended well' : got.error?.code ?? 'ended'}`;
  const held = new Set(pairs(wanted));
  for (const pair of pairs(got.parts)) assert.ok(held.has(pair), `${seen}: an instance that is not of the study, or not as it is stored`);
  if (got.status !== 200) {
    assert.ok(got.status >= 400, seen);
    return got.status;
  }
  if (got.error === undefined) assert.deepEqual(pairs(got.parts), pairs(wanted), `${seen}: ended well, and is not all`);
  return got.error === undefined ? 'whole' : 'broken';
}

const is = (n) => ({ index, request }) => !request.sop && index === n;
const firstTime = (n) => ({ index, operation }) => operation === 0 && index === n;
const always = (n) => ({ instance }) => instance.sop === files.filter((i) => i.study === mri)[n].sop;
const refusal = [501, 502, 503, 504];

// name, what it does, what may come of it; 'c-get' and 'c-move' where it differs.
const wrongs = [
  ['does right', {}, ['whole']],
  ['drops one and says so', { drops: is(2) }, ['whole']],
  ['drops one and counts it as completed', { drops: is(2), counters: 'wrong' }, ['whole']],
  ['drops one, and tells no counters', { drops: is(2), counters: 'absent' }, ['whole']],
  ['drops the first', { drops: is(0) }, ['whole']],
  ['drops all but one', { drops: ({ index, request }) => !request.sop && index !== 3, counters: 'wrong' }, ['whole']],
  ['never sends one, and says so', { drops: always(2) }, ['broken']],
  ['never sends one, and counts it as completed', { drops: always(2), counters: 'wrong' }, ['broken']],
  ['never sends one, and counts nothing', { drops: always(2), counters: 'zero' }, ['broken']],
  ['never sends one, and tells no counters', { drops: always(2), counters: 'absent' }, ['broken']],
  ['never sends one, and has no counts in its listing', { drops: always(2), counters: 'absent', counts: false }, ['broken']],
  ['says success with zero sub-operations', { drops: () => true, counters: 'zero' }, refusal],
  ['says success and counts what it does not send', { drops: () => true, counters: 'wrong' }, refusal],
  ['fails all, and says so', { drops: () => true }, refusal],
  ['says B000 without counters', { drops: is(1), counters: 'absent', finalStatus: 0xb000 }, ['whole']],
  ['says B000 though all came', { finalStatus: 0xb000 }, ['whole']],
  ['says C000 though all came', { finalStatus: 0xc000 }, ['whole', 'broken']],
  ['says FE00, which nobody asked for', { drops: always(5), finalStatus: 0xfe00 }, ['broken']],
  ['answers the final response before the last image', { finalBefore: is(5) }, ['whole', 'broken']],
  ['answers the final response before the first image', { finalBefore: is(0) }, ['whole', 'broken', ...refusal]],
  ['answers nothing', { silentFrom: () => true }, refusal],
  ['says nothing more after three', { silentFrom: ({ index, request }) => index === 3 || request.sop }, ['broken']],
  ['says nothing more after three, the first time', { silentFrom: firstTime(3) }, ['whole']],
  ['never ends, though all came', { silentFrom: ({ index, count }) => index === count }, ['whole', 'broken']],
  ['never ends and counts nothing, though all came', { silentFrom: ({ index, count }) => index === count, counters: 'absent' }, ['whole', 'broken']],
  ['sends no pending responses', { pendings: false }, ['whole']],
  ['rejects associations for retrieves', { rejects: ({ contexts }) => (contexts.some((c) => /4\.1\.2\.2\.[23]$/.test(c.abstractSyntax)) ? [1, 1, 1] : undefined) }, refusal],
  ['rejects them for now', { rejects: ({ contexts }) => (contexts.some((c) => /4\.1\.2\.2\.[23]$/.test(c.abstractSyntax)) ? [2, 3, 2] : undefined) }, refusal],
  ['accepts no retrieves', { refuses: (sop) => /4\.1\.2\.2\.[23]$/.test(sop) }, refusal],
  ['accepts no images', { refuses: (sop) => /4\.1\.1\.4$/.test(sop) }, { 'c-get': refusal, 'c-move': ['whole'] }],
  ['aborts between two', { abortsBefore: is(3) }, ['whole']],
  ['aborts between two, always', { abortsBefore: ({ index, request, instance }) => index === 3 || (request.sop && always(3)({ instance })) }, ['broken']],
  ['aborts before the first', { abortsBefore: ({ index }) => index === 0 }, refusal],
  ['aborts in the middle of one', { abortsInside: is(3) }, ['whole', 'broken']],
  ['aborts in the middle of the first', { abortsInside: is(0) }, ['whole', 'broken', ...refusal]],
  ['sends odd fragments, and several to a PDU', { fragments: (stream, offset) => (stream === 'command' ? 3 : offset < 3000 ? 1 + (offset % 7) : 4095) }, ['whole']],
  ['sends PDVs of two bytes', { fragments: (stream, offset) => (offset < 20000 ? 2 : 16001) }, ['whole']],
  ['sends one twice', { twice: is(2) }, ['whole']],
  ['sends all twice', { twice: () => true }, ['whole']],
  ['sends another study\'s for one, once', { instead: (at) => (is(2)(at) ? mr : undefined) }, ['whole', 'broken']],
  ['sends another study\'s for one, always', { instead: (at) => (always(2)(at) ? mr : undefined) }, ['broken']],
  ['sends another study\'s for all', { instead: () => mr }, ['broken', ...refusal]],
  ['sends no originator', { originator: false }, ['whole'], ['c-move']],
  ['drops one and sends no originator', { originator: false, drops: is(4), counters: 'wrong' }, ['whole'], ['c-move']],
  ['sends another study\'s, without originator', { originator: false, instead: (at) => (is(2)(at) ? mr : undefined) }, ['whole', 'broken'], ['c-move']],
  ['opens an association per instance', { associations: 'each' }, ['whole'], ['c-move']],
  ['opens an association per instance, without originator', { associations: 'each', originator: false }, ['whole'], ['c-move']],
];

test('whole, or visibly broken', { concurrency: true, timeout: 120000 }, async (t) => {
  const cases = wrongs.flatMap(([name, does, may, ways = ['c-get', 'c-move']]) => ways.map((way) => ({
    name: `${way} of an archive that ${name}`, way, does, may: may[way] ?? may })));
  await Promise.all(cases.map(async (each) => { each.archive = kept(await new HostileArchive(files, each.does).start()); }));
  cases.forEach(({ archive }, n) => { archive.aet = `HOSTILE${n}`; });  // by which C-MOVE without originator is told apart
  const pons = await ponsBefore(Object.fromEntries(cases.map(({ archive, way }, n) => [`source-${n}`, { archive, retrieve: [way] }])));
  await Promise.all(cases.map(({ name, archive, may }, n) => t.test(name, async () => {
    const got = await retrieve(`${pons.studies(`source-${n}`)}/${mri}`);
    const how = judged(got, archive.ofStudy(mri), name);
    assert.ok(may.includes(how), `${name}: ${how}; ${got.text ?? ''}`);
  })));
});

test('one way that does not work, and another that does', async () => {
  const archive = kept(await new HostileArchive(files, { refuses: (sop) => /4\.1\.2\.2\.3$/.test(sop) }).start());
  const silent = kept(await new HostileArchive(files, { drops: ({ request, operation }) => operation === 0 && request.study === mri, counters: 'zero' }).start());
  silent.aet = 'SILENT';
  const pons = await ponsBefore({ a: { archive }, b: { archive: silent } });
  for (const [name, each] of [['a', archive], ['b', silent]])
    assert.equal(judged(await retrieve(`${pons.studies(name)}/${mri}`), each.ofStudy(mri), name), 'whole');
});

test('the archive of these tests is one for DCMTK too', async () => {
  const folder = temporaryFolder('hostile');
  const port = await freePort();
  const ct = '1.3.6.1.4.1.5962.1.1.0.0.0.1194734704.16302.0.1';  // in Explicit VR Little Endian, which is all that getscu proposes
  const archive = kept(await new HostileArchive(files.filter((i) => i.study === ct)).start()).sendsTo(port);
  const query = ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${ct}`];
  const taken = (name) => readdirSync(join(folder, name)).map((file) => readFileSync(join(folder, name, file)))
    .map((bytes) => createHash('sha256').update(bytes.subarray(dataSetOffset(bytes))).digest('hex')).sort();
  const hashes = archive.instances.map((i) => i.hash).sort();
  assert.equal(hashes.length, 7);
  for (const name of ['get', 'move']) mkdirSync(join(folder, name));
  const env = { ...process.env, TCP_NODELAY: '1' };
  await run('getscu', ['-aec', archive.aet, '--bit-preserving', '-od', join(folder, 'get'), ...query, '127.0.0.1', `${archive.port}`], { env });
  assert.deepEqual(taken('get'), hashes);
  const receiver = start('storescp', ['-aet', 'PONS_MOVE', '--bit-preserving', '-od', join(folder, 'move'), `${port}`], { env });
  await until(() => receiverListens(port), { what: 'storescp', started: receiver });
  await run('movescu', ['-aec', archive.aet, '-aem', 'PONS_MOVE', ...query, '127.0.0.1', `${archive.port}`], { env });
  await receiver.stop();
  assert.deepEqual(taken('move'), hashes);
  removeFolder(folder);
});

// --- clients --------------------------------------------------------------------------------------------------------------------

const big = madeInstance({ size: 96 << 20 });
const ways = ['c-get', 'c-move'];

// Waits until the archive cannot send on.
function blocked(archive) {
  return until(() => archive.blocked || archive.underWay === 0, { what: 'the archive waits for its reader' });
}

for (const way of ways) {
  test(`${way}: a slow client slows the archive down, and gets everything`, async () => {
    const archive = kept(await new HostileArchive([big, madeInstance({ number: 2 })]).start());
    const pons = await ponsBefore({ x: { archive, retrieve: [way] } });
    let most = 0;
    let paused = 0;
    const got = await retrieve(`${pons.studies('x')}/${big.study}`, { pace: (bytes) => {
      most = Math.max(most, archive.sent - bytes);
      if (bytes < (paused + 1) * (16 << 20)) return undefined;
      ++paused;
      return blocked(archive);
    } });
    assert.equal(judged(got, archive.instances, way), 'whole');
    assert.ok(paused >= 5);
    assert.ok(most < 40 << 20, `${most} bytes were under way at once`);  // sockets' buffers on both sides of Pons
  });

  test(`${way}: the first instance is with the client before the second is sent`, async () => {
    let taken;
    const first = new Promise((resolve) => { taken = resolve; });
    const archive = kept(await new HostileArchive([madeInstance(), madeInstance({ number: 2 })], { waits: ({ index }) => (index === 1 ? first : undefined) }).start());
    const pons = await ponsBefore({ x: { archive, retrieve: [way] } });
    const got = await retrieve(`${pons.studies('x')}/${big.study}`, { pace: (bytes) => { if (bytes > archive.instances[0].length) taken(); } });
    assert.equal(judged(got, archive.instances, way), 'whole');
  });

  test(`${way}: a client that leaves ends it at the archive, and nothing stays behind`, async () => {
    const archive = kept(await new HostileArchive([big, ...Array.from({ length: 50 }, (_, n) => madeInstance({ number: n + 2 }))]).start());
    const pons = await ponsBefore({ x: { archive, retrieve: [way] } });
    const after_ = [1, 1 << 20, 100 << 20];  // with the first byte, within an instance, among the small ones
    for (const [n, bytes] of after_.entries()) {
      const got = await retrieve(`${pons.studies('x')}/${big.study}`, { pace: (so, leave) => (so >= bytes ? leave() : undefined) });
      assert.notEqual(got.error, undefined);
      await until(() => archive.underWay === 0, { what: 'the retrieve ends at the archive' });
      assert.equal(archive.operations, n + 1);
      assert.equal(archive.heard.length, n + 1, archive.heard.join());
    }
    await until(() => archive.connections === 0, { what: 'associations that idle are closed' });
    const got = await retrieve(`${pons.studies('x')}/${big.study}`);
    assert.equal(judged(got, archive.instances, way), 'whole');
  });

  test(`${way}: two clients of one study, and both get it whole`, async () => {
    for (const originator of way === 'c-move' ? [true, false] : [true]) {
      const archive = kept(await new HostileArchive(files, { originator }).start());
      const pons = await ponsBefore({ x: { archive, retrieve: [way], limits: { associations: 4 } } });
      const both = await Promise.all([0, 1].map(() => retrieve(`${pons.studies('x')}/${mri}`)));
      for (const got of both) assert.equal(judged(got, archive.ofStudy(mri), way), 'whole');
      assert.ok(archive.operations >= 2, `${archive.operations} retrieves at the archive: bodies are not shared`);
    }
  });

  test(`${way}: 24 studies at once`, async () => {
    const studies = Array.from({ length: 24 }, (_, n) => `1.2.826.0.1.3680043.10.1.3.${n + 1}`);
    const archive = kept(await new HostileArchive(studies.flatMap((study) => [1, 2].flatMap((series) => Array.from({ length: 5 },
      (_, n) => madeInstance({ study, series, number: n + 1, size: 1 << 18 }))))).start());
    const pons = await ponsBefore({ x: { archive, retrieve: [way], limits: { associations: 6 } } });
    const all = await Promise.all(studies.map((study) => retrieve(`${pons.studies('x')}/${study}`)));
    all.forEach((got, n) => assert.equal(judged(got, archive.ofStudy(studies[n]), `${way} ${n}`), 'whole'));
    assert.ok(archive.mostAtOnce <= 6, `${archive.mostAtOnce} associations`);
    assert.ok(archive.operations >= 24, `${archive.operations} retrieves at the archive`);
  });
}

for (const way of ways) {
  test(`${way}: images on slow storage are 503 with Retry-After until they are there`, async () => {
    let fetched = false;
    const archive = kept(await new HostileArchive(files, { drops: () => !fetched, counters: 'zero' }).start());
    const pons = await ponsBefore({ x: { archive, retrieve: [way] } });
    const early = await retrieve(`${pons.studies('x')}/${mri}`);
    assert.equal(early.status, 503, early.text);
    assert.equal(early.headers['retry-after'], '30');
    fetched = true;
    const got = await retrieve(`${pons.studies('x')}/${mri}`);
    assert.equal(got.status, 200);
    assert.equal(judged(got, archive.ofStudy(mri), way), 'whole');
  });
}

test('an image that comes after everything else is refused, and gets into nobody\'s answer', async () => {
  const archive = kept(await new HostileArchive(files, { late: is(2), originator: false }).start());
  const pons = await ponsBefore({ x: { archive, retrieve: ['c-move'] } });
  assert.equal(judged(await retrieve(`${pons.studies('x')}/${mri}`), archive.ofStudy(mri), 'late'), 'whole');
  assert.deepEqual(await archive.sendLate(), [0xa700]);
  assert.deepEqual(await archive.sendLate(), []);
});

test('a peer that talks rubbish gets no answer out of Pons, and does not end it', async () => {
  for (const seed of [77, 9999]) {
    const rubbish = kept(await startRubbish(seed));
    const pons = kept(await startPons({ sources: { x: { kind: 'dimse', host: '127.0.0.1', port: rubbish.port, called_ae: 'RUBBISH', limits: { associations: 16 },
      timeouts: { association: '300ms', first_response: '300ms', between_responses: '300ms', total: '900ms' } } } }));
    while (rubbish.conversations < 160) {
      const all = await Promise.all(Array.from({ length: 16 }, () => retrieve(`${pons.url}/dicomweb/sources/x/studies?PatientID=1`)));
      for (const { status } of all) assert.ok(status >= 500, `${status} after ${rubbish.conversations} conversations, seed ${seed}`);
    }
    assert.equal((await pons.stop()).code, 0);
  }
});
