// Stands before an archive and lets everything pass, until an answer holds what a test waits for: there it stops.
import { createConnection, createServer } from 'node:net';

/// A front on a free port. `cutAt(text, how)`: the next answers that hold `text` are cut within it, each connection then
/// `breaks` or keeps `silent`; `onCut` is called at that moment. `letPass()` ends that. `cuts`: how often it happened.
export async function cutFront(port) {
  const sockets = new Set();
  const front = { cuts: 0 };
  let marker;
  let way;
  let onCut;
  const server = createServer((client) => {
    const behind = createConnection(port, '127.0.0.1');
    let over = false;
    let before = Buffer.alloc(0);
    for (const [one, other] of [[client, behind], [behind, client]]) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => { sockets.delete(one); if (!over) other.destroy(); });
    }
    // What is compressed could not be looked into. Names of headers have the same length, so that nothing else changes.
    client.on('data', (bytes) => behind.write(Buffer.from(bytes.toString('latin1').replace(/^Accept-Encoding:/gim, 'X-Left-Encoding:'), 'latin1')));
    behind.on('data', (bytes) => {
      if (over) return;
      const seen = Buffer.concat([before, bytes]);
      const at = marker ? seen.indexOf(marker) : -1;
      if (at === -1) {
        before = marker ? seen.subarray(Math.max(0, seen.length - marker.length + 1)) : Buffer.alloc(0);
        client.write(bytes);
        return;
      }
      over = true;
      ++front.cuts;
      client.write(bytes.subarray(0, Math.max(0, at - before.length + 4)), () => { if (way === 'breaks') client.destroy(); });
      behind.pause();
      onCut?.();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(front, {
    port: server.address().port,
    cutAt(text, how, then) { [marker, way, onCut, front.cuts] = [Buffer.from(text), how, then, 0]; },
    letPass() { marker = undefined; },
    stop: () => new Promise((resolve) => { server.close(resolve); for (const socket of sockets) socket.destroy(); }),
  });
}
