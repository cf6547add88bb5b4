// DICOM over TLS to archives: Orthanc's own and DCMTK's, and a front that breaks it one thing at a time.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { authority } from './support/certificates.mjs';
import { Client } from './support/client.mjs';
import { dataSet, hash, inOneForm, makeFile } from './support/files.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { accepts, freePort, removeFolder, start, temporaryFolder, until } from './support/processes.mjs';
import { rawPeer, tlsFront } from './support/tls_front.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  for (const folder of folders) removeFolder(folder);
});

let ours, theirs, server, client, stranger;
const folders = [];
before(async () => {
  [ours, theirs] = [await authority('Hospital'), await authority('Somebody else')];
  folders.push(ours.folder, theirs.folder);
  server = await ours.issue('archive');
  client = await ours.issue('pons');
  stranger = await theirs.issue('pons');
});

const trusting = (more = {}) => ({ enabled: true, ca_file: ours.certificate, ...more });
const showing = (identity) => trusting({ cert_file: identity.cert, key_file: identity.key });
const timeouts = { connect: '5s', association: '2s', first_response: '5s', between_responses: '2s' };
const source = (port, tls, more = {}) => ({ kind: 'dimse', host: 'localhost', port, called_ae: 'HOSTILE', retrieve: ['c-get'], timeouts, tls, ...more });
const study = '1.2.826.0.1.3680043.10.1.9';
const mebi = 1 << 20;
const small = [madeInstance({ study, size: 4096 }), madeInstance({ study, number: 2, size: 4096 })];
const archive = async (instances = small) => kept(await new HostileArchive(instances, { pendings: false }).start());
const front = async (port, options) => kept(await tlsFront(port, { identity: server, ...options }));
const serve = async (sources) => kept(await startPons({ sources }));
const found = async (pons) => new Client(`${pons.url}/dicomweb`).raw(`studies?StudyInstanceUID=${study}`);

async function whole(pons, from, uid) {
  const got = await retrieve(`${pons.url}/dicomweb/studies/${uid}`);
  assert.equal(got.error, undefined);
  const pairs = (list) => list.map((i) => `${i.sop} ${i.hash}`).sort();
  assert.deepEqual(pairs(got.parts), pairs(from.ofStudy(uid)));
}

