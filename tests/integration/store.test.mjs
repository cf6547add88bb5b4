// STOW-RS into real archives: what is told as stored is there, byte for byte, and nothing else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import dicomwebClient from '../conformance/node_modules/dicomweb-client/build/dicomweb-client.js';
import { publicStudies, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { dataSet, element, hash, inOneForm, makeFile } from './support/files.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { temporaryFolder, until } from './support/processes.mjs';
import { XMLHttpRequest } from './support/xml_http_request.mjs';

globalThis.XMLHttpRequest = XMLHttpRequest;

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

let data, qrscp, orthanc, second, pons;
const faces = ['qrscp', 'dimse', 'web'];  // dcmqrscp, Orthanc by C-STORE, another Orthanc by STOW-RS
before(async () => {
  data = await publicStudies();
  [qrscp, orthanc, second] = [kept(await startDcmqrscp(data, { empty: true })), kept(await startOrthanc()), kept(await startOrthanc())];
  pons = kept(await startPons({ sources: {
    qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' } }),
    dimse: sourceFor(orthanc, 'dimse', { quirks: { preset: 'orthanc' } }),
    web: sourceFor(second, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
  } }));
});

const base = (face) => `${pons.url}/dicomweb${face ? `/sources/${face}` : ''}`;
const items = (report, tag) => report[tag]?.Value ?? [];
const one = (item, tag) => item[tag]?.Value?.[0];
const uids = (list) => list.map((item) => one(item, '00081155')).sort();
const studyUid = (study) => study.attributes.StudyInstanceUID;
const instancesOf = (study) => study.series.flatMap((series) => series.instances);
const fileOf = (instance) => readFileSync(join(data.root, instance.file));

function multipart(files, { boundary = 'a-boundary', quoted = true, type = 'application/dicom' } = {}) {
  const parts = files.flatMap((file) => [Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), file, Buffer.from('\r\n')]);
  const types = quoted ? `type="${type}"; boundary="${boundary}"` : `type=${type}; boundary=${boundary}`;
  return { headers: { 'Content-Type': `multipart/related; ${types}` }, body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]) };
}

async function store(face, files, { study, headers = {}, ...how } = {}) {
  const sent = multipart(files, how);
  const answer = await new Client(base(face)).raw(`studies${study ? `/${study}` : ''}`,
    { method: 'POST', body: sent.body, headers: { ...sent.headers, 'Content-Length': sent.body.length, ...headers } });
  if ([200, 202, 409].includes(answer.status) && /json/.test(answer.headers['content-type'])) answer.report = JSON.parse(answer.text);
  return answer;
}

const even = (file) => { const bytes = dataSet(file); return bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes; };

// The files that an archive holds, by SOP Instance UID. One that did not come whole it takes away again, at any moment.
function inDcmqrscp(uid) {
  const read = (name) => {
    try {
      return [readFileSync(join(qrscp.store, name))];
    } catch (e) {
      if (e.code !== 'ENOENT') throw e;
      return [];
    }
  };
  const files = readdirSync(qrscp.store).filter((n) => n !== 'index.dat').flatMap(read)
    .filter((file) => file.includes(element(0x00020003, 'UI', uid)));
  return files.sort((a, b) => b.length - a.length)[0];
}

async function inOrthanc(archive, uid) {
  const client = new Client(`http://127.0.0.1:${archive.port}`);
  const found = JSON.parse((await client.raw('tools/lookup', { method: 'POST', body: uid, headers: { 'Content-Length': uid.length } })).text);
  const instance = found.find((f) => f.Type === 'Instance');
  return instance && (await client.raw(`instances/${instance.ID}/file`)).bytes;
}

const held = (face, uid) => (face === 'qrscp' ? inDcmqrscp(uid) : inOrthanc(face === 'web' ? second : orthanc, uid));

