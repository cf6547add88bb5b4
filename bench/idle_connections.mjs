// Memory of idle keep-alive connections: resident memory of Pons with 1,000 of them less that without.
//
//   node bench/idle_connections.mjs
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPons } from '../tests/integration/support/pons.mjs';
import { report, resident, sourceOf } from './support/measure.mjs';

const count = 1000;
// Nobody listens there: `livez` asks no archive.
const pons = await startPons({ sources: { web: { kind: 'dicomweb', url: 'http://127.0.0.1:9/dicom-web', ...sourceOf } } });
const pid = pons.process.child.pid;

// One request each, so that whatever a connection allocates at first use is there.
function connect() {
  return new Promise((resolve, reject) => {
    const socket = createConnection(pons.port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
  });
}
async function connectAll(wanted) {
  const open = [];
  while (open.length < wanted) open.push(...await Promise.all(Array.from({ length: Math.min(50, wanted - open.length) }, connect)));
  return open;
}

// What the first connections make the process allocate once is not theirs.
for (const socket of await connectAll(20)) socket.destroy();
await sleep(500);
const before = resident(pid);
const open = await connectAll(count);
await sleep(500);
const each = (resident(pid) - before) / count / 1000;
report('resident memory of an idle keep-alive connection', `${each.toFixed(1)} kB, over ${count}`, each, '<= 10');
for (const socket of open) socket.destroy();
await pons.stop();
