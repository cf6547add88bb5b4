// TLS before something that speaks none, which also lets a test break TLS one thing at a time.
import { readFileSync } from 'node:fs';
import { createConnection, createServer as listen } from 'node:net';
import { createServer } from 'node:tls';

function started(server, sockets, more = {}) {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({
    port: server.address().port,
    get connections() { return sockets.size; },
    drop: () => { for (const socket of sockets) socket.end(); },
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((closed) => server.close(closed));
    },
    ...more,
  })));
}

/// A TLS server on a free port that hands everything on to `port`. `identity`: {cert, key}; `clients`: the authority whose
/// certificates it demands of clients. `breaksAfter`: so many bytes to the client, the connection stops within a TLS record.
/// `sessions`: {version, name, client} of each that was opened.
export async function tlsFront(port, { identity, clients, breaksAfter, ...options } = {}) {
  const sessions = [];
  const server = createServer({ cert: readFileSync(identity.cert), key: readFileSync(identity.key),
    ...(clients ? { requestCert: true, rejectUnauthorized: true, ca: readFileSync(clients) } : {}), ...options }, (secure) => {
    sessions.push({ version: secure.getProtocol(), name: secure.servername, client: secure.getPeerCertificate()?.subject?.CN });
    const behind = createConnection(port, '127.0.0.1');
    secure.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => secure.destroy()).on('close', () => secure.end());
    secure.pipe(behind);
    behind.pipe(secure);
  });
  server.on('tlsClientError', () => {});
  const front = await started(server, new Set(), { sessions });
  if (breaksAfter === undefined) return front;

  // Another hop, which knows nothing of TLS: it stops somewhere in the middle.
  const cut = await started(listen((client) => {
    const inner = createConnection(front.port, '127.0.0.1');
    let left = breaksAfter;
    client.pipe(inner);
    client.on('close', () => inner.destroy());
    inner.on('error', () => client.destroy());
    inner.on('data', (bytes) => {
      client.write(bytes.subarray(0, Math.max(left, 0)));
      left -= bytes.length;
    });
  }), new Set(), { sessions });
  const { stop } = cut;
  return { ...cut, port: cut.port, stop: async () => { await stop(); await front.stop(); } };
}

/// Accepts, and says `bytes` to the first thing it hears, or at once nothing; then keeps silent, or closes.
export function rawPeer({ bytes, closes = false } = {}) {
  return started(listen((socket) => {
    socket.once('data', () => {
      if (bytes) socket.write(bytes);
      if (closes) socket.end();
    });
  }), new Set());
}
