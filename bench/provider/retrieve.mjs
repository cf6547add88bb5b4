// getscu and movescu of a large study: Pons before Orthanc's DICOMweb and before dcmqrscp, against Orthanc and dcmqrscp asked
// themselves. The memory of Pons, which is to be the same for a study of a tenth of the size.
import { startDcmqrscp, startOrthanc } from '../../tests/integration/support/archives.mjs';
import { sourceFor } from '../../tests/integration/support/pons.mjs';
import { freePort, removeFolder, temporaryFolder } from '../../tests/integration/support/processes.mjs';
import { writeStudies } from '../support/ct_studies.mjs';
import { dimseOf, getscu, movescu, sockets, startProvider } from '../support/dimse.mjs';
import { cpu, forgetPeak, inTurns, median, peak, ratioOf, report, reportGrowth, resident, timed } from '../support/measure.mjs';

const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export async function retrieve({ rounds, quick }) {
  const images = quick ? 100 : 1000;
  const megabytes = (count) => (count * 512 * 512 * 2) / 1e6;
  const root = temporaryFolder('studies');
  const data = writeStudies(root, [{ patient: 'LARGE', images }, { patient: 'TENTH', images: images / 10 }, { patient: 'TINY', images: 2 }]);
  const [large, tenth, tiny] = data.truth.studies;
  const moveTo = await freePort();
  const orthanc = await startOrthanc(data, { settings: { DicomModalities: { movescu: ['MOVESCU', '127.0.0.1', moveTo] } } });
  const qrscp = await startDcmqrscp(data, { destinations: { MOVESCU: moveTo } });
  removeFolder(root);

  // A Pons for each archive, so that each has its own memory.
  const before = { Orthanc: await startProvider({ web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }) }, { moveTo }),
    dcmqrscp: await startProvider({ qrscp: sourceFor(qrscp, 'dimse', { retrieve: ['c-get'], quirks: { preset: 'dcmtk-qrscp' } }) }, { moveTo }) };
  const called = { 'Pons before Orthanc': before.Orthanc.at.web, 'Pons before dcmqrscp': before.dcmqrscp.at.qrscp,
    Orthanc: dimseOf(orthanc), dcmqrscp: dimseOf(qrscp) };
  const tools = { getscu, movescu: (at, study, env) => movescu(at, study, env, moveTo) };

  const idle = {};
  const small = {};
  for (const [archive, { pid }] of Object.entries(before)) {
    const at = called[`Pons before ${archive}`];
    const all = async (study) => { for (const tool of Object.values(tools)) await tool(at, study, sockets['TCP_NODELAY=1']); };
    await all(tiny);  // what is allocated once
    idle[archive] = resident(pid);
    forgetPeak(pid);
    await all(tenth);
    small[archive] = peak(pid) - idle[archive];
    forgetPeak(pid);
  }

  for (const [tool, run] of Object.entries(tools))
    for (const [name, env] of Object.entries(sockets)) {
      const spent = { Orthanc: 0, dcmqrscp: 0 };
      const ways = {};
      for (const [who, at] of Object.entries(called)) {
        // With default sockets a tool waits 40 ms for each image of an archive: once is enough to show it.
        if (who === 'dcmqrscp' && name === 'default sockets') continue;
        const [, archive] = /^Pons before (.*)/.exec(who) ?? [];
        ways[who] = async () => {
          const used = archive && cpu(before[archive].pid);
          const seconds = await timed(() => run(at, large, env));
          if (archive) spent[archive] += cpu(before[archive].pid) - used;
          return seconds;
        };
      }
      const all = await inTurns(ways, rounds);
      const rate = (who) => (megabytes(images) / median(all[who])).toFixed(0);
      const tell = (what, ours, theirs) => report(what, `${rate(ours)} / ${rate(theirs)} MB/s = ${ratioOf(all[theirs], all[ours]).toFixed(2)}`);
      tell(`${tool} of ${megabytes(images).toFixed(0)} MB, ${name}, Pons before Orthanc against it`, 'Pons before Orthanc', 'Orthanc');
      tell('  Pons before dcmqrscp, against Orthanc', 'Pons before dcmqrscp', 'Orthanc');
      if (all.dcmqrscp) tell('  Pons before dcmqrscp, against it', 'Pons before dcmqrscp', 'dcmqrscp');
      report('  CPU of Pons before Orthanc; before dcmqrscp', Object.values(spent).map((used) => `${(used / rounds / 1e6).toFixed(2)} s`).join('; '));
    }

  for (const [archive, { pid }] of Object.entries(before)) {
    reportGrowth(`getscu and movescu, Pons before ${archive}, peak memory above idle`, peak(pid) - idle[archive]);
    report(`  of a study of ${megabytes(images / 10).toFixed(0)} MB; idle`, `${mebibytes(small[archive])}; ${mebibytes(idle[archive])} in all`);
  }
  for (const each of [...Object.values(before), qrscp, orthanc]) await each.stop();
}
