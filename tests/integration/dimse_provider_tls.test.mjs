// Those who call Pons by TLS: DCMTK's tools with a certificate of theirs and without one, where dicom.tls asks for it and where it does not. getscu
// and movescu know no TLS: they go through a relay that does.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { startOrthanc, syntheticStudies } from './support/archives.mjs';
import { authority } from './support/certificates.mjs';
import { echo, find } from './support/dcmtk_clients.mjs';
import { destination } from './support/destination.mjs';
import { dataSet, hash, makeFile, uidsOf } from './support/files.mjs';
import { sourceFor } from './support/pons.mjs';
import { removeFolder, temporaryFolder } from './support/processes.mjs';
import { get, retrieve, startProvider, store } from './support/provider.mjs';
import { items, startWlmscpfs, worklist } from './support/worklists.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
const folders = [];
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  for (const folder of folders) removeFolder(folder);
});

let ours, server, modality, stranger, data, archive, wlm, taker;
before(async () => {
  const theirs = await authority('Somebody else');
  ours = await authority('Hospital');
  folders.push(ours.folder, theirs.folder);
  [server, modality, stranger] = [await ours.issue('pons'), await ours.issue('modality'), await theirs.issue('modality')];
  data = await syntheticStudies({ studies: 2, plain: true });
  folders.push(data.root);
  archive = kept(await startOrthanc(data));
  wlm = kept(await startWlmscpfs());
  taker = kept(await destination());
});

const serve = async (more) => kept(await startProvider({
  web: sourceFor(archive, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
  wlm: { kind: 'dimse', host: '127.0.0.1', port: wlm.dimsePort, called_ae: 'WORKLIST', worklist: 'mwl' },
}, { peers: { TAKER: taker.port, STORESCU: 104 }, dicom: { tls: { enabled: true, cert_file: server.cert, key_file: server.key, ...more } } }));
const trusting = () => ['+cf', ours.certificate];
const showing = (identity) => ['+tls', identity.key, identity.cert, ...trusting()];
const anonymous = () => ['+tla', ...trusting()];

/// In the clear on this side, by TLS on that of Pons: {dicomPort, stop()}. `identity`: whose certificate it shows.
async function relay(pons, identity) {
  const pem = (path) => readFileSync(path);
  const shown = identity ? { cert: pem(identity.cert), key: pem(identity.key) } : {};
  const listening = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: pons.dicomPort, ca: pem(ours.certificate), ...shown });
    for (const [one, other] of [[near, far], [far, near]]) one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other);
  });
  await new Promise((resolve) => { listening.listen(0, '127.0.0.1', resolve); });
  return kept({ dicomPort: listening.address().port, stop: () => new Promise((resolve) => { listening.close(resolve); }) });
}

/// All that the tools do, on connections by those options, or by a relay that does the same.
async function everything(pons, options, identity) {
  const near = await relay(pons, identity);
  assert.equal((await echo(pons, [...options(), '-aec', 'PONS'])).status, '0000', 'echoscu');
  const found = await find(pons, ['StudyInstanceUID', 'StudyDate=19000101-'], { aet: 'WEB', options: options() });
  assert.deepEqual([found.status, found.rows.length], ['0000', data.truth.studies.length], found.text.slice(-1500));
  const [study] = data.truth.studies;
  const instances = study.series.flatMap((series) => series.instances);
  const uids = instances.map(({ attributes }) => attributes.SOPInstanceUID).sort();
  const keys = [`StudyInstanceUID=${study.attributes.StudyInstanceUID}`];
  const got = await get(near, 'WEB', 'STUDY', keys);
  assert.deepEqual([got.status, [...got.files.keys()].sort()], ['0000', uids], got.output.slice(-1500));
  for (const { file } of instances) {
    const held = readFileSync(join(data.root, file));
    assert.equal(hash(dataSet(got.files.get(uidsOf(held).sop))), hash(dataSet(held)), file);
  }
  const before = taker.taken.length;
  const moved = await retrieve('movescu', near, 'WEB', 'STUDY', keys, ['-aem', 'TAKER']);
  assert.deepEqual([moved.status, taker.taken.slice(before).map(({ uid }) => uid).sort()], ['0000', uids], moved.output.slice(-1500));
  const folder = temporaryFolder('sent');
  folders.push(folder);
  const file = join(folder, 'one.dcm');
  writeFileSync(file, makeFile({ uid: '1.2.826.0.1.3680043.10.1.79.1.1', study: '1.2.826.0.1.3680043.10.1.79' }));
  assert.deepEqual((await store(pons, 'WEB', [file], options())).map(({ status }) => status), ['0000'], 'storescu');
  const scheduled = await worklist({ aet: 'WLM', dimsePort: pons.dicomPort }, ['PatientID', 'SpecificCharacterSet=ISO_IR 192'], options());
  assert.deepEqual([scheduled.status, scheduled.rows.length], ['0000', items.length], scheduled.text.slice(-1500));
}
const start = async (more) => {
  const pons = await serve(more);
  return Object.assign(pons, { dimsePort: pons.dicomPort });
};

test('with certificates on both sides every tool works; without one, with another\'s, or in the clear, none is served', { timeout: 120000 }, async () => {
  const pons = await start({ ca_file: ours.certificate });
  await everything(pons, () => showing(modality), modality);
  for (const options of [anonymous(), showing(stranger), []])
    assert.equal((await echo(pons, [...options, '-aec', 'PONS'])).status, undefined, options[0] ?? 'in the clear');
  assert.match(pons.process.output, /no DICOM association with 127\.0\.0\.1: TLS: it shows no certificate, and ca_file asks for one/);
});

test('without ca_file nobody has to show a certificate; who is not among the peers is not served by TLS either', { timeout: 120000 }, async () => {
  const pons = await start({});
  await everything(pons, anonymous);
  assert.equal((await echo(pons, [...showing(stranger), '-aec', 'PONS'])).status, '0000', 'it is not looked at');
  assert.match((await echo(pons, [...anonymous(), '-aec', 'PONS', '-aet', 'NOBODY'])).rejected ?? '', /Calling AE Title Not Recognized/i);
  assert.equal((await echo(pons, ['-aec', 'PONS'])).status, undefined, 'in the clear');
});