/// Retrieves these studies one after the other; Pons takes no more memory for it than it says, whatever their size.
async function inBoundedMemory(t, pons, from, studies) {
  const kibibytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pons.process.child.pid}/status`, 'utf8'))[1]);
  const idle = kibibytes('VmRSS');
  for (const uid of studies) await whole(pons, from, uid);
  const grown = kibibytes('VmHWM') - idle;
  t.diagnostic(`${grown} KiB above idle`);
  assert.ok(grown <= 64 << 10, `${grown} KiB above idle`);
}

function multipart(file) {
  return { method: 'POST', headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=b' },
    body: Buffer.concat([Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), file, Buffer.from('\r\n--b--\r\n')]) };
}

test('the archive sees TLS, the name that it is called by, and our certificate; one association serves many searches', async () => {
  const behind = await archive();
  const before = await front(behind.port, { clients: ours.certificate });
  const pons = await serve({ pacs: source(before.port, showing(client)) });
  for (let n = 0; n < 3; ++n) {
    const answer = await found(pons);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(JSON.parse(answer.text).length, 1);
  }
  assert.equal(before.sessions.length, 1);
  await whole(pons, behind, study);
  for (const { version, name, client: shown } of before.sessions) assert.deepEqual([version, name, shown], ['TLSv1.3', 'localhost', 'pons']);
});

for (const version of ['TLSv1.2', 'TLSv1.3'])
  test(`${version}: hundreds of megabytes by C-GET, bit by bit, in bounded memory`, { timeout: 120000 }, async (t) => {
    const [large, many] = ['1.2.826.0.1.3680043.10.1.4', '1.2.826.0.1.3680043.10.1.5'];
    const behind = await archive([madeInstance({ study: large, size: 256 * mebi }),
      ...Array.from({ length: 300 }, (_, n) => madeInstance({ study: many, number: n + 1, size: (128 << 10) + 2 * n }))]);
    const before = await front(behind.port, { minVersion: version, maxVersion: version });
    const pons = await serve({ pacs: source(before.port, trusting()) });
    assert.equal((await found(pons)).status, 200);
    await inBoundedMemory(t, pons, behind, [large, many]);
    assert.ok(before.sessions.every((s) => s.version === version));
  });

test('an idle connection that the archive ends is noticed, and the next search has a new one', async () => {
  const behind = await archive();
  const before = await front(behind.port);
  const pons = await serve({ pacs: { ...source(before.port, trusting()), answer_cache: { size: 0 } } });
  for (let n = 1; n <= 3; ++n) {
    assert.equal((await found(pons)).status, 200);
    assert.equal(before.sessions.length, n);
    before.drop();
    await until(() => before.connections === 0, { what: 'the end of the connection' });
  }
});

test('Orthanc with its own TLS, which demands a certificate: found, retrieved as it is, stored', { timeout: 120000 }, async () => {
  const data = await syntheticStudies({ studies: 4, plain: true });
  folders.push(data.root);
  const orthanc = kept(await startOrthanc(data, { settings: { DicomTlsEnabled: true, DicomTlsCertificate: server.cert, DicomTlsPrivateKey: server.key,
    DicomTlsTrustedCertificates: ours.certificate, DicomTlsRemoteCertificateRequired: true } }));
  const of = (tls) => sourceFor(orthanc, 'dimse', { tls, retrieve: ['c-get'], quirks: { preset: 'orthanc' }, timeouts });
  const pons = await serve({ good: of(showing(client)), bare: of(trusting()), foreign: of(showing(stranger)) });
  const base = new Client(`${pons.url}/dicomweb/sources/good`);
  const rows = JSON.parse((await base.raw('studies')).text);
  assert.equal(rows.length, data.truth.studies.length);
  for (const { attributes: study, series } of data.truth.studies)
    for (const { attributes: one, instances } of series)
      for (const { attributes, file } of instances) {
        const path = `studies/${study.StudyInstanceUID}/series/${one.SeriesInstanceUID}/instances/${attributes.SOPInstanceUID}`;
        const { status, bytes } = await base.raw(path);
        assert.equal(status, 200);
        const part = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4, bytes.lastIndexOf('\r\n--'));
        assert.equal(hash(inOneForm(part)), hash(inOneForm(readFileSync(join(data.root, file)))));
      }
  const uid = '1.2.826.0.1.3680043.10.1.77';
  const stored = await base.raw('studies', multipart(makeFile({ uid: `${uid}.1.1`, study: uid })));
  assert.equal(stored.status, 200, stored.text);
  assert.equal(JSON.parse((await base.raw(`studies?StudyInstanceUID=${uid}`)).text).length, 1);
  for (const [name, says] of [['bare', /asks for a certificate of ours/], ['foreign', /did not accept our certificate/]]) {
    const answer = await new Client(`${pons.url}/dicomweb/sources/${name}`).raw('studies');
    assert.equal(answer.status, 502, answer.text);
    assert.match(answer.text, says);
  }
});

test('DCMTK storescp +tls takes what is stored', async () => {
  const folder = temporaryFolder('storescp');
  folders.push(folder);
  mkdirSync(join(folder, 'held'));
  const port = await freePort();
  const scp = kept(start('storescp', ['+tls', server.key, server.cert, '+cf', ours.certificate, '-rc', '+B', '-od', join(folder, 'held'), `${port}`]));
  await until(() => accepts(port), { what: 'storescp', started: scp });
  const pons = await serve({ pacs: source(port, showing(client)) });
  const file = makeFile({ uid: '1.2.826.0.1.3680043.10.1.78.1.1', study: '1.2.826.0.1.3680043.10.1.78', size: 300000 });
  const answer = await new Client(`${pons.url}/dicomweb/sources/pacs`).raw('studies', multipart(file));
  assert.equal(answer.status, 200, answer.text);
  const [held] = readdirSync(join(folder, 'held'));
  assert.equal(hash(dataSet(readFileSync(join(folder, 'held', held)))), hash(dataSet(file)));
});

test('dcmqrscp behind a TLS front gives what it has', { timeout: 120000 }, async () => {
  const data = await syntheticStudies({ studies: 4, plain: true });
  folders.push(data.root);
  const qrscp = kept(await startDcmqrscp(data));
  const before = await front(qrscp.port, { clients: ours.certificate });
  const pons = await serve({ pacs: sourceFor({ ...qrscp, port: before.port }, 'dimse', { tls: showing(client), retrieve: ['c-get'], quirks: { preset: 'dcmtk-qrscp' } }) });
  for (const { attributes, series } of data.truth.studies) {
    const got = await retrieve(`${pons.url}/dicomweb/studies/${attributes.StudyInstanceUID}`);
    assert.equal(got.error, undefined);
    assert.equal(got.parts.length, series.flatMap((s) => s.instances).length);
  }
  assert.ok(before.sessions.every((s) => s.client === 'pons'));
});

test('whatever is wrong with TLS is told in a sentence, and nothing is asked', { timeout: 120000 }, async (t) => {
  const behind = await archive();
  const [late, elsewhere, unknown] = [await ours.issue('late', { days: -1 }), await ours.issue('elsewhere', { names: 'DNS:pacs.example.org' }), await theirs.issue('unknown')];
  const plain = { port: behind.port };
  const cases = [
    ['expired', await front(behind.port, { identity: late }), trusting(), 502, /certificate has expired/],
    ['another name', await front(behind.port, { identity: elsewhere }), trusting(), 502, /certificate is for another name/],
    ['an unknown authority', await front(behind.port, { identity: unknown }), trusting(), 502, /authority that is not trusted here/],
    ['no certificate of ours', await front(behind.port, { clients: ours.certificate }), trusting(), 502, /asks for a certificate of ours, and there is none/],
    ['no certificate of ours, TLS 1.2', await front(behind.port, { clients: ours.certificate, maxVersion: 'TLSv1.2' }), trusting(), 502, /asks for a certificate of ours, and there is none/],
    ['ours is a stranger', await front(behind.port, { clients: ours.certificate }), showing(stranger), 502, /did not accept our certificate/],
    ['ours is a stranger, TLS 1.2', await front(behind.port, { clients: ours.certificate, maxVersion: 'TLSv1.2' }), showing(stranger), 502, /did not accept our certificate/],
    ['an old version', await front(behind.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), trusting(), 503, /no TLS from version 1\.2 on/],
    ['no common cipher', await front(behind.port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }), trusting(), 503, /no TLS cipher in common/],
    ['no TLS at all', plain, trusting(), [503, 504], /TLS/],
    ['rubbish', kept(await rawPeer({ bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' })), trusting(), 503, /does not speak TLS/],
    ['closes', kept(await rawPeer({ closes: true })), trusting(), 503, /ended the connection in the TLS handshake/],
    ['silence', kept(await rawPeer()), trusting(), 504, /did not answer the TLS handshake in time/],
    ['half a record', kept(await rawPeer({ bytes: Buffer.from([0x16, 3, 3, 0, 200, 2, 0, 0]) })), trusting(), 504, /did not answer the TLS handshake in time/],
  ];
  const pons = await serve(Object.fromEntries(cases.map(([, at, tls], n) => [`s${n}`, source(at.port, tls, { breaker: { failures: 0 } })])));
  for (const [n, [name, , , status, says]] of cases.entries()) {
    await t.test(name, async () => {
      const answer = await new Client(`${pons.url}/dicomweb/sources/s${n}`).raw(`studies?StudyInstanceUID=${study}`);
      assert.ok([status].flat().includes(answer.status), `${answer.status}: ${answer.text}`);
      assert.match(answer.text, says);
    });
  }
  assert.equal(behind.operations, 0);
});

test('a connection that stops within a TLS record breaks the retrieve off, in time', async () => {
  const behind = await archive([madeInstance({ study, size: 8 * mebi })]);
  const before = await front(behind.port, { breaksAfter: 3 * mebi + 77 });
  const pons = await serve({ pacs: source(before.port, trusting()) });
  const got = await retrieve(`${pons.url}/dicomweb/studies/${study}`);
  assert.ok(got.error, 'broken off');
});

test('verify: false is warned of at the start, and works', async () => {
  const behind = await archive();
  const before = await front(behind.port, { identity: await theirs.issue('unverified') });
  const pons = await serve({ pacs: source(before.port, { enabled: true, verify: false }) });
  assert.match(pons.process.output, /tls\.verify.*lets anybody pose as the archive/);
  assert.equal((await found(pons)).status, 200);
});

test('a renewed certificate is used without a restart', async () => {
  const behind = await archive();
  const before = await front(behind.port, { clients: ours.certificate });
  const changing = await theirs.issue('changing');
  const pons = await serve({ pacs: source(before.port, showing(changing), { breaker: { failures: 0 } }) });
  assert.equal((await found(pons)).status, 502);
  const { copyFileSync } = await import('node:fs');
  const good = await ours.issue('renewed');
  copyFileSync(good.cert, changing.cert);
  copyFileSync(good.key, changing.key);
  await until(async () => (await found(pons)).status === 200, { what: 'the renewed certificate' });
});

// --- C-MOVE: instances come to dicom.listen ---

const listening = (more = {}) => ({ enabled: true, cert_file: client.cert, key_file: client.key, ...more });
const pem = (file) => readFileSync(file);
const sending = (identity, more = {}) => ({ ca: pem(ours.certificate), ...(identity ? { cert: pem(identity.cert), key: pem(identity.key) } : {}), ...more });
async function withDoor(sources, tls) {
  const port = await freePort();
  return { port, pons: kept(await startPons({ dicom: { listen: `127.0.0.1:${port}`, ...(tls ? { tls } : {}) }, sources: await sources(port) })) };
}

test('C-MOVE that is asked for by TLS comes in the clear without dicom.tls, which the start warns of', async () => {
  const behind = await archive();
  const before = await front(behind.port);
  const { pons } = await withDoor(async (port) => {
    behind.sendsTo(port);
    return { pacs: source(before.port, trusting(), { retrieve: ['c-move'] }) };
  });
  assert.match(pons.process.output, /tls\.enabled.*C-MOVE.*in the clear/);
  await whole(pons, behind, study);
  assert.ok(before.sessions.length > 0);
  assert.deepEqual(behind.storeStatuses, [0, 0]);
});

for (const version of ['TLSv1.2', 'TLSv1.3'])
  test(`${version} both ways: C-MOVE brings hundreds of megabytes, bit by bit, in bounded memory`, { timeout: 120000 }, async (t) => {
    const [large, many] = ['1.2.826.0.1.3680043.10.1.4', '1.2.826.0.1.3680043.10.1.5'];
    const behind = await archive([madeInstance({ study: large, size: 128 * mebi }),
      ...Array.from({ length: 200 }, (_, n) => madeInstance({ study: many, number: n + 1, size: (128 << 10) + 2 * n }))]);
    const before = await front(behind.port, { clients: ours.certificate, minVersion: version, maxVersion: version });
    const { pons } = await withDoor(async (port) => {
      behind.sendsTo(port, sending(server, { minVersion: version, maxVersion: version }));
      return { pacs: source(before.port, showing(client), { retrieve: ['c-move'] }) };
    }, listening({ ca_file: ours.certificate }));
    assert.doesNotMatch(pons.process.output, /in the clear/);
    assert.match(pons.process.output, /DICOM over TLS on port/);
    assert.equal((await found(pons)).status, 200);
    await inBoundedMemory(t, pons, behind, [large, many]);
    assert.ok(behind.storeStatuses.every((status) => status === 0));
    assert.ok(before.sessions.every((s) => s.version === version && s.client === 'pons'));
  });

test('Orthanc sends by TLS, with a certificate of its own', { timeout: 120000 }, async () => {
  const data = await syntheticStudies({ studies: 3, plain: true });
  folders.push(data.root);
  let orthanc;
  const { pons } = await withDoor(async (port) => {
    orthanc = kept(await startOrthanc(data, { settings: { DicomTlsEnabled: true, DicomTlsCertificate: server.cert, DicomTlsPrivateKey: server.key,
      DicomTlsTrustedCertificates: ours.certificate, DicomTlsRemoteCertificateRequired: true,
      DicomModalities: { pons: { AET: 'PONS', Host: '127.0.0.1', Port: 11112, AllowMove: true }, move: { AET: 'PONS_MOVE', Host: '127.0.0.1', Port: port, UseDicomTls: true } } } }));
    return { pacs: sourceFor(orthanc, 'dimse', { host: 'localhost', tls: showing(client), retrieve: ['c-move'], quirks: { preset: 'orthanc' }, timeouts: { ...timeouts, between_responses: '10s' } }) };
  }, listening({ ca_file: ours.certificate }));
  const files = new Map();
  for (const { series } of data.truth.studies)
    for (const { instances } of series)
      for (const { attributes, file } of instances) files.set(attributes.SOPInstanceUID, hash(inOneForm(readFileSync(join(data.root, file)))));
  const came = new Map();
  for (const { attributes: { StudyInstanceUID: uid } } of data.truth.studies) {
    const { status, bytes, headers } = await new Client(`${pons.url}/dicomweb`).raw(`studies/${uid}`);
    assert.equal(status, 200, bytes.toString('latin1', 0, 300));
    for (const part of partsOf(bytes, headers['content-type'])) came.set(uidIn(part), hash(inOneForm(part)));
  }
  assert.deepEqual([...came].sort(), [...files].sort());
});

const partsOf = (bytes, type) => {
  const mark = Buffer.from(`--${/boundary="?([^";]+)/.exec(type)[1]}`);
  const parts = [];
  for (let at = bytes.indexOf(mark), next; (next = bytes.indexOf(mark, at + 1)) > 0; at = next) parts.push(bytes.subarray(bytes.indexOf('\r\n\r\n', at) + 4, next - 2));
  return parts;
};
// Media Storage SOP Instance UID (0002,0003).
const uidIn = (part) => {
  const at = part.indexOf(Buffer.from([2, 0, 3, 0, 0x55, 0x49]));
  return part.toString('latin1', at + 8, at + 8 + part.readUInt16LE(at + 6)).replace(/\0+$/, '');
};

test('storescu +tls is heard, and what it brings unasked is refused; without a certificate, or in the clear, it is not', { timeout: 60000 }, async () => {
  const behind = await archive();
  const { pons, port } = await withDoor(async () => ({ pacs: source(behind.port, { enabled: false }, { retrieve: ['c-move'] }) }), listening({ ca_file: ours.certificate }));
  assert.match(pons.process.output, /retrieve.*dicom\.tls takes TLS only/);
  const folder = temporaryFolder('storescu');
  folders.push(folder);
  const file = join(folder, 'one.dcm');
  writeFileSync(file, makeFile({ uid: '1.2.826.0.1.3680043.10.1.78.1.1', study: '1.2.826.0.1.3680043.10.1.78' }));
  const send = async (options) => {
    const started = start('storescu', ['-v', '-aet', 'HOSTILE', '-aec', 'PONS_MOVE', ...options, '127.0.0.1', `${port}`, file]);
    const { code } = await started.ended;
    return { code, text: started.output };
  };
  const good = await send(['+tls', server.key, server.cert, '+cf', ours.certificate]);
  assert.match(good.text, /Association Accepted/);
  assert.match(good.text, /Refused: OutOfResources|0xa700/i);
  for (const options of [['+tla', '+cf', ours.certificate], ['+tls', stranger.key, stranger.cert, '+cf', ours.certificate], []]) {
    const { code, text } = await send(options);
    assert.notEqual(code, 0, text);
    assert.doesNotMatch(text, /Association Accepted/);
  }
  assert.match(pons.process.output, /no DICOM association with 127\.0\.0\.1: TLS: it shows no certificate, and ca_file asks for one/);
  const counted = await new Client(pons.url).raw('metrics');
  assert.match(counted.text, /^pons_dicom_connections_without_tls_total 3$/m);
});

test('whatever comes to dicom.listen without the TLS that it should have delays no retrieve', { timeout: 60000 }, async () => {
  const behind = await archive();
  const before = await front(behind.port);
  const { pons, port } = await withDoor(async (at) => {
    behind.sendsTo(at, sending(server));
    return { pacs: source(before.port, trusting(), { retrieve: ['c-move'] }) };
  }, listening({ ca_file: ours.certificate }));
  const sockets = Array.from({ length: 60 }, (_, n) => {
    const socket = createConnection(port, '127.0.0.1').on('error', () => {});
    if (n % 3 === 1) socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
    if (n % 3 === 2) socket.write(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 200]), Buffer.alloc(200)]));
    return socket;
  });
  await whole(pons, behind, study);
  for (const socket of sockets) socket.destroy();
  assert.deepEqual(behind.storeStatuses, [0, 0]);
});

test('an archive that sends otherwise than dicom.listen takes it: the retrieve fails, and the log says why', { timeout: 60000 }, async (t) => {
  const cases = [
    ['in the clear', undefined, listening(), /asks for an association in the clear, and only TLS is taken here/],
    ['by TLS where there is none', sending(server), undefined, /begins with TLS, and there is none here/],
    ['without a certificate', sending(undefined), listening({ ca_file: ours.certificate }), /TLS: it shows no certificate/],
    ['with a stranger\'s certificate', sending(stranger), listening({ ca_file: ours.certificate }), /TLS: its certificate is from no authority of ca_file/],
  ];
  for (const [name, by, tls, says] of cases)
    await t.test(name, async () => {
      const behind = await archive();
      const before = await front(behind.port);
      const { pons } = await withDoor(async (at) => {
        behind.sendsTo(at, by);
        return { pacs: source(before.port, trusting(), { retrieve: ['c-move'], timeouts: { ...timeouts, total: '5s' } }) };
      }, tls);
      const got = await retrieve(`${pons.url}/dicomweb/studies/${study}`);
      assert.ok(got.error || got.status >= 500, JSON.stringify(got.status));
      assert.equal(got.parts?.length ?? 0, 0);
      await until(() => says.test(pons.process.output), { what: 'the line in the log' });
      assert.doesNotMatch(pons.process.output, /MADE-1|Made\^Up/);
    });
});

test('a certificate for dicom.listen that cannot be used: nothing is started', async () => {
  const folder = temporaryFolder('unusable');
  folders.push(folder);
  const config = join(folder, 'pons.yaml');
  writeFileSync(config, JSON.stringify({ dicom: { listen: '127.0.0.1:0', tls: listening({ key_file: server.key }) }, http: { listen: '127.0.0.1:0' }, sources: { pacs: source(104, trusting()) } }).replace('"c-get"', '"c-move"'));
  const started = start(binary(), ['serve', '--config', config]);
  const { code } = await started.ended;
  assert.equal(code, 4, started.output);
  assert.match(started.output, /dicom\.tls\.key_file: .*does not fit tls\.cert_file/);
});
