// storescu of made CT images through Pons into a STOW-RS server that keeps nothing, against STOWing the same files there one
// after another without Pons, and against storescu into Orthanc. Senders have default sockets, as modalities have;
// TCP_NODELAY=1 is told beside it. In turns, medians. Fails when the memory of Pons grows by more than 64 MiB. Into Orthanc
// through Pons: provider.mjs.
//
//   node bench/store.mjs [images, default 1000] [rounds, default 3]
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { startOrthanc } from '../tests/integration/support/archives.mjs';
import { removeFolder, temporaryFolder } from '../tests/integration/support/processes.mjs';
import { filesOf, writeStudies } from './support/ct_studies.mjs';
import { dimseOf, sockets, startProvider, storescu } from './support/dimse.mjs';
import { cpu, inTurns, median, peak, ratioOf, report, reportGrowth, resident, timed } from './support/measure.mjs';
import { stowInTurn } from './support/stow.mjs';

const images = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 3);
const folder = temporaryFolder('ct');
const files = filesOf(writeStudies(folder, [{ patient: 'CT', images }]));

// 200 without a report: all were stored.
let taken = 0;
const nowhere = createServer((asked, answer) => {
  asked.resume().on('end', () => { ++taken; answer.writeHead(200, { 'Content-Length': 0 }).end(); });
});
nowhere.keepAliveTimeout = 60000;
await new Promise((resolve) => nowhere.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${nowhere.address().port}/dicom-web`;

const orthanc = await startOrthanc();
const pons = await startProvider({ nowhere: { kind: 'dicomweb', url } });
const { pid } = pons;

let spent = 0;
const loads = [];
// Seconds; when it is to be into nowhere, all must have come there.
const measured = (work, intoNowhere = true) => async () => {
  const before = taken;
  const seconds = await timed(work);
  if (intoNowhere) assert.equal(taken - before, images);
  loads.push(loadavg()[0]);
  return seconds;
};
const [plain, atOnce] = Object.values(sockets);
const throughPons = () => storescu(pons.at.nowhere, folder, plain);
await throughPons();  // what is allocated once
const idle = resident(pid);
const all = await inTurns({
  pons: measured(async () => {
    const before = cpu(pid);
    await throughPons();
    spent += cpu(pid) - before;
  }),
  stow: measured(() => stowInTurn(url, files)),
  'pons, TCP_NODELAY=1': measured(() => storescu(pons.at.nowhere, folder, atOnce)),
  Orthanc: measured(() => storescu(dimseOf(orthanc), folder, plain), false),
}, rounds);
const middle = (name) => median(all[name]);
const show = (n, digits = 2) => n.toFixed(digits);
const against = (one, other) => ratioOf(all[one], all[other]);
report(`${images} CT images by storescu into nowhere, against STOWing them in turn`, `${show(middle('pons'))} / ${show(middle('stow'))} s = ${show(against('pons', 'stow'))}`, against('pons', 'stow'), '<= 1.2');
report('  with TCP_NODELAY=1', `${show(middle('pons, TCP_NODELAY=1'))} s`);
report('  CPU of Pons, each', `${show(spent / rounds / images, 0)} µs`);
report('  against storescu into Orthanc, times as fast', `${show(middle('Orthanc'))} / ${show(middle('pons'))} s = ${show(against('Orthanc', 'pons'))}`, against('Orthanc', 'pons'), '>= 10');
reportGrowth('peak resident memory above idle', peak(pid) - idle);
console.log(`load: ${show(Math.min(...loads), 1)} to ${show(Math.max(...loads), 1)} on two cores`);
await pons.stop();
await orthanc.stop();
nowhere.closeAllConnections();
nowhere.close();
removeFolder(folder);
