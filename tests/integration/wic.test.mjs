// STOW-RS of metadata and bulk data (PS3.18 §10.5.1.4) into real archives: photos, documents, videos and raw values come
// back byte for byte, and what cannot be stored is told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { publicStudies, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { element, hash } from './support/files.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const photography = '1.2.840.10008.5.1.4.1.1.77.1.4';
const video = '1.2.840.10008.5.1.4.1.1.77.1.4.1';
const document = '1.2.840.10008.5.1.4.1.1.104.1';
const ecg = '1.2.840.10008.5.1.4.1.1.9.1.1';
const jpegBaseline = '1.2.840.10008.1.2.4.50';
const mpeg4 = '1.2.840.10008.1.2.4.102';

let data, qrscp, orthanc, second, pons, jpeg;
const faces = ['qrscp', 'dimse', 'web'];  // dcmqrscp, Orthanc by C-STORE, another Orthanc by STOW-RS
before(async () => {
  data = await publicStudies();
  // dcmqrscp takes the classes and transfer syntaxes that it is told of.
  const more = [photography, video, document, ecg].flatMap((SOPClassUID) => [jpegBaseline, mpeg4].map((transferSyntax) =>
    ({ attributes: { SOPClassUID }, transferSyntax })));
  const known = { ...data, truth: { studies: [...data.truth.studies, { series: [{ instances: more }] }] } };
  [qrscp, orthanc, second] = [kept(await startDcmqrscp(known, { empty: true })), kept(await startOrthanc()), kept(await startOrthanc())];
  pons = kept(await startPons({ sources: {
    qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' } }),
    dimse: sourceFor(orthanc, 'dimse', { quirks: { preset: 'orthanc' } }),
    web: sourceFor(second, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
  } }));
  jpeg = await picture();
});

const base = (face) => `${pons.url}/dicomweb/sources/${face}`;
const items = (report, tag) => report[tag]?.Value ?? [];
const one = (item, tag) => item[tag]?.Value?.[0];
const uids = (list) => list.map((item) => one(item, '00081155'));
const studyOf = (face, n) => `1.2.826.${faces.indexOf(face) + 1}.${n}`;

// A JPEG as a browser would have it: what Pons renders of an image.
async function picture() {
  const file = readFileSync(join(data.root, 'mr', 'MR_small.dcm'));
  const sent = multipart('application/dicom', [{ type: 'application/dicom', bytes: file }]);
  const stored = await post('dimse', sent);
  assert.equal(stored.status, 200, stored.text);
  const link = one(items(stored.report, '00081199')[0], '00081190');
  const rendered = await new Client(base('dimse')).raw(`${link}/rendered`, { headers: { Accept: 'image/jpeg' } });
  assert.equal(rendered.status, 200, rendered.text.slice(0, 200));
  return rendered.bytes;
}

function multipart(type, parts) {
  const all = parts.flatMap(({ type: each, location, bytes, length }) => [Buffer.from(`--b\r\nContent-Type: ${each}\r\n` +
    (location ? `Content-Location: ${location}\r\n` : '') + (length ? `Content-Length: ${bytes.length}\r\n` : '') + '\r\n'),
  bytes, Buffer.from('\r\n')]);
  return { type: `multipart/related; type="${type}"; boundary=b`, body: Buffer.concat([...all, Buffer.from('--b--\r\n')]) };
}

const withMetadata = (rows, parts = []) => multipart('application/dicom+json',
  [{ type: 'application/dicom+json', bytes: Buffer.isBuffer(rows) ? rows : Buffer.from(JSON.stringify(rows)) }, ...parts]);

async function post(face, { type, body }, { study } = {}) {
  const answer = await new Client(base(face)).raw(`studies${study ? `/${study}` : ''}`,
    { method: 'POST', body, headers: { 'Content-Type': type, 'Content-Length': body.length } });
  if (/json/.test(answer.headers['content-type'])) answer.report = JSON.parse(answer.text);
  return answer;
}

const value = (vr, ...values) => ({ vr, Value: values });
const modalities = { [photography]: 'XC', [video]: 'XC', [document]: 'DOC', [ecg]: 'ECG' };

function describe(sopClass, study, n, more) {
  return { '00080016': value('UI', sopClass), '00080018': value('UI', `${study}.1.${n}`), '00080060': value('CS', modalities[sopClass]),
    '00100010': value('PN', { Alphabetic: 'Grün^Ada', Ideographic: '山田^太郎' }), '00100020': value('LO', `P-${study}`),
    '0020000D': value('UI', study), '0020000E': value('UI', `${study}.1`), '00200013': value('IS', n), ...more };
}

const photo = (study, n, more) => describe(photography, study, n, { '7FE00010': { vr: 'OB', BulkDataURI: `photos/${n}` }, ...more });
const photoPart = (n, bytes = jpeg, more = {}) => ({ type: 'image/jpeg', location: `photos/${n}`, bytes, ...more });
const frame = { '00280002': value('US', 3), '00280004': value('CS', 'YBR_PARTIAL_420'), '00280006': value('US', 0), '00280010': value('US', 240),
  '00280011': value('US', 320), '00280100': value('US', 8), '00280101': value('US', 8), '00280102': value('US', 7), '00280103': value('US', 0) };

// A file with the boxes of MP4; nothing here looks into it.
function movie(size) {
  const head = Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isomavc1', 'latin1');
  const rest = Buffer.alloc(size - head.length, 'movie ');
  rest.writeUInt32BE(rest.length, 0);
  rest.write('mdat', 4);
  return Buffer.concat([head, rest]);
}

// The file that an archive holds.
async function held(face, uid) {
  if (face === 'qrscp')
    return readdirSync(qrscp.store).filter((n) => n !== 'index.dat').map((name) => readFileSync(join(qrscp.store, name)))
      .filter((file) => file.includes(element(0x00020003, 'UI', uid))).sort((a, b) => b.length - a.length)[0];
  const client = new Client(`http://127.0.0.1:${(face === 'web' ? second : orthanc).port}`);
  const found = JSON.parse((await client.raw('tools/lookup', { method: 'POST', body: uid, headers: { 'Content-Length': uid.length } })).text);
  const instance = found.find((f) => f.Type === 'Instance');
  return instance && (await client.raw(`instances/${instance.ID}/file`)).bytes;
}

const syntaxOf = (file) => { const at = file.indexOf(Buffer.from('\x02\0\x10\0UI', 'latin1')); return file.subarray(at + 8, at + 8 + file.readUInt16LE(at + 6)).toString().replace(/\0$/, ''); };

// What DCMTK reads in it.
function dump(file) {
  const folder = mkdtempSync(join(tmpdir(), 'pons-wic-'));
  try {
    writeFileSync(join(folder, 'it.dcm'), file);
    return execFileSync('dcmdump', ['+L', '-q', join(folder, 'it.dcm')], { encoding: 'utf8', maxBuffer: 1 << 26 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The one fragment of encapsulated pixel data, or several in one.
function fragments(file) {
  let at = file.indexOf(Buffer.from('\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff', 'latin1')) + 12;
  assert.ok(at > 12, 'encapsulated');
  const found = [];
  while (file.readUInt32LE(at) === 0xe000fffe) {
    const size = file.readUInt32LE(at + 4);
    found.push(file.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  assert.equal(file.readUInt32LE(at), 0xe0ddfffe);
  return { table: found[0], bytes: Buffer.concat(found.slice(1)), count: found.length - 1 };
}

// To one form, which DCMTK may write in several.
const convert = (from, to, ...more) => execFileSync('dcmconv', [...more, '-F', '+te', '--padding-off', '--group-length-remove',
  '--length-undefined', from, to], { stdio: 'ignore' });

const evenly = (bytes) => (bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes);

for (const face of faces) {
  test(`${face}: a photo without any description of its pixels is an image that can be looked at`, async () => {
    const study = studyOf(face, 1);
    const answer = await post(face, withMetadata([photo(study, 1)], [photoPart(1)]), { study });
    assert.equal(answer.status, 200, answer.text);
    const [told] = items(answer.report, '00081199');
    assert.equal(one(told, '00081155'), `${study}.1.1`);
    const file = await held(face, `${study}.1.1`);
    assert.equal(syntaxOf(file), jpegBaseline);
    assert.deepEqual(fragments(file).bytes, evenly(jpeg));
    assert.equal(fragments(file).table.length, 0);
    const text = dump(file);
    assert.match(text, /\(0008,0005\) CS \[ISO_IR 192\]/);
    assert.match(text, /\(0010,0010\) PN \[Grün\^Ada=山田\^太郎\]/);
    assert.match(text, /\(0028,0004\) CS \[MONOCHROME2\]/);
    assert.match(text, /\(0028,2110\) CS \[01\]/);
    // By WADO-RS again: the frame as it was sent, and a picture of it.
    const link = one(told, '00081190');
    const got = await new Client(base(face)).raw(`${link}/frames/1`, { headers: { Accept: `multipart/related; type="image/jpeg"; transfer-syntax=${jpegBaseline}` } });
    assert.equal(got.status, 200, got.text.slice(0, 300));
    assert.ok(got.bytes.includes(jpeg), 'the very bytes');
    const rendered = await new Client(base(face)).raw(`${link}/rendered`, { headers: { Accept: 'image/png' } });
    assert.equal(rendered.status, 200);
  });

  test(`${face}: a document, a video and the values of a waveform come back byte for byte`, async () => {
    const study = studyOf(face, 2);
    const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(100_001, 'a document '), Buffer.from('%%EOF')]);
    const mp4 = movie(3_000_001);
    const samples = Buffer.from(Uint8Array.from({ length: 24_000 }, (_, n) => n % 251));
    const rows = [
      describe(document, study, 1, { '00420010': value('ST', 'Befund'), '00420011': { vr: 'OB', BulkDataURI: 'cid:report' } }),
      describe(video, study, 2, { ...frame, '00280008': value('IS', 50), '7FE00010': { vr: 'OB', BulkDataURI: 'video' } }),
      describe(ecg, study, 3, { '54000100': value('SQ', { '003A0005': value('US', 12), '003A0010': value('UL', 1000), '003A001A': value('DS', 500),
        '54001004': value('US', 16), '54001006': value('CS', 'SS'), '54001010': { vr: 'OW', BulkDataURI: 'waveform' } }) }),
    ];
    // In another order than the metadata.
    const answer = await post(face, withMetadata(rows, [{ type: 'application/octet-stream', location: 'waveform', bytes: samples },
      { type: 'video/mp4', location: 'video', bytes: mp4, length: true }, { type: 'application/pdf', location: 'cid:report', bytes: pdf }]));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(uids(items(answer.report, '00081199')).sort(), [1, 2, 3].map((n) => `${study}.1.${n}`));

    const client = new Client(base(face));
    const bulk = async (n, path) => {
      const got = await client.raw(`studies/${study}/series/${study}.1/instances/${study}.1.${n}/bulkdata/${path}`, { headers: { Accept: 'application/octet-stream' } });
      assert.equal(got.status, 200, `${path}: ${got.text.slice(0, 300)}`);
      return got.bytes;
    };
    assert.equal(hash(await bulk(1, '00420011')), hash(evenly(pdf)));
    assert.equal(hash(await bulk(3, '54000100.1.54001010')), hash(samples));
    const report = dump(await held(face, `${study}.1.1`));
    assert.match(report, /\(0042,0012\) LO \[application\/pdf\]/);
    assert.match(report, new RegExp(`\\(0042,0015\\) UL ${pdf.length} `));
    const stored = await held(face, `${study}.1.2`);
    assert.equal(syntaxOf(stored), mpeg4);
    assert.equal(fragments(stored).count, 1, 'a video is not cut (PS3.5 §A.4)');
    assert.equal(hash(fragments(stored).bytes), hash(evenly(mp4)));
  });

  test(`${face}: files as DCMTK puts them into JSON and XML are stored as they were`, { timeout: 180000 }, async () => {
    const study = studyOf(face, 3);
    const folder = mkdtempSync(join(tmpdir(), 'pons-wic-'));
    try {
      let done = 0;
      for (const path of ['ct/CT_small.dcm', 'ct/sr_document.dcm', 'ecg/waveform_ecg.dcm', 'mr/MR_small.dcm', 'pdf/pdf.dcm', 'rt/rtplan.dcm',
        'rt/rtdose.dcm', 'sr-ko/test-SR.dcm', 'sr-ko/report_dfl.dcm', 'pr/prLUTs.dcm', 'charset/chrFren.dcm', 'charset/chrH31.dcm']) {
        const [original, utf8] = [join(data.root, path), join(folder, 'utf8.dcm')];
        // JSON is UTF-8, and metadata must be; the file is brought to that, and to one form.
        try {
          convert(original, utf8, '+U8');
        } catch { continue; }
        const text = execFileSync('dcm2json', [utf8], { maxBuffer: 1 << 28 });
        const json = JSON.parse(text);
        const uid = one(json, '00080018');
        if (!uid || !one(json, '0020000D') || !one(json, '0020000E')) continue;
        const answer = await post(face, withMetadata(text));
        assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 400)}`);
        writeFileSync(join(folder, 'stored.dcm'), await held(face, uid));
        convert(join(folder, 'stored.dcm'), join(folder, 'form.dcm'));
        // dcm2json writes numbers and empty names in their shortest form.
        const shown = (name) => execFileSync('dcmdump', ['+L', '-q', '+uc', '-Un', name], { encoding: 'utf8', maxBuffer: 1 << 28 })
          .split('\n').filter((line) => line && !line.startsWith('#') && !line.startsWith('(0002,') && !line.startsWith('(0008,0005)'))
          .map((line) => line.replace(/\s+#.*$/, '').replace(/IS \[0+(?=\d)/, 'IS [').replace(/PN \[\^+\]/, 'PN (no value available)'));
        assert.deepEqual(shown(join(folder, 'form.dcm')), shown(utf8), path);
        // The same in XML, as another instance of the series.
        const other = `${study}.${done + 1}`;
        execFileSync('dcmodify', ['-nb', '-imt', '-m', `(0008,0018)=${other}`, utf8], { stdio: 'ignore' });
        convert(utf8, utf8);
        const xml = execFileSync('dcm2xml', ['--native-format', '--encode-base64', utf8], { maxBuffer: 1 << 28 });
        const sent = multipart('application/dicom+xml', [{ type: 'application/dicom+xml', bytes: xml }]);
        const again = await post(face, sent);
        assert.equal(again.status, 200, `${path}: ${again.text.slice(0, 400)}`);
        assert.deepEqual(uids(items(again.report, '00081199')), [other]);
        writeFileSync(join(folder, 'stored.dcm'), await held(face, other));
        convert(join(folder, 'stored.dcm'), join(folder, 'form.dcm'));
        // dcm2xml 3.6.7 writes words as big endian, other than its own dcm2json, and private attributes without a creator
        // in no block.
        const inXml = (name) => shown(name).filter((line) => !/ OW |^\(7001/.test(line));
        assert.deepEqual(inXml(join(folder, 'form.dcm')), inXml(utf8), `${path}, in XML`);
        ++done;
      }
      assert.ok(done >= 8, `${done} files`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`${face}: many photos in any order, one of which is wrong and one of which never comes`, async () => {
    const study = studyOf(face, 4);
    const rows = Array.from({ length: 12 }, (_, n) => photo(study, n, n === 3 ? { '00280010': value('US', 7) } : {}));
    rows.push(photo(`${study}.9`, 99));
    const parts = Array.from({ length: 11 }, (_, n) => photoPart(10 - n)).concat([photoPart(99), photoPart(77)]);
    const answer = await post(face, withMetadata(rows, parts), { study });
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual(uids(items(answer.report, '00081199')), [10, 9, 8, 7, 6, 5, 4, 2, 1, 0].map((n) => `${study}.1.${n}`));
    const failed = Object.fromEntries(items(answer.report, '00081198').map((item) => [one(item, '00081155'), one(item, '00081197')]));
    assert.deepEqual(failed, { [`${study}.9.1.99`]: 0xa901, [`${study}.1.3`]: 0xa900, [`${study}.1.11`]: 0xc000 });
    assert.deepEqual(items(answer.report, '0008119A').map((item) => one(item, '00081197')), [0xc000]);
    assert.equal(await held(face, `${study}.1.3`), undefined);
    assert.equal(await held(face, `${study}.1.11`), undefined);
    assert.ok(await held(face, `${study}.1.2`));
  });

  test(`${face}: out of order within 16 MiB, and beyond`, { timeout: 120000 }, async () => {
    const study = studyOf(face, 5);
    const large = Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(20 << 20, 1), jpeg.subarray(-2)]);
    const two = (n) => photo(study, n, { '00282000': { vr: 'OB', BulkDataURI: `profile/${n}` } });
    const profile = (n) => ({ type: 'application/octet-stream', location: `profile/${n}`, bytes: Buffer.alloc(500, 7) });
    const within = await post(face, withMetadata([two(1)], [photoPart(1), profile(1)]));
    assert.equal(within.status, 200, within.text);
    const beyond = await post(face, withMetadata([two(2)], [photoPart(2, large, { length: true }), profile(2)]));
    assert.equal(beyond.status, 413, beyond.text);
    assert.match(beyond.text, /16 MiB/);
    assert.equal(await held(face, `${study}.1.2`), undefined);
    // The last value of an instance passes through; without its length an image goes in fragments.
    const last = await post(face, withMetadata([two(3)], [profile(3), photoPart(3, large, { length: true })]));
    assert.equal(last.status, 200, last.text);
    assert.equal(hash(fragments(await held(face, `${study}.1.3`)).bytes), hash(evenly(large)));
    const unknown = await post(face, withMetadata([photo(study, 4)], [photoPart(4, large)]));
    assert.equal(unknown.status, 200, unknown.text);
    const cut = fragments(await held(face, `${study}.1.4`));
    assert.ok(cut.count > 1);
    assert.equal(hash(cut.bytes), hash(evenly(large)));
  });

  // Not dcmqrscp, whose index an abort in the middle may spoil; see store.test.mjs.
  if (face !== 'qrscp') test(`${face}: who leaves in the middle of a value leaves nothing behind`, { timeout: 60000 }, async () => {
    const study = studyOf(face, 6);
    const large = Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(8 << 20, 1), jpeg.subarray(-2)]);
    const sent = withMetadata([photo(study, 1)], [photoPart(1, large, { length: true })]);
    await new Promise((resolve, reject) => {
      const socket = connect(new URL(pons.url).port, '127.0.0.1', () => {
        socket.write(`POST /dicomweb/sources/${face}/studies HTTP/1.1\r\nHost: pons\r\nConnection: close\r\nContent-Type: ${sent.type}\r\n` +
          `Content-Length: ${sent.body.length}\r\n\r\n`);
        socket.write(sent.body.subarray(0, 6 << 20), () => { socket.destroy(); resolve(); });
      });
      socket.on('error', reject);
    });
    const inFlight = async () => Number((await new Client(pons.url).raw('metrics')).text.match(/^pons_http_requests_in_flight\S* (\d+)/m)?.[1] ?? 0);
    await until(async () => await inFlight() <= 1, { what: 'the request ends' });
    const again = await post(face, withMetadata([photo(study, 2)], [photoPart(2)]));
    assert.equal(again.status, 200, again.text);
    assert.equal(await held(face, `${study}.1.1`), undefined);
  });
}

test('requests that are none', async () => {
  const study = studyOf('qrscp', 7);
  assert.equal((await post('qrscp', withMetadata(Buffer.from('[{"00080018":')))).status, 400);
  assert.equal((await post('qrscp', withMetadata(Buffer.from('<xml/>')))).status, 400);
  assert.equal((await post('qrscp', withMetadata([]))).status, 400);
  assert.equal((await post('qrscp', withMetadata(Buffer.alloc(17 << 20, ' ')))).status, 413);
  assert.equal((await post('qrscp', multipart('application/dicom+json', [photoPart(1)]))).status, 400);
  const cut = withMetadata([photo(study, 1)], [photoPart(1)]);
  assert.equal((await post('qrscp', { ...cut, body: cut.body.subarray(0, cut.body.length - 100) })).status, 400);
  const lost = await post('qrscp', withMetadata([photo(study, 1)]));
  assert.equal(lost.status, 409);
  // Pons fetches nothing: this address would answer.
  const elsewhere = photo(study, 2);
  elsewhere['7FE00010'].BulkDataURI = `${pons.url}/livez`;
  const refused = await post('qrscp', withMetadata([elsewhere]));
  assert.equal(refused.status, 409);
  assert.equal(one(items(refused.report, '00081198')[0], '00081197'), 0xc000);
});
