// Child processes that never outlive a test: each in a group of its own, ended by handlers at exit, and by the kernel
// (setpriv --pdeathsig) when the test process itself is killed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();
const folders = new Set();

function endAll() {
  for (const child of running) kill(child, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

function kill(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has ended already
  }
}

/// A folder that goes when the process does.
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `pons-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder) {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/// A loopback port that was free a moment ago.
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/// Starts a program. `output` collects what it prints; `ended` resolves with {code, signal}.
export function start(command, args, options = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  const started = { child, command, output: '' };
  const collect = (bytes) => { started.output += bytes; };
  child.stdout?.setEncoding('utf8').on('data', collect);
  child.stderr?.setEncoding('utf8').on('data', collect);
  running.add(child);
  started.ended = new Promise((resolve) => {
    child.on('error', (error) => { running.delete(child); resolve({ code: -1, signal: null, error }); });
    child.on('close', (code, signal) => { running.delete(child); resolve({ code, signal }); });
  });
  started.alive = () => running.has(child);
  started.signal = (name) => process.kill(child.pid, name);
  started.stop = async (grace = 5000) => {
    if (started.alive()) kill(child, 'SIGTERM');
    const timer = setTimeout(() => kill(child, 'SIGKILL'), grace);
    const result = await started.ended;
    clearTimeout(timer);
    return result;
  };
  return started;
}

/// Runs a program to its end; throws with its output when it fails.
export async function run(command, args, options = {}) {
  const started = start(command, args, options);
  const { code, signal, error } = await started.ended;
  if (code !== 0) throw new Error(`${command} ended with ${error ?? code ?? signal}:\n${started.output.slice(-4000)}`);
  return started.output;
}

/// Asks `condition` until it is true; throws when `started` ends first or the time is over.
export async function until(condition, { what, started, timeout = 20000 }) {
  const end = Date.now() + timeout;
  for (;;) {
    if (await condition()) return;
    if (started && !started.alive()) throw new Error(`${what}: the process ended:\n${started.output.slice(-4000)}`);
    if (Date.now() > end) throw new Error(`${what}: not within ${timeout} ms:\n${started?.output.slice(-4000) ?? ''}`);
    await sleep(25);
  }
}

export function accepts(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

/// Tries `make(port)` on another port when the first was taken in between.
export async function onFreePort(make) {
  for (let attempt = 0; ; ++attempt) {
    try {
      return await make(await freePort());
    } catch (error) {
      if (attempt === 2) throw error;
    }
  }
}
