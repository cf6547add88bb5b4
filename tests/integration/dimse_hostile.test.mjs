// Peers of the DIMSE provider that do wrong. Whatever they do, others are served, nothing of them is left behind, and the log says why they
// were not served, without a word about a patient.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { pdu, wrapped } from '../support/dimse_js/upper_layer.mjs';
import { echo } from './support/dcmtk_clients.mjs';
import { startPons } from './support/pons.mjs';
import { freePort, run, until } from './support/processes.mjs';
import { abort, associateRq, command, data, echoRq, findRq, identifier, pdv, rawPeer, release, resultsIn, timedEcho, uids } from './support/raw_peer.mjs';
import { madeInstances, wadoStub } from './support/wado_stub.mjs';

const small = '1.2.41';
const large = '1.2.42';
const patient = 'GEHEIM-4711';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let stub, slow, pons, pid, port, rest;
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

/// A QIDO-RS server that answers nothing. {asked, left: of these, by clients that went, stop()}.
async function silentServer() {
  const server = { asked: 0, left: 0 };
  const http = createServer((request, answer) => {
    ++server.asked;
    answer.on('close', () => { ++server.left; });
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  return Object.assign(server, { url: `http://127.0.0.1:${http.address().port}/dicom-web`, stop: () => new Promise((resolve) => { http.close(resolve); http.closeAllConnections(); }) });
}

const inProc = (what) => readdirSync(`/proc/${pid}/${what}`).length;
const resident = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/// Connections to Pons's DICOM port that it holds.
function connections() {
  const at = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state, , , , , , inode]) => local?.endsWith(`:${at}`) && state !== '0A' && inode !== '0').length;
}

before(async () => {
  stub = kept(await wadoStub([...madeInstances(small, 3), ...madeInstances(large, 3, 32 << 20)]));
  slow = kept(await silentServer());
  port = await freePort();
  const web = (url) => ({ kind: 'dicomweb', url, limits: { associations: 16 }, breaker: { failures: 0 } });
  pons = kept(await startPons({
    dicom: { listen: `127.0.0.1:${port}`, ae_titles: { WEB: ['web'], SLOW: ['slow'] }, silence_timeout: '1s', idle_timeout: '4s', associations_per_peer: 8 },
    http: { stall_timeout: '1s' },
    peers: { CT1: { host: '127.0.0.1', port: 104 }, ECHOSCU: { host: '127.0.0.1', port: 104 }, FINDSCU: { host: '127.0.0.1', port: 104 } },
    sources: { web: web(stub.url), slow: web(slow.url) },
  }));
  ({ pid } = pons.process.child);
  // What a process needs once is there after this.
  for (let n = 0; n < 3; ++n) {
    await timedEcho(port);
    assert.equal((await find({ study: small })).status, 0);
  }
  await until(() => connections() === 0, { what: 'the first have gone' });
  rest = { fd: inProc('fd'), task: inProc('task') };
});

/// A C-FIND of its own association: {status, rows}.
async function find(keys, called = 'WEB') {
  const peer = await rawPeer(port);
  await peer.associate({ called });
  ask(peer, identifier(keys));
  let rows = 0;
  for (;;) {
    const answer = await peer.answer();
    if (![0xff00, 0xff01].includes(answer?.status)) {
      peer.say(release);
      await peer.hear();
      peer.close();
      return { status: answer?.status, rows };
    }
    await peer.hear();
    ++rows;
  }
}

function ask(peer, bytes, messageId = 2) {
  peer.say(findRq(3, messageId));
  const size = 16000;
  for (let at = 0; at < bytes.length || at === 0; at += size)
    peer.say(data([pdv(3, at + size >= bytes.length ? 2 : 0, bytes.subarray(at, at + size))]));
}

/// Others are served, and there is nothing left of whoever has gone.
async function isSound(what) {
  assert.equal((await echo({ dimsePort: port }, ['-aec', 'WEB'])).status, '0000', what);
  assert.deepEqual(await find({ study: small }), { status: 0, rows: 1 }, what);
  await until(() => connections() === 0 && inProc('task') <= rest.task && inProc('fd') <= rest.fd,
    { what: `nothing is left of ${what}: ${connections()} connections, ${inProc('task')} of ${rest.task} threads, ${inProc('fd')} of ${rest.fd} descriptors` });
}

/// What was written into the log from now on.
function logFromNow() {
  const begin = pons.process.output.length;
  return () => pons.process.output.slice(begin);
}

