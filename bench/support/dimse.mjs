// Both ends of DIMSE: DCMTK's tools as modalities and workstations run them, with the sockets that they have by default or
// with TCP_NODELAY=1 in their environment, and Pons for them to call.
import { startPons } from '../../tests/integration/support/pons.mjs';
import { freePort, run } from '../../tests/integration/support/processes.mjs';

/// What a tool has in its environment, by the name that reports tell.
export const sockets = { 'default sockets': { TCP_NODELAY: undefined }, 'TCP_NODELAY=1': { TCP_NODELAY: '1' } };

/// Whom the tools call as `at`: {port, aet}.
export const dimseOf = (archive) => ({ port: archive.dicomPort ?? archive.port, aet: archive.aet });

const call = (tool, at, args, env, files = []) => run(tool, ['-aec', at.aet, ...args, '127.0.0.1', `${at.port}`, ...files], { env: { ...process.env, ...env } });

/// Stores every file of `folder`. storescu ends with an error when one was not stored.
export const storescu = (at, folder, env) => call('storescu', at, ['-aet', 'STORESCU', '+sd'], env, [folder]);

/// Asks for studies with `keys`, and shows nothing.
export const findscu = (at, keys, env) => call('findscu', at, ['-aet', 'FINDSCU', '-S', '--hide-responses', '-k', 'QueryRetrieveLevel=STUDY', ...keys.flatMap((key) => ['-k', key])], env);

const study = (uid) => ['-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${uid}`];

// The tools end without an error when the archive said that it failed: what it said, and how many images came, is in what they print.
function assertWhole(tool, output, images) {
  const came = (output.match(/Received (?:C-STORE|Store) Request/g) ?? []).length;
  if (came !== images || !/(?:C-GET Response|Final Move Response) \(Success\)/.test(output))
    throw new Error(`${tool} got ${came} of ${images} images:\n${output.slice(-1000)}`);
}

/// Retrieves a study of so many images, and keeps nothing of it.
export async function getscu(at, { uid, images }, env) {
  assertWhole('getscu', await call('getscu', at, ['-v', '-aet', 'GETSCU', '--ignore', ...study(uid)], env), images);
}

/// The same, received by movescu itself at `port`, which the archive knows as MOVESCU.
export async function movescu(at, { uid, images }, env, port) {
  assertWhole('movescu', await call('movescu', at, ['-v', '-aet', 'MOVESCU', '-aem', 'MOVESCU', '--ignore', '+P', `${port}`, ...study(uid)], env), images);
}

/// Pons for whoever calls. `at`: by the name of each source, what to call to reach that one. `moveTo`: the port of MOVESCU.
export async function startProvider(sources, { dicom = {}, moveTo } = {}) {
  const port = await freePort();
  const title = (name) => name.toUpperCase();
  const pons = await startPons({
    dicom: { listen: `127.0.0.1:${port}`, ae_titles: Object.fromEntries(Object.keys(sources).map((name) => [title(name), [name]])), any_caller: true, ...dicom },
    ...(moveTo ? { peers: { MOVESCU: { host: '127.0.0.1', port: moveTo } } } : {}), sources });
  return Object.assign(pons, { pid: pons.process.child.pid, at: Object.fromEntries(Object.keys(sources).map((name) => [name, { port, aet: title(name) }])) });
}