// Whether an archive says that it has it.
async function listed(face, study, uid) {
  const answer = await new Client(base(face)).raw(`studies/${study}/instances?SOPInstanceUID=${uid}`);
  return answer.status === 200 && JSON.parse(answer.text).length > 0;
}

for (const face of faces) {
  test(`${face}: every study is stored, each data set as it was sent`, { timeout: 300000 }, async () => {
    const seen = new Set();
    for (const study of data.truth.studies) {
      // dcmqrscp refuses what was cut off in the middle of an element.
      const wanted = instancesOf(study).filter((instance) => dataSet(fileOf(instance)) &&
        (face !== 'qrscp' || dataSet(fileOf(instance)).length % 2 === 0));
      if (wanted.length === 0) continue;
      const answer = await store(face, wanted.map(fileOf), { study: studyUid(study) });
      assert.equal(answer.status, 200, `${studyUid(study)}: ${answer.status} ${answer.text.slice(0, 600)}`);
      const told = items(answer.report, '00081199');
      assert.deepEqual(uids(told), wanted.map((i) => i.attributes.SOPInstanceUID).sort());
      assert.equal(one(answer.report, '00081190'), `${base(face)}/studies/${studyUid(study)}`);
      assert.ok(told.every((item) => one(item, '00081190').startsWith(`${base(face)}/studies/${studyUid(study)}/series/`)));
      for (const instance of wanted) {
        seen.add(instance.transferSyntax);
        const file = await held(face, instance.attributes.SOPInstanceUID);
        assert.ok(file, `${instance.file} is there`);
        // Orthanc writes anew what comes by DIMSE. What a broken file lacks of an even length is added on its way.
        const form = face === 'dimse' ? inOneForm : even;
        assert.equal(hash(form(file)), hash(form(fileOf(instance))), instance.file);
      }
    }
    assert.ok(seen.size >= 8, `transfer syntaxes: ${[...seen]}`);
  });

  test(`${face}: dicomweb-client stores, and the link that it gets leads to the instance`, async () => {
    const study = data.truth.studies.find((s) => s.series.length > 1 && instancesOf(s).every((i) => dataSet(fileOf(i))));
    const client = new dicomwebClient.api.DICOMwebClient({ url: base(face) });
    const datasets = instancesOf(study).map((i) => { const file = fileOf(i); return file.buffer.slice(file.byteOffset, file.byteOffset + file.length); });
    await client.storeInstances({ datasets });
    const answer = await store(face, instancesOf(study).map(fileOf), { quoted: false });
    assert.equal(answer.status, 200);
    const link = one(items(answer.report, '00081199')[0], '00081190');
    const got = await new Client(base(face)).raw(link, { headers: { Accept: 'application/dicom; transfer-syntax=*' } });
    assert.equal(got.status, 200, got.text.slice(0, 300));
  });

  test(`${face}: a path with a study takes no other, and a part that is no instance costs itself alone`, async () => {
    const files = [makeFile({ uid: `1.2.9.${face.length}.1`, study: '1.2.9' }), makeFile({ uid: `1.2.8.${face.length}.1`, study: '1.2.8' })];
    const wrong = await store(face, files.slice(1), { study: '1.2.9' });
    assert.equal(wrong.status, 409);
    assert.equal(one(items(wrong.report, '00081198')[0], '00081197'), 0xa901);
    const mixed = await store(face, [Buffer.from('this is no instance'), ...files], { study: '1.2.9' });
    assert.equal(mixed.status, 202, mixed.text);
    assert.deepEqual(uids(items(mixed.report, '00081199')), [`1.2.9.${face.length}.1`]);
    assert.deepEqual(uids(items(mixed.report, '00081198')), [`1.2.8.${face.length}.1`]);
    assert.equal(one(items(mixed.report, '0008119A')[0], '00081197'), 0xc000);
    assert.ok(await held(face, `1.2.9.${face.length}.1`));
    assert.equal(await held(face, `1.2.8.${face.length}.1`), undefined);
  });

  // Not dcmqrscp: after an association that is aborted in the middle of a store it was seen to write its index at a wild
  // place (a file of 387 GB, a C-FIND without end), about once in ten runs.
  if (face !== 'qrscp') test(`${face}: who leaves in the middle of an instance leaves nothing behind`, { timeout: 60000 }, async () => {
    const uid = `1.2.7.${face.length}.1`;
    const file = makeFile({ uid, study: '1.2.7', size: 8 << 20 });
    const sent = multipart([file]);
    const before = (await metric('pons_http_requests_in_flight')) ?? 0;
    await new Promise((resolve, reject) => {
      const { port } = new URL(pons.url);
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST /dicomweb/sources/${face}/studies HTTP/1.1\r\nHost: pons\r\nConnection: close\r\nContent-Type: ${sent.headers["Content-Type"]}\r\n` +
          `Content-Length: ${sent.body.length}\r\n\r\n`);
        socket.write(sent.body.subarray(0, 6 << 20), () => { socket.destroy(); resolve(); });
      });
      socket.on('error', reject);
    });
    await until(async () => ((await metric('pons_http_requests_in_flight')) ?? 0) <= before, { what: 'the request ends' });
    const again = await store(face, [makeFile({ uid: `1.2.7.${face.length}.2`, study: '1.2.7' })]);
    assert.equal(again.status, 200, again.text);
    assert.ok(await listed(face, '1.2.7', `1.2.7.${face.length}.2`));
    assert.ok(!await listed(face, '1.2.7', uid));
    const whole = await store(face, [file]);
    assert.equal(whole.status, 200);
    assert.ok(await listed(face, '1.2.7', uid));
    assert.equal(hash(dataSet(await held(face, uid))), hash(dataSet(file)));
  });

  test(`${face}: curl, chunked, with Expect: 100-continue, in XML`, async () => {
    const folder = temporaryFolder('curl');
    const uid = `1.2.6.${face.length}.1`;
    const sent = multipart([makeFile({ uid, study: '1.2.6', size: 3 << 20 })], { boundary: "odd'()+_,-./:=?" });
    writeFileSync(join(folder, 'body'), sent.body);
    const curl = (type, ...more) => execFileSync('curl', ['-s', '-i', '-X', 'POST', '-H', `Content-Type: ${type}`, '-H', 'Transfer-Encoding: chunked', '-H', 'Expect: 100-continue', '--data-binary', `@${join(folder, 'body')}`, ...more, `${base(face)}/studies`],
      { encoding: 'utf8' });
    const stored = curl(sent.headers['Content-Type'], '-H', 'Accept: application/dicom+xml');
    assert.match(stored, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    assert.match(stored, /Content-Type: application\/dicom\+xml/i);
    assert.match(stored, /keyword="ReferencedSOPSequence"/);
    assert.ok(stored.includes(uid));
    const refused = curl('multipart/related; type="image/jpeg"; boundary=x');
    assert.match(refused, /^HTTP\/1\.1 415 /, 'without a 100 before it');
  });
}

async function metric(name) {
  const { text } = await new Client(pons.url).raw('metrics');
  const line = text.split('\n').find((l) => l.startsWith(`${name} `) || l.startsWith(`${name}{`));
  return line && Number(line.split(' ').at(-1));
}

test('what an archive refuses is 409, with its status', async () => {
  const refused = await store('qrscp', [makeFile({ uid: '1.2.5.1', study: '1.2.5', sopClass: '1.2.3.4.5.6.7' })]);
  assert.equal(refused.status, 409);
  const [item] = items(refused.report, '00081198');
  assert.equal(one(item, '00081197'), 0x0122);
  assert.equal(one(item, '00081150'), '1.2.3.4.5.6.7');
  const some = await store('qrscp', [makeFile({ uid: '1.2.5.2', study: '1.2.5', sopClass: '1.2.3.4.5.6.7' }), makeFile({ uid: '1.2.5.3', study: '1.2.5' })]);
  assert.equal(some.status, 202);
});

test('at the base of all sources one must be the one', async () => {
  const answer = await store('', [makeFile({ uid: '1.2.4.1', study: '1.2.4' })]);
  assert.equal(answer.status, 400);
  assert.match(answer.text, /dicomweb\.store_to/);
  const chosen = kept(await startPons({ dicomweb: { store_to: 'b' },
    sources: { a: sourceFor(orthanc, 'dimse'), b: sourceFor(qrscp, 'dimse') } }));
  const sent = multipart([makeFile({ uid: '1.2.4.2', study: '1.2.4' })]);
  const stored = await new Client(`${chosen.url}/dicomweb`).raw('studies', { method: 'POST', body: sent.body,
    headers: { ...sent.headers, 'Content-Length': sent.body.length } });
  assert.equal(stored.status, 200, stored.text);
  assert.equal(one(JSON.parse(stored.text), '00081190'), `${chosen.url}/dicomweb/studies/1.2.4`);
  assert.ok(inDcmqrscp('1.2.4.2'));
});

test('requests that are none: no instance, no boundary, cut short, another Accept', async () => {
  const client = new Client(base('qrscp'));
  const post = (body, type, more = {}) => client.raw('studies', { method: 'POST', body, headers: { 'Content-Type': type, 'Content-Length': body.length, ...more } });
  const type = 'multipart/related; type="application/dicom"; boundary=x';
  assert.equal((await post('--x--\r\n', type)).status, 400);
  assert.equal((await post('', type)).status, 400);
  assert.equal((await post('--x--\r\n', 'multipart/related; type="application/dicom"')).status, 400);
  assert.equal((await post('--x--\r\n', type, { Accept: 'image/jpeg' })).status, 406);
  assert.equal((await post('--x--\r\n', 'application/json')).status, 415);
  const cut = multipart([makeFile({ uid: '1.2.3.1', study: '1.2.3', size: 100000 })], { boundary: 'x' }).body;
  assert.equal((await post(cut.subarray(0, cut.length - 2000), type)).status, 400);
  assert.equal(inDcmqrscp('1.2.3.1'), undefined);
  assert.equal((await client.raw('studies/not-a-uid', { method: 'POST', body: '', headers: { 'Content-Type': type, 'Content-Length': 0 } })).status, 400);
});

test('an archive that goes in the middle is a failure, in words', { timeout: 60000 }, async () => {
  const mortal = kept(await startDcmqrscp(data, { empty: true }));
  const web = kept(await startOrthanc());
  const before = kept(await startPons({ sources: { a: sourceFor(mortal, 'dimse'), b: sourceFor(web, 'dicomweb') } }));
  for (const [face, archive] of [['a', mortal], ['b', web]]) {
    const sent = multipart([makeFile({ uid: '1.2.2.1', study: '1.2.2', size: 24 << 20 })]);
    const answer = await new Promise((resolve, reject) => {
      const { port } = new URL(before.url);
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST /dicomweb/sources/${face}/studies HTTP/1.1\r\nHost: pons\r\nConnection: close\r\nContent-Type: ${sent.headers["Content-Type"]}\r\n` +
          `Content-Length: ${sent.body.length}\r\n\r\n`);
        socket.write(sent.body.subarray(0, 16 << 20), async () => {
          await archive.process.stop(1);
          socket.write(sent.body.subarray(16 << 20));
        });
      });
      let text = '';
      socket.on('data', (bytes) => { text += bytes; });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
      socket.on('end', () => socket.end());
      setTimeout(() => reject(new Error('no answer')), 40000).unref();
    });
    assert.match(answer, /^HTTP\/1\.1 50[234] /, face);
    assert.match(answer, /archive/, face);
  }
});
