// What the end-to-end benches share: load, the CPU and memory of a process, nginx, and how numbers are shown.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../../tests/integration/support/archives.mjs';
import { accepts, onFreePort, removeFolder, run, start, temporaryFolder, until } from '../../tests/integration/support/processes.mjs';
import { binary } from '../../tests/integration/support/pons.mjs';

const microsecondsPerTick = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/// A program of bench/, as the release preset builds it.
export function program(name) {
  const path = join(repository, 'build', 'release', 'bench', name);
  if (!existsSync(path)) throw new Error(`${path} is missing: cmake --preset release && cmake --build --preset release --target pons ${name}`);
  return path;
}

/// µs of CPU that the process has used, all threads, in user and kernel mode.
export function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

const status = (pid, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

/// Bytes of resident memory.
export const resident = (pid) => status(pid, 'VmRSS') * 1024;
/// The most that there was since the process began, or since `forgetPeak`.
export const peak = (pid) => status(pid, 'VmHWM') * 1024;
export const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/// How many threads the process has.
export const threads = (pid) => status(pid, 'Threads');

/// Keeps all threads of a process on one core, so that servers that are compared have the same.
export function pin(pid, core) {
  execFileSync('taskset', ['-a', '-c', '-p', `${core}`, `${pid}`]);
}

/// Loads `paths` of a server in turn: {requests, seconds, perSecond, median} with the median in ms. An answer that is not
/// 200 is an error.
export async function load(port, paths, { connections = 8, seconds = 5, core } = {}) {
  const folder = temporaryFolder('load');
  const list = join(folder, 'paths');
  writeFileSync(list, paths.map((path) => `${path}\n`).join(''));
  const command = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '60s', '--latency',
    '-s', join(repository, 'bench', 'support', 'in_turn.lua'), `http://127.0.0.1:${port}`];
  if (core !== undefined) command.unshift('taskset', '-c', `${core}`);
  const output = await run(command[0], command.slice(1), { env: { ...process.env, PATHS: list } });
  removeFolder(folder);
  const told = JSON.parse(/^RESULT (.*)$/m.exec(output)[1]);
  if (told.errors !== 0 || told.requests === 0) throw new Error(`the load met errors:\n${output}`);
  return { requests: told.requests, seconds: told.seconds, perSecond: told.requests / told.seconds, median: told.median_us / 1000 };
}

/// nginx as one process; `http` is the inside of its http block, with $PORT where it listens.
export async function startNginx(http) {
  const folder = temporaryFolder('nginx');
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name));
  const server = await onFreePort(async (port) => {
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off; tcp_nodelay on; sendfile on; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  ${http.replaceAll('$PORT', `${port}`).replaceAll('$FOLDER', folder)}
}
`);
    const process_ = start('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    await until(() => accepts(port), { what: 'nginx', started: process_ });
    return { port, folder, process: process_, pid: process_.child.pid };
  });
  server.stop = async () => {
    await server.process.stop();
    removeFolder(folder);
  };
  return server;
}

/// What Pons sends upstream for a search by key: the targets of its QIDO-RS requests, without those that it sends only
/// when these find nothing.
export async function targets(config, search) {
  const told = JSON.parse(await run(binary(), ['explain', search, '--config', config, '--json']));
  return told.sources.flatMap((source) => source.queries).filter((query) => query.startsWith('GET ')).map((query) => {
    const url = new URL(query.replace(/^GET /, ''));
    return url.pathname + url.search;
  });
}

/// Asks an archive by C-FIND on open associations: {queries, rows, seconds, median_ms}.
export async function askDirectly(archive, queries, { associations = 1, seconds = 0 } = {}) {
  const folder = temporaryFolder('queries');
  const list = join(folder, 'queries');
  writeFileSync(list, queries.map((query) => `${query}\n`).join(''));
  const options = ['--port', `${archive.dicomPort ?? archive.port}`, '--aet', archive.aet, '--associations', `${associations}`,
    ...(seconds ? ['--seconds', `${seconds}`] : [])];
  const output = await run('sh', ['-c', 'exec "$0" "$@" <"$LIST"', program('find_client'), ...options], { env: { ...process.env, LIST: list } });
  removeFolder(folder);
  return JSON.parse(output);
}

/// Seconds that `work` takes.
export async function timed(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

/// Each of `ways` (functions by name) once a round, in turns; what each gave, by name.
export async function inTurns(ways, rounds) {
  const all = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; ++round) for (const [name, way] of Object.entries(ways)) all[name].push(await way());
  return all;
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
/// The median of what each of `ours` is of its neighbour in `theirs`.
export const ratioOf = (ours, theirs) => median(ours.map((each, n) => each / theirs[n]));
export const sum = (values) => values.reduce((a, b) => a + b, 0);
export const sourceOf = { timezone: 'Europe/Vienna', issuer: { system: 'urn:oid:1.2.3.4', namespace: 'HOSP_A' } };

/// One line of a report; `budget` is what the number may not pass ("<= 1.25"), told with it.
export function report(what, text, value, budget) {
  const [, relation, bound] = /^(<=|>=) ([\d.]+)$/.exec(budget) ?? [];
  const met = relation === undefined ? '' : (relation === '<=' ? value <= +bound : value >= +bound) ? ', met' : ', NOT met';
  console.log(`${what.padEnd(58)} ${text}${budget ? `  (${budget}${met})` : ''}`);
}

/// A line for memory that a process took above what it had when idle. Beyond the 64 MiB of DESIGN section 13 the benchmark fails.
export function reportGrowth(what, bytes) {
  const mebibytes = bytes / 2 ** 20;
  report(what, `${mebibytes.toFixed(1)} MiB`, mebibytes, '<= 64');
  if (mebibytes <= 64) return;
  console.error(`${what.trim()}: ${bytes} bytes`);
  process.exitCode = 1;
}
