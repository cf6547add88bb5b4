// WADO-RS of studies through Pons: over C-GET against draining the same C-GET to nowhere and against getscu, over C-MOVE against
// movescu, and from a DICOMweb archive against nginx's proxy_pass, in turns. CPU of a process is all its threads, from the kernel. Fails when the
// memory of any passes what DESIGN section 13 allows.
//
//   node bench/retrieve.mjs [rounds, default 5]
import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startDcmqrscp } from '../tests/integration/support/archives.mjs';
import { startPons } from '../tests/integration/support/pons.mjs';
import { freePort, removeFolder, run, temporaryFolder } from '../tests/integration/support/processes.mjs';
import { madeInstance } from '../tests/support/hostile/instances.mjs';
import { cpu, inTurns, median, peak, program, ratioOf, report, reportGrowth, resident, sourceOf, startNginx, sum } from './support/measure.mjs';

const rounds = Number(process.argv[2] ?? 5);
const studies = {
  '1,000 images of 530 kB': { uid: '1.2.826.0.1.3680043.10.1.6', instances: Array.from({ length: 1000 }, (_, n) => ({ number: n + 1, size: 530000 })) },
  '1,000 images of 20 kB': { uid: '1.2.826.0.1.3680043.10.1.7', instances: Array.from({ length: 1000 }, (_, n) => ({ number: n + 1, size: 20000 })) },
  'one image of 600 MB': { uid: '1.2.826.0.1.3680043.10.1.8', instances: [{ size: 600e6 }] },
};

// --- the archive -------------------------------------------------------------------------------------------------------

function element(tag, vr, value) {
  const bytes = Buffer.from(value.length % 2 ? `${value}\0` : value, 'latin1');
  return Buffer.concat([Buffer.from([2, 0, tag, 0]), Buffer.from(vr), Buffer.from([bytes.length, 0]), bytes]);
}

function writeFile(path, instance) {
  const meta = Buffer.concat([Buffer.from([2, 0, 1, 0, 0x4f, 0x42, 0, 0, 2, 0, 0, 0, 0, 1]), element(0x02, 'UI', instance.sopClass),
    element(0x03, 'UI', instance.sop), element(0x10, 'UI', instance.syntax), element(0x12, 'UI', '1.2.826.0.1.3680043.10.1.1')]);
  const length = Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0, 0, 0, 0, 0]);
  length.writeUInt32LE(meta.length, 8);
  const file = openSync(path, 'w');
  for (const bytes of [Buffer.alloc(128), Buffer.from('DICM'), length, meta, ...instance.pieces()]) writeSync(file, bytes);
  closeSync(file);
}

const files = temporaryFolder('studies');
const made = [];
let sopClass;
for (const { uid, instances } of Object.values(studies)) {
  for (const each of instances) {
    const instance = madeInstance({ study: uid, ...each });
    ({ sopClass } = instance);
    writeFile(join(files, `${made.length}.dcm`), instance);
    made.push({ attributes: { SOPClassUID: sopClass }, transferSyntax: instance.syntax, file: `${made.length}.dcm` });
  }
}
const [toPons, toMovescu] = [await freePort(), await freePort()];
const archive = await startDcmqrscp({ root: files, truth: { studies: [{ series: [{ instances: made }] }] } },
  { destinations: { PONS_MOVE: toPons, MOVESCU: toMovescu } });
removeFolder(files);
// Two studies of 1,000 images look like an archive that stops there, and dcmqrscp tells no counts that would say otherwise: it has
// no limit.
const ponsBefore = (way, dicom) => startPons({ dicom: { listen: `127.0.0.1:${dicom}` }, sources: {
  one: { kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, retrieve: [way],
  quirks: { max_results: 100000 }, ...sourceOf } } });

// --- what is measured --------------------------------------------------------------------------------------------------

async function curl(url, output = '/dev/null') {
  const told = JSON.parse(await run('curl', ['-sf', '-o', output, '-w', '{"first": %{time_starttransfer}, "seconds": %{time_total}, "bytes": %{size_download}}', url]));
  return told;
}

