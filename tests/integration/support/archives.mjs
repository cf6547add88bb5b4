// Real archives on free loopback ports: DCMTK's dcmqrscp (DIMSE only) and Orthanc (DIMSE and DICOMweb).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accepts, freePort, onFreePort, removeFolder, run, start, temporaryFolder, until } from './processes.mjs';

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const support = join(repository, 'tests', 'support');

/// {truth, root}: the studies of tests/data/dicom and the folder that the truth's file names start from.
export async function publicStudies() {
  const folder = temporaryFolder('public');
  const root = join(repository, 'tests', 'data', 'dicom');
  await run('/usr/bin/python3', [join(support, 'truth.py'), '--files', root, '--out', join(folder, 'truth.json')]);
  return { root, truth: JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) };
}

/// The same for a generated archive.
export async function syntheticStudies({ studies = 200, seed = 7, plain = false } = {}) {
  const root = temporaryFolder('synthetic');
  await run('/usr/bin/python3', [join(support, 'archive_generator.py'), '--studies', `${studies}`, '--seed', `${seed}`,
    '--out', root, ...(plain ? ['--plain'] : [])]);
  return { root, truth: JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')) };
}

export function instancesOf(data) {
  return data.truth.studies.flatMap((study) => study.series.flatMap((series) => series.instances));
}

const queryClasses = ['1.2.840.10008.1.1',  // Verification, then Patient Root and Study Root FIND, MOVE, GET
  ...['1', '2'].flatMap((root) => ['1', '2', '3'].map((what) => `1.2.840.10008.5.1.4.1.2.${root}.${what}`))];
const uncompressed = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'];

// DCMTK's tools take presentation contexts from a profile. Out: each class with each syntax it occurs in, so that none
// is converted. In: the same classes, each with all those syntaxes, and the services.
export function profile(data, incoming) {
  const pairs = new Map();
  for (const instance of data ? instancesOf(data) : []) {
    const { SOPClassUID } = instance.attributes;
    pairs.set(`${SOPClassUID} ${instance.transferSyntax}`, [SOPClassUID, instance.transferSyntax]);
  }
  const syntaxes = [...new Set([...uncompressed, ...[...pairs.values()].map(([, syntax]) => syntax)])];
  const lines = ['[[TransferSyntaxes]]', '[All]', ...syntaxes.map((syntax, n) => `TransferSyntax${n + 1} = ${syntax}`)];
  syntaxes.forEach((syntax, n) => lines.push(`[Syntax${n}]`, `TransferSyntax1 = ${syntax}`));
  const contexts = incoming
    ? [...queryClasses, ...new Set([...pairs.values()].map(([sop]) => sop))].map((sop) => `${sop}\\All`)
    : [...pairs.values()].map(([sop, syntax]) => `${sop}\\Syntax${syntaxes.indexOf(syntax)}`);
  lines.push('[[PresentationContexts]]', '[Contexts]', ...contexts.map((c, n) => `PresentationContext${n + 1} = ${c}`));
  if (incoming) {
    // For C-GET, where the one who asked takes the instances.
    const roles = [...new Set([...pairs.values()].map(([sop]) => sop))].map((sop, n) => `Role${n + 1} = ${sop}\\BOTH`);
    lines.push('[[SCPSCURoleSelection]]', '[Roles]', ...roles);
  }
  lines.push('[[Profiles]]', '[Default]', 'PresentationContexts = Contexts');
  if (incoming && pairs.size > 0) lines.push('SCPSCURoleSelection = Roles');
  lines.push('');
  return lines.join('\n');
}

/// DCMTK's image archive. Stopping it removes what it stored. `empty`: it takes what `data` holds, and has nothing yet;
/// what is stored then is written bit by bit into the folder `store`. `destinations`: ports of this machine by AE title, for C-MOVE.
export async function startDcmqrscp(data, { maxAssociations = 16, env = {}, empty = false, destinations = {} } = {}) {
  const folder = temporaryFolder('dcmqrscp');
  const store = join(folder, 'store');
  mkdirSync(store);
  const tuned = { ...process.env, TCP_NODELAY: '1', ...env };
  const archive = await onFreePort(async (port) => {
    const config = join(folder, 'dcmqrscp.cfg');
    writeFileSync(config, [`NetworkTCPPort = ${port}`, 'MaxPDUSize = 16384', `MaxAssociations = ${maxAssociations}`,
      'HostTable BEGIN', ...Object.entries(destinations).map(([aet, to]) => `${aet.toLowerCase()} = (${aet}, 127.0.0.1, ${to})`), 'HostTable END', 'VendorTable BEGIN', 'VendorTable END',
      'AETable BEGIN', `PACS ${store} RW (5000, 1024mb) ANY`, 'AETable END', ''].join('\n'));
    const incoming = join(folder, 'incoming.cfg');
    writeFileSync(incoming, profile(data, true));
    const process_ = start('dcmqrscp', ['--config', config, '-xf', incoming, 'Default', 'Default', '-dhl',
      ...(empty ? ['+B'] : []), '--log-level', 'error'],
      { env: tuned });
    await until(() => accepts(port), { what: 'dcmqrscp', started: process_ });
    return { kind: 'dimse', name: 'dcmqrscp', host: '127.0.0.1', port, aet: 'PACS', process: process_, store };
  });
  archive.stop = async () => {
    await archive.process.stop();
    removeFolder(folder);
  };
  if (data && !empty) {
    const outgoing = join(folder, 'storescu.cfg');
    writeFileSync(outgoing, profile(data, false));
    const files = instancesOf(data).map((instance) => join(data.root, instance.file));
    const output = await run('storescu', ['-aet', 'LOADER', '-aec', 'PACS', '-xf', outgoing, 'Default', '-v', '--no-halt',
      '127.0.0.1', `${archive.port}`, ...files], { env: tuned });
    archive.stored = (output.match(/Received Store Response \(Success\)/g) ?? []).length;
    if (archive.stored !== files.length) {
      const refused = output.split('I: Sending file: ').filter((part) => !part.includes('(Success)')).slice(1);
      throw new Error(`dcmqrscp took ${archive.stored} of ${files.length}:\n${refused.join('')}`);
    }
  }
  return archive;
}

const orthancPlugin = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';

/// Orthanc with its DICOMweb plugin: one process, two faces. `settings`: more of its configuration.
export async function startOrthanc(data, { env = {}, settings = {} } = {}) {
  const folder = temporaryFolder('orthanc');
  const dicomPort = await freePort();
  const archive = await onFreePort(async (port) => {
    const config = join(folder, 'orthanc.json');
    writeFileSync(config, JSON.stringify({
      Name: 'PonsTest', StorageDirectory: join(folder, 'storage'), IndexDirectory: join(folder, 'index'),
      HttpPort: port, DicomPort: dicomPort, DicomAet: 'ORTHANC', RemoteAccessAllowed: false, AuthenticationEnabled: false,
      OverwriteInstances: true, UnknownSopClassAccepted: true, DicomAlwaysAllowFind: true, DicomAlwaysAllowGet: true,
      DicomCheckCalledAet: false, DefaultEncoding: 'Utf8', DicomModalities: { pons: ['PONS', '127.0.0.1', 11112] }, SaveJobs: false, HttpThreadsCount: 16,
      Plugins: existsSync(orthancPlugin) ? [orthancPlugin] : [], DicomWeb: { Enable: true, Root: '/dicom-web/', Ssl: false }, ...settings,
    }));
    const process_ = start('Orthanc', [config], { env: { ...process.env, TCP_NODELAY: '1', PATH: `${process.env.PATH}:/usr/sbin`, ...env } });
    await until(() => accepts(port), { what: 'Orthanc', started: process_, timeout: 30000 });
    return { kind: 'dicomweb', name: 'orthanc', port, dicomPort, aet: 'ORTHANC', url: `http://127.0.0.1:${port}/dicom-web`, process: process_ };
  });
  archive.stop = async () => {
    await archive.process.stop(8000);
    removeFolder(folder);
  };
  if (data) archive.stored = await upload(archive.port, data);
  return archive;
}

// In the order of the truth within a study, as Orthanc keeps the study's attributes of what came first.
async function upload(port, data, parallel = 6) {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const queue = data.truth.studies.map((study) => study.series.flatMap((series) => series.instances));
  let stored = 0;
  const worker = async () => {
    for (let instances = queue.shift(); instances; instances = queue.shift()) {
      for (const instance of instances) {
        const { status, text } = await post(agent, port, readFileSync(join(data.root, instance.file)));
        if (status !== 200) throw new Error(`Orthanc refused ${instance.file}: ${status} ${text.slice(0, 300)}`);
        ++stored;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  agent.destroy();
  return stored;
}

function post(agent, port, body) {
  return new Promise((resolve, reject) => {
    const call = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/instances', headers: { 'Content-Length': body.length } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => { text += part; });
        answer.on('end', () => resolve({ status: answer.statusCode, text }));
      });
    // Orthanc may close a kept connection just when we write; storing again changes nothing.
    call.on('error', (error) => (call.reusedSocket && error.code === 'ECONNRESET' ? resolve(post(agent, port, body)) : reject(error)));
    call.end(body);
  });
}
