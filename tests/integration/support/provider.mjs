// Pons as a DIMSE provider, and what DCMTK's tools were told when they retrieved from it and stored to it.
import { readdirSync, readFileSync } from 'node:fs';
import { uidsOf } from './files.mjs';
import { startPons } from './pons.mjs';
import { freePort, removeFolder, start, temporaryFolder } from './processes.mjs';

const env = { ...process.env, TCP_NODELAY: '1' };

/// Pons at a DICOM port of its own, `dicomPort`; the AE title of each source is its name in capitals. `peers`: ports of this machine by AE
/// title, with those of the tools.
export async function startProvider(sources, { peers = {}, dicom = {}, ...more } = {}) {
  const dicomPort = await freePort();
  const titles = Object.fromEntries(Object.keys(sources).map((name) => [name.toUpperCase(), [name]]));
  const all = { CT1: 104, ECHOSCU: 104, FINDSCU: 104, ...peers };
  const pons = await startPons({ dicom: { listen: `127.0.0.1:${dicomPort}`, ae_titles: titles, pending_interval: '1h', ...dicom }, sources,
    peers: Object.fromEntries(Object.entries(all).map(([aet, port]) => [aet, { host: '127.0.0.1', port }])), ...more });
  return Object.assign(pons, { dicomPort });
}

/// What getscu and movescu (which receives itself with the option +P, else another does) were told: {status, comment, completed, failed, warnings, remaining, pending}, and got: {files: by SOP Instance UID}.
export async function retrieve(tool, pons, aec, level, keys, options = []) {
  const folder = temporaryFolder('retrieved');
  const receives = tool === 'getscu' || options.includes('+P');
  const started = start(tool, ['-d', '-S', '-aet', 'CT1', '-aec', aec, ...options, ...(receives ? ['+B', '-od', folder] : []),
    ...[`QueryRetrieveLevel=${level}`, ...keys].flatMap((key) => ['-k', key]), '127.0.0.1', `${pons.dicomPort}`], { env, cwd: folder });
  const { code } = await started.ended;
  const { output } = started;
  const files = new Map(readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`)).map((file) => [uidsOf(file).sop, file]));
  removeFolder(folder);
  const responses = output.split('INCOMING DIMSE MESSAGE').slice(1).filter((text) => /C-(GET|MOVE) RSP/.test(text.slice(0, 400)));
  const told = responses.map((text) => {
    const count = (name) => { const found = new RegExp(`${name} Suboperations +: (\\w+)`).exec(text)?.[1]; return found === 'none' ? undefined : Number(found); };
    return { status: /DIMSE Status +: 0x([0-9a-f]{4})/.exec(text)?.[1].toUpperCase(), comment: /\(0000,0902\) LO \[(.*?)\]/.exec(text)?.[1].trim(),
      completed: count('Completed'), failed: count('Failed'), warnings: count('Warning'), remaining: count('Remaining') };
  });
  const last = told.at(-1) ?? {};
  return { ...last, pending: told.filter(({ status }) => status === 'FF00'), files, code, output };
}
export const get = (...what) => retrieve('getscu', ...what);

/// storescu with these files, started.
export function beginStore(pons, aec, files, options = []) {
  return start('storescu', ['-d', '--no-halt', '-aet', 'CT1', '-aec', aec, ...options, '127.0.0.1', `${pons.dicomPort}`, ...files], { env });
}

/// What storescu was told of each file, in order: {file, status, comment}.
export function told(output) {
  return output.split('Sending file: ').slice(1).map((text) => ({
    file: text.slice(0, text.indexOf('\n')).trim(),
    status: /DIMSE Status +: 0x([0-9a-f]{4})/.exec(text)?.[1].toUpperCase(),
    comment: /\(0000,0902\) LO \[(.*?)\]/.exec(text)?.[1].trim(),
  }));
}

export async function store(pons, aec, files, options) {
  const sender = beginStore(pons, aec, files, options);
  await sender.ended;
  return told(sender.output);
}
