// A STOW-RS server that does with each instance what the test says, and remembers what it stored.
import { createServer } from 'node:http';

const us = (value) => ({ vr: 'US', Value: [value] });
const ui = (value) => ({ vr: 'UI', Value: [value] });

// The UIDs of group 0002 in the first bytes of a file: (0002,0002) and (0002,0003).
function uidsOf(bytes) {
  const read = (tag) => {
    const at = bytes.indexOf(Buffer.from([0x02, 0x00, tag, 0x00, 0x55, 0x49]));
    return bytes.subarray(at + 8, at + 8 + bytes.readUInt16LE(at + 6)).toString('latin1').replace(/\0+$/, '');
  };
  return { sopClass: read(0x02), uid: read(0x03) };
}

/// {url, port, stored: UIDs, begun, whole: requests whose body came to its end, broken, connections, stop()}.
/// `behave(n)`, of the n-th request from 0 on: nothing (it is stored); {warning}, {failure}: a status of the report;
/// {status}: of HTTP, without a report; {dies}: after the first bytes; {silent}: no answer; {holds: promise}: it reads
/// no further before that; {keep: false}: remembers no bytes, for large ones.
export async function stowStub(behave = () => undefined) {
  const stub = { stored: [], begun: 0, whole: 0, broken: 0, connections: 0, bodies: new Map() };
  const server = createServer(async (request, answer) => {
    const how = behave(stub.begun++) ?? {};
    const parts = [];
    let size = 0;
    request.on('error', () => {});
    request.on('close', () => { if (!request.complete) ++stub.broken; });
    try {
      for await (const part of request) {
        if (how.dies) { request.socket.destroy(); return; }
        if (size === 0 || how.keep !== false) parts.push(part);
        size += part.length;
        if (how.holds) await how.holds;
      }
    } catch {
      return;  // the sender has gone
    }
    ++stub.whole;
    if (how.silent) return;
    if (how.status) { answer.writeHead(how.status).end(); return; }
    const body = Buffer.concat(parts);
    const { sopClass, uid } = uidsOf(body);
    const item = { '00081150': ui(sopClass), '00081155': ui(uid) };
    if (how.failure) {
      answer.writeHead(409, { 'Content-Type': 'application/dicom+json' })
        .end(JSON.stringify({ '00081198': { vr: 'SQ', Value: [{ ...item, '00081197': us(how.failure) }] } }));
      return;
    }
    stub.stored.push(uid);
    const begin = body.indexOf('\r\n\r\n') + 4;
    if (how.keep !== false) stub.bodies.set(uid, body.subarray(begin, body.lastIndexOf('\r\n--')));
    answer.writeHead(how.warning ? 202 : 200, { 'Content-Type': 'application/dicom+json' })
      .end(JSON.stringify({ '00081199': { vr: 'SQ', Value: [{ ...item, ...(how.warning ? { '00081196': us(how.warning) } : {}) }] } }));
  });
  server.keepAliveTimeout = 60000;
  server.on('connection', () => { ++stub.connections; });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(stub, {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}/dicom-web`,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  });
}
