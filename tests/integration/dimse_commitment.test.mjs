// Storage commitment: Orthanc as a modality that asks Pons, before Orthanc's DICOMweb, Orthanc's own commitment and dcmqrscp.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { instancesOf, startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort, removeFolder, until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let data, modality, archive, pons;
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  if (data) removeFolder(data.root);
});

const titles = { PONS_WEB: ['web'], PONS_PACS: ['pacs'], PONS_QR: ['qrscp'], PONS_NONE: ['none'], PONS_GONE: ['gone'], PONS_KEEP: ['keeping'] };

before(async () => {
  data = await syntheticStudies({ studies: 4, plain: true });
  const dicomPort = await freePort();
  const at = (title) => [title, '127.0.0.1', dicomPort];
  archive = kept(await startOrthanc(undefined, { settings: { DicomModalities: { pons: at('PONS_MOVE') } } }));
  modality = kept(await startOrthanc(undefined, { settings: { DicomAet: 'CT1', DicomModalities: Object.fromEntries(Object.keys(titles).map((title) => [title, at(title)])) } }));
  const qrscp = kept(await startDcmqrscp(data, { empty: true }));
  const web = (more) => sourceFor(archive, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' }, ...more });
  pons = kept(await startPons({
    dicom: { listen: `127.0.0.1:${dicomPort}`, ae_titles: titles },
    peers: { CT1: { host: '127.0.0.1', port: modality.dicomPort } },
    sources: {
      web: web({ commitment: 'by_query' }),
      none: web({ commitment: 'none' }),
      keeping: web({ commitment: 'by_query', answer_cache: { time: '10m', empty_time: '10m' } }),
      pacs: sourceFor(archive, 'dimse', { commitment: 'forward' }),
      qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' }, commitment: 'by_query' }),
      gone: { kind: 'dimse', host: '127.0.0.1', port: 9, called_ae: 'GONE', commitment: 'by_query' },
    },
  }));
});

async function post(path, body) {
  const client = new Client(`http://127.0.0.1:${modality.port}`);
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await client.raw(path, { method: 'POST', body: text, headers: { 'Content-Length': Buffer.byteLength(text) } });
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return JSON.parse(answer.text);
}

/// What the modality is told: {status, kept: UIDs, failed: {UID: reason}}.
async function commitment(title, instances) {
  const { Path } = await post(`modalities/${title}/storage-commitment`, { DicomInstances: instances.map(({ attributes: a }) => [a.SOPClassUID, a.SOPInstanceUID]), Timeout: 20 });
  const client = new Client(`http://127.0.0.1:${modality.port}`);
  let told;
  await until(async () => {
    told = JSON.parse((await client.raw(Path.slice(1))).text);
    return told.Status !== 'Pending';
  }, { what: 'the report', timeout: 40000 });
  return { status: told.Status, kept: (told.Success ?? []).map((one) => one.SOPInstanceUID).sort(),
    failed: Object.fromEntries((told.Failures ?? []).map((one) => [one.SOPInstanceUID, one.FailureReason])) };
}

const uids = (instances) => instances.map((one) => one.attributes.SOPInstanceUID).sort();
const stranger = { attributes: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', SOPInstanceUID: '2.25.1234567890' } };

/// Puts instances into the modality, which sends them on to Pons.
async function store(title, instances) {
  const ids = [];
  for (const one of instances) ids.push((await post('instances', readFileSync(join(data.root, one.file)))).ID);
  const sent = await post(`modalities/${title}/store`, { Resources: ids, Synchronous: true });
  assert.equal(sent.FailedInstancesCount, 0, JSON.stringify(sent));
}

for (const title of ['PONS_WEB', 'PONS_PACS', 'PONS_QR'])
  test(`${title}: what was stored is committed to, what was not is not`, { timeout: 120000 }, async () => {
    const all = instancesOf(data).slice(0, 12);
    await store(title, all);
    assert.deepEqual(await commitment(title, all), { status: 'Success', kept: uids(all), failed: {} });
    const mixed = await commitment(title, [...all.slice(0, 2), stranger]);
    assert.deepEqual([mixed.status, mixed.kept], ['Failure', uids(all.slice(0, 2))]);
    // dcmqrscp cannot be asked for an instance that Pons knows no study of.
    assert.deepEqual(mixed.failed, { [stranger.attributes.SOPInstanceUID]: title === 'PONS_QR' ? 0x0110 : 0x0112 });
    const otherClass = { attributes: { ...all[0].attributes, SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11' } };
    const wrong = await commitment(title, [otherClass]);
    assert.equal(wrong.status, 'Failure');
    assert.deepEqual([wrong.kept, Object.keys(wrong.failed)], [[], uids([otherClass])]);
    if (title !== 'PONS_PACS') assert.equal(wrong.failed[otherClass.attributes.SOPInstanceUID], 0x0119);
  });

test('where nothing is committed to, and where the archive is down, all fail', { timeout: 60000 }, async () => {
  const [one] = instancesOf(data);
  const uid = one.attributes.SOPInstanceUID;
  assert.deepEqual(await commitment('PONS_NONE', [one]), { status: 'Failure', kept: [], failed: { [uid]: 0x0112 } });
  assert.deepEqual(await commitment('PONS_GONE', [one]), { status: 'Failure', kept: [], failed: { [uid]: 0x0110 } });
});

test('what is committed to is there now: kept answers to searches do not count', { timeout: 120000 }, async () => {
  const one = instancesOf(data).at(-1);
  const [uid] = uids([one]);
  const client = new Client(`http://127.0.0.1:${archive.port}`);
  const put = async () => {
    const body = readFileSync(join(data.root, one.file));
    const { status, text } = await client.raw('instances', { method: 'POST', body, headers: { 'Content-Length': body.length } });
    assert.equal(status, 200, text);
    return JSON.parse(text).ID;
  };
  const there = { status: 'Success', kept: [uid], failed: {} };
  const id = await put();
  assert.deepEqual(await commitment('PONS_KEEP', [one]), there);
  assert.equal((await client.raw(`instances/${id}`, { method: 'DELETE' })).status, 200);
  assert.deepEqual(await commitment('PONS_KEEP', [one]), { status: 'Failure', kept: [], failed: { [uid]: 0x0112 } });
  await put();
  assert.deepEqual(await commitment('PONS_KEEP', [one]), there);
});
