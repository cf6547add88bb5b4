// A relay before an archive that counts the queries which pass: C-FIND requests, or HTTP requests.
import { createConnection, createServer } from 'node:net';

const marks = {
  // Command Field (0000,0100) with C-FIND-RQ, as implicit little endian (PS3.7 §9.3.2.1, Table E.1-1).
  dimse: Buffer.from([0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x20, 0x00]),
  dicomweb: Buffer.from('GET /'),
};

/// {port, queries, targets, stop}: passes everything on to `port` of this machine. `targets`: of HTTP requests, in their
/// order.
export async function startRelay(kind, port) {
  const mark = marks[kind];
  const open = new Set();
  const relay = { queries: 0, targets: [] };
  const server = createServer((client) => {
    const archive = createConnection(port, '127.0.0.1');
    let rest = Buffer.alloc(0);
    client.on('data', (bytes) => {
      const all = Buffer.concat([rest, bytes]);
      let end = 0;
      for (let at = all.indexOf(mark); at >= 0; at = all.indexOf(mark, end)) {
        ++relay.queries;
        if (kind === 'dicomweb') relay.targets.push(/^GET (\S*)/.exec(all.toString('latin1', at))[1]);
        end = at + mark.length;
      }
      rest = all.subarray(Math.max(end, all.length - mark.length + 1));  // a mark may be cut in two
    });
    for (const [from, to] of [[client, archive], [archive, client]]) {
      open.add(from);
      from.setNoDelay(true);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => { open.delete(from); to.destroy(); });
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  relay.port = server.address().port;
  relay.stop = () => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  return relay;
}