const endings = {
  aborted: async (peer) => { assert.equal((await peer.hear())?.type, pdu.abort); await peer.gone; },
  closed: async (peer) => { assert.equal(await peer.hear(), undefined); },
  // What was still on its way to Pons may take the A-ABORT along.
  ended: async (peer) => { for (let heard = await peer.hear(); heard; heard = await peer.hear()) assert.equal(heard.type, pdu.abort); },
  released: async (peer) => { assert.equal((await peer.hear())?.type, pdu.releaseRp); await peer.gone; },
};

// --- before there is an association ---

const cut = (bytes, length) => { const wrong = Buffer.from(bytes); wrong.writeUInt32BE(length >>> 0, 2); return wrong; };
const usual = associateRq();
// The same bytes in each run.
const noise = Buffer.concat(Array.from({ length: 200 }, (_, n) => createHash('sha512').update(`noise ${n}`).digest()));
noise[0] = 0x99;
const clientHello = Buffer.from('16030100c8010000c40303' + '5a'.repeat(60), 'hex');
const many = Array.from({ length: 129 }, (_, n) => [n + 1, `1.2.840.10008.5.1.4.1.1.${n + 1}`, [uids.explicit]]);

const strangers = [
  ['an HTTP client', Buffer.from('GET /dicom-web/studies HTTP/1.1\r\nHost: pacs\r\n\r\n'), 'aborted', /what it says is no association request/],
  ['a TLS client', clientHello, 'closed', /it begins with TLS, and there is none here \(dicom\.tls\)/],
  ['noise', noise, 'aborted', /no association request/],
  ['P-DATA before an association', echoRq(), 'aborted', /no association request/],
  ['A-RELEASE-RQ before an association', release, 'aborted', /no association request/],
  ['a request of which a half comes', usual.subarray(0, usual.length / 2), 'closed', /did not come whole/],
  ['a request that says to be longer than it is', cut(usual, usual.length + 94), 'closed', /did not come whole/],
  ['a request that says to be shorter than it is', cut(usual, usual.length - 16), 'aborted', /it breaks the protocol: A-ASSOCIATE-RQ/],
  ['a request of 4 GB', cut(usual, 0xffffffff), 'aborted', /its association request is too large/],
  ['129 presentation contexts', associateRq({ contexts: many }), 'aborted', /it asks for too much: A-ASSOCIATE-RQ, presentation contexts/],
  ['an AE title of several lines', associateRq({ calling: 'CT1\nall is well' }), 'aborted', /it breaks the protocol: A-ASSOCIATE-RQ, AE title/],
];

test('who says nothing sensible gets no association, and the log says why', { timeout: 120000 }, async (t) => {
  const log = logFromNow();  // each reason is told once in ten seconds
  for (const [name, says, ending, why] of strangers)
    await t.test(name, async () => {
      const peer = await rawPeer(port);
      peer.say(says);
      await endings[ending](peer);
      peer.close();
      await until(() => why.test(log()), { what: `the log about ${name}`, started: pons.process });
      await isSound(name);
    });
});

test('500 silent connections and half-sent requests do not delay an echo by 100 ms', { timeout: 120000 }, async (t) => {
  const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];
  const [alone, among] = [[], []];
  const several = async (times) => { for (let n = 0; n < 11; ++n) times.push(await timedEcho(port)); };
  for (let round = 0; round < 3; ++round) {
    await several(alone);
    const sockets = await Promise.all(Array.from({ length: 500 }, (_, n) => new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => { if (n % 2) socket.write(usual.subarray(0, 6 + n % 60)); resolve(socket); }).once('error', reject);
    })));
    for (const socket of sockets) socket.on('error', () => {});
    await until(() => connections() >= 200, { what: 'they are there' });
    await several(among);
    for (const socket of sockets) socket.destroy();
    await until(() => connections() === 0, { what: 'they are gone' });
  }
  t.diagnostic(`${median(alone).toFixed(1)} ms alone, ${median(among).toFixed(1)} ms among them`);
  assert.ok(median(among) - median(alone) < 100, `${median(alone)} ms alone, ${median(among)} ms among them`);
  await isSound('500 silent ones');
});

// --- within an association ---

/// 20,000 items in one another, in Explicit VR Little Endian, with lengths that are not known.
function nested(levels) {
  const begin = Buffer.from('40007502' + '53510000ffffffff' + 'feff00e0ffffffff', 'hex');
  const end = Buffer.from('feff0de000000000' + 'feffdde000000000', 'hex');
  return Buffer.concat([...Array.from({ length: levels }, () => begin), ...Array.from({ length: levels }, () => end)]);
}
const level = identifier({ patient });
const [silent, broke, itself, lost] = [/aborted, since it was silent within a message/, /aborted, since it broke the protocol/, /; aborted by it/, /; its connection ended/];