async function through(server, url) {
  const before = cpu(server);
  return { ...await curl(url), cpu: (cpu(server) - before) / 1e6 };
}

async function timed(command, args) {
  const begun = performance.now();
  await run(command, args, { env: { ...process.env, TCP_NODELAY: '1' } });
  return { seconds: (performance.now() - begun) / 1000 };
}

const drain = async (uid) => JSON.parse(await run(program('get_client'), ['--port', `${archive.port}`, '--aet', archive.aet, '--study', uid, '--class', sopClass]));
const query = (uid) => ['-aec', archive.aet, '-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${uid}`, '127.0.0.1', `${archive.port}`];
const getscu = (uid) => timed('getscu', ['--ignore', ...query(uid)]);
const movescu = (uid) => timed('movescu', ['--ignore', '-aet', 'MOVESCU', '-aem', 'MOVESCU', '+P', `${toMovescu}`, ...query(uid)]);

const middle = (list, what) => median(list.map((each) => each[what]));

const loads = [];
const show = (n, digits = 2) => n.toFixed(digits);

// --- over C-GET and C-MOVE ---------------------------------------------------------------------------------------------

const pons = await ponsBefore('c-get', 0);
for (const way of ['c-get', 'c-move']) {
  const server = way === 'c-get' ? pons : await ponsBefore(way, toPons);
  const { pid } = server.process.child;
  await curl(`${server.url}/dicomweb/studies/${studies['1,000 images of 20 kB'].uid}`);  // what is allocated once
  const idle = resident(pid);
  for (const [name, { uid, instances }] of Object.entries(studies)) {
    const size = sum(instances.map((i) => i.size));
    const ours = () => through(pid, `${server.url}/dicomweb/studies/${uid}`);
    const all = await inTurns(way === 'c-get'
      ? { pons: ours, drain: () => drain(uid), getscu: () => getscu(uid) } : { pons: ours, movescu: () => movescu(uid) }, rounds);
    for (const each of all.pons) assert.ok(each.bytes > size, `${name}: whole`);
    for (const each of all.drain ?? []) assert.equal(each.instances, instances.length);
    loads.push(loadavg()[0]);
    const rate = (who) => show(size / 1e6 / middle(all[who], 'seconds'), 0);
    const seconds = (who) => all[who].map((each) => each.seconds);
    const against = (who) => ratioOf(seconds(who), seconds('pons'));
    if (way === 'c-get') {
      report(`${name} over C-GET, throughput against draining it`, `${rate('pons')} / ${rate('drain')} MB/s = ${show(against('drain'))}`,
        against('drain'), name.includes('530') ? '>= 0.9' : '');
      report('  against getscu --ignore', `${rate('pons')} / ${rate('getscu')} MB/s = ${show(against('getscu'))}`);
      const spent = sum(all.pons.map((each) => each.cpu)) / sum(all.drain.map((each) => each.cpu));
      report('  CPU of Pons, of the drain', `${show(middle(all.pons, 'cpu'))} s / ${show(middle(all.drain, 'cpu'))} s = ${show(spent)}`);
    } else {
      report(`${name} over C-MOVE, throughput against movescu --ignore`, `${rate('pons')} / ${rate('movescu')} MB/s = ${show(against('movescu'))}`);
      report('  CPU of Pons', `${show(middle(all.pons, 'cpu'))} s`);
    }
    report('  first byte after, of all', `${show(middle(all.pons, 'first') * 1000, 0)} ms of ${show(middle(all.pons, 'seconds') * 1000, 0)} ms`);
  }
  reportGrowth(`${way === 'c-get' ? 'C-GET' : 'C-MOVE'}, peak resident memory above idle`, peak(pid) - idle);
  if (server !== pons) await server.stop();
}

// --- pass-through --------------------------------------------------------------------------------------------------------

// The archive: nginx with the answers that Pons itself has just given, and a listing for each, with nothing after its first page.
const answers = temporaryFolder('answers');
const locations = [];
function firstLine(file) {
  const bytes = Buffer.alloc(256);
  const opened = openSync(file);
  readSync(opened, bytes);
  closeSync(opened);
  return bytes.toString('latin1').split('\r\n')[0];
}
for (const [name, { uid, instances }] of Object.entries(studies)) {
  const url = `${pons.url}/dicomweb/studies/${uid}`;
  const file = join(answers, `${uid}.multipart`);
  await curl(url, file);
  const boundary = firstLine(file).slice(2);
  const series = `${uid}.1`;
  const list = (rows) => JSON.stringify(rows);
  const value = (text) => ({ vr: 'UI', Value: [text] });
  const folder = join(answers, uid);
  mkdirSync(folder);
  writeFileSync(join(folder, 'study.json'), list([{ '0020000D': value(uid), '00201208': { vr: 'IS', Value: [instances.length] } }]));
  writeFileSync(join(folder, 'series.json'), list([{ '0020000D': value(uid), '0020000E': value(series), '00201209': { vr: 'IS', Value: [instances.length] } }]));
  writeFileSync(join(folder, 'instances.json'), list(instances.map(({ number = 1 }) => ({ '0020000D': value(uid), '0020000E': value(series), '00080018': value(`${series}.${number}`) }))));
  locations.push(`location = /${uid}/dicom-web/studies/${uid} { default_type 'multipart/related; type="application/dicom"; boundary=${boundary}'; alias ${file}; }
  location = /${uid}/dicom-web/studies { alias ${folder}/study.json; }
  location = /${uid}/dicom-web/studies/${uid}/series { alias ${folder}/series.json; }
  location = /${uid}/dicom-web/studies/${uid}/series/${series}/instances { alias ${folder}/instances.json; }`);
  studies[name].size = statSync(file).size;
}
await pons.stop();
await archive.stop();
const web = await startNginx(`server { listen 127.0.0.1:$PORT; default_type application/dicom+json;
  if ($arg_offset) { return 200 '[]'; }
  ${locations.join('\n  ')} }`);
const nginx = await startNginx(`upstream archive { server 127.0.0.1:${web.port}; keepalive 8; }
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_buffer_size 64k; proxy_buffers 8 64k;
  server { listen 127.0.0.1:$PORT; location / { proxy_pass http://archive; } }`);
for (const [name, { uid, size }] of Object.entries(studies)) {
  const server = await startPons({ sources: { web: { kind: 'dicomweb', url: `http://127.0.0.1:${web.port}/${uid}/dicom-web`, quirks: { page_limit: 2000 }, ...sourceOf } } });
  const own = server.process.child.pid;
  const idle = resident(own);
  const all = await inTurns({ pons: () => through(own, `${server.url}/dicomweb/studies/${uid}`),
    nginx: () => through(nginx.pid, `http://127.0.0.1:${nginx.port}/${uid}/dicom-web/studies/${uid}`) }, rounds);
  for (const each of [...all.pons, ...all.nginx]) assert.ok(each.bytes > size - 4096 * 1024 && each.bytes > 0.99 * size, `${name}: whole`);
  loads.push(loadavg()[0]);
  const ratio = sum(all.pons.map((each) => each.cpu)) / sum(all.nginx.map((each) => each.cpu));
  const seconds = (who) => all[who].map((each) => each.seconds);
  const wall = ratioOf(seconds('nginx'), seconds('pons'));
  const budget = name.includes('530');
  report(`${name}, CPU against nginx unbuffered`, `${show(middle(all.pons, 'cpu'))} s / ${show(middle(all.nginx, 'cpu'))} s = ${show(ratio)}`, ratio, budget ? '<= 1.2' : '');
  report('  throughput against nginx', `${show(size / 1e6 / middle(all.pons, 'seconds'), 0)} / ${show(size / 1e6 / middle(all.nginx, 'seconds'), 0)} MB/s = ${show(wall)}`, wall, budget ? '>= 0.8' : '');
  reportGrowth('  DICOMweb, peak resident memory above idle', peak(own) - idle);
  await server.stop();
}
await nginx.stop();
await web.stop();
removeFolder(answers);
console.log(`load: ${show(Math.min(...loads), 1)} to ${show(Math.max(...loads), 1)} on two cores`);
