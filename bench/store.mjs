// storescu of made CT images through Pons: into a STOW-RS server that keeps nothing, against STOWing the same files there one
// after another without Pons, and into Orthanc, against storescu straight into it. Senders have default sockets, as modalities
// have; TCP_NODELAY=1 is told beside it. In turns, medians. Fails when the memory of Pons grows by more than 64 MiB.
//
//   node bench/store.mjs [images, default 1000] [rounds, default 3]
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startOrthanc } from '../tests/integration/support/archives.mjs';
import { makeFile } from '../tests/integration/support/files.mjs';
import { startPons } from '../tests/integration/support/pons.mjs';
import { freePort, removeFolder, run, temporaryFolder } from '../tests/integration/support/processes.mjs';
import { cpu, median, report, resident } from './support/measure.mjs';

const images = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 3);
const size = 512 * 512 * 2;

const folder = temporaryFolder('ct');
const study = '1.2.826.0.1.3680043.10.1.20';
const sopClass = '1.2.840.10008.5.1.4.1.1.2';
const files = Array.from({ length: images }, (_, n) => {
  const file = join(folder, `${n}.dcm`);
  writeFileSync(file, makeFile({ uid: `${study}.1.${n + 1}`, study, sopClass, size }));
  return file;
});

// 200 without a report: all were stored.
let taken = 0;
const nowhere = createServer((asked, answer) => {
  asked.resume().on('end', () => { ++taken; answer.writeHead(200, { 'Content-Length': 0 }).end(); });
});
nowhere.keepAliveTimeout = 60000;
await new Promise((resolve) => nowhere.listen(0, '127.0.0.1', resolve));
const { port } = nowhere.address();

const orthanc = await startOrthanc();
const dicomPort = await freePort();
const pons = await startPons({ dicom: { listen: `127.0.0.1:${dicomPort}`, ae_titles: { NOWHERE: ['nowhere'], ORTHANC: ['orthanc'] } },
  peers: { CT1: { host: '127.0.0.1', port: 104 } }, sources: {
    nowhere: { kind: 'dicomweb', url: `http://127.0.0.1:${port}/dicom-web` },
    orthanc: { kind: 'dicomweb', url: orthanc.url, quirks: { preset: 'orthanc-dicomweb-old' } } } });

async function timed(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

// storescu ends with an error when one was not stored.
const storescu = (title, to, env = {}) => timed(() => run('storescu', ['-aet', 'CT1', '-aec', title, '+sd', '127.0.0.1', `${to}`, folder], { env: { ...process.env, ...env } }));

const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
const stow = (file) => new Promise((resolve, reject) => {
  const call = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/dicom-web/studies',
    headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=edge' } },
  (answer) => answer.resume().on('end', resolve));
  call.on('error', reject);
  call.write('--edge\r\nContent-Type: application/dicom\r\n\r\n');
  call.write(file);
  call.end('\r\n--edge--\r\n');
});
const inTurn = () => timed(async () => { for (const file of files) await stow(readFileSync(file)); });

const { pid } = pons.process.child;
const ways = {
  pons: () => storescu('NOWHERE', dicomPort),
  stow: inTurn,
  'pons, TCP_NODELAY=1': () => storescu('NOWHERE', dicomPort, { TCP_NODELAY: '1' }),
  'pons to Orthanc': () => storescu('ORTHANC', dicomPort),
  Orthanc: () => storescu('ORTHANC', orthanc.dicomPort),
};
await storescu('NOWHERE', dicomPort);  // what is allocated once
const idle = resident(pid);
const all = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
let spent = 0;
const loads = [];
for (let round = 0; round < rounds; ++round)
  for (const [name, way] of Object.entries(ways)) {
    const [before, came] = [cpu(pid), taken];
    all[name].push(await way());
    loads.push(loadavg()[0]);
    if (name === 'pons') spent += cpu(pid) - before;
    if (!/Orthanc/.test(name)) assert.equal(taken - came, images, name);
  }
const middle = (name) => median(all[name]);
const show = (n, digits = 2) => n.toFixed(digits);
const against = (one, other) => median(all[one].map((seconds, n) => seconds / all[other][n]));
report(`${images} CT images by storescu into nowhere, against STOWing them in turn`, `${show(middle('pons'))} / ${show(middle('stow'))} s = ${show(against('pons', 'stow'))}`, against('pons', 'stow'), '<= 1.2');
report('  with TCP_NODELAY=1', `${show(middle('pons, TCP_NODELAY=1'))} s`);
report('  CPU of Pons, each', `${show(spent / rounds / images, 0)} µs`);
report('  against storescu into Orthanc, times as fast', `${show(middle('Orthanc'))} / ${show(middle('pons'))} s = ${show(against('Orthanc', 'pons'))}`, against('Orthanc', 'pons'), '>= 10');
report('through Pons into Orthanc by STOW-RS, against straight', `${show(middle('pons to Orthanc'))} / ${show(middle('Orthanc'))} s = ${show(against('pons to Orthanc', 'Orthanc'))}`);
const grown = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024 - idle;
report('peak resident memory above idle', `${show(grown / 2 ** 20, 1)} MiB`, grown / 2 ** 20, '<= 64');
console.log(`load: ${show(Math.min(...loads), 1)} to ${show(Math.max(...loads), 1)} on two cores`);
agent.destroy();
await pons.stop();
await orthanc.stop();
nowhere.closeAllConnections();
nowhere.close();
removeFolder(folder);
assert.ok(grown <= 64 * 2 ** 20, `the memory of Pons grew by ${grown} bytes`);