const inAssociation = [
  ['a PDV longer than its PDU', [data([pdv(1, 3, Buffer.alloc(20), 600)])], 'aborted', broke],
  ['a PDV of 4 GB', [data([pdv(1, 3, Buffer.alloc(20), 0xffffffff)])], 'aborted', broke],
  ['a PDV shorter than its own head', [data([pdv(1, 3, Buffer.alloc(0), 1)])], 'aborted', broke],
  ['a PDU without room for a PDV', [data([Buffer.from('abc')])], 'aborted', broke],
  ['a PDU that says less than it holds', [data([pdv(1, 3, Buffer.alloc(60))], 20)], 'aborted', broke],
  ['a PDU of 4 GB, and silence', [data([pdv(3, 1, Buffer.alloc(8), 0xfffffff9)], 0xffffffff)], 'aborted', silent],
  ['a command of 4 GB', [data([pdv(3, 1, Buffer.alloc(1 << 20), 0xfffffff9)], 0xffffffff)], 'ended', broke],
  ['a PDU of an unknown type', [wrapped(0x42, Buffer.alloc(4))], 'aborted', broke],
  ['another A-ASSOCIATE-RQ', [usual], 'aborted', broke],
  ['garbage', [noise], 'aborted', broke],
  ['a message in a context that was not proposed', [echoRq(99)], 'aborted', broke],
  ['an answer to nothing', [command(1, { affectedSopClass: uids.verification, command: 0x8030, respondsTo: 1, status: 0 })], 'aborted', broke],
  ['a data set where a command should be', [data([pdv(3, 2, level)])], 'aborted', broke],
  ['a command set that is none', [data([pdv(1, 3, Buffer.from('nothing like a command set'))])], 'aborted', broke],
  ['a C-FIND whose data set never comes', [findRq()], 'aborted', silent],
  ['a C-FIND whose data set stops in the middle', [findRq(), data([pdv(3, 0, level)])], 'aborted', silent],
  ['a C-FIND, and a command instead of its data set', [findRq(), echoRq()], 'aborted', broke],
  ['nothing', [], 'aborted', /; aborted, since it was idle/],
];

test('who breaks the protocol is aborted, and the log says why', { timeout: 180000 }, async (t) => {
  for (const [name, says, ending, why] of inAssociation)
    await t.test(name, async () => {
      const log = logFromNow();
      const peer = await rawPeer(port);
      await peer.associate();
      for (const each of says) peer.say(each);
      await endings[ending](peer);
      peer.close();
      await until(() => why.test(log()), { what: `the log about ${name}`, started: pons.process });
      await isSound(name);
    });
});

test('an identifier of 20,000 sequences in one another is refused, and the association goes on', { timeout: 60000 }, async () => {
  const peer = await rawPeer(port);
  await peer.associate();
  for (const levels of [40, 20000]) {
    const before_ = resident('VmHWM');
    ask(peer, identifier({ patient, more: nested(levels) }));
    const answer = await peer.answer();
    assert.deepEqual([answer.status, answer.comment], [0xa900, 'the identifier cannot be read'], `${levels} levels`);
    assert.ok(resident('VmHWM') - before_ < 32, `${before_} MiB, then ${resident('VmHWM')} MiB`);
  }
  peer.say(echoRq());
  assert.equal((await peer.answer()).status, 0);
  peer.say(release);
  await endings.released(peer);
  peer.close();
  await isSound('a deep identifier');
});

test('unknown abstract and transfer syntaxes are refused one by one, and the others served', async () => {
  const peer = await rawPeer(port);
  const contexts = [[1, uids.verification, [uids.implicit]], [3, '1.2.840.10008.5.1.1.9', [uids.explicit]], [5, '1.2.3.4.5.999', [uids.explicit]],
    [7, uids.find, [uids.jpeg, '1.2.3.4']], [9, uids.find, ['1.2.3.4', uids.explicit]], [11, '2.25.99', ['1.2.3.4', '1.2.3.5']]];
  const results = resultsIn(await peer.associate({ contexts }));
  // 3: the abstract syntax is not supported, 4: none of the transfer syntaxes is. A private class may be one of storage.
  assert.deepEqual([results[1], results[3], results[7], results[9]], [0, 3, 4, 0]);
  peer.say(echoRq());
  assert.equal((await peer.answer()).status, 0);
  for (const context of [3, 7]) assert.notEqual(results[context], 0);
  peer.say(findRq(3));
  await endings.aborted(peer);
  peer.close();
  const none = await rawPeer(port);
  assert.deepEqual(resultsIn(await none.associate({ contexts: contexts.slice(1, 2) })), { 3: 3 });
  none.say(release);
  await endings.released(none);
  none.close();
  await isSound('unknown syntaxes');
});

