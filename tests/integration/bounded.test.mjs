// Retrieves of hundreds of megabytes: memory does not grow with them, and nothing is written to disk.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { startOrthanc } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { dataSet, hash, makeFile } from './support/files.mjs';
import { partsOf } from './support/multipart.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { freePort, removeFolder, run, temporaryFolder } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const mebi = 1 << 20;
const large = '1.2.826.0.1.3680043.10.1.4';  // one multi-frame image
const many = '1.2.826.0.1.3680043.10.1.5';   // 1,000 small ones
const instances = [madeInstance({ study: large, size: 512 * mebi }),
  ...Array.from({ length: 1000 }, (_, n) => madeInstance({ study: many, number: n + 1, size: 128 << 10 }))];

async function before(way, options) {
  const archive = kept(await new HostileArchive(instances, { pendings: false }).start());
  const port = await freePort();
  archive.sendsTo(port);
  const sources = { x: { kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, retrieve: [way] } };
  const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources }, options));
  return { archive, pons };
}

async function whole(pons, archive, study) {
  const got = await retrieve(`${pons.url}/dicomweb/studies/${study}`);
  assert.equal(got.error, undefined);
  const pairs = (list) => list.map((i) => `${i.sop} ${i.hash}`).sort();
  assert.deepEqual(pairs(got.parts), pairs(archive.ofStudy(study)));
}

function kibibytes(pid, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

for (const way of ['c-get', 'c-move']) {
  test(`${way}: 64 MiB are enough, whatever the size`, async (t) => {
    const { archive, pons } = await before(way);
    const { pid } = pons.process.child;
    assert.ok(readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${binary()}\0serve`));
    const idle = kibibytes(pid, 'VmRSS');
    for (const study of [large, many]) await whole(pons, archive, study);
    const grown = kibibytes(pid, 'VmHWM') - idle;
    t.diagnostic(`${grown} KiB above idle`);
    assert.ok(grown <= 64 << 10, `${grown} KiB above idle`);
  });
}

// What opens, makes or changes files; what writes through a descriptor. Sockets are written to by other calls.
const calls = 'open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,' +
  'symlink,symlinkat,mkdir,mkdirat,mknod,mknodat,memfd_create,sendfile,copy_file_range,splice';

const traced = (to) => ['strace', '-f', '--seccomp-bpf', '-y', '-o', to, '-e', `trace=${calls}`];
const callsOf = (trace) => readFileSync(trace, 'utf8').split('\n').filter((line) => /^\d+ +\w+\(/.test(line));

function changing(lines) {
  return lines.filter((line) => {
    const [, call, rest] = /^\d+ +(\w+)\((.*)/.exec(line);
    if (/= -1 E/.test(rest)) return false;
    if (/^open/.test(call)) return /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)/.test(rest) && !rest.includes('"/dev/null"');
    if (/^p?writev?/.test(call)) return !/^[12]<|^\d+<(socket|pipe|anon_inode|UNIX|TCP)/.test(rest);
    return true;
  });
}

test('the trace sees what is written', async () => {
  const folder = temporaryFolder('trace');
  await run('strace', [...traced(join(folder, 'calls')).slice(1), 'sh', '-c', `echo x >${join(folder, 'file')}; mv ${join(folder, 'file')} ${join(folder, 'other')}`]);
  const seen = changing(callsOf(join(folder, 'calls'))).join('\n');
  assert.match(seen, /openat\(.*O_CREAT/);
  assert.match(seen, /rename/);
  removeFolder(folder);
});

for (const [way, studies] of [['c-get', [large, many]], ['c-move', [many]]]) {
  test(`${way}: nothing is written to disk`, async () => {
    const folder = temporaryFolder('trace');
    const trace = join(folder, 'calls');
    const { archive, pons } = await before(way, { under: traced(trace) });
    for (const study of studies) await whole(pons, archive, study);
    await pons.stop();
    const lines = callsOf(trace);
    assert.ok(lines.some((line) => line.includes('pons.yaml')), 'the trace is of pons');
    assert.ok(lines.some((line) => /write\([12]</.test(line)), 'and has its log');
    assert.deepEqual(changing(lines), []);
    removeFolder(folder);
  });
}

test('a DICOMweb archive, stores and rendering: nothing is written to disk', async () => {
  const folder = temporaryFolder('trace');
  const trace = join(folder, 'calls');
  const orthanc = kept(await startOrthanc());
  const pons = kept(await startPons({ sources: { web: sourceFor(orthanc, 'dicomweb'), dimse: sourceFor(orthanc, 'dimse') } }, { under: traced(trace) }));
  for (const [n, face] of ['web', 'dimse'].entries()) {
    const client = new Client(`${pons.url}/dicomweb/sources/${face}`);
    const study = `1.2.826.0.1.3680043.10.1.8.${n}`;
    const files = [1, 2].map((number) => makeFile({ study, uid: `${study}.1.${number}`, side: 1024 }));
    const body = Buffer.concat([...files.flatMap((file) => [Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), file, Buffer.from('\r\n')]),
      Buffer.from('--b--\r\n')]);
    const stored = await client.raw('studies', { method: 'POST', body,
      headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=b', 'Content-Length': body.length } });
    assert.equal(stored.status, 200, stored.text);
    const got = await client.raw(`studies/${study}`);
    assert.equal(got.status, 200, got.text.slice(0, 300));
    assert.deepEqual(partsOf(got).map((part) => hash(dataSet(part.body))).sort(), files.map((file) => hash(dataSet(file))).sort());
    const picture = await client.raw(`studies/${study}/series/${study}.1/instances/${study}.1.1/rendered`, { headers: { Accept: 'image/png' } });
    assert.equal(picture.status, 200, picture.text.slice(0, 300));
    assert.equal(picture.bytes.toString('latin1', 1, 4), 'PNG');
  }
  await pons.stop();
  const lines = callsOf(trace);
  assert.ok(new Set(lines.map((line) => line.split(' ')[0])).size > 1 && lines.some((line) => /pons-render|libopenjp2/.test(line)), 'the trace is of the worker too');
  assert.deepEqual(changing(lines), []);
  removeFolder(folder);
});
