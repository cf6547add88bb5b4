// Pons itself, before one or several archives, on a free loopback port with a configuration of its own.
import { existsSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { repository } from './archives.mjs';
import { onFreePort, removeFolder, start, temporaryFolder, until } from './processes.mjs';

/// The program under test: PONS_BINARY, else what the presets build.
export function binary() {
  const found = [process.env.PONS_BINARY, ...['release', 'dev'].map((preset) => join(repository, 'build', preset, 'proxy', 'pons'))]
    .find((path) => path && existsSync(path));
  if (!found) throw new Error('no pons to test: build it (tests/run does) or name one in PONS_BINARY');
  return found;
}

/// What every source of the tests is configured with, also known to the oracle.
export const sourceDefaults = { timezone: 'Europe/Vienna', system: 'urn:oid:1.2.3.4', namespace: 'HOSP_A' };

/// A source of a configuration for one face of an archive from archives.mjs.
export function sourceFor(archive, face = archive.kind, more = {}) {
  const reach = face === 'dicomweb'
    ? { kind: 'dicomweb', url: archive.url, quirks: { query_encoding: 'minimal', ...more.quirks } }
    : { kind: 'dimse', host: '127.0.0.1', port: archive.dicomPort ?? archive.port, called_ae: archive.aet, calling_ae: 'PONS',
      ...(more.quirks ? { quirks: more.quirks } : {}) };
  const { quirks, ...rest } = more;
  return { ...reach, timezone: sourceDefaults.timezone,
    issuer: { system: sourceDefaults.system, namespace: sourceDefaults.namespace }, limits: { associations: 4 }, ...rest };
}

// JSON is YAML.
const yaml = (settings) => JSON.stringify(settings, null, 1);

/// Starts `pons serve` and waits until it is alive. `settings` is a configuration without http.listen; `under`: a command that runs it.
/// `write(settings)` writes another one, or a text as it is; `readAgain(settings)` has Pons read that, and waits until it says that it has: gives
/// what it said meanwhile.
export async function startPons(settings, { under = [] } = {}) {
  const folder = temporaryFolder('serve');
  const pons = await onFreePort(async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const config = join(folder, 'pons.yaml');
    const write = (now) => writeFileSync(config, typeof now === 'string' ? now
      : yaml({ dicom: { listen: '127.0.0.1:0' }, ...now, http: { listen: `127.0.0.1:${port}`, public_url: url, ...now.http } }));
    write(settings);
    const [command, ...args] = [...under, binary(), 'serve', '--config', config];
    const process_ = start(command, args);
    await until(() => alive(`${url}/livez`), { what: 'pons serve', started: process_ });
    return { url, base: `${url}/fhir`, port, config, write, process: process_ };
  });
  pons.readAgain = async (now) => {
    const before = pons.process.output.length;
    pons.write(now);
    pons.process.signal('SIGHUP');
    const said = () => pons.process.output.slice(before);
    await until(() => /the configuration was read again[^\n]*\n/.test(said()), { what: 'SIGHUP', started: pons.process });
    return said();
  };
  pons.stop = async () => {
    const result = await pons.process.stop(10000);
    removeFolder(folder);
    return result;
  };
  return pons;
}

function alive(url) {
  return new Promise((resolve) => {
    get(url, (answer) => { answer.resume(); resolve(answer.statusCode === 200); }).on('error', () => resolve(false));
  });
}