const leaving = [
  ['whose connection breaks', (peer) => peer.close(), lost],
  ['who says A-ABORT', async (peer) => { peer.say(abort); await peer.gone; peer.close(); }, itself],
  ['who says A-RELEASE-RQ, which it may not yet', async (peer) => { peer.say(release); await endings.released(peer); peer.close(); }, /; released/],
  ['who asks for something else', async (peer) => { ask(peer, identifier({ study: small }), 3); await endings.aborted(peer); peer.close(); }, broke],
];

for (const [name, leaves, why] of leaving)
  test(`a peer ${name} between its request and the response takes its query along`, { timeout: 60000 }, async () => {
    const log = logFromNow();
    const [asked, left] = [slow.asked, slow.left];
    const peer = await rawPeer(port);
    await peer.associate({ called: 'SLOW' });
    ask(peer, identifier({ patient, study: small }));
    await until(() => slow.asked > asked, { what: 'the archive is asked' });
    await leaves(peer);
    await until(() => slow.left - left === slow.asked - asked, { what: 'the archive is no longer asked' });
    await until(() => why.test(log()) && /C-FIND of CT1 at 127\.0\.0\.1 to SLOW: no final response/.test(log()), { what: 'the log', started: pons.process });
    await isSound(`a peer ${name}`);
  });

test('peers that stop reading in the middle of a C-GET keep nobody from being served', { timeout: 120000 }, async () => {
  const roles = [[uids.secondaryCapture, 0, 1]];
  const contexts = [[1, uids.verification, [uids.implicit]], [3, uids.get, [uids.explicit]], [5, uids.secondaryCapture, [uids.explicit]]];
  const getRq = command(3, { affectedSopClass: uids.get, command: 0x0010, messageId: 7, priority: 0 }, true);
  const log = logFromNow();
  const begun = stub.broken;
  const before_ = resident('VmHWM');
  const peers = await Promise.all(Array.from({ length: 6 }, async () => {
    const peer = await rawPeer(port);
    await peer.associate({ contexts, roles });
    peer.say(Buffer.concat([getRq, data([pdv(3, 2, identifier({ study: large }))])]));
    peer.socket.pause();
    return peer;
  }));
  await until(() => connections() === 6 && stub.retrieves.length > 0, { what: 'six retrieves run' });
  assert.deepEqual(await find({ study: small }), { status: 0, rows: 1 });
  await timedEcho(port);
  await until(() => stub.broken - begun === 6, { what: 'the archive is no longer asked, for none of them', timeout: 30000 });
  await until(() => (log().match(/with WEB: 1 C-GET; aborted, since it was silent within a message, or took nothing/g) ?? []).length === 6, { what: 'the log', started: pons.process });
  assert.ok(resident('VmHWM') - before_ < 64, `${before_} MiB, then ${resident('VmHWM')} MiB`);
  for (const peer of peers) peer.close();
  await isSound('six who stopped reading');
});

test('one calling AE title has as many associations as it may, and gets each back', { timeout: 60000 }, async () => {
  for (let round = 0; round < 3; ++round) {
    const peers = await Promise.all(Array.from({ length: 8 }, async () => {
      const peer = await rawPeer(port);
      await peer.associate();
      return peer;
    }));
    const more = await rawPeer(port);
    more.say(usual);
    const refused = await more.hear();
    assert.deepEqual([refused.type, [...refused.body]], [pdu.associateRj, [0, 2, 3, 2]]);
    assert.equal((await echo({ dimsePort: port }, ['-aec', 'WEB'])).status, '0000', 'another title');
    more.close();
    for (const peer of peers) peer.close();
    await until(() => connections() === 0, { what: 'they are gone' });
  }
  assert.match(pons.process.output, /AE title CT1 has 8 already/);
  await isSound('too many');
});

test('DCMTK\'s tools, where they are rude', { timeout: 60000 }, async () => {
  const env = { ...process.env, TCP_NODELAY: '1' };
  const at = ['127.0.0.1', `${port}`];
  await run('echoscu', ['-aec', 'WEB', '--propose-pc', '128', '--propose-ts', '38', ...at], { env });
  await run('echoscu', ['-aec', 'WEB', '--repeat', '50', ...at], { env });
  await run('echoscu', ['-aec', 'WEB', '--abort', ...at], { env });
  await run('echoscu', ['-aec', 'WEB', '--max-pdu', '4096', ...at], { env });
  await run('findscu', ['-aec', 'WEB', '-S', '--abort', '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${small}`, ...at], { env });
  await isSound('DCMTK\'s tools');
});

test('nothing about a patient came into the log, and Pons ends well', async () => {
  assert.doesNotMatch(pons.process.output, new RegExp(`${patient}|HAND-1|Made\\^|${small.replaceAll('.', '\\.')}\\b`));
  assert.equal((await pons.stop()).code, 0);
});
