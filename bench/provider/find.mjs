// findscu of few and of many studies: Pons before Orthanc's DICOMweb, against the same asked of Orthanc by DIMSE, and against
// a QIDO-RS for the same. Each is a whole run of findscu, its start and its association included.
import assert from 'node:assert/strict';
import { startOrthanc } from '../../tests/integration/support/archives.mjs';
import { find as told } from '../../tests/integration/support/dcmtk_clients.mjs';
import { sourceFor } from '../../tests/integration/support/pons.mjs';
import { removeFolder, temporaryFolder } from '../../tests/integration/support/processes.mjs';
import { writeStudies } from '../support/ct_studies.mjs';
import { dimseOf, findscu, sockets, startProvider } from '../support/dimse.mjs';
import { inTurns, median, peak, ratioOf, report, reportGrowth, resident, timed } from '../support/measure.mjs';

// What a workstation's list of studies shows.
const shown = ['PatientName', 'PatientBirthDate', 'PatientSex', 'StudyInstanceUID', 'StudyDate', 'StudyTime', 'StudyID', 'AccessionNumber',
  'StudyDescription', 'ReferringPhysicianName', 'ModalitiesInStudy', 'NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'];

async function qido(archive, patient, matches) {
  const answer = await fetch(`${archive.url}/studies?PatientID=${patient}&includefield=${shown.join('%2C')}`);
  assert.equal((await answer.json()).length, matches);
}

export async function find({ quick }) {
  const counts = quick ? [1, 20, 100] : [1, 100, 2000];
  const root = temporaryFolder('studies');
  const patientOf = (matches) => `HAS${matches}`;
  const archive = await startOrthanc(writeStudies(root, counts.flatMap((matches) =>
    Array.from({ length: matches }, () => ({ patient: patientOf(matches), images: 1 }))), { side: 8 }));
  removeFolder(root);
  const pons = await startProvider({ web: sourceFor(archive, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' }, answer_cache: { size: 0 } }) });
  const itself = dimseOf(archive);
  let idle;
  for (const matches of counts) {
    const keys = [`PatientID=${patientOf(matches)}`, ...shown];
    for (const at of [pons.at.web, itself])
      assert.equal((await told({ aet: at.aet, dimsePort: at.port }, keys)).rows.length, matches);
    idle ??= resident(pons.pid);

    const ways = { qido: () => timed(() => qido(archive, patientOf(matches), matches)) };
    for (const [name, env] of Object.entries(sockets)) {
      ways[`pons, ${name}`] = () => timed(() => findscu(pons.at.web, keys, env));
      ways[`itself, ${name}`] = () => timed(() => findscu(itself, keys, env));
    }
    const all = await inTurns(ways, quick || matches > 1000 ? 3 : 9);
    const milliseconds = (name) => (median(all[name]) * 1000).toFixed(0);
    for (const name of Object.keys(sockets))
      report(`findscu of ${matches}, ${name}, against Orthanc by DIMSE`,
        `${milliseconds(`pons, ${name}`)} / ${milliseconds(`itself, ${name}`)} ms = ${ratioOf(all[`pons, ${name}`], all[`itself, ${name}`]).toFixed(2)}`);
    report('  the same by QIDO-RS from Orthanc', `${milliseconds('qido')} ms`);
  }
  reportGrowth('  peak resident memory above idle', peak(pons.pid) - idle);
  await pons.stop();
  await archive.stop();
}
