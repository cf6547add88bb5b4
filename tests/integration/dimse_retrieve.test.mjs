// Those who retrieve by DIMSE, C-GET and C-MOVE, before archives that speak DICOMweb or DIMSE: what they get is what the archive has, and what
// they are told is what they got.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { asFile } from '../support/dimse_js/data_set.mjs';
import { commands, Link } from '../support/dimse_js/upper_layer.mjs';
import { repository, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { echo } from './support/dcmtk_clients.mjs';
import { destination } from './support/destination.mjs';
import { dataSet, hash, inOneForm, uidsOf } from './support/files.mjs';
import { partsOf } from './support/multipart.mjs';
import { sourceFor } from './support/pons.mjs';
import { freePort, run, temporaryFolder, until } from './support/processes.mjs';
import { get, retrieve, startProvider } from './support/provider.mjs';
import { madeInstances, wadoStub } from './support/wado_stub.mjs';

const explicit = '1.2.840.10008.1.2.1';
const implicit = '1.2.840.10008.1.2';
const unknownToDcmtk = ['1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.203', '1.2.840.10008.1.2.8.1'];
// Video; and JPEG-LS that DCMTK's codec has other thresholds for than the standard.
const cannotBeDecoded = (study) => study.name === 'seven bits' ||
  study.series.every((s) => s.instances.every(({ transferSyntax }) => transferSyntax === '1.2.840.10008.1.2.4.102'));
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const serve = async (...what) => kept(await startProvider(...what));
const web = (stub, more = {}) => ({ kind: 'dicomweb', url: stub.url, limits: { associations: 4 }, breaker: { failures: 0 }, ...more });

const uidsIn = (files) => [...files.keys()].sort();
const uidsOfAll = (instances) => instances.map(({ uid }) => uid).sort();
const studyKey = (uid) => [`StudyInstanceUID=${uid}`];

const instancesOf = (study) => study.series.flatMap((s) => s.instances);
const sopOf = (instance) => instance.attributes.SOPInstanceUID;

// A C-GET by hand: asked.
async function begin(pons, study, classes, syntax = explicit) {
  const socket = connect(pons.dicomPort, '127.0.0.1');
  const link = new Link(socket);
  const studyRoot = '1.2.840.10008.5.1.4.1.2.2.3';
  await link.request('WEB', 'CT1', [[studyRoot, implicit], ...classes.map((uid) => [uid, syntax])], [], classes.map((uid) => [uid, 0, 1]));
  const uid = Buffer.from(study.length % 2 ? `${study}\0` : study);
  const identifier = Buffer.concat([Buffer.from([8, 0, 0x52, 0, 6, 0, 0, 0]), Buffer.from('STUDY '), Buffer.from([0x20, 0, 0x0d, 0, uid.length, 0, 0, 0]), uid]);
  await link.send(1, { affectedSopClass: studyRoot, command: commands.getRq, messageId: 7, priority: 0 }, { pieces: [identifier], length: identifier.length });
  return { link, socket };
}

// The rest of it: {command: of the final response, taken: [{uid, sopClass, data}]}; `keep`: the data.
async function finish({ link }, keep = true) {
  const taken = [];
  for (;;) {
    const { command, context, data } = await link.message();
    if (command.command === commands.getRsp && command.status !== 0xff00) {
      await link.release();
      return { command, taken };
    }
    if (command.command !== commands.storeRq) continue;
    taken.push({ uid: command.affectedSopInstance, sopClass: command.affectedSopClass, ...(keep ? { data } : {}) });
    await link.send(context, { affectedSopClass: command.affectedSopClass, command: commands.storeRsp, respondsTo: command.messageId, status: 0, affectedSopInstance: command.affectedSopInstance });
  }
}

test('samples in every transfer syntax: what getscu and movescu get is what the archive has', { timeout: 300000 }, async (t) => {
  const root = temporaryFolder('samples');
  await run('/usr/bin/python3', [join(repository, 'tests', 'support', 'own_studies.py'), '--files', join(repository, 'tests', 'data', 'pixels'), '--out', root]);
  const data = { root, truth: JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')) };
  const known = { root, truth: { studies: data.truth.studies.filter((s) => !unknownToDcmtk.includes(s.name)) } };
  const orthanc = kept(await startOrthanc(data));
  const qrscp = kept(await startDcmqrscp(known));
  const movePort = await freePort();
  const pons = await serve({ web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
    qrscp: sourceFor(qrscp, 'dimse', { retrieve: ['c-get'], quirks: { preset: 'dcmtk-qrscp' } }) }, { peers: { MOVESCU: movePort } });
  const byWado = async (face, study, accept) => new Map((partsOf(await new Client(`${pons.url}/dicomweb/sources/${face}`)
    .raw(`studies/${study.attributes.StudyInstanceUID}`, { headers: { Accept: accept } })) ?? []).map(({ body }) => [uidsOf(body).sop, body]));
  const move = (aec, study) => retrieve('movescu', pons, aec, 'STUDY', studyKey(study.attributes.StudyInstanceUID), ['-aem', 'MOVESCU', '+P', `${movePort}`, '+xa']);

  for (const [aec, face, studies] of [['WEB', 'web', data.truth.studies], ['QRSCP', 'qrscp', known.truth.studies]]) {
    await t.test(`${aec}: getscu, which takes uncompressed ones only, gets what WADO-RS makes of them`, async () => {
      for (const study of studies) {
        const sops = instancesOf(study).map(sopOf).sort();
        const got = await get(pons, aec, 'STUDY', studyKey(study.attributes.StudyInstanceUID));
        if (cannotBeDecoded(study)) {
          assert.deepEqual([got.status, got.completed, got.failed, uidsIn(got.files)], ['A702', 0, sops.length, []], study.name);
          continue;
        }
        assert.deepEqual([got.status, got.completed, got.failed, got.warnings], ['0000', sops.length, 0, 0], `${study.name}: ${got.comment}`);
        assert.deepEqual(uidsIn(got.files), sops, study.name);
        assert.equal(got.pending.length, sops.length);
        assert.deepEqual(got.pending.map(({ remaining }) => remaining), sops.map((_, n) => sops.length - 1 - n));
        const theirs = await byWado(face, study, 'multipart/related; type="application/dicom"');
        for (const sop of sops) {
          assert.equal(uidsOf(got.files.get(sop)).syntax, explicit);
          assert.equal(hash(dataSet(got.files.get(sop))), hash(dataSet(theirs.get(sop))), `${study.name} ${sop}`);
        }
      }
    });
    await t.test(`${aec}: movescu, which takes every transfer syntax, gets them bit by bit as they are stored`, async () => {
      let identical = 0;
      for (const study of studies) {
        if (unknownToDcmtk.includes(study.name)) continue;
        const sops = instancesOf(study).map(sopOf).sort();
        const got = await move(aec, study);
        assert.deepEqual([got.status, got.completed, got.failed], ['0000', sops.length, 0], `${study.name}: ${got.comment}`);
        assert.deepEqual(uidsIn(got.files), sops, study.name);
        const theirs = await byWado(face, study, 'multipart/related; type="application/dicom"; transfer-syntax=*');
        for (const sop of sops) {
          const [ours, itself] = [got.files.get(sop), theirs.get(sop)];
          assert.equal(uidsOf(ours).syntax, uidsOf(itself).syntax, `${study.name} ${sop}`);
          assert.equal(hash(dataSet(ours)), hash(dataSet(itself)), `${study.name} ${sop}`);
          ++identical;
        }
      }
      assert.ok(identical >= 15, `${identical} instances`);
    });
  }
  await t.test('a peer that takes Implicit VR Little Endian only', async () => {
    let converted = 0;
    for (const study of data.truth.studies.filter((s) => !cannotBeDecoded(s))) {
      const peer = await begin(pons, study.attributes.StudyInstanceUID, [...new Set(instancesOf(study).map((i) => i.attributes.SOPClassUID))], implicit);
      const got = await finish(peer);
      assert.equal(got.command.status, 0, study.name);
      assert.deepEqual(got.taken.map(({ uid }) => uid).sort(), instancesOf(study).map(sopOf).sort(), study.name);
      const theirs = await byWado('web', study, 'multipart/related; type="application/dicom"');
      for (const { uid, sopClass, data: bytes } of got.taken) {
        const ours = asFile(bytes, { sopClass, sop: uid, syntax: implicit });
        assert.equal(hash(inOneForm(ours, '+ti')), hash(inOneForm(theirs.get(uid), '+ti')), `${study.name} ${uid}`);
        ++converted;
      }
    }
    assert.ok(converted >= 20, `${converted} instances`);
  });
  await t.test('a patient, a series and images by a list, in both models', async () => {
    const study = data.truth.studies.find((s) => instancesOf(s).length > 2 && !unknownToDcmtk.includes(s.name));
    const [series] = study.series;
    const sops = series.instances.map(sopOf).sort();
    const uids = [`StudyInstanceUID=${study.attributes.StudyInstanceUID}`, `SeriesInstanceUID=${series.attributes.SeriesInstanceUID}`];
    assert.deepEqual(uidsIn((await get(pons, 'WEB', 'SERIES', uids)).files), sops);
    const two = sops.slice(0, 2);
    assert.deepEqual(uidsIn((await get(pons, 'WEB', 'IMAGE', [...uids, `SOPInstanceUID=${two.join('\\')}`])).files), two);
    const patient = await get(pons, 'WEB', 'PATIENT', ['PatientID=SAMPLE-1'], ['-P']);
    const all = data.truth.studies.filter((s) => s.attributes.PatientID === 'SAMPLE-1').flatMap(instancesOf);
    assert.equal((patient.completed ?? 0) + (patient.failed ?? 0), all.length);
    const stranger = await get(pons, 'WEB', 'STUDY', ['PatientID=SOMEBODY-ELSE', ...uids.slice(0, 1)], ['-P']);
    assert.deepEqual([stranger.status, stranger.completed, stranger.failed, stranger.files.size], ['0000', 0, 0, 0]);
  });
});

test('nothing there is Success with no sub-operations, but only if the archives say so', async () => {
  const stub = kept(await wadoStub(madeInstances('1.2.31', 2)));
  const gone = await wadoStub([]);
  await gone.stop();
  const pons = await serve({ web: web(stub), down: web(gone) });
  const none = await get(pons, 'WEB', 'STUDY', studyKey('1.2.99'));
  assert.deepEqual([none.status, none.completed, none.failed, none.warnings], ['0000', 0, 0, 0]);
  const down = await get(pons, 'DOWN', 'STUDY', studyKey('1.2.31'));
  assert.equal(down.status, 'A701');
  assert.match(down.comment, /source down/);
  const part = await get(pons, 'PONS', 'STUDY', studyKey('1.2.31'));
  assert.match(part.status, /A70[12]/);
  assert.equal((await get(pons, 'WEB', 'SERIES', studyKey('1.2.31'))).status, 'A900');
});

for (const [way, asking, before] of [
  ['C-GET', async (pons) => uidsIn((await get(pons, 'LATE', 'STUDY', studyKey('1.2.32'))).files), 0],
  ['WADO-RS, of two holders', async (pons) => partsOf(await new Client(`${pons.url}/dicomweb`)
    .raw('studies/1.2.32', { headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } })).map(({ body }) => uidsOf(body).sop).sort(), 2],
])
  test(`${way}: what is retrieved is what is there now, answers that are kept for searches do not count`, async () => {
    const all = madeInstances('1.2.32', 3);
    const late = [];
    const keeps = { answer_cache: { time: '10m', empty_time: '10m' } };
    const pons = await serve({ late: web(kept(await wadoStub(late)), keeps), early: web(kept(await wadoStub(all.slice(0, 2))), keeps) });
    assert.equal((await asking(pons)).length, before);
    late.push(all[2]);
    assert.equal((await asking(pons)).length, before + 1);
  });

test('an archive that leaves out every third instance: the others come, and those are told', { timeout: 120000 }, async () => {
  const instances = madeInstances('1.2.32', 9);
  const missing = (i) => i.number % 3 === 0;
  const stub = kept(await wadoStub(instances, (i) => (missing(i) ? { drops: true } : undefined)));
  const movePort = await freePort();
  const pons = await serve({ web: web(stub) }, { peers: { MOVESCU: movePort } });
  const moved = await retrieve('movescu', pons, 'WEB', 'STUDY', studyKey('1.2.32'), ['-aem', 'MOVESCU', '+P', `${movePort}`]);
  for (const got of [moved, await get(pons, 'WEB', 'STUDY', studyKey('1.2.32'))]) {
    assert.deepEqual([got.status, got.completed, got.failed], ['B000', 6, 3], got.comment);
    assert.match(got.comment, /^source web: instances that it lists did not come/);
    assert.deepEqual(uidsIn(got.files), uidsOfAll(instances.filter((i) => !missing(i))));
  }
  // getscu does not read the data set of a final response.
  const listed = /\(0008,0058\) UI \[([^\]]*)/.exec(moved.output)?.[1] ?? '';
  assert.deepEqual(listed.split('\\').sort(), uidsOfAll(instances.filter(missing)));
});

test('an archive that dies: between the instances or within one, it is never Success', { timeout: 120000 }, async () => {
  for (const [size, name] of [[2000, 'small'], [4 << 20, 'large']]) {
    const instances = madeInstances(`1.2.33.${size}`, 6, size);
    const stub = kept(await wadoStub(instances, (i, n) => (n === 3 || instances.length === 1 ? { dies: true } : undefined)));
    const taker = kept(await destination());
    const pons = await serve({ web: web(stub, { timeouts: { first_response: '2s' } }) }, { peers: { TAKER: taker.port } });
    const moved = await retrieve('movescu', pons, 'WEB', 'STUDY', studyKey(instances[0].study), ['-aem', 'TAKER']);
    assert.deepEqual([moved.status, moved.completed, moved.failed], ['B000', 3, 3], `${name}: ${moved.comment}`);
    assert.deepEqual(taker.taken.map(({ uid }) => uid), instances.slice(0, 3).map(({ uid }) => uid), name);
    const got = await get(pons, 'WEB', 'STUDY', studyKey(instances[0].study));
    // Of a large one a part was sent, and only the end of the association takes that back.
    if (name === 'large') assert.ok(got.status !== '0000' && got.code !== 0, got.output.slice(-500));
    else assert.deepEqual([got.status, got.completed, got.failed], ['B000', 3, 3], got.comment);
    assert.deepEqual(uidsIn(got.files).filter((uid) => !uidsOfAll(instances.slice(0, 3)).includes(uid) && got.files.get(uid).length >= size), []);
  }
});

test('an archive that is killed in mid-retrieve', { timeout: 120000 }, async () => {
  const instances = madeInstances('1.2.34', 40, 400000);
  const taker = kept(await destination());
  const stub = await wadoStub(instances, (i, n) => (n >= 20 ? { holds: new Promise(() => {}) } : undefined));
  const pons = await serve({ web: web(stub) }, { peers: { TAKER: taker.port } });
  const going = retrieve('movescu', pons, 'WEB', 'STUDY', studyKey('1.2.34'), ['-aem', 'TAKER']);
  await until(() => taker.taken.length >= 18, { what: 'eighteen have come' });
  await stub.stop();
  const moved = await going;
  assert.equal(moved.status, 'B000', moved.comment);
  assert.equal(moved.completed, taker.taken.length);
  assert.equal(moved.failed, 40 - taker.taken.length);
});

test('C-MOVE: destinations that are not known, refuse a class, refuse everything, fail, or die', { timeout: 120000 }, async () => {
  const ct = '1.2.840.10008.5.1.4.1.1.2';
  const instances = [...madeInstances('1.2.35', 3), ...madeInstances('1.2.35', 3, 64, ct).map((i) => ({ ...i, series: '1.2.35.2' }))];
  const all = madeInstances('1.2.35', 6).map((i) => (i.number > 3 ? madeInstances('1.2.35', 6, 64, ct)[i.number - 1] : i));
  assert.equal(instances.length, all.length);
  const stub = kept(await wadoStub(all));
  const choosy = kept(await destination({ accepts: (abstract) => abstract === secondaryCapture }));
  const closed = kept(await destination({ rejects: () => [1, 1, 7] }));
  const few = kept(await destination({ rejects: (asked) => (asked.contexts.length > 3 ? [1, 1, 1] : undefined) }));
  const failing = kept(await destination({ answers: (command, n) => [0, 0xa700, 0xb000][n % 3] }));
  const dying = kept(await destination({ answers: (command, n) => (n === 1 ? 'dies' : 0) }));
  const deaf = await freePort();
  const pons = await serve({ web: web(stub) },
    { peers: { CHOOSY: choosy.port, CLOSED: closed.port, FEW: few.port, FAILING: failing.port, DYING: dying.port, DEAF: deaf } });
  const move = (to) => retrieve('movescu', pons, 'WEB', 'STUDY', studyKey('1.2.35'), ['-aem', to]);
  const counts = ({ status, completed, failed, warnings }) => [status, completed, failed, warnings];

  const unknown = await move('NOBODY');
  assert.equal(unknown.status, 'A801');
  assert.equal(unknown.comment, 'the destination is none of the peers');
  assert.deepEqual(stub.retrieves, []);

  const refused = await move('CHOOSY');
  assert.deepEqual(counts(refused), ['B000', 3, 3, 0]);
  assert.deepEqual(choosy.taken.map(({ uid }) => uid).sort(), uidsOfAll(all.slice(0, 3)));
  assert.equal(choosy.associations.length, 1);
  assert.deepEqual(choosy.taken.map(({ command }) => [command.originator, command.originatorId]), choosy.taken.map(() => ['CT1', 1]));
  assert.equal(choosy.associations[0].calling, 'WEB');
  await until(() => choosy.released === 1, { what: 'the association is released' });

  for (const to of ['CLOSED', 'DEAF']) {
    const got = await move(to);
    assert.deepEqual(counts(got), ['A702', 0, 6, 0], to);
    assert.match(got.comment, new RegExp(`destination ${to}: `));
  }
  assert.deepEqual(counts(await move('FEW')), ['0000', 6, 0, 0]);
  assert.ok(few.associations.every(({ contexts }) => contexts.length <= 3));
  assert.deepEqual(counts(await move('FAILING')), ['B000', 2, 2, 2]);
  assert.equal(failing.associations.length, 1);
  assert.deepEqual(counts(await move('DYING')), ['B000', 5, 1, 0]);
  assert.equal(dying.associations.length, 2);
});

test('C-CANCEL ends what runs upstream, and tells what is left', { timeout: 120000 }, async () => {
  const instances = madeInstances('1.2.36', 60, 300000);
  const stub = kept(await wadoStub(instances, (i, n) => (n >= 20 ? { holds: new Promise(() => {}) } : undefined)));
  const taker = kept(await destination());
  const pons = await serve({ web: web(stub) }, { peers: { TAKER: taker.port } });
  const got = await retrieve('movescu', pons, 'WEB', 'STUDY', studyKey('1.2.36'), ['-aem', 'TAKER', '--cancel', '5']);
  assert.equal(got.status, 'FE00', got.output.slice(-2000));
  assert.equal(got.completed, taker.taken.length);
  assert.ok(got.completed >= 5 && got.completed < 20, `${got.completed} completed`);
  assert.equal(got.remaining, 60 - got.completed);
  await until(() => stub.broken === 1, { what: 'the archive is no longer asked' });
  assert.equal((await echo({ dimsePort: pons.dicomPort }, ['-aec', 'WEB'])).status, '0000');
});


test('a peer that stops reading, or goes, costs nothing but its own association', { timeout: 120000 }, async () => {
  const instances = madeInstances('1.2.3700', 3, 32 << 20);
  const stub = kept(await wadoStub(instances));
  const pons = await serve({ web: web(stub) }, { http: { stall_timeout: '1s' } });
  const { pid } = pons.process.child;
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

  const warm = await finish(await begin(pons, '1.2.3700', [secondaryCapture]), false);
  assert.deepEqual([warm.command.status, warm.command.completed], [0, 3]);
  const before_ = peak();
  assert.ok(before_ < 120, `${before_} MiB`);

  const silent = await begin(pons, '1.2.3700', [secondaryCapture]);
  silent.socket.pause();
  await until(() => stub.broken === 1, { what: 'the archive is no longer asked' });
  silent.socket.destroy();

  const leaving = await begin(pons, '1.2.3700', [secondaryCapture]);
  await new Promise((resolve) => leaving.socket.once('data', resolve));
  leaving.socket.destroy();
  await until(() => stub.broken === 2, { what: 'the archive is no longer asked' });
  assert.ok(peak() - before_ < 16, `${before_} MiB, then ${peak()} MiB`);
  assert.equal((await echo({ dimsePort: pons.dicomPort }, ['-aec', 'WEB'])).status, '0000');
  assert.doesNotMatch(pons.process.output, /1\.2\.3700|Made|HAND-1/, 'nothing about a patient or an instance in the log');
});

test('Pons that is stopped ends a retrieve that runs', { timeout: 60000 }, async () => {
  const stub = kept(await wadoStub(madeInstances('1.2.38', 10, 1 << 20), (i, n) => (n >= 3 ? { holds: new Promise(() => {}) } : undefined)));
  const pons = await serve({ web: web(stub) }, { http: { shutdown_timeout: '1s' } });
  const going = get(pons, 'WEB', 'STUDY', studyKey('1.2.38'));
  await until(() => stub.sent.length === 3, { what: 'three have been sent' });
  const { code } = await pons.stop();
  assert.equal(code, 0);
  assert.notEqual((await going).status, '0000');
});
