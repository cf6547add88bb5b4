// 200 callers at once, each with an association of its own, an echo, and a find of one match: Pons before Orthanc's DICOMweb and
// before dcmqrscp, against these asked themselves. How many threads Pons has meanwhile, and how much memory, also when all
// 200 associations are open before the first find.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { startDcmqrscp, startOrthanc } from '../../tests/integration/support/archives.mjs';
import { sourceFor } from '../../tests/integration/support/pons.mjs';
import { removeFolder, temporaryFolder } from '../../tests/integration/support/processes.mjs';
import { syntaxes, writeDataSet } from '../../tests/support/dimse_js/data_set.mjs';
import { commands, Link } from '../../tests/support/dimse_js/upper_layer.mjs';
import { put } from '../../tests/support/quirk_pacs/model.mjs';
import { writeStudies } from '../support/ct_studies.mjs';
import { dimseOf, startProvider } from '../support/dimse.mjs';
import { forgetPeak, inTurns, median, peak, ratioOf, report, reportGrowth, resident, threads, timed } from '../support/measure.mjs';

const verification = '1.2.840.10008.1.1';
const studyRootFind = '1.2.840.10008.5.1.4.1.2.2.1';

async function associate(at) {
  const link = new Link(connect(at.port, '127.0.0.1'));
  await link.request(at.aet, 'BENCH', [[verification, syntaxes.implicit], [studyRootFind, syntaxes.implicit]]);
  return link;
}

async function echo(link) {
  await link.send(1, { affectedSopClass: verification, command: commands.echoRq, messageId: 1 });
  assert.equal((await link.message()).command.status, 0);
}

async function findOne(link, patient) {
  const set = new Map();
  for (const [keyword, values] of Object.entries({ QueryRetrieveLevel: ['STUDY'], PatientID: [patient], PatientName: [], StudyInstanceUID: [], StudyDate: [] }))
    put(set, keyword, values, []);
  const bytes = writeDataSet(set, syntaxes.implicit);
  await link.send(3, { affectedSopClass: studyRootFind, command: commands.findRq, messageId: 2, priority: 0 }, { pieces: [bytes], length: bytes.length });
  let matches = 0;
  for (;;) {
    const { command, data } = await link.message();
    if ((command.status & 0xff00) !== 0xff00) {
      assert.deepEqual([command.status, matches], [0, 1]);
      return link.release();
    }
    matches += data ? 1 : 0;
  }
}

// How many came to their end.
const answered = async (all) => (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled').length;

async function opened(at) {
  const link = await associate(at);
  await echo(link);
  return link;
}

/// Everybody begins at once, and goes on as fast as it is served: how many were answered in full.
const callAll = (at, patients) => answered(patients.map(async (patient) => findOne(await opened(at), patient)));

/// The same, but nobody finds before all associations are open and have had their echo.
async function callTogether(at, patients) {
  const links = await Promise.all(patients.map(() => opened(at)));
  return answered(links.map((link, n) => findOne(link, patients[n])));
}

// The most threads that the process had while `work` went on.
async function mostThreads(pid, work) {
  let most = 0;
  const sample = setInterval(() => { most = Math.max(most, threads(pid)); }, 5);
  await work();
  clearInterval(sample);
  return most;
}

export async function associations({ quick }) {
  const count = quick ? 40 : 200;
  const rounds = quick ? 2 : 5;
  const root = temporaryFolder('studies');
  const patients = Array.from({ length: count }, (_, n) => `ONE${n}`);
  const data = writeStudies(root, patients.map((patient) => ({ patient, images: 1 })), { side: 8 });
  const orthanc = await startOrthanc(data);
  const qrscp = await startDcmqrscp(data, { maxAssociations: count + 16 });
  removeFolder(root);

  for (const [archive, name, source] of [
    [orthanc, 'Orthanc', sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' }, answer_cache: { size: 0 } })],
    [qrscp, 'dcmqrscp', sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' }, answer_cache: { size: 0 } })]]) {
    const pons = await startProvider({ archive: source }, { dicom: { max_associations: count + 16, associations_per_peer: count + 16 } });
    const at = pons.at.archive;
    const itself = dimseOf(archive);
    assert.equal(await callAll(at, patients.slice(0, 1)), 1);
    const idle = { bytes: resident(pons.pid), threads: threads(pons.pid) };
    forgetPeak(pons.pid);

    // Seconds; whom the archive itself left without an answer is told.
    let lost = 0;
    const all = await inTurns({
      pons: () => timed(async () => assert.equal(await callAll(at, patients), count)),
      itself: () => timed(async () => { lost += count - await callAll(itself, patients); }),
    }, rounds);
    const most = await mostThreads(pons.pid, async () => assert.equal(await callTogether(at, patients), count));
    const seconds = (who) => median(all[who]).toFixed(2);
    report(`${count} associations at once, Pons before ${name} against it`, `${seconds('pons')} / ${seconds('itself')} s = ${ratioOf(all.pons, all.itself).toFixed(2)}; `
      + `all answered${lost ? `, by ${name} all but ${lost} of ${rounds * count}` : ''}`);
    report('  threads at most; idle', `${most}; ${idle.threads}`);
    reportGrowth('  peak resident memory above idle', peak(pons.pid) - idle.bytes);
    await pons.stop();
  }
  await qrscp.stop();
  await orthanc.stop();
}
