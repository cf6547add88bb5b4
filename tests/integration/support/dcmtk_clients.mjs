// DCMTK's clients, run against an archive: what they were told, in a form to compare.
import { readdirSync } from 'node:fs';
import { accepts, freePort, removeFolder, start, temporaryFolder, until } from './processes.mjs';

const env = { ...process.env, TCP_NODELAY: '1' };

async function output(command, args) {
  const started = start(command, args, { env });
  const { code } = await started.ended;
  return { code, text: started.output };
}

const status = (text) => [...text.matchAll(/DIMSE Status +: 0x([0-9a-f]{4})/g)].map((m) => m[1].toUpperCase());
const refused = (text) => /Result: ([^,]+), Source: ([^\n]+)[^]*?Reason: ([^\n]+)/.exec(text);

/// One C-FIND by findscu: {rows: [{'(gggg,eeee)': value}], pending: statuses, status, rejected: reason, text}. `keys`: as for -k.
export async function find(archive, keys, { level = 'STUDY', root = '-S', options = [], aet = archive.aet, aec } = {}) {
  const { code, text } = await output('findscu', ['-d', root, '-aec', aec ?? aet, ...options, '-k', `QueryRetrieveLevel=${level}`, ...keys.flatMap((key) => ['-k', key]), '127.0.0.1', `${archive.dimsePort}`]);
  const answers = text.split('INCOMING DIMSE MESSAGE').slice(1);
  const statuses = answers.flatMap(status);
  const rows = answers.filter((answer) => /Response Identifiers/.test(answer) && /0xff0[01]/.test(answer)).map((answer) => Object.fromEntries(
    [...answer.matchAll(/^D: (\([0-9a-f]{4},[0-9a-f]{4}\)) (..) (?:\[(.*?)\] +#|(\(no value available\))|(.*?) +#)/gm)].map(([, tag, , value, none, other]) => [tag, none ? '' : (value ?? other).trimEnd()])));
  return { code, rows, pending: statuses.filter((s) => s.startsWith('FF')), status: statuses.filter((s) => !s.startsWith('FF')).at(-1), rejected: refused(text)?.slice(1).join(', '), text };
}

/// One C-ECHO: the status, or why there was none.
export async function echo(archive, options = []) {
  const { text } = await output('echoscu', ['-d', ...options, '127.0.0.1', `${archive.dimsePort}`]);
  return { status: /Received Echo Response \(Success\)/.test(text) ? '0000' : undefined, rejected: refused(text)?.slice(1).join(', '), text };
}

function filesIn(folder) { return readdirSync(folder).sort(); }

/// One C-GET by getscu: {files: names, status, pending: how many, counters, text}.
export async function get(archive, keys, { level = 'STUDY', options = [] } = {}) {
  const folder = temporaryFolder('get');
  const { text } = await output('getscu', ['-d', '-S', ...options, '-od', folder, '-k', `QueryRetrieveLevel=${level}`, ...keys.flatMap((key) => ['-k', key]), '127.0.0.1', `${archive.dimsePort}`]);
  const files = filesIn(folder);
  removeFolder(folder);
  return { files, ...retrieved(text) };
}

function retrieved(text) {
  const answers = text.split(/(?:INCOMING DIMSE MESSAGE|Received C-(?:GET|MOVE) Response|Received Final Move Response|Received Move Response)/).slice(1);
  const all = answers.flatMap(status);
  return { status: all.at(-1), pending: all.filter((s) => s === 'FF00').length,
    counters: [...text.matchAll(/Completed Suboperations +: (\w+)/g)].map((m) => m[1]).at(-1), text };
}

/// storescp as a destination: {port, title, files(), text(), stop()}.
export async function receiver(options = []) {
  const folder = temporaryFolder('receiver');
  const port = await freePort();
  const started = start('storescp', ['-d', '-aet', 'RECEIVER', ...options, '-od', folder, `${port}`], { env });
  await until(() => accepts(port), { what: 'storescp', started });
  return { port, title: 'RECEIVER', files: () => filesIn(folder), text: () => started.output,
    stop: async () => { await started.stop(); removeFolder(folder); } };
}

/// One C-MOVE by movescu to `destination`.
export async function move(archive, destination, keys, { level = 'STUDY', options = [] } = {}) {
  const { text } = await output('movescu', ['-d', '-S', '-aem', destination, ...options, '-k', `QueryRetrieveLevel=${level}`, ...keys.flatMap((key) => ['-k', key]), '127.0.0.1', `${archive.dimsePort}`]);
  return retrieved(text);
}

/// Whether storescu gets an association as a user with a password.
export async function storeAs(archive, user, password, file) {
  const { text } = await output('storescu', ['-d', '-usr', user, '-pwd', password, '127.0.0.1', `${archive.dimsePort}`, file]);
  return refused(text)?.slice(1).join(', ') ?? (/Association Accepted/.test(text) ? 'answered' : 'no answer');
}
